"""A table that grows, as versions: its rows by event time, ``chunk = "1d"`` (specification 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.hours.zones import readings, zone_of
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.core.text.words import count, instant, within
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.model import Chunk, Dataset
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan, files_meant, table_files
from pytest_mlmonitor.tables.unreadable import Unreadable

_DAY = 24 * 3600

OF_THE_TABLE = frozenset({"row_count", "digest"})
"""Fields that are about all rows: of no chunk."""


@dataclass(frozen=True)
class _Counted:
    """The rows of a table by chunk.

    Attributes:
        kind: what its times are: of a clock (``wall``, ``day``) or of UTC (``instant``).
        nulls: rows without one.
        rows: by start and end, in the column's own microseconds.
        files: that hold rows of each; empty where that is not known file by file.
    """

    kind: str
    nulls: int
    rows: dict[tuple[int, int], int]
    files: dict[tuple[int, int], tuple[Path, ...]]


def chunks_of(
    dataset: Dataset, sourced: Sourced, reader: TableReader, settings: Settings, now: datetime
) -> Iterator[Dataset]:
    """Yield the newest chunks of a table, the oldest of them first.

    Args:
        dataset: the whole table.
        sourced: what the source found.
        reader: asked for the times in it.
        settings: the policy that holds for it: which column has the event time, how many ``versions`` are judged.
        now: the evaluation time: a chunk that is not over yet is open.
    """
    column = settings.event_ts or dataset.event_ts
    if column is None:
        words = "chunk divides by the event time, and nothing says which column has it: say event_ts"
        yield _with(dataset, _wrong(sourced, words, "event_ts", None, "chunk"))
        return
    try:
        counted = _counted(dataset.file, column, sourced, reader)
    except Unreadable as error:
        yield _with(dataset, *_unfit(error, column, dataset.file, sourced, reader))
        return
    total = sum(counted.rows.values()) + counted.nulls
    notes = list(_notes(dataset, sourced, counted, column, total, settings.versions))
    if not counted.rows:
        yield _with(dataset, *notes)
        return
    known = sorted(counted.rows)
    spans = [_span(counted, span, sourced.source.timezone) for span in known]
    begun = [i for i, (start, _) in enumerate(spans) if start <= now]
    newest = begun[-1] if begun else len(known) - 1
    for i in range(max(0, len(known) - settings.versions), len(known)):
        start, end = spans[i]
        chunk = Chunk(start, end, open=end > now, newest=i >= newest)
        yield _chunk(dataset, sourced, counted, column, known[i], chunk, notes if i == newest else ())


def _chunk(
    dataset: Dataset,
    sourced: Sourced,
    counted: _Counted,
    column: str,
    span: tuple[int, int],
    chunk: Chunk,
    notes: list[Finding] | tuple[()],
) -> Dataset:
    zoned = counted.kind == "instant" or sourced.source.timezone is not None
    name = _name(span[0], chunk.start, counted.kind, sourced.source.chunk or 0.0, sourced.source.timezone)
    place = dataset.file
    files = counted.files.get(span, files_meant(place))
    interval = BuildTime(chunk.start, chunk.end, "chunk", name, zoned)
    last = chunk.newest and chunk.start <= (dataset.built.end if dataset.built is not None else chunk.end)
    return replace(
        dataset,
        ref=replace(dataset.ref, name=f"{sourced.family}@{name}"),
        dataset_version=name,
        violations=(*dataset.violations, *notes) if notes or last else (),
        data_path=table_files(place, files, EventSpan(column, *span, counted.rows[span])),
        event_ts=column,
        built=(dataset.built or interval) if last else interval,
        built_at=chunk.start,
        order=chunk.start,
        versions=tuple(one for one in (instant(chunk.start),) if one != name),
        row_count=None,
        mapped=dataset.mapped - OF_THE_TABLE,
        chunk=chunk,
    )


def _counted(place: Path, column: str, sourced: Sourced, reader: TableReader) -> _Counted:
    """Return the rows by chunk: asked file by file, so that what did not change is not read again.

    Raises:
        Unreadable: see :func:`pytest_mlmonitor.tables.source.listed.column_times.chunk_counts`.
    """
    seconds, zone = sourced.source.chunk or float(_DAY), sourced.source.timezone
    listed = files_meant(place)
    if len(listed) > 1:
        try:
            found = {file: reader.chunk_counts(file, column, seconds, zone) for file in listed}
        except Unreadable:
            found = {}  # a partition, or a column that some parts lack: known of the table as a whole
        kinds = {kind for kind, _, _ in found.values()}
        if len(kinds) == 1:
            rows: Counter[tuple[int, int]] = Counter()
            files: dict[tuple[int, int], list[Path]] = {}
            for file, (_, _, chunks) in found.items():
                for start, end, number in chunks:
                    rows[start, end] += number
                    files.setdefault((start, end), []).append(file)
            nulls = sum(none for _, none, _ in found.values())
            return _Counted(kinds.pop(), nulls, dict(rows), {span: tuple(each) for span, each in files.items()})
    kind, nulls, chunks = reader.chunk_counts(place, column, seconds, zone)
    return _Counted(kind, nulls, {(start, end): number for start, end, number in chunks}, {})


def _notes(
    dataset: Dataset, sourced: Sourced, counted: _Counted, column: str, total: int, versions: int
) -> Iterator[Finding]:
    """Yield what is said of the table as a whole, beside its newest chunk."""
    if counted.nulls:
        words = f"{count(counted.nulls, 'row')} of {total:,} have no {bare(column)}: they are in no chunk and judged in none"
        yield Finding(Severity.WARNING, words, f"a value of {bare(column)} in every row", str(counted.nulls), column)
    if dataset.row_count is not None and dataset.row_count != total:
        words = f"row_count says {dataset.row_count:,}, but the table holds {total:,} rows"
        yield Finding(Severity.ERROR, words, str(total), str(dataset.row_count), "row_count", dataset.told_at)
    left = len(counted.rows) - versions
    if left > 0:
        words = f"{count(left, 'earlier chunk')} of source.{sourced.name} not judged (versions = {versions})"
        yield Finding(Severity.INFO, words, None, str(left), "chunk")


def _span(counted: _Counted, span: tuple[int, int], timezone: str | None) -> tuple[datetime, datetime]:
    """Return when a chunk begins and ends, UTC."""
    start, end = (_moment(each, counted.kind, timezone) for each in span)
    return start, end


def _moment(microseconds: int, kind: str, timezone: str | None) -> datetime:
    try:
        found = EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if microseconds > 0 else datetime.min.replace(tzinfo=UTC)
    if kind == "instant" or timezone is None:
        return found
    return readings(found.replace(tzinfo=None), zone_of(timezone))[0]


def _name(start: int, moment: datetime, kind: str, seconds: float, timezone: str | None) -> str:
    """Return the beginning of a chunk as its clock shows it: a day, an hour, a time."""
    wall = moment
    if kind != "instant":
        wall = _moment(start, "instant", None)
    elif timezone is not None:
        wall = moment.astimezone(zone_of(timezone))
    if seconds % _DAY == 0:
        return f"{wall:%Y-%m-%d}"
    return f"{wall:%Y-%m-%dT%H:%M}" if seconds % 60 == 0 else wall.replace(tzinfo=None).isoformat()


def _unfit(error: Unreadable, column: str, place: Path, sourced: Sourced, reader: TableReader) -> Iterator[Finding]:
    """Yield why a table cannot be divided; where it cannot be read at all, the check ``readable`` says so."""
    try:
        names = reader.head(place).names
    except Unreadable:
        return
    words = f"the table {error.reason}"
    if column not in names:
        there = within([quoted(name)[1:-1] for name in names], 200)
        words = f"event_ts is {quoted(column)}, and the table has no such column{did_you_mean(column, names)} (columns: {there})"
    yield _wrong(sourced, f"chunk: {words}", "a column of timestamps or dates", quoted(column), "event_ts")


def _wrong(sourced: Sourced, words: str, expected: str, actual: str | None, column: str) -> Finding:
    message = f"source.{sourced.name}: {words}"
    return Finding(Severity.ERROR, message, expected, actual, column, shown(sourced.ref.path))


def _with(dataset: Dataset, *findings: Finding) -> Dataset:
    return replace(dataset, violations=(*dataset.violations, *findings))
