"""What each fault of a column makes of its values, and where no rule could tell."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pytest_mlmonitor.inject.mutants.columns.categories import constant, new_category
from pytest_mlmonitor.inject.mutants.columns.ends import above_greatest, below_least
from pytest_mlmonitor.inject.mutants.columns.misplaced import leak, shuffled
from pytest_mlmonitor.inject.mutants.columns.missing import nulls_1, nulls_20
from pytest_mlmonitor.inject.mutants.columns.moved import shifted_half, units_1000
from pytest_mlmonitor.inject.mutants.columns.retyped import number_type, text_type
from pytest_mlmonitor.inject.mutants.columns.texts import truncated
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from tests.unit.inject.mutants.plain import built, dataset_of, faulty, mutants_of

ROWS = 400
RANDOM = np.random.default_rng(7)
NOISE = RANDOM.normal(size=ROWS)
FLAGS = [row % 2 for row in range(ROWS)]


def values(operator: MutationOperator, tmp_path: Path, *of: Any, type_: Any = None, **fields: Any) -> list[Any]:
    """Return what a fault leaves of the column ``x``."""
    return faulty(operator, tmp_path, {"x": pa.array(of, type_)}, "x", **fields)[0]["x"].to_pylist()


def why(operator: MutationOperator, tmp_path: Path, table: Any, column: str | None = "x", **fields: Any) -> str | None:
    """Return why a fault of a column is equivalent."""
    return mutants_of(operator, dataset_of(tmp_path / "orders.parquet", table, **fields))[column].equivalent


def has(operator: MutationOperator, tmp_path: Path, *of: Any, type_: Any = None) -> bool:
    return "x" in mutants_of(operator, dataset_of(tmp_path / "orders.parquet", {"x": pa.array(of, type_)}))


@pytest.mark.parametrize(("operator", "gone"), [(nulls_1, 4), (nulls_20, 80)])
def test_so_many_are_null(operator: MutationOperator, gone: int, tmp_path: Path) -> None:
    after, _ = faulty(operator, tmp_path, {"x": NOISE, "y": FLAGS}, "x")
    assert (after["x"].null_count, after["y"].null_count) == (gone, 0)


def test_values_beyond_each_end_are_of_the_type_and_beyond_by_half_of_the_span(tmp_path: Path) -> None:
    assert min(values(below_least, tmp_path, 10, 20, 20)) == 5
    assert max(values(above_greatest, tmp_path, 10.0, 20.0, None)[:2]) == 25.0
    assert max(values(above_greatest, tmp_path, 7, 7)) == 14
    assert max(values(above_greatest, tmp_path, Decimal("1.50"), Decimal("2.50"))) == Decimal("3.00")
    days = [datetime(2026, 1, 1, 6), datetime(2026, 1, 5, 6)]
    assert max(values(above_greatest, tmp_path, *days)) == datetime(2026, 1, 7, 6)
    assert values(above_greatest, tmp_path, "ab", "ab") in (["abab", "ab"], ["ab", "abab"])
    assert sorted(values(below_least, tmp_path, "a", "b"))[0] == ""


def test_nothing_lies_beyond_the_end_of_a_type(tmp_path: Path) -> None:
    assert not has(below_least, tmp_path, 0, 5, type_=pa.uint8())
    assert not has(above_greatest, tmp_path, 0, 255, type_=pa.uint8())
    assert not has(above_greatest, tmp_path, datetime(9999, 12, 31), type_=pa.timestamp("us"))
    assert not has(below_least, tmp_path, "", "b")
    assert not has(below_least, tmp_path, True, False)
    assert not has(below_least, tmp_path, np.float16(1), type_=pa.float16())
    assert not has(above_greatest, tmp_path, None, type_=pa.int8())


def test_what_an_earlier_version_held_is_not_beyond(tmp_path: Path) -> None:
    before = dataset_of(tmp_path / "a.parquet", {"x": [0, 100]}, **built(0))
    now = dataset_of(tmp_path / "b.parquet", {"x": [10, 20]}, **built(10))
    assert "one x is -50, the least before 0" in mutants_of(below_least, now, before)["x"].what


def test_a_category_that_nobody_knew(tmp_path: Path) -> None:
    assert values(new_category, tmp_path, *["a", "b"] * 50).count("new_category") == 1
    assert values(new_category, tmp_path, *["new_category", "b"] * 50).count("new_category_0") == 1
    assert values(new_category, tmp_path, *[3, 5] * 100).count(6) == 2
    assert not has(new_category, tmp_path, *[126, 127] * 9, type_=pa.int8())
    assert not has(new_category, tmp_path, "each", "is", "its", "own")
    assert not has(new_category, tmp_path, *NOISE.tolist())


def test_every_row_holds_the_commonest_value(tmp_path: Path) -> None:
    assert values(constant, tmp_path, "a", "b", "b", None) == ["b"] * 4
    assert "the same value" in str(why(constant, tmp_path, {"x": [1, 1]}))
    assert why(constant, tmp_path, {"x": [1, None]}) is None


def test_types_change_and_values_stay(tmp_path: Path) -> None:
    assert values(text_type, tmp_path, 1, None) == ["1", None]
    assert values(text_type, tmp_path, datetime(2026, 1, 1, 6), type_=pa.timestamp("ms")) == ["2026-01-01 06:00:00.000"]
    assert values(number_type, tmp_path, 1, 2) == [1.0, 2.0]
    assert values(number_type, tmp_path, "007", "8") == [7, 8]
    assert not has(number_type, tmp_path, "a1")
    assert not has(number_type, tmp_path, 1.5)
    assert not has(text_type, tmp_path, "a")


def test_half_a_deviation(tmp_path: Path) -> None:
    after, _ = faulty(shifted_half, tmp_path, {"x": NOISE, "y": FLAGS}, "x")
    assert np.allclose(after["x"].to_numpy() - NOISE, np.std(NOISE) / 2)
    assert "do not vary" in str(why(shifted_half, tmp_path, {"x": [1.5, 1.5]}))
    assert not has(shifted_half, tmp_path, *FLAGS)


def test_a_shift_that_versions_make_by_themselves_is_equivalent(tmp_path: Path) -> None:
    versions = [dataset_of(tmp_path / f"{n}.parquet", {"x": NOISE + n}, **built(n)) for n in range(3)]
    now = dataset_of(tmp_path / "now.parquet", {"x": NOISE}, **built(10))
    assert "2 versions before" in str(mutants_of(shifted_half, now, *versions[:2])["x"].equivalent)
    assert mutants_of(shifted_half, now, versions[0])["x"].equivalent is None
    alike = [dataset_of(tmp_path / f"{n}.parquet", {"x": NOISE + n / 10}, **built(n)) for n in range(2)]
    assert mutants_of(shifted_half, now, *alike)["x"].equivalent is None


def test_units(tmp_path: Path) -> None:
    assert values(units_1000, tmp_path, 1.5, None, 0.0) == [1500.0, None, 0.0]
    assert "every value of x is 0" in str(why(units_1000, tmp_path, {"x": [0.0, float("nan")]}))
    assert not has(units_1000, tmp_path, *range(100), type_=pa.uint8())


def test_texts_are_cut_to_half_of_the_longest(tmp_path: Path) -> None:
    assert values(truncated, tmp_path, "abcd", "ßßß", "a", None) == ["ab", "ßß", "a", None]
    assert "nothing to cut" in str(why(truncated, tmp_path, {"x": ["a", "b", ""]}))


def test_a_shuffle_can_be_told_by_what_a_column_follows(tmp_path: Path) -> None:
    noise = {"x": NOISE, "y": RANDOM.permutation(FLAGS)}
    assert "follows no other column" in str(why(shuffled, tmp_path, noise))
    assert why(shuffled, tmp_path, noise | {"z": NOISE * 2 + RANDOM.normal(size=ROWS) / 2}) is None
    assert why(shuffled, tmp_path, noise | {"z": [f"s{round(value)}" for value in NOISE]}) is None
    assert why(shuffled, tmp_path, {"x": np.sort(NOISE)}) is None  # it follows the row before
    assert why(shuffled, tmp_path, noise, entity="x", event_ts="y") is None  # a key of two columns breaks
    assert "too few" in str(why(shuffled, tmp_path, {"x": list(range(20))}))
    assert "the same value" in str(why(shuffled, tmp_path, {"x": [3] * 50}))


def test_a_wide_table_is_not_called_equivalent_unseen(tmp_path: Path) -> None:
    wide = {"x": NOISE, **{f"c{number}": RANDOM.normal(size=ROWS) for number in range(60)}}
    assert why(shuffled, tmp_path, wide) is None


def test_a_shuffle_keeps_what_there_is(tmp_path: Path) -> None:
    after, _ = faulty(shuffled, tmp_path, {"x": list(range(50)), "y": list(range(50))}, "x")
    assert sorted(after["x"].to_pylist()) == after["y"].to_pylist() != after["x"].to_pylist()


def test_the_target_in_a_feature(tmp_path: Path) -> None:
    table = {"x": NOISE, "y": FLAGS, "name": ["a"] * ROWS, "when": pa.array([0] * ROWS, pa.timestamp("s"))}
    after, _ = faulty(leak, tmp_path, table, "x", target="y")
    assert after["x"].to_pylist() == FLAGS
    found = mutants_of(leak, dataset_of(tmp_path / "orders.parquet", table, target="y", entity="name"))
    assert set(found) == {"x", "y"}
    assert found["y"].equivalent == "y is the target"
    assert "already" in str(why(leak, tmp_path, {"x": FLAGS, "y": FLAGS}, target="y"))
    assert "which column is to be predicted" in str(why(leak, tmp_path, table, None))


def test_columns_without_a_value(tmp_path: Path) -> None:
    assert "no value in any row" in str(why(nulls_20, tmp_path, {"x": pa.nulls(3, pa.int64()), "y": [1, 2, 3]}))
    assert "no rows" in str(why(nulls_1, tmp_path, {"x": pa.array([], pa.int64())}))
    assert "no value in any row" in str(why(shuffled, tmp_path, {"x": pa.nulls(30)}))


def test_a_dictionary_stays_one(tmp_path: Path) -> None:
    column = pa.array(["a", "b"] * 50).dictionary_encode()
    after, _ = faulty(constant, tmp_path, {"x": column}, "x")
    assert pa.types.is_dictionary(after.schema.field("x").type)
    assert pc.unique(after["x"].cast(pa.string())).to_pylist() == ["a"]
