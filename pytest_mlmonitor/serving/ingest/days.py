"""A metrics directory in units of one day: what was read of each, so that only what is new is read again.

The serving layer only appends (specification 1.3). A file whose size and time of change are the same is not opened; one that
grew is read from where reading ended, after a checksum of what was there before; one that shrank or changed has been
rewritten, which is a finding that stays until a full run accepts the file as it is.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct, field

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.records.lines import MAX_BAD_LINES, numbered
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.recent import RECENT
from pytest_mlmonitor.serving.fold.window_lines import Progress, WindowLines, look_at


class FileEntry(Struct, array_like=True):
    """How far a file was read: its size and time of change (nanoseconds) then, and a checksum of what was read."""

    name: str
    size: int
    mtime: int
    offset: int = 0
    lines: int = 0
    bad: int = 0
    crc: int = 0

    def same_as(self, now: FileEntry) -> bool:
        """Return whether the file looks as it did."""
        return self.size == now.size and self.mtime == now.mtime


class Rewritten(Struct, array_like=True):
    """A file that is not what it was: how, in words that follow its name."""

    name: str
    how: str


class Unit(Struct):
    """What was read of one day.

    Attributes:
        now: evaluation time of the run that read it.
        files: in order of their names.
        folds: by deployment.
        rewritten: files that were found changed.
    """

    now: datetime
    files: list[FileEntry] = field(default_factory=list)
    folds: dict[str, WindowFold] = field(default_factory=dict)
    rewritten: list[Rewritten] = field(default_factory=list)

    def holds_at(self, terms: Terms) -> bool:
        """Return whether what was kept is all that is asked for at the time of ``terms``.

        Windows that lay ahead, and recent ones, are kept one by one. Time that went on asks for fewer of them; a run that
        looks back in time may ask for more.
        """
        now = terms.now
        if now >= self.now:
            return not any(fold.more_ahead for fold in self.folds.values())
        earliest = min(now - max(RECENT, terms.evidence), terms.lookback or now)
        return all(fold.newest <= now and (fold.at is None or fold.newest < earliest) for fold in self.folds.values())


class Task(Struct):
    """Files of one unit to be read, in order, on top of ``folds``."""

    unit: str
    files: list[FileEntry]
    folds: dict[str, WindowFold] = field(default_factory=dict)


class TaskOutcome(Struct):
    """What reading a task gave.

    Attributes:
        files: how far each was read; those that could not be opened are not among them.
        refused: files that could not be read, and why.
        rewritten: files of which what was read before has changed; the folds are then worth nothing.
    """

    unit: str
    files: list[FileEntry] = field(default_factory=list)
    folds: dict[str, WindowFold] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    rewritten: list[Rewritten] = field(default_factory=list)


_CHECKSUM_BYTES = 4
_UNIT = msgspec.msgpack.Decoder(Unit)
_ENCODER = msgspec.msgpack.Encoder()


def encode(unit: Unit) -> bytes | None:
    """Return a unit as bytes; None where it cannot be stored: counts beyond 64 bits, names that are no UTF-8."""
    try:
        data = _ENCODER.encode(unit)
    except (OverflowError, UnicodeEncodeError):
        return None
    return _checksum(data) + data


def decode(data: bytes) -> Unit | None:
    """Return a unit from bytes, None where they are none: a memory can be wrong, and then it is none."""
    if _checksum(data[_CHECKSUM_BYTES:]) != data[:_CHECKSUM_BYTES]:
        return None
    try:
        return _UNIT.decode(data[_CHECKSUM_BYTES:])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "big")


def unit_of(name: str) -> str:
    """Return the unit of a file: the first directory of its name, which is a day; a file in none is one of its own.

    The files of a unit follow one another in read order.
    """
    return name.partition("/")[0]


def listing(base: Path, names: Iterable[str]) -> dict[str, list[FileEntry]]:
    """Return the files by unit as they are now, in order.

    Args:
        base: the metrics directory.
        names: relative to it, sorted.
    """
    units: dict[str, list[FileEntry]] = {}
    prefix = f"{base}{os.sep}"
    for name in names:
        try:
            found = os.lstat(prefix + name)
        except OSError:
            continue  # it went away while we looked: a platform that lives
        size = found.st_size if stat.S_ISREG(found.st_mode) else -1
        units.setdefault(unit_of(name), []).append(FileEntry(name, size, found.st_mtime_ns))
    return units


def to_read(known: Unit | None, files: Sequence[FileEntry]) -> tuple[list[FileEntry], bool]:
    """Return the files that must be read, and whether what is known of the others still holds.

    Args:
        known: what is remembered of the unit.
        files: as they are now.
    """
    if known is None:
        return list(files), False
    before = {entry.name: entry for entry in known.files}
    if not before.keys() <= {entry.name for entry in files}:
        return list(files), False  # retention took windows away, and a fold cannot forget
    changed = []
    for entry in files:
        old = before.get(entry.name)
        if old is None:
            changed.append(entry)
        elif not old.same_as(entry):
            changed.append(FileEntry(entry.name, entry.size, entry.mtime, old.offset, old.lines, old.bad, old.crc))
    return changed, True


def perform(base: Path, task: Task, terms: Terms) -> TaskOutcome:
    """Read the files of a task.

    Args:
        base: the metrics directory.
        task: what to read.
        terms: of the folds.
    """
    outcome = TaskOutcome(task.unit, folds=task.folds)
    lines = WindowLines(terms, task.folds)
    for entry in task.files:
        try:
            data = read_bytes(base / entry.name)
        except Refused as refusal:
            outcome.refused.append((entry.name, str(refusal)))
            continue
        how = _rewritten(entry, data)
        if how is not None:
            outcome.rewritten.append(Rewritten(entry.name, how))
            continue
        start = _next_line(entry, data)
        done = lines.file(entry.name, data[start:] if start else data, Progress(start, entry.lines, entry.bad))
        # What was appended between the listing and reading is read already: the next run compares with this size.
        size = max(entry.size, len(data))
        crc = zlib.crc32(data[: done.offset])
        outcome.files.append(FileEntry(entry.name, size, entry.mtime, done.offset, done.lines, done.bad, crc))
    return outcome


def changed_since(base: Path, known: Unit, files: Iterable[FileEntry]) -> list[Rewritten]:
    """Return the files of which what was read before has changed.

    Args:
        base: the metrics directory.
        known: what is remembered of the unit.
        files: as they are now.
    """
    before = {entry.name: entry for entry in known.files}
    found = []
    for entry in files:
        old = before.get(entry.name)
        if old is not None and not old.same_as(entry):
            try:
                how = _rewritten(old, read_bytes(base / entry.name))
            except Refused:
                continue  # reading says so
            if how is not None:
                found.append(Rewritten(entry.name, how))
    return found


def tails(base: Path, unit: Unit, lines: WindowLines) -> None:
    """Judge what stands at the end of files and is no whole line yet; it is not remembered, so it is looked at every time."""
    for entry in unit.files:
        if entry.offset < entry.size:
            try:
                rest = read_bytes(base / entry.name)[entry.offset :]
            except Refused:
                continue  # it was there a moment ago; the next run says what became of it
            for number, line in numbered(rest, entry.lines):
                lines.explain(entry.name, look_at(line, entry.name, number))


def _next_line(entry: FileEntry, data: bytes) -> int:
    """Return where the first line begins that was not read: a last line may have been read without its newline."""
    if not entry.offset or data[entry.offset - 1 : entry.offset] == b"\n":
        return entry.offset
    return data.find(b"\n", entry.offset) + 1 or entry.offset


def _rewritten(entry: FileEntry, data: bytes) -> str | None:
    if not entry.offset:
        return None
    if len(data) < entry.offset:
        return f"shrank from {entry.offset:,} to {len(data):,} bytes"
    if zlib.crc32(data[: entry.offset]) != entry.crc:
        return f"changed within the {entry.offset:,} bytes that were read before"
    if entry.bad > MAX_BAD_LINES:
        return None  # its lines are read no more, and the last one may have been cut short
    rest = data[entry.offset : _next_line(entry, data)] or data[entry.offset :]
    ends = data[entry.offset - 1 : entry.offset] == b"\n" or not rest.strip()
    return None if ends else f"changed its line {entry.lines:,}, which was read before"
