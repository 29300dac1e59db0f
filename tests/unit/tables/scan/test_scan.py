"""The one-pass scan against a naive row-by-row reading of the same contract."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET
from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, Threshold
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.profile import Statistics, TableProfile
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.scan import SAMPLE_ROWS, scan
from pytest_mlmonitor.tables.source.source import TableSource
from tests.unit.support import PARQUET, SAMPLE

CONTRACT = TableContract(
    name="made",
    columns=(
        Column("id", ("string",), not_blank=True),
        Column("ts", ("timestamp[us]",)),
        Column("end", ("timestamp[us]",), nullable=True),
        Column("share", ("double",), minimum=0, maximum=1),
        Column("delta", ("double",), nullable=True),
        Column("target", ("int32",), values=(0, 1)),
        Column("guess", ("int32",), nullable=True),
    ),
    key=("id", "ts"),
    rules=(
        Offset("end", "==", "ts", timedelta(minutes=60)),
        Offset("end", ">", "ts", topic="point_in_time"),
        Grid("ts", timedelta(minutes=15)),
        Threshold("guess", "share", 0.5),
    ),
)
START = datetime(2026, 4, 26)
IDS = st.sampled_from(["a", "b", "", "  ", None])
MOMENTS = st.sampled_from([None, *[START + timedelta(minutes=m) for m in (0, 15, 16, 60, 75, 120)]])
EARLY = st.sampled_from([datetime(1969, 12, 31, 23, 45), datetime(1900, 1, 1, 0, 7)])
NUMBERS = st.sampled_from([None, math.nan, math.inf, -math.inf, -0.5, -0.0, 0.0, 0.4999, 0.5, 1.0, 1.5])
INTEGERS = st.sampled_from([None, -1, 0, 1, 2])
ROWS = st.lists(
    st.tuples(IDS, MOMENTS | EARLY, MOMENTS | EARLY, NUMBERS, NUMBERS, INTEGERS, INTEGERS), min_size=0, max_size=12
)
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("ts", pa.timestamp("us")),
        ("end", pa.timestamp("us")),
        ("share", pa.float64()),
        ("delta", pa.float64()),
        ("target", pa.int32()),
        ("guess", pa.int32()),
    ]
)
EPOCH = datetime(1970, 1, 1)


def write(rows: list[tuple[Any, ...]], path: Path) -> Path:
    columns = [pa.array([row[i] for row in rows], field.type, from_pandas=False) for i, field in enumerate(SCHEMA)]
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), path)
    return path


def naive(rows: list[tuple[Any, ...]]) -> dict[tuple[str, str], list[int]]:
    """Return the 1-based numbers of the rows that break each rule."""
    broken: dict[tuple[str, str], list[int]] = {}

    def note(column: str, what: str, number: int) -> None:
        broken.setdefault((column, what), []).append(number)

    for number, (key, ts, end, share, delta, target, guess) in enumerate(rows, 1):
        for column, value in (("id", key), ("ts", ts), ("share", share), ("target", target)):
            if value is None:
                note(column, "null", number)
        if key is not None and not key.strip():
            note("id", "empty or blank", number)
        for column, value in (("share", share), ("delta", delta)):
            if value is not None and math.isnan(value):
                note(column, "NaN", number)
            if value is not None and math.isinf(value):
                note(column, "infinite", number)
        if share is not None and math.isfinite(share):
            if share < 0:
                note("share", "below 0", number)
            if share > 1:
                note("share", "above 1", number)
        if target not in (None, 0, 1):
            note("target", "none of the allowed values", number)
        if ts is not None and end is not None:
            if end != ts + timedelta(minutes=60):
                note("end", "different from ts + 60 min", number)
            if end <= ts:
                note("end", "not after ts", number)
        if ts is not None and (ts - EPOCH) % timedelta(minutes=15):
            note("ts", "off the 15-minute grid", number)
        if guess is not None and share is not None and guess != int(share >= 0.5):
            note("guess", "not what share says", number)
    return broken


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scan") / "made.parquet"


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from([1, 3, 65_536]), st.sampled_from([0, engine.SMALL_ROWS]))
def test_it_counts_what_a_naive_reading_counts(
    place: Path, rows: list[tuple[Any, ...]], batch: int, small: int
) -> None:
    statistics = Statistics(distinct=("id",), mean=("target",), extremes=("ts",))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TableSource.batches, "__defaults__", (None, batch))
        patched.setattr(engine, "SMALL_ROWS", small)  # from one row on DuckDB computes, below it Arrow
        profile = scan(write(rows, place), CONTRACT, statistics)
    expected = naive(rows)
    assert profile.rows == len(rows)
    assert {(f.column, f.what): f.rows for f in profile.failures} == {k: len(v) for k, v in expected.items()}
    for failure in profile.failures:
        wanted = expected[failure.column, failure.what]
        assert [number for number, _, _ in failure.sample] == wanted[:SAMPLE_ROWS]
    frame = pd.DataFrame(rows, columns=SCHEMA.names)
    nulls = {name: sum(row[i] is None for row in rows) for i, name in enumerate(SCHEMA.names)}
    assert profile.nulls == (nulls if rows else {}) or (not rows and not any(profile.nulls.values()))
    repeated = [key for key, count in Counter(row[:2] for row in rows if None not in row[:2]).items() if count > 1]
    assert (profile.duplicates["id", "ts"].keys if profile.duplicates else 0) == len(repeated)
    assert profile.distinct["id"] == frame["id"].nunique()
    targets = [row[5] for row in rows if row[5] is not None]
    assert profile.mean.get("target") == (pytest.approx(sum(targets) / len(targets)) if targets else None)
    moments = [row[1].replace(tzinfo=UTC) for row in rows if row[1] is not None]
    assert profile.extremes.get("ts") == ((min(moments), max(moments)) if moments else None)


def test_samples_show_the_key_and_the_value(tmp_path: Path) -> None:
    later = START + timedelta(minutes=60)
    rows = [("a", START, later, 0.1, None, 0, 0), ("b", START, later, 1.5, None, 0, 1)]
    (failure,) = scan(write(rows, tmp_path / "x.parquet"), CONTRACT).failures
    assert failure.sample == [(2, {"id": "b", "ts": START}, 1.5)]
    assert failure.expected == "0 to 1"


@pytest.mark.parametrize(
    ("bounds", "broken"),
    [({"minimum": "b"}, [1]), ({"above": "b"}, [1, 2]), ({"maximum": "b"}, [3]), ({"below": "b"}, [2, 3])],
)
def test_texts_have_bounds_too(bounds: dict[str, Any], broken: list[int], tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a", "b", "c"]}), tmp_path / "x.parquet")
    contract = TableContract(name="made", columns=(Column("id", ("string",), **bounds),))
    (failure,) = scan(tmp_path / "x.parquet", contract).failures
    assert [number for number, _, _ in failure.sample] == broken


def test_topics_are_kept_apart(tmp_path: Path) -> None:
    rows = [("a", START, START, 0.1, None, 0, 0)]
    found = {f.what: f.topic for f in scan(write(rows, tmp_path / "x.parquet"), CONTRACT).failures}
    assert found == {"different from ts + 60 min": "contract", "not after ts": "point_in_time"}


def test_rules_on_absent_columns_or_other_types_are_left_to_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"share": ["high"], "target": pa.array([7], pa.int64()), "other": [None]}), path)
    profile = scan(path, CONTRACT)
    assert profile.failures == []
    assert profile.head.types == ("string", "int64", "null")
    assert profile.nulls == {"share": 0, "target": 0, "other": 1}


def test_without_a_contract_there_are_only_statistics(tmp_path: Path) -> None:
    later = START + timedelta(minutes=60)
    path = write([("a", START, later, 9.0, None, 5, 0)], tmp_path / "x.parquet")
    profile = scan(path, None, Statistics(mean=("share", "id", "nothing"), distinct=("nothing",), extremes=("id",)))
    assert profile.failures == []
    assert (profile.mean, profile.distinct, profile.extremes) == ({"share": 9.0}, {}, {})


def test_the_sample_keeps_its_contract() -> None:
    profile: TableProfile = scan(SAMPLE / PARQUET, TRAINING_DATASET)
    assert profile.rows == 1076
    assert profile.failures == []
    assert not profile.duplicates
