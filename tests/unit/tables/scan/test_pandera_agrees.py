"""The scan and the remainder together say of a file what pandera says of its frame: the property behind from_pandera."""

from __future__ import annotations

import math
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.errors
import pandera.pandas as p
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.pandera.bound import BoundSchema
from pytest_mlmonitor.tables.pandera.checks import NotTheSame, fields_of
from pytest_mlmonitor.tables.pandera.divide import from_pandera
from pytest_mlmonitor.tables.pandera.rows import judge
from pytest_mlmonitor.tables.profile import TableProfile
from pytest_mlmonitor.tables.rules import schema_findings
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.scan import scan

DAY = datetime(2024, 2, 29, 12, 30, 15)
NAIVE = [DAY, DAY + timedelta(microseconds=1), datetime(1969, 12, 31, 23, 59, 59), datetime(2200, 1, 1)]
ZONED = [moment.replace(tzinfo=UTC) for moment in NAIVE]
INTEGERS = [0, 1, -1, 2, 7, 2**53, 2**53 + 1, -(2**63), 2**63 - 1]
FLOATS = [0.0, -0.0, 0.1, 1.0, -1.5, 2.5, float("inf"), float("-inf"), float("nan"), 1e300, 5e-324, 2.0**53]
SINGLES = [0.0, 0.1, 1.0, -1.5, 2.5, float("inf"), float("nan")]
TEXTS = [
    "",
    " ",
    "a",
    "ab",
    "ST-1",
    "ST-1\n",
    "ST-٣",
    "ST-12",
    "é",
    "e\u0301",
    "日本",
    "a\nb",
    "\n",
    "😀",
    "b\x00c",
    "A",
    "a b",
]
PATTERNS = [
    r"^ST-\d+$",
    r"ST-\d",
    r"a.b",
    r"[^a]",
    r"a|",
    r"^$",
    r"\s",
    r"(?i)a",
    r"\w",
    r"(?=a)",
    r"\bab",
    r"[é-ü]+\Z",
    r"a{2,}",
    r"$",
]

COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int64": (pa.int64(), INTEGERS),
    "int8": (pa.int8(), [0, 1, -1, 127]),
    "uint64": (pa.uint64(), [0, 1, 2**53, 2**53 + 1, 2**64 - 1]),
    "double": (pa.float64(), FLOATS),
    "float": (pa.float32(), SINGLES),
    "string": (pa.string(), TEXTS),
    "large_string": (pa.large_string(), TEXTS),
    "bool": (pa.bool_(), [True, False]),
    "us": (pa.timestamp("us"), NAIVE),
    "s": (pa.timestamp("s"), [moment.replace(microsecond=0) for moment in NAIVE]),
    "utc": (pa.timestamp("us", "UTC"), ZONED),
    "date": (pa.date32(), [DAY.date()]),
    "dict": (pa.dictionary(pa.int32(), pa.string()), ["a", "b"]),
}
DTYPES: dict[str, list[Any]] = {
    "int64": [int, "Int64", float],
    "int8": ["int8", int],
    "uint64": ["uint64"],
    "double": [float, "float64", "Float64", int],
    "float": ["float32", float],
    "string": [str, "string", object],
    "large_string": [str],
    "bool": [bool, "boolean", object],
    "us": ["datetime64[us]", pd.Timestamp, datetime, str],
    "s": ["datetime64[s]"],
    "utc": [pd.DatetimeTZDtype("us", "UTC"), "datetime64[us]"],
    "date": [p.Date, object],
    "dict": ["category", str],
}
BOUNDS: dict[str, list[Any]] = {
    "int64": [*INTEGERS, 0.5, -0.5, 1.0, 2.0**60, True],
    "int8": [0, 1, 0.5, 200],
    "uint64": [0, 1, 2**53],
    "double": [0, 1, 0.1, -1.5, 1e300, -0.0, 2**53 + 1, float("inf")],
    "float": [0, 0.1, 1, 2.5],
    "string": ["", "a", "é", "ST-1"],
    "large_string": ["a"],
    "bool": [True, False, 1],
    "us": [*NAIVE, pd.Timestamp(DAY), ZONED[0], "2024-01-01"],
    "s": [NAIVE[0], NAIVE[1], NAIVE[2]],
    "utc": [*ZONED, pd.Timestamp(DAY, tz="Europe/Paris"), NAIVE[0]],
    "date": [DAY.date()],
    "dict": ["a"],
}
WORDS = {
    "minimum": ("below ", "before "),
    "above": ("not above ", "not after "),
    "maximum": ("above ", "after "),
    "below": ("not below ", "not before "),
    "values": "none of the allowed values",
    "forbidden": "a forbidden value",
    "pattern": "of another form",
    "min_length": "shorter than ",
    "max_length": "longer than ",
}


@st.composite
def checks(draw: st.DrawFn, kind: str) -> p.Check:
    bounds = BOUNDS[kind]
    options: dict[str, Any] = {}
    if draw(st.integers(0, 9)) == 0:
        options["ignore_na"] = False
    if draw(st.integers(0, 9)) == 0:
        options["raise_warning"] = True
    which = draw(st.sampled_from(["ge", "gt", "le", "lt", "eq", "ne", "in_range", "isin", "notin", "text", "odd"]))
    one = draw(st.sampled_from(bounds))
    if which in ("ge", "gt", "le", "lt", "eq", "ne"):
        return getattr(p.Check, which)(one, **options)
    if which == "in_range":
        try:
            low, high = sorted(draw(st.lists(st.sampled_from(bounds), min_size=2, max_size=2)))
            return p.Check.in_range(low, high, draw(st.booleans()), draw(st.booleans()), **options)
        except (TypeError, ValueError):
            return p.Check.ge(one, **options)
    if which in ("isin", "notin"):
        return getattr(p.Check, which)(draw(st.lists(st.sampled_from(bounds), min_size=1, max_size=6)), **options)
    if which == "odd":
        return draw(
            st.sampled_from(
                [
                    p.Check(lambda x: str(x) != "1", element_wise=True, name="not_one"),
                    p.Check(lambda s: s.notna(), name="there"),
                    p.Check(lambda s: len(s) < 4, name="few"),
                    p.Check.unique_values_eq([one]),
                ]
            )
        )
    low, high = sorted(draw(st.lists(st.integers(0, 4), min_size=2, max_size=2)))
    return draw(
        st.sampled_from(
            [
                p.Check.str_matches(draw(st.sampled_from(PATTERNS)), **options),
                p.Check.str_contains(draw(st.sampled_from(PATTERNS)), **options),
                p.Check.str_startswith(draw(st.sampled_from(TEXTS)), **options),
                p.Check.str_endswith(draw(st.sampled_from(TEXTS)), **options),
                p.Check.str_length(low, high, **options),
                p.Check.str_length(min_value=low, **options),
            ]
        )
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[pa.Table, p.DataFrameSchema]:
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=4))
    rows = draw(st.sampled_from([0, 1, 2, 3, 8]))
    arrays: dict[str, pa.Array] = {}
    columns: dict[str, p.Column] = {}
    for i, kind in enumerate(kinds):
        name = "abcdef"[i]
        type_, values = COLUMNS[kind]
        value = st.sampled_from(values)
        if draw(st.booleans()):
            value = value | st.none()
        arrays[name] = pa.array(draw(st.lists(value, min_size=rows, max_size=rows)), type_)
        if draw(st.integers(0, 7)) == 0:
            continue
        dtypes = [DTYPES[kind][0]] * 3 + DTYPES[kind] + [None]
        columns[name] = p.Column(
            draw(st.sampled_from(dtypes)),
            draw(st.lists(checks(kind), max_size=3)),
            nullable=draw(st.booleans()),
            unique=draw(st.integers(0, 4)) == 0,
            required=draw(st.booleans()),
            coerce=draw(st.integers(0, 9)) == 0,
        )
    if draw(st.integers(0, 5)) == 0:
        columns["missing"] = p.Column(int, required=draw(st.booleans()))
    names = draw(st.permutations(list(columns))) if draw(st.integers(0, 3)) == 0 else list(columns)
    unique = (
        draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        if names and draw(st.booleans())
        else None
    )
    table_checks = (
        [p.Check(lambda frame: frame.notna().all(axis=1), name="complete")] if draw(st.integers(0, 7)) == 0 else []
    )
    schema = p.DataFrameSchema(
        {name: columns[name] for name in names},
        checks=table_checks,
        unique=unique,
        strict=draw(st.sampled_from([False, True, "filter"])),
        ordered=draw(st.booleans()),
    )
    return pa.table(arrays), schema


def reference(schema: p.DataFrameSchema, path: Path) -> tuple[bool, Counter[tuple[str, str]]]:
    """Return whether the frame is sound, and the failing rows of every (column, check) as pandera counts them."""
    counts: Counter[tuple[str, str]] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            schema.validate(pd.read_parquet(path), lazy=True)
        except pandera.errors.SchemaErrors as errors:
            for error in errors.schema_errors:
                if isinstance(error.failure_cases, pd.DataFrame):
                    name = error.check if isinstance(error.check, str) else str(error.check.error or error.check.name)
                    column = getattr(error, "column_name", None) or "table"
                    counts[column, name] += error.failure_cases["index"].nunique()
            return False, counts
        except pandera.errors.SchemaDefinitionError:
            return False, counts
    return True, counts


def ours(schema: p.DataFrameSchema, path: Path) -> tuple[bool, Counter[tuple[str, str]], BoundSchema, set[str]]:
    """Return the same of the scan and the remainder, the divided schema, and the columns of another type."""
    file = pq.ParquetFile(path)
    head = file.schema_arrow
    made = from_pandera(schema, "x", "test:schema")
    assert not any("could not be divided" in note for note in made.notes), made.notes
    bound = made.fitted(head.names, [str(t) for t in head.types], (head.metadata or {}).get(b"pandas"))
    profile = scan(path, bound.contract)
    differing = list(schema_findings(profile, bound.contract, path))
    counts: Counter[tuple[str, str]] = Counter()
    sound = not any(f.severity >= Severity.ERROR for f in differing)
    sound &= not profile.failures
    counts.update(_counted(schema, bound, profile))
    unique = {(c.name,): "field_uniqueness" for c in bound.contract.columns if c.unique}
    for columns, found in profile.duplicates.items():
        if columns in unique:
            sound = False
            counts[columns[0], unique[columns]] += found.keys + found.rows
        if columns == bound.contract.key:
            sound = False
            counts["table", "multiple_fields_uniqueness"] += found.keys + found.rows
    for number, metric in enumerate(bound.contract.metrics):
        if (0, number) in profile.figures and not metric.limit.holds(profile.figures[0, number]):
            sound &= metric.severity < Severity.ERROR
    if bound.remainder is not None:
        wanted = None if bound.columns is None else [name for name in bound.columns if name in head.names]
        if bound.whole or wanted is None:
            batches = file.iter_batches(batch_size=3)
        else:
            batches = file.iter_batches(batch_size=3, columns=wanted)
        verdict = judge(bound, _at_least_one(batches, head, wanted))
        sound &= verdict.error is None and all(f.severity < Severity.ERROR for f in verdict.failures)
        for failure in verdict.failures:
            if failure.failure_count is not None and failure.severity >= Severity.ERROR:
                counts[failure.column or "table", failure.check] += failure.failure_count
    return sound, counts, bound, _of_another_type(bound, profile)


def _of_another_type(bound: BoundSchema, profile: TableProfile) -> set[str]:
    """Return columns that are not what the schema says: pandera runs its checks on them all the same, the scan does not."""
    found = dict(zip(profile.head.names, profile.head.types, strict=True))
    wrong = {c.name for c in bound.contract.columns if c.required and c.name not in found}
    for name, type_ in bound.types.items():
        if found.get(name) in type_.refused or (not type_.nulls and profile.nulls.get(name)):
            wrong.add(name)
    return wrong


def _at_least_one(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, names: list[str] | None
) -> Iterator[pa.RecordBatch]:
    empty = True
    for batch in batches:
        empty = False
        yield batch
    if empty:
        fields = [schema.field(n) for n in (schema.names if names is None else names)]
        yield pa.RecordBatch.from_pylist([], pa.schema(fields, schema.metadata))


def _counted(schema: p.DataFrameSchema, bound: BoundSchema, profile: TableProfile) -> Counter[tuple[str, str]]:
    """Translate the scan's failures into pandera's checks."""
    counts: Counter[tuple[str, str]] = Counter()
    for failure in profile.failures:
        if failure.what == "null":
            counts[failure.column, "not_nullable"] += failure.rows
    figures = [
        (m, profile.figures.get((0, n), 0))
        for n, m in enumerate(bound.contract.metrics)
        if m.severity >= Severity.ERROR
    ]
    for name, column in schema.columns.items():
        declared = bound.contract.column(name)
        for check in column.checks:
            try:
                fields = fields_of(check, bound.types[name].kind if name in bound.types else None)
            except NotTheSame:
                continue
            check_name = str(check.error or check.name)
            if declared is None or check.raise_warning:
                continue
            if all(getattr(declared, slot) == value for slot, value in fields.items()):
                rows = sum(
                    f.rows
                    for f in profile.failures
                    for slot in fields.keys() & WORDS.keys()
                    if f.column == name and f.what.startswith(WORDS[slot])
                )
            else:
                rows = sum(
                    figure
                    for m, figure in figures
                    if m.columns == (name,) and m.valid and all(getattr(m.valid, s) == v for s, v in fields.items())
                )
            if rows:
                counts[name, check_name] = max(counts[name, check_name], 0) + rows
    return counts


def comparable(counts: Counter[tuple[str, str]], wrong: set[str]) -> dict[tuple[str, str], int]:
    """Leave out what pandera counts as it sees fit: values of a column of another type."""
    left_out = wrong | ({"table"} if wrong else set())
    return {
        key: n
        for key, n in counts.items()
        if n and key[0] not in left_out and not key[1].startswith(("dtype(", "coerce_dtype("))
    }


def agree(table: pa.Table, schema: p.DataFrameSchema, *, by_pandas: bool = False) -> None:
    """Assert that both verdicts on the file, and the rows they count, are the same."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "table.parquet"
        if by_pandas:
            table.to_pandas().to_parquet(path)
        else:
            pq.write_table(table, path, row_group_size=5)
        expected, expected_counts = reference(schema, path)
        found, counts, bound, wrong = ours(schema, path)
        detail = f"{schema}\n{pd.read_parquet(path)}\n{bound}"
        assert found == expected, detail
        assert comparable(counts, wrong) == comparable(expected_counts, wrong), detail


@pytest.mark.parametrize("engine_rows", [131_072, 0], ids=["arrow", "duckdb"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), by_pandas=st.integers(0, 5))
def test_both_parts_together_say_what_pandera_says(
    engine_rows: int, case: tuple[pa.Table, p.DataFrameSchema], by_pandas: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "SMALL_ROWS", engine_rows)
        agree(*case, by_pandas=not by_pandas)


RARE: dict[str, tuple[Any, list[Any], p.Column]] = {
    "one null of a unique column": (pa.string(), ["a", None], p.Column(str, unique=True, nullable=True)),
    "two nulls of a unique column": (pa.string(), ["a", None, None], p.Column(str, unique=True, nullable=True)),
    "null and NaN of a unique column": (pa.float64(), [None, math.nan], p.Column(float, unique=True, nullable=True)),
    "two zeros": (pa.float64(), [0.0, -0.0], p.Column(float, unique=True)),
    "two times": (pa.timestamp("us"), [DAY, DAY, NAIVE[1]], p.Column("datetime64[us]", unique=True)),
    "a nullable integer": (pa.int64(), [1, None], p.Column(int, nullable=True)),
    "integers for floats": (pa.int64(), [1, 2], p.Column(float, nullable=True)),
    "integers with a null for floats": (pa.int64(), [1, None], p.Column(float, nullable=True)),
    "a boolean with a null": (pa.bool_(), [True, None], p.Column(bool, nullable=True)),
    "a boolean with a null for objects": (pa.bool_(), [True, None], p.Column(object, nullable=True)),
    "beyond a double": (pa.int64(), [2**53, 2**53 + 1], p.Column(int, p.Check.gt(2**53))),
    "at the border of int64": (pa.int64(), [2**63 - 1, -(2**63)], p.Column(int, p.Check.lt(2**63 - 1))),
    "a decimal fraction of single precision": (pa.float32(), [0.1], p.Column("float32", p.Check.le(0.1))),
    "infinity": (pa.float64(), [math.inf, -math.inf, 1.0], p.Column(float, p.Check.in_range(0, 2))),
    "NaN": (pa.float64(), [math.nan, 3.0], p.Column(float, [p.Check.isin([1.0]), p.Check.ne(3)], nullable=True)),
    "a trailing newline": (pa.string(), ["a\n", "a", "a\n\n"], p.Column(str, p.Check.str_matches("a$"))),
    "composed and not": (pa.string(), ["é", "e\u0301"], p.Column(str, p.Check.str_length(1))),
    "another script's digits": (pa.string(), ["٣", "3", "x"], p.Column(str, p.Check.str_matches(r"^\d$"))),
    "a warning": (pa.int64(), [1, 5], p.Column(int, p.Check.le(3, raise_warning=True))),
    "a null type": (pa.null(), [None, None], p.Column(str, nullable=True)),
    "a time in the zone of a finer unit": (
        pa.timestamp("ns", "UTC"),
        ZONED,
        p.Column(pd.DatetimeTZDtype("ns", "UTC"), p.Check.le(ZONED[0])),
    ),
    "the same zone by another name": (pa.timestamp("us", "+00:00"), ZONED, p.Column(pd.DatetimeTZDtype("us", "UTC"))),
}


@pytest.mark.parametrize("name", RARE)
def test_what_chance_rarely_meets(name: str) -> None:
    type_, values, column = RARE[name]
    agree(pa.table({"a": pa.array(values, type_)}), p.DataFrameSchema({"a": column}))


@pytest.mark.parametrize("values", [["a", "b"], ["a", None], [None, None], ["a", None, None]])
@pytest.mark.parametrize("unique", [["a"], ["a", "b"]])
def test_keys_with_nulls(values: list[str | None], unique: list[str]) -> None:
    table = pa.table({"a": pa.array(values, pa.string()), "b": pa.array([1] * len(values))})
    columns = {"a": p.Column(str, nullable=True), "b": p.Column(int)}
    agree(table, p.DataFrameSchema(columns, unique=unique))
