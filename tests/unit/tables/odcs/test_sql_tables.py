"""Which words of a query are tables."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.tables.odcs.sql import tables_in


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT count(*) FROM {name} WHERE x IS NULL", set()),
        ("SELECT count(null) FROM orders", {"orders"}),
        (
            'SELECT orders FROM "Shop"."Orders" o, stock AS s WHERE price > 0',
            {"shop", "orders", "shop.orders", "stock"},
        ),
        ("SELECT 1 FROM a LEFT JOIN b ON a.price = b.price JOIN c USING (price)", {"a", "b", "c"}),
        (
            "SELECT count(*) FROM (SELECT price, stock FROM orders WHERE x IN (SELECT id FROM customers)) t",
            {"orders", "customers"},
        ),
        ("FROM orders SELECT sum(price), stock", {"orders"}),
        ("SELECT 1 FROM a -- FROM price\n, b", {"a", "b"}),
    ],
)
def test_tables_stand_after_from_and_join(query: str, tables: set[str]) -> None:
    assert tables_in(query) == tables
