"""Rules over rows compare exactly, whatever the two types are, on both engines."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, Threshold
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.rules import schema_findings
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.scan import scan

Relation = Literal["==", "<=", ">"]
RELATIONS: tuple[Relation, ...] = ("==", "<=", ">")
DAY = date(1970, 1, 1)


def broken(path: Path, rule: Offset | Grid | Threshold) -> list[int]:
    """Return the numbers of the rows that break the only rule, by both engines."""
    contract = TableContract(
        "t", tuple(Column(name, nullable=True, nan="allow") for name in ("a", "b")), rules=(rule,), no_all_null=False
    )
    found = []
    for small in (engine.SMALL_ROWS, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "SMALL_ROWS", small)
            profile = scan(path, contract)
        found.append([number for failure in profile.failures for number, _, _ in failure.sample])
    assert found[0] == found[1]
    return found[0]


def table(path: Path, a: pa.Array, b: pa.Array) -> Path:
    pq.write_table(pa.table({"a": a, "b": b}), path / "t.parquet", row_group_size=2)
    return path / "t.parquet"


NS = 10**9
NEW_YEAR = 1767225600
CASES: list[tuple[str, pa.Array, pa.Array, Relation, float, list[int]]] = [
    (
        "a far date is after a time in nanoseconds, and does not wrap around",
        pa.array([date(9999, 12, 31), date(2026, 1, 1)]),
        pa.array([NEW_YEAR * NS] * 2, pa.timestamp("ns")),
        *("<=", 0, [1]),
    ),
    (
        "the largest time is beyond none by a minute",
        pa.array([2**63 - 1, 0], pa.timestamp("us")),
        pa.array([2**63 - 1, 0], pa.timestamp("us")),
        *("<=", 1, []),
    ),
    (
        "nor is the smallest one below a minute less",
        pa.array([-(2**63), 0], pa.timestamp("us")),
        pa.array([-(2**63), 0], pa.timestamp("us")),
        *(">", -1, []),
    ),
    (
        "half a day before a date",
        pa.array([date(2026, 1, 1), date(2025, 12, 31)]),
        pa.array([date(2026, 1, 1)] * 2),
        *("<=", -720, [1]),
    ),
    ("no date is half a day from another", pa.array([DAY, DAY]), pa.array([DAY, None]), "==", 720, [1]),
    (
        "a whole number and a decimal",
        pa.array([2**53 + 1, 2**53], pa.int64()),
        pa.array([Decimal(2**53)] * 2, pa.decimal128(20, 2)),
        *("<=", 0, [1]),
    ),
    ("unsigned and signed", pa.array([2**63 + 1, 5], pa.uint64()), pa.array([2**63 - 1, -1]), "<=", 0, [1, 2]),
    (
        "long decimals of two scales",
        pa.array([Decimal("1" + "0" * 30 + ".01"), Decimal("1e30")], pa.decimal128(38, 2)),
        pa.array([Decimal("1e30")] * 2, pa.decimal256(60, 3)),
        *("==", 0, [1]),
    ),
    ("a whole number beyond those of doubles", pa.array([2**53 + 1, 7]), pa.array([2.0**53, 7.5]), "<=", 0, [1]),
    (
        "a decimal is the nearest double, as with bounds",
        pa.array([0.3, 0.1 + 0.2]),
        pa.array([Decimal("0.3")] * 2, pa.decimal128(5, 1)),
        *("==", 0, [2]),
    ),
    ("NaN stands nowhere", pa.array([math.nan, 1.0]), pa.array([1.0, math.nan]), "==", 0, []),
    ("null stands nowhere", pa.array([None, 1]), pa.array([1, None]), "==", 0, []),
    (
        "a dictionary",
        pa.array([Decimal("0.30"), Decimal("0.31")]).dictionary_encode(),
        pa.array([Decimal("0.3")] * 2),
        *("<=", 0, [2]),
    ),
    ("text", pa.array(["a", "b"]), pa.array(["a", "a"], pa.large_string()), "<=", 0, [2]),
]


@pytest.mark.parametrize(("a", "b", "relation", "minutes", "rows"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_columns_of_different_types_are_compared_exactly(
    a: pa.Array,
    b: pa.Array,
    relation: Relation,
    minutes: float,
    rows: list[int],
    tmp_path: Path,
) -> None:
    rule = Offset("a", relation, "b", timedelta(minutes=minutes))
    assert broken(table(tmp_path, a, b), rule) == rows


NUMBERS: dict[pa.DataType, list[Any]] = {
    pa.int8(): [0, 1, -1, 127],
    pa.int64(): [0, 3, 2**53 + 1, -(2**63), 2**63 - 1],
    pa.uint64(): [0, 1, 2**53 + 1, 2**63, 2**64 - 1],
    pa.decimal128(5, 1): [Decimal("0.3"), Decimal("-9999.9"), Decimal("3")],
    pa.decimal128(38, 10): [Decimal("0.3"), Decimal("0.3000000001"), Decimal(2**53 + 1), Decimal("9" * 28)],
    pa.decimal256(76, 30): [Decimal("0.3"), Decimal("1e-30"), Decimal(2**63), Decimal("9" * 46)],
}
TIMES: dict[pa.DataType, list[int]] = {
    pa.date32(): [0, 1, -719162, 2932896, 2**31 - 1],
    pa.timestamp("s"): [0, 1, NEW_YEAR, 253402214400, 2**53],
    pa.timestamp("us"): [0, NEW_YEAR * 10**6 + 1, 2**63 - 1, -(2**63)],
    pa.timestamp("ns", "UTC"): [0, 1, NEW_YEAR * NS, 2**63 - 1, -(2**63)],
}
PER_SECOND = {"s": 1, "us": 10**6, "ns": 10**9}


def value(x: Any, type_: pa.DataType) -> Fraction:
    if pa.types.is_date(type_):
        return Fraction(x * 86_400)
    return Fraction(x, PER_SECOND[type_.unit]) if pa.types.is_timestamp(type_) else Fraction(x)


def array(values: list[Any], type_: pa.DataType) -> pa.Array:
    stored = pa.int32() if pa.types.is_date(type_) else pa.int64() if pa.types.is_timestamp(type_) else type_
    return pa.array(values, stored).cast(type_)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_offset_is_what_fractions_say(data: st.DataObject, tmp_path: Path) -> None:
    kind = data.draw(st.sampled_from([NUMBERS, TIMES]))
    types = [data.draw(st.sampled_from(list(kind))) for _ in range(2)]
    rows = [tuple(data.draw(st.none() | st.sampled_from(kind[type_])) for type_ in types) for _ in range(6)]
    minutes = data.draw(st.sampled_from([0, 0, 1, -1, 720, -720, 0.01])) if kind is TIMES else 0
    relation = data.draw(st.sampled_from(RELATIONS))
    wanted = []
    for number, (x, y) in enumerate(rows, 1):
        if x is not None and y is not None:
            difference = value(x, types[0]) - value(y, types[1]) - Fraction(str(minutes)) * 60
            bad = {"==": difference != 0, "<=": difference > 0, ">": difference <= 0}[relation]
            wanted += [number] if bad else []
    path = table(tmp_path, *(array([row[k] for row in rows], types[k]) for k in (0, 1)))
    assert broken(path, Offset("a", relation, "b", timedelta(minutes=minutes))) == wanted


@pytest.mark.parametrize(
    ("step", "ticks", "unit", "rows"),
    [
        (timedelta(minutes=15), [0, -900, 1, 899], "s", [3, 4]),
        (timedelta(seconds=1.5), [0, 1, 2, 3], "s", [2, 3]),
        (timedelta(minutes=7), [86_400, 86_400 + 420, 420, 421], "s", [4]),
        (timedelta(microseconds=1), [0, 1, 1000, 1001], "ns", [2, 4]),
    ],
    ids=["negative", "of one and a half seconds", "since midnight", "finer than the unit"],
)
def test_a_grid_begins_at_midnight(
    step: timedelta,
    ticks: list[int],
    unit: str,
    rows: list[int],
    tmp_path: Path,
) -> None:
    path = table(tmp_path, pa.array(ticks, pa.timestamp(unit)), pa.array(ticks))
    assert broken(path, Grid("a", step)) == rows


@pytest.mark.parametrize(
    ("rule", "a", "said"),
    [
        (Offset("a", "<=", "b"), pa.array(["x"]), "a holds text (string), b integers (int64): they cannot be compared"),
        (
            Offset("a", "<=", "b"),
            pa.array([datetime(2026, 1, 1)]),
            "a holds dates and times without a time zone (timestamp[us]), b integers (int64): they cannot be compared",
        ),
        (Offset("a", "==", "b"), pa.array([[1]]), "cannot be compared"),
        (
            Offset("a", "==", "b", timedelta(minutes=1)),
            pa.array([1]),
            "holds integers (int64), to which no minutes can be added",
        ),
        (Grid("a", timedelta(minutes=1)), pa.array([1.5]), "a holds floating-point numbers (double): expected times"),
        (Threshold("b", "a", 0.5), pa.array(["0.5"]), "a holds text (string): expected numbers"),
    ],
)
def test_a_rule_that_does_not_fit_its_columns_is_a_finding(
    rule: Offset | Grid | Threshold, a: pa.Array, said: str, tmp_path: Path
) -> None:
    path = table(tmp_path, a, pa.array([1]))
    assert broken(path, rule) == []
    contract = TableContract("t", (Column("a"), Column("b")), rules=(rule,))
    (finding,) = schema_findings(scan(path, contract), contract, path)
    assert said in finding.message and finding.column == rule.column
