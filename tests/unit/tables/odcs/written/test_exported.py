"""The built-in contract as ODCS: what it says is read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET
from pytest_mlmonitor.tables.contract.row_terms import Offset
from pytest_mlmonitor.tables.contract.table import Limit, Metric, TableContract
from pytest_mlmonitor.tables.contract.types import TEXT
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.written.exported import exported


def read_back() -> TableContract:
    contract = read_odcs(exported(TRAINING_DATASET).encode(), "x")
    assert (contract.problems, contract.unchecked, contract.refused_elsewhere) == ((), (), ())
    return contract.tables[0].contract


def test_the_columns_are_the_same_but_for_sets_of_values_and_forms_of_text() -> None:
    found = read_back()
    for column, back in zip(TRAINING_DATASET.columns, found.columns, strict=True):
        assert back.types == (column.types if column.types != ("string",) else back.types), column.name
        assert set(back.types) <= {*TEXT, *column.types}
        assert replace(back, types=(), values=None) == replace(column, types=(), values=None)
        sets = [m.valid.values for m in found.metrics if m.columns == (column.name,) and m.valid is not None]
        assert sets == ([column.values] if column.values else [])


def test_key_roles_order_and_rules_of_rows_are_the_same() -> None:
    found = read_back()
    for name in ("key", "extra", "ordered", "no_all_null", "min_rows", "target", "entity", "event_ts"):
        assert getattr(found, name) == getattr(TRAINING_DATASET, name), name

    def bare(contract: TableContract) -> list[object]:
        return [replace(rule, meaning="") if isinstance(rule, Offset) else rule for rule in contract.rules]

    assert bare(found) == bare(TRAINING_DATASET)


def test_what_is_not_written_is_refused() -> None:
    figure = Metric("rows", Limit(">=", (1,)))
    with pytest.raises(ValueError, match="says more than"):
        exported(replace(TRAINING_DATASET, metrics=(figure,)))
