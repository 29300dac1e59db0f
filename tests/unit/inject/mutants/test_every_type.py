"""Whatever a table holds: a mutant differs from it in its fault and in nothing else, and is the same when it is made again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.inject.mutants.columns.table_column import table_columns
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator, operators
from tests.unit.inject.mutants.plain import dataset_of, material_of, rows_after

FAULTS = [one for one in operators() if one.kind == "dataset"]
COLUMN_FAULTS = [one.fault for one in FAULTS if one.per == "column"]

VALUES: dict[str, tuple[pa.DataType, Any]] = {
    "int8": (pa.int8(), st.integers(-128, 127)),
    "uint8": (pa.uint8(), st.integers(0, 255)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "flag": (pa.int32(), st.integers(0, 1)),
    "half": (pa.float16(), st.floats(width=16)),
    "float": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), st.floats()),
    "decimal": (pa.decimal128(6, 2), st.decimals(-9999, 9999, places=2)),
    "wide decimal": (pa.decimal256(60, 0), st.integers(-(10**59), 10**59).map(Decimal)),
    "bool": (pa.bool_(), st.booleans()),
    "text": (pa.string(), st.text(max_size=5)),
    "large text": (pa.large_string(), st.sampled_from(["a", "bb", "", "ß\0"])),
    "category": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["red", "green"])),
    "binary": (pa.binary(), st.binary(max_size=4)),
    "uuid": (pa.binary(16), st.binary(min_size=16, max_size=16)),
    "date": (pa.date32(), st.dates()),
    "time": (pa.time64("us"), st.times()),
    "local": (pa.timestamp("us"), st.datetimes()),
    "zoned": (pa.timestamp("ms", "Europe/Vienna"), st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1))),
    "fine": (pa.timestamp("ns"), st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))),
    "span": (pa.duration("us"), st.timedeltas(timedelta(-999), timedelta(999))),
    "list": (pa.list_(pa.int32()), st.lists(st.integers(0, 9), max_size=3)),
    "map": (pa.map_(pa.string(), pa.int32()), st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=2)),
    "struct": (pa.struct({"a": pa.int32()}), st.fixed_dictionaries({"a": st.integers(0, 9)})),
    "null": (pa.null(), st.none()),
    'na"m=\ne/…': (pa.int64(), st.just(7)),
}  # fmt: skip


def _array(type_: pa.DataType, values: list[Any]) -> pa.Array:
    if pa.types.is_timestamp(type_) and type_.tz:
        values = [value and value.replace(tzinfo=UTC) for value in values]
    return pa.array(values, type_)


@st.composite
def tables(draw: Any) -> pa.Table:
    rows = draw(st.sampled_from([0, 1, 2, 5, 40]))
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=8, unique=True))
    found = {}
    for name in names:
        type_, values = VALUES[name]
        some = draw(st.lists(st.none() | values, min_size=1, max_size=6))
        found[name] = _array(type_, [some[row % len(some)] for row in range(rows)])
    return pa.table(found)


def made(fault: MutationOperator, dataset: Any) -> Iterator[Mutant]:
    try:
        yield from fault.mutants(dataset, material_of(dataset))
    except NotChecked:
        return


def same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Return whether two columns hold the same, NaN as well, whatever their encoding."""
    if pa.types.is_dictionary(one.type):
        one = one.cast(one.type.value_type)
    if pa.types.is_dictionary(other.type):
        other = other.cast(other.type.value_type)
    return one.type == other.type and str(one.combine_chunks().to_pylist()) == str(other.combine_chunks().to_pylist())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables(), st.sampled_from(FAULTS))
def test_a_mutant_differs_in_its_fault_alone(table: pa.Table, fault: MutationOperator) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "orders.parquet"
        dataset = dataset_of(path, table, dataset_name="orders", target=table.schema.names[0])
        sound, again = path.read_bytes(), list(made(fault, dataset))
        for mutant, other in zip(list(made(fault, dataset)), again, strict=True):
            after = rows_after(dataset, mutant.make())
            first = path.read_bytes()
            others = [name for name in table.schema.names if name != mutant.column]
            if fault.per == "column" and mutant.column is not None:
                assert after.schema.names == table.schema.names, mutant.what
                assert after.num_rows == table.num_rows
                assert [name for name in others if not same(after[name], table[name])] == []
                changed = not same(after[mutant.column], table[mutant.column])
                # Chance may leave every value in its place; what is said to be as before must be.
                assert changed or mutant.equivalent is not None or fault.fault in ("shuffled", "constant", "leak"), (
                    mutant.what
                )
            elif fault.fault in ("dropped_column", "renamed_column", "added_column"):
                assert after.num_rows == table.num_rows
                assert [
                    name for name in others if name in after.schema.names and not same(after[name], table[name])
                ] == []
                assert after.schema.names != table.schema.names
            path.write_bytes(sound)
            assert other.what == mutant.what
            assert [content.data for content in other.make().values()] in ([], [first])


def test_the_same_rows_are_drawn_in_another_process(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "orders.parquet", {"x": list(range(100))}, dataset_name="orders")
    drawn = [material_of(dataset).generator("nulls", "orders", "x").integers(1000, size=3).tolist() for _ in range(2)]
    assert drawn == [[90, 688, 443]] * 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.fault)
def test_tables_that_nobody_expects(fault: MutationOperator, tmp_path: Path) -> None:
    doubled = pa.table([[1, 2, 2], ["a", "b", "c"], [3, 4, 4]], names=["x", "y", "x"])
    wide = pa.table({f"c{number}": [number, 1] for number in range(120)})
    for number, table in enumerate((doubled, wide, pa.table({"only": pa.nulls(3)}), pa.table({"one": [1]}))):
        dataset = dataset_of(tmp_path / f"{number}.parquet", table, dataset_name="orders")
        found = list(made(fault, dataset))
        for mutant in (*found[:2], *found[-2:]):
            assert mutant.what
            mutant.make()
    dataset = dataset_of(tmp_path / "doubled.parquet", doubled)
    assert [column.name for column in table_columns(dataset, material_of(dataset))] == ["y"]
