"""A metrics directory in units of one day: what was read of each, so that only what is new is read again.

The serving layer only appends (specification 1.3). A file whose size and time of change are the same is not opened; one that
grew is read from where reading ended, after a checksum of what was there before; one that shrank or changed has been
rewritten, which is a finding that stays until a full run accepts the file as it is. Log rotation moves files instead: what
was read of a file then stands in another one of the same base name, and nothing was rewritten.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct, field

from pytest_mlmonitor.core.files.opening import Refused
from pytest_mlmonitor.core.files.record_files import is_compressed, original, read_records
from pytest_mlmonitor.records.foreign import begins_with_an_object
from pytest_mlmonitor.records.lines import numbered
from pytest_mlmonitor.serving.fold.day_points import DAY
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.recent import RECENT
from pytest_mlmonitor.serving.fold.window_lines import Progress, WindowLines, look_at
from pytest_mlmonitor.serving.ingest.file_entries import FileEntry, Rewritten
from pytest_mlmonitor.serving.ingest.rewriting import next_line, rewritten, rotated_names
from pytest_mlmonitor.serving.live_writer import unfinished


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
        earliest = min(now - max(RECENT, DAY, terms.evidence), terms.lookback or now)
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
    rotated: dict[str, list[str]] | None = None
    for entry in files:
        old = before.get(entry.name)
        if old is None:
            changed.append(entry)
        elif not old.same_as(entry):
            if rotated is None:
                rotated = rotated_names(files)
            if old.flawed or original(entry.name) in rotated:
                return list(files), False
            changed.append(FileEntry(entry.name, entry.size, entry.mtime, old.offset, old.lines, old.bad, old.crc))
    return changed, True


def perform(base: Path, task: Task, terms: Terms, tell: Callable[[int], None] = lambda _: None) -> TaskOutcome:
    """Read the files of a task.

    Args:
        base: the metrics directory.
        task: what to read.
        terms: of the folds.
        tell: told of each file how much of it is to be read, in bytes.
    """
    outcome = TaskOutcome(task.unit, folds=task.folds)
    lines = WindowLines(terms, task.folds)
    for entry in task.files:
        tell(entry.unread)
        try:
            data, flaw, unfinished = read_records(base / entry.name)
        except Refused as refusal:
            outcome.refused.append((entry.name, str(refusal)))
            continue
        how = rewritten(entry, data)
        if how is not None:
            outcome.rewritten.append(Rewritten(entry.name, how))
            continue
        start = next_line(entry, data)
        done = lines.file(entry.name, data[start:] if start else data, Progress(start, entry.lines, entry.bad))
        if flaw is not None and not unfinished:
            lines.refuse(entry.name, flaw)
        # What was appended between the listing and reading is read already: the next run compares with this size.
        size = entry.size if is_compressed(entry.name) else max(entry.size, len(data))
        crc = zlib.crc32(data[: done.offset])
        flawed = flaw is not None or done.doubtful or (done.offset > 0 and not begins_with_an_object(data))
        read = FileEntry(entry.name, size, entry.mtime, done.offset, done.lines, done.bad, crc, len(data), flawed)
        if flaw is not None and unfinished:
            read.unfinished = flaw
        outcome.files.append(read)
    return outcome


def tails(base: Path, unit: Unit, lines: WindowLines, silence: Mapping[str, float | None]) -> None:
    """Judge the end of files that are not whole yet; it is not remembered, so it is looked at every time.

    Args:
        base: the metrics directory.
        unit: what was read.
        lines: takes what is said.
        silence: of files whose writer may be at it (:func:`~pytest_mlmonitor.serving.live_writer.being_written`).
    """
    for entry in unit.files:
        if entry.unfinished:  # nor is its last line whole, which goes without saying
            lines.refuse(entry.name, entry.unfinished, silence.get(entry.name))
        elif entry.offset < entry.length:
            try:
                rest = read_records(base / entry.name).data[entry.offset :]
            except Refused:
                continue  # it was there a moment ago; the next run says what became of it
            for number, line in numbered(rest, entry.lines):
                lines.explain(entry.name, unfinished(look_at(line, entry.name, number), silence.get(entry.name)))
