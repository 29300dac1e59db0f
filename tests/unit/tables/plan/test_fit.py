"""Rules that make no sense for the type of a column, one by one; bounds between two whole numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.prose.type_words import held_in_words
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.plan.fit import misfit
from pytest_mlmonitor.tables.scan.scan import scan


@pytest.mark.parametrize("type_", ["int64", "double", "bool", "timestamp[us]", "binary"])
@pytest.mark.parametrize(
    "rule",
    [{"pattern": "^a$"}, {"min_length": 1}, {"max_length": 1}, {"not_blank": True}],
    ids=lambda rule: next(iter(rule)),
)
def test_a_rule_for_strings_fits_text_only(rule: dict[str, Any], type_: str) -> None:
    assert misfit(Column("a", (type_,), **rule), type_) == f"a rule for text does not fit {held_in_words(type_)}"
    assert misfit(Column("a", ("string",), **rule), "string") is None


@pytest.mark.parametrize(
    ("type_", "fits"),
    [
        ("string", True),
        ("binary", True),
        ("dictionary<values=string, indices=int32, ordered=0>", True),
        ("dictionary<values=list<item: int64>, indices=int32, ordered=0>", False),
        ("list<item: int64>", False),
        ("struct<a: int64>", False),
    ],
)
def test_only_values_that_can_be_told_apart_are_unique(type_: str, fits: bool) -> None:
    why = f"whether a value occurs twice cannot be said of {held_in_words(type_)}"
    assert misfit(Column("a", (type_,), unique=True), type_) == (None if fits else why)


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ({"minimum": 1.5}, [-3, -2, 0, 1]),
        ({"minimum": -2.5}, [-3]),
        ({"above": 1.5}, [-3, -2, 0, 1]),
        ({"above": 1}, [-3, -2, 0, 1]),
        ({"above": -2.5}, [-3]),
        ({"maximum": 1.5}, [2, 3]),
        ({"maximum": -2.5}, [-2, 0, 1, 2, 3]),
        ({"below": 1.5}, [2, 3]),
        ({"below": 1}, [1, 2, 3]),
        ({"below": -2.5}, [-2, 0, 1, 2, 3]),
    ],
    ids=str,
)
def test_a_bound_between_whole_numbers(rule: dict[str, Any], broken: list[int], tmp_path: Path) -> None:
    values = [-3, -2, 0, 1, 2, 3]
    pq.write_table(pa.table({"a": pa.array(values, pa.int32())}), tmp_path / "t.parquet")
    failures = scan(tmp_path / "t.parquet", TableContract("t", (Column("a", ("int32",), **rule),))).failures
    assert [failure.rows for failure in failures] == [len(broken)]
    assert [values[sample[0] - 1] for failure in failures for sample in failure.sample] == broken[:5]
