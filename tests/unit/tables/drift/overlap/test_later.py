"""Which rows are later than the reference's last event, and what is compared then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.drift.concept import compare_concepts
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift, Later
from pytest_mlmonitor.tables.drift.overlap.event_times import event_times
from pytest_mlmonitor.tables.drift.overlap.later import last_event, later_rows
from pytest_mlmonitor.tables.source.source import source
from tests.tables import hive

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def table(hours: int, *, first: int = 0, shift: float = 0.0, step: float = 1.0, seed: int = 0) -> pa.Table:
    """Return a table of an event each ``step`` hours, from hour ``first`` to ``hours``."""
    times = [START + HOUR * float(h) for h in np.arange(first, hours, step)]
    values = np.random.default_rng(seed).normal(shift, 1, len(times))
    return pa.table({"ts": pa.array(times, pa.timestamp("us")), "x": values})


def write(path: Path, *parts: pa.Table, rows: int | None = None) -> Path:
    pq.write_table(pa.concat_tables(parts), path, row_group_size=rows)
    return path


def compared(place: Path, current: pa.Table, reference: pa.Table, **options: Any) -> FeatureDrift:
    files = write(place / "current.parquet", current), write(place / "reference.parquet", reference)
    (found,) = compare(*files, [("x", "numeric")], event_ts="ts", **options)
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("later")


def micros(hours: float) -> int:
    return (START + HOUR * hours - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


# A growing table.


def test_a_bad_new_day_of_a_growing_table_is_seen(place: Path) -> None:
    before, day = table(24 * 60, step=0.25), table(24 * 61, first=24 * 60, shift=3, step=0.25)
    grown = pa.concat_tables([before, day])
    grown = grown.append_column("s", pa.array(["x"] * len(grown), pa.string_view()))  # as polars writes text
    before = before.append_column("s", pa.array(["x"] * len(before), pa.string_view()))
    whole = compare(write(place / "c.parquet", grown), write(place / "r.parquet", before), [("x", "numeric")])
    found = compared(place, grown, before)
    assert found.later == Later(micros(24 * 60 - 0.25), 96)
    assert found.current_rows == 96
    assert found.ks is not None
    assert whole[0].ks is not None
    assert found.ks > 0.8
    assert whole[0].ks < 0.02
    # D of the new rows is that of the whole, times m / (m - n): the rows before are the reference's own
    assert found.ks == pytest.approx(whole[0].ks * grown.num_rows / 96)


@given(
    old=st.lists(st.integers(-3, 3), min_size=30, max_size=120),
    new=st.lists(st.integers(-3, 3), min_size=30, max_size=120),
    order=st.randoms(use_true_random=False),
    group=st.integers(5, 300),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_new_rows_are_compared_wherever_they_stand(
    place: Path, old: list[int], new: list[int], order: Any, group: int
) -> None:
    """Rows in any order, in row groups of any size, with nulls among the times: the same as comparing the new rows alone."""
    rows = [(START + HOUR * i, float(v)) for i, v in enumerate(old)]
    later = [(START + HOUR * (len(old) + i), float(v)) for i, v in enumerate(new)]
    mixed: list[tuple[datetime | None, float]] = [*rows, *later, (None, 99.0), (None, 99.0)]
    order.shuffle(mixed)

    def written(name: str, pairs: list[Any]) -> Path:
        times, values = zip(*pairs, strict=True)
        made = pa.table({"x": list(values), "ts": pa.array(times, pa.timestamp("us", "UTC"))})
        return write(place / name, made, rows=group)

    reference, current = written("r.parquet", rows), written("c.parquet", mixed)
    (found,) = compare(current, reference, [("x", "numeric")], event_ts="ts")
    (alone,) = compare(written("n.parquet", later), reference, [("x", "numeric")])
    assert found.later == Later(micros(len(old) - 1), len(new))
    assert (found.ks, found.psi, found.p_ks, found.current_rows) == (alone.ks, alone.psi, alone.p_ks, len(new))


def test_a_directory_of_days_is_compared_by_its_new_day(tmp_path: Path) -> None:
    def days(number: int) -> pa.Table:
        found = table(24 * number, step=0.5)
        return found.append_column("day", pa.array([str(t.date()) for t in found["ts"].to_pylist()]))

    current, reference = hive(tmp_path / "c", days(9), ["day"]), hive(tmp_path / "r", days(8), ["day"])
    (found,) = compare(current, reference, [("x", "numeric")], event_ts="ts")
    assert found.later == Later(micros(24 * 8 - 0.5), 48)


def test_the_last_event_of_several_references_counts(tmp_path: Path) -> None:
    references = (write(tmp_path / "a.parquet", table(100)), write(tmp_path / "b.parquet", table(150, first=90)))
    current = write(tmp_path / "c.parquet", table(200))
    (found,) = compare(current, references, [("x", "numeric")], event_ts="ts")
    assert found.later == Later(micros(149), 50)


# Whole tables.


@pytest.mark.parametrize(
    ("current", "reference"),
    [
        (table(248, first=200), table(200)),  # begins after the reference ends
        (table(200), table(200)),  # nothing is later
        (table(229), table(200)),  # 29 rows are later
        (table(212, step=0.25), table(200, step=0.25)),  # half a day is later
        (table(223, step=0.5), table(200, step=0.5)),  # 23 hours are later
        (table(100), table(200)),  # an older table
    ],
    ids=["apart", "the same", "29 rows", "12 hours", "23 hours", "older"],
)
def test_whole_tables_are_compared_otherwise(place: Path, current: pa.Table, reference: pa.Table) -> None:
    found = compared(place, current, reference)
    assert found.later is None
    assert found.reason is None
    assert found.current_rows == current.num_rows


def test_a_day_may_end_a_little_earlier_than_the_day_before(place: Path) -> None:
    """Of events at any time, the last one of half of all days comes earlier in the day than that of the day before."""
    random = np.random.default_rng(4)
    times = np.sort(random.integers(0, 21 * 24 * 3600, 21 * 400))
    ends = [START + timedelta(days=day) for day in range(7, 22)]
    stamps = [START + timedelta(seconds=int(t)) for t in times]
    for end in ends:
        made = pa.table({"ts": pa.array(stamps, pa.timestamp("us", "UTC")), "x": random.normal(size=len(stamps))})
        sides = [made.filter(pa.array([t < e for t in stamps])) for e in (end, end - timedelta(days=1))]
        assert compared(place, *sides).later is not None


def test_a_table_that_begins_with_the_last_event_overlaps(place: Path) -> None:
    assert compared(place, table(260, first=199), table(200)).later is not None


@pytest.mark.parametrize("column", ["x", "nothing", None])
def test_without_an_event_time_whole_tables_are_compared(place: Path, column: str | None) -> None:
    files = write(place / "c.parquet", table(300)), write(place / "r.parquet", table(200))
    (found,) = compare(*files, [("x", "numeric")], event_ts=column)
    assert found.later is None


def test_times_of_other_units_are_the_same_and_dates_are_not(place: Path) -> None:
    current, reference = table(300), table(200)
    for type_ in (pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("ns", "UTC"), pa.date32()):
        other = reference.set_column(0, "ts", reference["ts"].cast(type_, safe=False))
        assert (compared(place, current, other).later is None) == pa.types.is_date(type_)
    days = [date(2026, 11, 1) + timedelta(days=i // 40) for i in range(400)]
    made = pa.table({"ts": days, "x": np.arange(400.0)})
    assert compared(place, made, made.slice(0, 360)).later == Later(micros(24 * 8), 40)


def test_a_reference_without_events_has_no_last_one(place: Path) -> None:
    empty = pa.table({"ts": pa.array([None] * 50, pa.timestamp("us")), "x": np.arange(50.0)})
    assert compared(place, table(300), empty).later is None
    assert compared(place, empty, table(300)).later is None


# Features of which the later rows say too little.


def test_a_feature_without_later_values_is_compared_whole(place: Path) -> None:
    """Labels of the newest day are often not there yet: that is no reason not to compare."""
    old, new = table(200), table(260, first=200)
    values = [*old["x"].to_pylist(), *([None] * 55), *([1.0] * 5)]
    grown = pa.concat_tables([old, new]).append_column("y", pa.array(values))
    files = write(place / "c.parquet", grown), write(place / "r.parquet", old.append_column("y", old["x"]))
    x, y, z = compare(*files, [("x", "numeric"), ("y", "numeric"), ("z", "numeric")], event_ts="ts")
    assert x.later is not None
    assert (y.later, y.reason, y.current_rows) == (None, None, 205)
    assert z.reason is not None
    (y,) = compare(*files, [("y", "numeric")], event_ts="ts")
    assert y.reason is None


def test_concepts_are_compared_by_later_rows_or_by_all(place: Path) -> None:
    random = np.random.default_rng(1)

    def rows(first: int, last: int, sign: float) -> pa.Table:
        made = table(last, first=first, step=0.1, seed=first)
        noise = random.normal(size=made.num_rows)
        return made.append_column("y", pa.array(sign * made["x"].to_numpy() + noise))

    old = rows(0, 500, 1.0)
    files = write(place / "c.parquet", old, rows(500, 560, -1.0)), write(place / "r.parquet", old)
    (found,) = compare_concepts(*files, "y", ["x"], event_ts="ts")
    assert found.later == Later(micros(499.9), 600)
    assert found.change < -1
    (whole,) = compare_concepts(*files, "y", ["x"])
    assert whole.change > -0.5
    late = rows(500, 560, 1.0)
    unlabelled = late.set_column(2, "y", pa.array([None] * late.num_rows, pa.float64()))
    (found,) = compare_concepts(write(place / "c.parquet", old, unlabelled), files[1], "y", ["x"], event_ts="ts")
    assert found.later is None


# What is remembered of the reference.


def test_the_cache_knows_the_last_event_of_the_very_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.tables.drift.cache.MIN_REFERENCE_BYTES", 0)
    cache = tmp_path / "cache"
    current = table(300)
    first = compared(tmp_path, current, table(200), cache=cache)
    again = compared(tmp_path, current, table(200), cache=cache)
    assert again == first
    assert again.later is not None
    replaced = compared(tmp_path, current, table(250), cache=cache)
    assert replaced.later == Later(micros(249), 50)
    assert replaced.reference_rows == 250
    for file in cache.glob("*.npz"):
        file.write_bytes(b"torn")
    assert compared(tmp_path, current, table(250), cache=cache) == replaced


def test_batches_of_later_rows_may_be_read_again_in_other_sizes(tmp_path: Path) -> None:
    current = write(tmp_path / "c.parquet", table(500), rows=37)
    with source(write(tmp_path / "r.parquet", table(100))) as reference, source(current) as mine:
        later = later_rows(mine, last_event(reference, "ts"))
        assert later is not None
        for names, size in ((["x"], 7), (["ts", "x"], 1000), (None, 64)):
            batches = list(later.table.batches(names, size))
            assert sum(batch.num_rows for batch in batches) == 400 == later.table.head.rows
        assert min(t for batch in later.table.batches(["ts"]) for t in batch["ts"].to_pylist()) == datetime(
            2026, 11, 5, 4
        )


# Event times.


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@given(st.lists(st.none() | st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1)), max_size=20))
def test_event_times_are_microseconds(unit: str, moments: list[datetime | None]) -> None:
    array = pa.array(moments, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    found = event_times(array)
    wanted = [None if m is None else (m - datetime(1970, 1, 1)) // timedelta(microseconds=1) for m in moments]
    second = 10**6 if unit == "s" else 1_000 if unit == "ms" else 1
    for time, there, want in zip(found.times.tolist(), found.there.tolist(), wanted, strict=True):
        assert there == (want is not None)
        assert want is None or abs(time - want) < second


def test_times_beyond_microseconds_are_none() -> None:
    found = event_times(pa.array([0, 2**62, -(2**62)], pa.timestamp("s")))
    assert found.there.tolist() == [True, False, False]
    found = event_times(pa.array([1, None], pa.date32()).dictionary_encode())
    assert (found.times[0], found.there.tolist()) == (86_400 * 10**6, [True, False])
