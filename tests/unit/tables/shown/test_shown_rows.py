"""Rows that break a rule as findings carry them: what tells them apart first, short, and without personal data."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.failing_rows import MAX_ROWS, FailingRows
from pytest_mlmonitor.datasets.checks.contract_terms import quality_rules
from pytest_mlmonitor.datasets.checks.relationships import relationships
from pytest_mlmonitor.datasets.checks.table import rows as row_check
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.profile import Failure
from pytest_mlmonitor.tables.shown.masked_values import MASK
from pytest_mlmonitor.tables.shown.shown_rows import CELL, MAX_COLUMNS, rows_of
from tests.unit.datasets.plain import BUILT, column, judged, odcs, put, table
from tests.unit.support import only

ROLES = """
{name: bike, logicalType: string, customProperties: [{property: mlmonitor.role, value: entity}]}
{name: at, logicalType: timestamp, customProperties: [{property: mlmonitor.role, value: event_ts}]}
{name: late, logicalType: integer}
{name: km, logicalType: number, logicalTypeOptions: {maximum: 8}}
"""


def shown(root: Path, properties: str, data: pa.Table, check: Check = row_check, **terms: Any) -> FailingRows:
    put(root, data)
    odcs(root, properties, **terms)
    found = only(judged(check, root)).rows
    assert found is not None
    return found


def test_the_number_of_the_row_its_entity_and_its_time_stand_before_the_value_that_is_wrong(tmp_path: Path) -> None:
    found = shown(tmp_path, ROLES, table(40))
    assert found == FailingRows(
        ("row", "bike", "at", "km"),
        ("row", "bike", "at"),
        (
            ("10", "b2", "2026-04-26 00:09:00", "9.0"),
            ("20", "b5", "2026-04-26 00:19:00", "9.0"),
            ("30", "b1", "2026-04-26 00:29:00", "9.0"),
            ("40", "b4", "2026-04-26 00:39:00", "9.0"),
        ),
        ("km",),
        4,
    )


def test_at_most_ten_rows_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    found = shown(tmp_path, ROLES, table(1_000))
    assert (len(found.rows), found.total) == (MAX_ROWS, 100)


def test_the_primary_key_comes_first_and_a_null_is_no_text(tmp_path: Path) -> None:
    keyed = ROLES.replace(
        "km, logicalType: number, logicalTypeOptions: {maximum: 8}", "km, logicalType: number, required: true"
    )
    keyed = keyed.replace("{name: at,", "{name: at, primaryKey: true,")
    data = table(3, km=column([1.0, None, 2.0], pa.float64()))
    found = shown(tmp_path, keyed, data)
    assert (found.columns, found.rows) == (("row", "at", "bike", "km"), (("2", "2026-04-26 00:01:00", "b1", None),))


def test_of_keys_that_repeat_the_keys_are_shown(tmp_path: Path) -> None:
    unique = ROLES.replace("maximum: 8", "maximum: 80").replace("{name: bike,", "{name: bike, unique: true,")
    found = shown(tmp_path, unique, table(9, bike=[f"b{i % 7}" for i in range(9)]))
    assert (found.columns, found.rows, found.bad, found.total) == (("bike",), (("b0",), ("b1",)), ("bike",), 2)


PERSONAL = [
    "classification: restricted",
    "classification: confidential",
    "classification: pii",
    "classification: PII",
    "tags: [pii]",
    "tags: [GDPR]",
    "encryptedName: bike_x",
]
SECRETS = [f"customer-100{i}4417" for i in range(40)]


@pytest.mark.parametrize("classified", PERSONAL)
def test_columns_of_personal_data_are_masked_and_the_rows_say_so(tmp_path: Path, classified: str) -> None:
    found = shown(
        tmp_path, ROLES.replace("{name: bike,", f"{{name: bike, {classified},"), table(40, bike=SECRETS), row_check
    )
    assert found.redacted
    assert [row[1] for row in found.rows] == [MASK] * 4
    assert "customer" not in json.dumps(found.to_dict())


@pytest.mark.parametrize("classified", ["classification: internal", "classification: public", "tags: [daily]"])
def test_columns_that_anybody_may_see_are_shown(tmp_path: Path, classified: str) -> None:
    found = shown(tmp_path, ROLES.replace("{name: bike,", f"{{name: bike, {classified},"), table(40, bike=SECRETS))
    assert not found.redacted
    assert found.rows[0][1] == SECRETS[9]


def test_a_personal_value_that_is_wrong_itself_is_masked(tmp_path: Path) -> None:
    wrong = ROLES.replace("maximum: 8", "maximum: 80").replace(
        "{name: bike,", "{name: bike, classification: restricted, logicalTypeOptions: {maxLength: 5},"
    )
    found = shown(tmp_path, wrong, table(40, bike=SECRETS))
    assert {row[1] for row in found.rows} == {MASK}
    assert (found.bad, found.redacted) == (("bike",), True)


def test_a_personal_key_that_repeats_is_masked(tmp_path: Path) -> None:
    unique = ROLES.replace("maximum: 8", "maximum: 80").replace(
        "{name: bike,", "{name: bike, classification: restricted, unique: true,"
    )
    found = shown(tmp_path, unique, table(2, bike=["customer-10044417"] * 2))
    assert (found.rows, found.redacted) == (((MASK,),), True)


def test_rows_of_an_sql_rule_are_shown_with_their_number_and_what_it_looks_at(tmp_path: Path) -> None:
    rule = "{type: sql, name: far, query: 'SELECT count(*) FROM {object} WHERE km > 8', mustBe: 0}"
    found = shown(tmp_path, ROLES.replace("maximum: 8", "maximum: 80"), table(40), quality_rules, quality=rule)
    assert (found.columns, found.rows[0], found.bad, found.total) == (("row", "km"), ("10", "9.0"), ("km",), 4)


def test_rows_of_a_share_are_counted(tmp_path: Path) -> None:
    share = "SELECT 100.0 * count_if(km > 5) / count(*) FROM {object}"
    rule = f"{{type: sql, name: far, query: '{share}', mustBeLessThan: 5}}"
    found = shown(tmp_path, ROLES.replace("maximum: 8", "maximum: 80"), table(1_000), quality_rules, quality=rule)
    assert (len(found.rows), found.total) == (10, 400)


def test_a_column_that_another_is_compared_with_is_shown_and_not_marked(tmp_path: Path) -> None:
    rule = "{type: custom, engine: mlmonitor, implementation: {offset: {column: late, relation: '>', base: km}}}"
    found = shown(tmp_path, ROLES.replace("maximum: 8", "maximum: 80"), table(20), quality=rule)
    assert (found.columns, found.bad) == (("row", "bike", "at", "late", "km"), ("late",))


def test_rows_of_an_sql_rule_that_looks_at_personal_data_are_masked(tmp_path: Path) -> None:
    rule = "{type: sql, name: far, query: \"SELECT count(*) FROM {object} WHERE bike LIKE 'customer%'\", mustBe: 0}"
    secret = ROLES.replace("maximum: 8", "maximum: 80").replace(
        "{name: bike,", "{name: bike, classification: restricted,"
    )
    found = shown(tmp_path, secret, table(40, bike=SECRETS), quality_rules, quality=rule)
    assert (found.rows[0], found.redacted) == (("1", MASK), True)


def test_rows_of_a_figure_are_those_that_it_counts(tmp_path: Path) -> None:
    counted = ROLES.replace("{maximum: 8}}", "{maximum: 80}, quality: [{metric: nullValues, mustBe: 0}]}")
    data = table(3, km=column([1.0, None, 2.0], pa.float64()))
    found = shown(tmp_path, counted, data, quality_rules)
    assert (found.columns, found.rows, found.total) == (
        ("row", "bike", "at", "km"),
        (("2", "b1", "2026-04-26 00:01:00", None),),
        1,
    )


def test_rows_whose_key_another_table_lacks_are_shown_and_masked_where_it_is_personal(tmp_path: Path) -> None:
    for classified in ("public", "restricted"):
        root = tmp_path / classified
        put(root / "bikes", table(3), name="bikes", built_at=BUILT - timedelta(hours=1))
        put(root, table(3, bike=["b0", "b1", "lost-10044417"]))
        named = ROLES.replace("maximum: 8", "maximum: 80")
        refers = f"{{name: bike, classification: {classified}, relationships: [{{type: foreignKey, to: bikes.bike}}],"
        odcs(root, named.replace("{name: bike,", refers))
        found = only(judged(relationships, root)).rows
        assert found is not None
        value = "lost-10044417" if classified == "public" else MASK
        assert (found.rows, found.redacted) == ((("3", value),), classified == "restricted")


VALUES = st.none() | st.text() | st.integers() | st.floats() | st.binary() | st.lists(st.text(), max_size=3)
NAMES = st.text(max_size=6)


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.dictionaries(NAMES, VALUES, max_size=20), VALUES), max_size=20),
    NAMES,
    st.booleans(),
)
def test_whatever_a_table_holds_rows_are_few_short_and_all_of_one_width(
    sample: list[tuple[int, dict[str, object], object]], name: str, redacted: bool
) -> None:
    failure = Failure(name, "below 0", "at least 0", rows=len(sample), sample=[*sample])
    found = rows_of(failure, [TableContract("t", (Column(name, redacted=redacted),), key=("a",))])
    if not sample:
        assert found is None
        return
    assert found is not None
    assert len(found.rows) <= MAX_ROWS and len(found.columns) <= MAX_COLUMNS + 1
    assert all(len(row) == len(found.columns) for row in found.rows)
    assert all(len(cell) <= CELL + 40 and cell.isprintable() for row in found.rows for cell in row if cell is not None)
    assert set(found.key) <= set(found.columns) and set(found.bad) <= set(found.columns)
    assert found.redacted == redacted or len({*sample[0][1]}) > MAX_COLUMNS
