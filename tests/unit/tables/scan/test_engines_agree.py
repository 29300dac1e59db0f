"""Arrow and DuckDB say the same of a table, and what a plain reading row by row says."""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.moments import TimeValue
from pytest_mlmonitor.tables.profile import Statistics, TableProfile
from pytest_mlmonitor.tables.rules import repetitions as found_in
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.scan import scan

NAN, INF = math.nan, math.inf
INTEGERS = [0, 1, -1, 7, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 0.1, 0.3, 1.0, -1.5, 7.0, 2.0**53, 5e-324, 1e308, -1e308, NAN, INF, -INF]
TEXTS = [
    *("", " ", "\u00a0", "\u2003", "\u200b", "\x0b", "\x1f", "\x85", "\u3000", "a", "ab", "A", "a b", "a\nb", "\n"),
    *("é", "e\u0301", "日本", "😀", "z\x00", "~", "\x7f", "ſ"),
]
SECONDS = [0, 1, -1, -62135596800, 253402300799, 253402300800, 10**11, -(10**11)]
MOMENTS: list[Any] = [
    datetime(1, 1, 1),
    datetime(1970, 1, 1),
    datetime(1970, 1, 1, 0, 0, 0, 1),
    datetime(9999, 12, 31, 23, 59, 59),
]
MOMENTS += [TimeValue("instant", n) for n in (1, -1, 253402300800 * 10**9, 10**11 * 10**9 + 1)]
CLOCKS = [TimeValue("clock", n) for n in (0, 1, 30_600 * 10**9 + 1, 30_600 * 10**9)]
LENGTHS = [TimeValue("duration", n) for n in (0, 1, -1, 3600 * 10**9, 3600 * 10**9 + 1, 10**30)]
BOUNDS = [0, 1, -1, 0.1, 0.5, 7, 2**53, 2.0**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**70, -(2**70), 1e300]
BOUNDS += [Decimal(text) for text in ("0.3", "0.30", "-0.1", "1E+30", "0.00000000001", "99999999999999999.99")]
BOUNDS += [2**64 - 1, 2**64, 10**28, Decimal("1" + "0" * 27 + ".0000000001"), 10**38, 10**60]
LONG = ["0", "0.3", "-0.1", "0.3000000001", "1E+27", "9999999999999999999999999999.9999999999", "9007199254740993", "7"]
STEPS = [None, 1, 2, 0.5, 0.1, Decimal("0.1"), Decimal("0.3"), Decimal("1.5"), 7, 2**62, 2**63, 2**64, 10**18]
PATTERNS = ["^a", "a.b", "b$", r"^\p{L}+$", "é", "(?i)s", r"\s", "^$", "[^a]", r"\w"]
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

TYPES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int64": (pa.int64(), INTEGERS),
    "int8": (pa.int8(), [0, 1, -1, 7, 127, -128]),
    "uint32": (pa.uint32(), [0, 1, 7, 2**32 - 1]),
    "uint64": (pa.uint64(), [0, 1, 7, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1]),
    "money": (
        pa.decimal128(5, 1),
        [Decimal(text) for text in ("0", "0.3", "-0.1", "0.1", "1", "7", "9999.9", "-9999.9")],
    ),
    "cents": (pa.decimal64(18, 2), [Decimal(t) for t in ("0.30", "-0.01", "9999999999999999.99", "90071992547409.93")]),
    "long": (pa.decimal128(38, 10), [Decimal(text) for text in LONG]),
    "longest": (pa.decimal256(70, 12), [Decimal(text) for text in (*LONG, "1E+57", "-1E+57")]),
    "double": (pa.float64(), FLOATS),
    "float": (pa.float32(), [0.0, -0.0, 0.1, 0.3, 1.0, -1.5, 7.0, NAN, INF]),
    "half": (pa.float16(), [0.0, 0.1, 0.3, 1.0, -1.5, NAN, INF]),
    "string": (pa.string(), TEXTS),
    "view": (pa.string_view(), TEXTS),
    "bool": (pa.bool_(), [True, False]),
    **{
        f"time_{unit}": (
            pa.timestamp(unit, zone),
            [s * PER_SECOND[unit] for s in SECONDS if abs(s * PER_SECOND[unit]) < 2**63],
        )
        for unit, zone in (("ms", None), ("us", "UTC"), ("ns", "Europe/Paris"))
    },
    "date": (pa.date32(), [0, 1, -1, -719162, 2932896, 2932897]),
    "clock_s": (pa.time32("s"), [0, 1, 30_600]),
    "clock_ns": (pa.time64("ns"), [0, 1, 30_600 * 10**9 + 1]),
    "length_s": (pa.duration("s"), [0, 1, -1, 3600]),
    "length_ns": (pa.duration("ns"), [0, 1, -1, 3600 * 10**9, 3600 * 10**9 + 1]),
    "bytes": (pa.binary(), [b"", b"a", b"\xff", b"a\x00"]),
    "fixed": (pa.binary(2), [b"ab", b"ba"]),
}
NUMBERS = ("int64", "int8", "uint32", "uint64", "money", "cents", "long", "longest", "double", "float", "half")


def ticks(type_: pa.DataType, moment: datetime | TimeValue) -> Fraction:
    if isinstance(moment, TimeValue):
        seconds = Fraction(moment.nanoseconds, 10**9)
        return seconds / 86400 if pa.types.is_date(type_) else seconds * PER_SECOND[type_.unit]
    micros = Fraction((moment - datetime(1970, 1, 1)) // timedelta(microseconds=1))
    return micros / (86400 * 10**6) if pa.types.is_date(type_) else micros * PER_SECOND[type_.unit] / 10**6


def as_held(type_: pa.DataType, bound: Any) -> Any:
    """Return a bound as a column of the type can hold it: floating columns round it."""
    code = {pa.float32(): "f", pa.float16(): "e", pa.float64(): "d"}.get(type_)
    if code is None or isinstance(bound, str):
        return bound
    try:
        return struct.unpack(code, struct.pack(code, float(bound)))[0]
    except OverflowError:
        return math.copysign(INF, bound > 0 or -1)


def order(type_: pa.DataType, x: Any, bound: Any) -> int:
    """Return how a value that is no NaN stands to a bound: -1, 0 or 1."""
    if isinstance(bound, datetime | TimeValue):
        return _sign(Fraction(x) - ticks(type_, bound))
    if not pa.types.is_floating(type_):
        return _sign(Fraction(x) - Fraction(repr(bound) if isinstance(bound, float) else bound))
    if math.isinf(x):  # beyond every number, also beyond one that the column could not hold
        return 1 if x > 0 else -1
    held = as_held(type_, bound)
    if isinstance(bound, float) or (bound != int(bound) and not math.isinf(held)):
        return (x > held) - (x < held)
    # A whole number is exact, unless it is how the value is printed.
    printed = {pa.float32(): np.float32, pa.float16(): np.float16}.get(type_, float)(x)
    return 0 if Fraction(str(printed)) == bound else _sign(Fraction(x) - Fraction(bound))


def _sign(difference: Fraction) -> int:
    return (difference > 0) - (difference < 0)


@st.composite
def columns(draw: st.DrawFn, name: str, kind: str) -> Column:
    """Draw the rules of one column."""
    rules: dict[str, Any] = {"nullable": draw(st.booleans()), "unique": draw(st.booleans())}
    times = {"time": MOMENTS, "date": MOMENTS, "clock": CLOCKS, "length": LENGTHS}.get(kind.split("_", maxsplit=1)[0])
    if kind in NUMBERS or times:
        bounds = st.sampled_from(times or BOUNDS)
        for key in draw(st.sets(st.sampled_from(["minimum", "maximum", "above", "below"]), max_size=2)):
            rules[key] = draw(bounds)
        if draw(st.booleans()):
            rules["values"] = tuple(draw(st.lists(bounds, min_size=1, max_size=7, unique=True)))
        if kind in NUMBERS:
            rules["nan"] = draw(st.sampled_from(["refuse", "null", "allow"]))
            rules["multiple_of"] = draw(st.sampled_from(STEPS))
    elif kind in ("string", "view"):
        rules["not_blank"] = draw(st.booleans())
        rules["pattern"] = draw(st.none() | st.sampled_from(PATTERNS))
        rules["min_length"] = draw(st.none() | st.integers(0, 2))
        rules["max_length"] = draw(st.none() | st.integers(1, 3))
        rules["values"] = draw(
            st.none() | st.lists(st.sampled_from(TEXTS), min_size=1, max_size=7, unique=True).map(tuple)
        )
        rules["forbidden"] = tuple(draw(st.lists(st.sampled_from(TEXTS), max_size=2, unique=True)))
    elif kind == "bool":
        rules["values"] = draw(st.sampled_from([None, (True,), (False, True)]))
    return Column(name, **rules)


@st.composite
def cases(draw: st.DrawFn) -> tuple[pa.Table, TableContract]:
    """Draw a table and a contract of it."""
    rows = draw(st.integers(0, 9))
    kinds = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=3))
    arrays, declared, keyed = [], [], draw(st.integers(0, 2))
    for i, kind in enumerate(kinds):
        type_, samples = TYPES[kind]
        values = draw(st.lists(st.none() | st.sampled_from(samples), min_size=rows, max_size=rows))
        column = draw(columns(f"c{i}", kind))
        stored = _ticks_type(type_) or type_
        arrays.append(pa.array(values, stored).cast(type_))
        declared.append(column)
    key = tuple(c.name for c in declared)[: (0, 1, 3)[keyed]]
    contract = TableContract("made", tuple(declared), key=key, min_rows=0, no_all_null=False)
    return pa.Table.from_arrays(arrays, [c.name for c in declared]), contract


def _ticks_type(type_: pa.DataType) -> pa.DataType | None:
    if pa.types.is_date(type_) or pa.types.is_time32(type_):
        return pa.int32()
    return pa.int64() if pa.types.is_temporal(type_) else None


def held(array: pa.ChunkedArray) -> list[Any]:
    """Return values as they are compared: times as ticks."""
    whole = _ticks_type(array.type)
    if whole is not None:
        return array.cast(whole).to_pylist()
    return [float(v) if pa.types.is_float16(array.type) and v is not None else v for v in array.to_pylist()]


def judged(column: Column, type_: pa.DataType, x: Any) -> set[str]:
    """Return which rules a value breaks, in words of our own."""
    floating, nan = pa.types.is_floating(type_), isinstance(x, float) and math.isnan(x)
    infinite = isinstance(x, float) and math.isinf(x)
    if x is None or (nan and column.nan == "null"):
        return set() if column.nullable else {"null"}
    if floating and column.nan == "refuse" and (nan or infinite):
        broken = {"NaN" if nan else "infinite"}
        if infinite and column.values is not None:
            broken.add("values")
        return broken
    broken = set()
    if not nan:
        for key, bad in (
            ("minimum", lambda o: o < 0),
            ("maximum", lambda o: o > 0),
            ("above", lambda o: o <= 0),
            ("below", lambda o: o >= 0),
        ):
            bound = getattr(column, key)
            if bound is not None and bad(order(type_, x, bound)):
                broken.add(key)
    if column.values is not None and not isinstance(x, str | bool):
        if infinite or nan or all(order(type_, x, value) for value in column.values):
            broken.add("values")
    elif column.values is not None and x not in column.values:
        broken.add("values")
    if x in column.forbidden:
        broken.add("forbidden")
    if column.multiple_of is not None and not nan:
        if infinite or (not floating and Fraction(x) % Fraction(str(column.multiple_of))):
            broken.add("multiple")
        elif floating:
            quotient = abs(x) / float(column.multiple_of)
            rounding = {pa.float32(): 2.0**-23, pa.float16(): 2.0**-10}.get(type_, 2.0**-50)
            if quotient != INF and abs(quotient - round(quotient)) > quotient * rounding + 1e-9:
                broken.add("multiple")
    if isinstance(x, str):
        if column.not_blank and not x.strip():
            broken.add("blank")
        if column.min_length is not None and len(x) < column.min_length:
            broken.add("shorter")
        if column.max_length is not None and len(x) > column.max_length:
            broken.add("longer")
        if column.pattern is not None and not found(column.pattern, x):
            broken.add("pattern")
    return broken


def found(pattern: str, text: str) -> bool:
    """Return what RE2 says, by Python's own engine: ASCII classes, ``$`` at the very end."""
    ours = {r"^\p{L}+$": None, "b$": r"b\Z", "^$": r"\A\Z", r"\s": r"[\t\n\f\r ]", r"\w": "[0-9A-Za-z_]"}
    wanted = ours.get(pattern, pattern)
    return bool(text) and all(c.isalpha() for c in text) if wanted is None else re.search(wanted, text) is not None


WORDS = {
    "null": "null",
    "NaN": "NaN",
    "infinite": "infinite",
    "below": "minimum",
    "before": "minimum",
    "not after": "above",
    "after": "maximum",
    "not before": "below",
    "not above": "above",
    "above": "maximum",
    "not below": "below",
    "none of": "values",
    "a forbidden": "forbidden",
    "no multiple": "multiple",
    "empty or blank": "blank",
    "shorter": "shorter",
    "longer": "longer",
    "of another form": "pattern",
}


def verdict(profile: TableProfile) -> dict[tuple[str, str], int]:
    """Return the rows that break each rule."""
    word = {f: next(w for w in sorted(WORDS, key=len, reverse=True) if f.startswith(w)) for f in
            {failure.what for failure in profile.failures}}  # fmt: skip
    return {(failure.column, WORDS[word[failure.what]]): failure.rows for failure in profile.failures}


def is_null(value: Any, column: Column | None) -> bool:
    """Return whether a value is null by what a contract says of NaN."""
    return value is None or (
        isinstance(value, float) and math.isnan(value) and column is not None and column.nan == "null"
    )


def repetitions(table: pa.Table, contract: TableContract, columns: tuple[str, ...]) -> tuple[int, int] | None:
    """Return the number of values that occur more than once, and of rows beyond the first of each: nulls repeat nothing."""
    rows = list(zip(*(held(table.column(name)) for name in columns), strict=True))
    rows = [
        row for row in rows if not any(is_null(v, contract.column(name)) for v, name in zip(row, columns, strict=True))
    ]
    same = Counter(tuple("nan" if isinstance(v, float) and math.isnan(v) else v for v in row) for row in rows)
    more = [times - 1 for times in same.values() if times > 1]
    return (len(more), sum(more)) if more else None


def expected(table: pa.Table, contract: TableContract) -> tuple[dict[tuple[str, str], int], dict[Any, Any]]:
    """Return the verdict of a plain reading."""
    broken: Counter[tuple[str, str]] = Counter()
    for column in contract.columns:
        for x in held(table.column(column.name)):
            broken.update((column.name, what) for what in judged(column, table.schema.field(column.name).type, x))
    asked = {(c.name,) for c in contract.columns if c.unique} | ({contract.key} if contract.key else set())
    same = {columns: repetitions(table, contract, columns) for columns in asked}
    return dict(broken), {columns: counts for columns, counts in same.items() if counts}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engines") / "made.parquet"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases())
def test_engines_agree_with_each_other_and_with_a_plain_reading(
    place: Path, case: tuple[pa.Table, TableContract]
) -> None:
    table, contract = case
    pq.write_table(table, place)
    wanted = expected(table, contract)
    for small in (engine.SMALL_ROWS, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "SMALL_ROWS", small)
            profile = scan(place, contract, Statistics(summary=tuple(table.column_names)))
        asked = {(c.name,) for c in contract.columns if c.unique} | ({contract.key} if contract.key else set())
        found = {columns: found_in(profile, contract, columns) for columns in asked}
        same = {columns: (d.keys, d.rows) for columns, d in found.items() if d is not None}
        assert (verdict(profile), same) == wanted, "DuckDB" if small == 0 else "Arrow"
