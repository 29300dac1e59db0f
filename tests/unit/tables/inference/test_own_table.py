"""A contract inferred from a table holds on that very table, whatever is in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.tables.inference.inferred import broken, contract_of, written

HOSTILE = {
    "zero rows": {"a": pa.array([], pa.int32()), "b": pa.array([], pa.string()), "t": pa.array([], pa.timestamp("us"))},
    "one row": {"a": [1], "b": ["x"]},
    "all null": {"a": pa.array([None, None], pa.float64()), "b": pa.array([None, None], pa.string()), "n": pa.nulls(2)},
    "not a number": {"a": [float("nan"), 1.0, 2.0]},
    "infinite": {"a": [float("inf"), float("-inf"), 0.0]},
    "nothing but nan": {"a": [float("nan")] * 3},
    "tiny and huge": {"a": [5e-324, -1.7976931348623157e308, 1e-05, 0.1]},
    "negative zero": {"a": [-0.0, 0.0]},
    "halves and singles": {"h": pa.array([0.1, 0.2], pa.float32()), "f": pa.array([0.1, 65504.0], pa.float32())},
    "int64 at its ends": {"a": pa.array([-(2**63), 2**63 - 1], pa.int64())},
    "uint64 at its end": {"a": pa.array([0, 2**64 - 1, 2**64 - 2], pa.uint64())},
    "decimals": {"a": [Decimal("0.10"), Decimal("-12345678901234567890.12")], "b": [Decimal("1E+3"), Decimal(5)]},
    "wide decimals": {"a": pa.array([Decimal("9" * 60)], pa.decimal256(70, 2))},
    "booleans": {"a": [True, False, None]},
    "times": {
        "s": pa.array([0, 10**9], pa.timestamp("s")),
        "ns": pa.array([-1, 1_700_000_000_123_456_789], pa.timestamp("ns")),
        "tz": pa.array([0, 1], pa.timestamp("us", "Europe/Paris")),
        "far": pa.array([-(2**62), 2**62], pa.timestamp("us")),
        "d": [date(1970, 1, 1), date(9999, 12, 31)],
        "dur": pa.array([1, 2], pa.duration("s")),
        "t": pa.array([1, 2], pa.time64("us")),
    },
    "nested": {
        "l": [[1, 2], []],
        "s": [{"a": 1, "b: c": "x"}, {"a": 2, "b: c": None}],
        "m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int32())),
        "f": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2)),
        "weird": [{"a\nb": 1}, {"a\nb": 2}],
    },
    "bytes": {"a": [b"\x00\xff", b""], "b": pa.array([b"1234", b"5678"], pa.binary(4))},
    "dictionaries": {
        "s": pa.array(["a", "b", "a"] * 5).dictionary_encode(),
        "i": pa.array([1, 2, 1] * 5).dictionary_encode(),
    },
    "large strings": {"a": pa.array(["x" * 200, "y"], pa.large_string())},
    "words that YAML reads otherwise": {
        "a": ["NO", "null", "1", "1e5", "2024-01-01", "", " ", "~", "- a", "a: b", "#x",
        "'", '"', "\\", "é", "😀", "\x85", "{", "*a"] * 5,
    },
    "control characters": {"a": ["\x00", "\n", "\u2028", "\x1b[31m", "\ufeff", "\u202e"] * 5},
    "names": {
        name: [1, 2]
        for name in (
            "a b", "a: b", "- a", "#", "'", '"', "\\", "a\nb", "\t", "😀", "null", "yes", "1", "1.5", "*", "&a", "!x", "{a}",
            "[a]", "%", "@", "`", "a,b", "a.b", "\x85", "\u2028", "é", " ", "x" * 500, "primaryKey", "<<", "=", "~",
        )
    },
    "a name twice": pa.table([pa.array([1, 1]), pa.array([3, 3]), pa.array([5, 6])], names=["a", "a", "b"]),
    "no name": {"": [1, 2], "b": [1, 1]},
    "no column": pa.table({}),
    "a group without fields": pa.table({"a": [1, 1], "g": pa.array([{}, {}], pa.struct([])), "b": ["x", "x"]}),
}  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_contract_of_a_hostile_table_holds_on_it(data: Any, tmp_path: Path) -> None:
    try:
        path = written(tmp_path / "data.parquet", data)
    except pa.ArrowNotImplementedError:
        pytest.skip("pyarrow does not write this")
    assert broken(path, contract_of(path)) == []


TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(0, 3)),
    (pa.float64(), st.floats()),
    (pa.float32(), st.floats(width=32)),
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
    (pa.bool_(), st.booleans()),
    (pa.timestamp("ns"), st.integers(-(2**62), 2**62)),
    (pa.timestamp("ms", "UTC"), st.integers(0, 2**41)),
    (pa.date32(), st.integers(-(10**6), 10**6)),
    (pa.decimal128(20, 4), st.decimals(-(10**12), 10**12, places=4)),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_table_keeps_its_own_contract(data: st.DataObject, tmp_path: Path) -> None:
    rows = data.draw(st.integers(0, 30))
    columns = {}
    for name in data.draw(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True, max_size=4)
    ):
        type_, values = data.draw(st.sampled_from(TYPES))
        columns[name] = pa.array(data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), type_)
    path = written(tmp_path / "data.parquet", pa.table(columns))
    assert broken(path, contract_of(path)) == []
