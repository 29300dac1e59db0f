"""Files that somebody lists, and rows of some time, are read as one table by everything that reads tables."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.reader.identity import file_state
from pytest_mlmonitor.tables.source.directories import fingerprint, has_log, size, stamp
from pytest_mlmonitor.tables.source.listed.column_times import chunk_counts, latest
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan, some_of, table_files
from pytest_mlmonitor.tables.source.source import head, source
from pytest_mlmonitor.tables.unreadable import NoNewest, Unreadable
from tests import tables

START = datetime(2026, 11, 25)
DAY = 86_400_000_000


def microseconds(days: float) -> int:
    return int((START.replace(tzinfo=UTC).timestamp() + days * 86_400) * 10**6)


def rows(first: int, number: int, hours: float = 1, **more: pa.Array) -> pa.Table:
    times = [START + timedelta(hours=(first + i) * hours) for i in range(number)]
    return pa.table({"n": list(range(first, first + number)), "at": pa.array(times, pa.timestamp("us")), **more})


def written(path: Path, table: pa.Table, **options: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **options)
    return path


def column(path: Path, name: str = "n") -> list[object]:
    with source(path) as table:
        return [value for batch in table.batches([name]) for value in batch.column(0).to_pylist()]


def test_files_of_many_directories_are_one_table(tmp_path: Path) -> None:
    files = [written(tmp_path / f"2026/11/{25 + i}/part-{i}.parquet", rows(2 * i, 2)) for i in range(3)]
    table = table_files(tmp_path, files)
    assert head(table).names == ("n", "at")
    assert head(table).rows == 6
    assert column(table) == [0, 1, 2, 3, 4, 5]


def test_only_what_is_listed_is_read(tmp_path: Path) -> None:
    train = [written(tmp_path / f"train-{i}.parquet", rows(i, 1)) for i in range(2)]
    written(tmp_path / "test-0.parquet", rows(100, 1))
    (tmp_path / "notes.txt").write_text("not a part")
    assert column(table_files(tmp_path, train)) == [0, 1]
    assert size(table_files(tmp_path, train)) == sum(file.stat().st_size for file in train)


def test_a_key_in_the_path_is_a_column_unless_the_files_have_it(tmp_path: Path) -> None:
    files = [written(tmp_path / f"dt=2026-11-{25 + i}/part.parquet", rows(i, 1)) for i in range(2)]
    assert column(table_files(tmp_path, files), "dt") == ["2026-11-25", "2026-11-26"]
    own = [written(f, rows(i, 1, dt=pa.array([f"own {i}"]))) for i, f in enumerate(files)]
    assert column(table_files(tmp_path, own), "dt") == ["own 0", "own 1"]


def test_files_of_other_keys_are_refused(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{key}=1/part.parquet", rows(0, 1)) for key in ("a", "b")]
    with pytest.raises(Unreadable, match="partitioned by 'b', but 'a=1/part"):
        head(table_files(tmp_path, files))


def test_two_tables_are_equal_only_with_the_same_files_and_rows(tmp_path: Path) -> None:
    one, other = tmp_path / "a.parquet", tmp_path / "b.parquet"
    span = EventSpan("at", 0, 1, 1)
    known = [tmp_path, table_files(tmp_path, [one]), table_files(tmp_path, [other]), table_files(tmp_path, [one], span)]
    assert len(set(known)) == len(known)
    for path in known:
        again = pickle.loads(pickle.dumps(path))  # noqa: S301 (our own)
        assert again == path and hash(again) == hash(path) and some_of(again) == some_of(path)
    assert table_files(tmp_path) == tmp_path and tmp_path == table_files(tmp_path)
    assert some_of(known[1].parent) is None


def test_a_change_of_one_file_is_seen_and_one_beside_them_is_not(tmp_path: Path) -> None:
    files = [written(tmp_path / f"train-{i}.parquet", rows(i, 1)) for i in range(2)]
    table = table_files(tmp_path, files)

    def known() -> tuple[object, ...]:
        state = file_state(table)
        assert state is not None
        return stamp(table), fingerprint(table), state.stamp

    before = known()
    written(tmp_path / "test-0.parquet", rows(9, 1))
    assert known() == before
    written(files[0], rows(7, 1))
    assert all(now != then for now, then in zip(known(), before, strict=True))
    files[1].unlink()
    assert file_state(table) is None


def test_rows_of_a_span_are_read_from_the_row_groups_that_hold_them(tmp_path: Path) -> None:
    path = written(tmp_path / "events.parquet", rows(0, 96), row_group_size=10)
    for day in range(4):
        span = EventSpan("at", microseconds(day), microseconds(day + 1), 24)
        chunk = table_files(path, (), span)
        assert column(chunk) == list(range(24 * day, 24 * day + 24))
        assert head(chunk).rows == 24
        assert fingerprint(chunk) != fingerprint(path)
    with source(chunk) as table, pytest.raises(NoNewest):
        table.newest()


def test_a_span_reads_no_page_of_another_time(tmp_path: Path) -> None:
    """A row group whose other columns are damaged harms the chunks that lie in it, and no others."""
    path = written(tmp_path / "events.parquet", rows(0, 48), row_group_size=24)
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[place : place + 40] = b"\xff" * 40
    path.write_bytes(data)
    first, second = (EventSpan("at", microseconds(i), microseconds(i + 1), 24) for i in range(2))
    assert len(column(table_files(path, (), first))) == 24
    with pytest.raises(Unreadable):
        column(table_files(path, (), second))


def test_a_table_that_changed_since_its_rows_were_counted_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "events.parquet", rows(0, 24))
    with pytest.raises(Unreadable, match="was replaced"):
        column(table_files(path, (), EventSpan("at", microseconds(0), microseconds(1), 23)))


@pytest.mark.parametrize("form", ["delta", "iceberg"])
def test_a_table_with_a_log_has_spans_too(form: str, tmp_path: Path) -> None:
    path = getattr(tables, form)(tmp_path / "t", rows(0, 24), rows(24, 24))
    kind, nulls, chunks = chunk_counts(path, "at", 86_400)
    assert (kind, nulls, [number for _, _, number in chunks]) == ("wall", 0, [24, 24])
    start, end, number = chunks[1]
    assert column(table_files(path, (), EventSpan("at", start, end, number))) == list(range(24, 48))


def test_listed_files_have_no_log(tmp_path: Path) -> None:
    path = tables.delta(tmp_path / "t", rows(0, 1))
    assert has_log(path)
    assert not has_log(table_files(path, [next(path.glob("*.parquet"))]))


def test_rows_by_chunk(tmp_path: Path) -> None:
    times = [START + timedelta(hours=h) for h in (0, 23.99, 24, 50)]
    path = written(tmp_path / "t.parquet", pa.table({"at": pa.array([*times, None], pa.timestamp("ns"))}))
    kind, nulls, chunks = chunk_counts(path, "at", 86_400)
    assert (kind, nulls) == ("wall", 1)
    assert [(start - microseconds(0), end - start, n) for start, end, n in chunks] == [
        (0, DAY, 2),
        (DAY, DAY, 1),
        (2 * DAY, DAY, 1),
    ]


def test_days_begin_at_midnight_of_the_zone_and_weeks_on_mondays(tmp_path: Path) -> None:
    at = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # half past midnight of the 25th in Berlin, a day of 25 hours
    column_ = pa.array([at, at + timedelta(hours=24, minutes=20), at + timedelta(hours=25)], pa.timestamp("us", "UTC"))
    path = written(tmp_path / "t.parquet", pa.table({"at": column_}))
    _, _, chunks = chunk_counts(path, "at", 86_400, "Europe/Berlin")
    assert [(end - start) / 3.6e9 for start, end, _ in chunks] == [25, 24]
    assert [n for _, _, n in chunks] == [2, 1]
    ((start, end, _),) = chunk_counts(path, "at", 7 * 86_400)[2][:1]
    assert (datetime.fromtimestamp(start / 1e6, UTC).weekday(), (end - start) // DAY) == (0, 7)


def test_before_1970_chunks_are_whole_too(tmp_path: Path) -> None:
    times = [datetime(1969, 12, 31, 23), datetime(1970, 1, 1)]
    path = written(tmp_path / "t.parquet", pa.table({"at": pa.array(times, pa.timestamp("ns"))}))
    assert [(start, end) for start, end, _ in chunk_counts(path, "at", 86_400)[2]] == [(-DAY, 0), (0, DAY)]


def test_a_column_that_is_not_there_or_holds_no_times_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet", rows(0, 2))
    with pytest.raises(Unreadable, match="has no column 'when'"):
        chunk_counts(path, "when", 86_400)
    with pytest.raises(Unreadable, match="'n' of type int64: expected a timestamp or a date"):
        chunk_counts(path, "n", 86_400)
    with pytest.raises(Unreadable, match="has no column 'when'"):
        head(table_files(path, (), EventSpan("when", 0, 1, 1)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([START, None], pa.timestamp("ms")), ("wall", microseconds(0))),
        (pa.array([START], pa.timestamp("s", "+02:00")), ("instant", microseconds(0))),
        (pa.array([START.date()], pa.date32()), ("day", microseconds(0))),
        (pa.array([1_795_773_600, 5]), ("number", 1_795_773_600)),
        (pa.array(["2026-11-26", "2026-11-27"]), ("text", "2026-11-27")),
        (pa.array(["2026-11-27", "2026-11-26"]).dictionary_encode(), ("text", "2026-11-27")),
        (pa.array([None, None], pa.timestamp("us")), ("none", None)),
        (pa.array([True]), ("other", "bool")),
    ],
)
def test_the_last_value_of_a_column(values: pa.Array, expected: tuple[str, object], tmp_path: Path) -> None:
    assert latest(written(tmp_path / "t.parquet", pa.table({"c": values})), "c") == expected
