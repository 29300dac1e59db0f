"""The entries of a log in batches of columns: the lines of a JSONL file, gzipped or not, or the rows of a parquet file.

A line is decoded fast where that decides; what is refused is parsed again, strictly and slowly, and that says why.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.records.lines import MAX_BAD_LINES
from pytest_mlmonitor.records.quick_object import quick_object
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite_findings, parse_object
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 8192
"""Entries in a batch."""

MAX_LINE_BYTES = 16 << 20
"""A longer line is no entry of a log."""

MAX_FIELDS = 2_000
"""Fields of the entries of one batch; further ones are not looked at, so that memory stays bounded."""

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"


class Absent:
    """Stands for a field that an entry does not have: null is a value."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


@dataclass(frozen=True)
class RefusedLine:
    """A line that is no entry, or a value in it that JSON does not have."""

    number: int
    finding: Finding


@dataclass
class Batch:
    """Some entries.

    Attributes:
        numbers: their lines or rows, from 1.
        columns: by field, a value for every entry, ``ABSENT`` where one has no such field.
        refused: lines between them.
    """

    numbers: list[int]
    columns: dict[str, list[Any]]
    refused: list[RefusedLine] = field(default_factory=list)


def batches(path: Path, fields: Sequence[str] | None = None) -> Iterator[Batch]:
    """Yield all entries of a log; of a parquet file those ``fields`` that it has, all of them by default.

    Raises:
        Unreadable: it cannot be opened, or is no log at all.
    """
    if path.suffix == ".parquet":
        yield from _rows(path, fields)
    else:
        yield from _lines(path)


def _lines(path: Path) -> Iterator[Batch]:
    numbers: list[int] = []
    entries: list[dict[str, Any]] = []
    refused: list[RefusedLine] = []
    bad = 0
    for number, line, ended in _numbered(path):
        entry, findings = _entry(path, number, line, ended=ended)
        refused += [RefusedLine(number, finding) for finding in findings]
        if entry is None:
            bad += 1
            if bad > MAX_BAD_LINES:
                message = (
                    f"{path.name} has more than {MAX_BAD_LINES:,} bad lines; it is not read beyond line {number:,}"
                )
                refused.append(RefusedLine(number, Finding(Severity.ERROR, message, "JSONL records")))
                break
            continue
        numbers.append(number)
        entries.append(entry)
        if len(entries) == ROWS:
            yield Batch(numbers, _columns(entries), refused)
            numbers, entries, refused = [], [], []
    yield Batch(numbers, _columns(entries), refused)


def _numbered(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number, line, whether a newline ends it) of the lines that are not blank."""
    try:
        with _opened(path) as lines:
            number = 0
            while line := lines.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise Unreadable(f"has a line of more than {MAX_LINE_BYTES >> 20} MiB (line {number:,})")
                if number == 1 and line.strip() == b"[":
                    raise Unreadable("is one JSON array over several lines; expected JSONL, one object a line")
                if not line.isspace():
                    yield number, line.rstrip(b"\n"), line.endswith(b"\n")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"is no sound gzip file ({error})") from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        opened = open_regular(path)
    except Refused as refusal:
        raise Unreadable(str(refusal)) from None
    with opened:
        start = opened.read(4)
        opened.seek(0)
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=opened) as unpacked:
                yield cast(BinaryIO, unpacked)
            return
        what = "gzip" if start.startswith(_GZIP) else "parquet" if start == _PARQUET else None
        if what is not None:
            raise Unreadable(f"holds {what} data under a name of JSONL; expected one JSON object a line")
        yield opened


def _entry(path: Path, number: int, line: bytes, *, ended: bool) -> tuple[dict[str, Any] | None, list[Finding]]:
    entry = quick_object(line)
    if entry is not None:
        return entry, []
    try:
        entry = parse_object(line)
    except NotAnObject as error:
        # A line that nobody has ended yet is one that somebody is still writing.
        severity, words = (
            (Severity.ERROR, "") if ended else (Severity.WARNING, "; it is the last one, and not ended yet")
        )
        message = f"{path.name}:{number} {error}{words}"
        return None, [Finding(severity, message, "one JSON object on the line")]
    found = non_finite_findings(entry, (), lambda _: "")
    return entry, [finding for finding in found if finding.column != "confidence"]  # which has a rule of its own


def _columns(entries: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [entry.get(name, ABSENT) for entry in entries] for name in names_of(entries)}


def names_of(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the keys of objects, in the order in which they come up; of very many, which are no fields, the first."""
    names: dict[str, None] = {}
    for entry in entries:
        if not entry.keys() <= names.keys():
            names.update(dict.fromkeys(entry))
    return list(names)[:MAX_FIELDS]


def _rows(path: Path, fields: Sequence[str] | None) -> Iterator[Batch]:
    with source(path) as table:
        known = table.schema.names
        twice = sorted({name for name in known if known.count(name) > 1})
        if twice:
            raise Unreadable(f"has column {', '.join(twice)} more than once")
        wanted = [name for name in known if fields is None or name in fields]
        done = 0
        for whole in table.batches(wanted):
            for start in range(0, whole.num_rows, ROWS):
                batch = whole.slice(start, ROWS)
                numbers = list(range(done + 1, done + batch.num_rows + 1))
                done += batch.num_rows
                yield Batch(numbers, {name: _values(batch.column(i)) for i, name in enumerate(wanted)})


def _values(column: pa.Array) -> list[Any]:
    import pyarrow as pa

    type_ = column.type
    if pa.types.is_dictionary(type_):
        column, type_ = column.dictionary_decode(), type_.value_type
    if pa.types.is_timestamp(type_):
        column = column.cast(pa.timestamp("us", "UTC" if type_.tz else None), safe=False)
    elif pa.types.is_decimal(type_):
        column = column.cast(pa.float64())
    elif pa.types.is_map(type_):
        return [None if pairs is None else {str(key): one for key, one in pairs} for pairs in column.to_pylist()]
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, ImportError) as error:
        raise Unreadable(f"holds values that no calendar or number has ({error})") from None
    return found
