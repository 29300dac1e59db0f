"""Whether a file that changed after it was read only grew, was moved by log rotation, or was rewritten."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Refused
from pytest_mlmonitor.core.files.record_files import original, read_records
from pytest_mlmonitor.records.lines import MAX_BAD_LINES
from pytest_mlmonitor.serving.ingest.file_entries import FileEntry, Rewritten


def changed_since(base: Path, known: Iterable[FileEntry], files: Iterable[FileEntry]) -> list[Rewritten]:
    """Return the files of which what was read before has changed.

    Args:
        base: the metrics directory.
        known: how far they were read.
        files: as they are now.
    """
    before = {entry.name: entry for entry in known}
    now = list(files)
    rotated = rotated_names(now)
    settled = {entry.name for entry in now if entry.name in before and before[entry.name].same_as(entry)}
    found = []
    for entry in now:
        old = before.get(entry.name)
        if old is not None and not old.same_as(entry):
            try:
                data = read_records(base / entry.name).data
            except Refused:
                continue  # reading says so
            how = rewritten(old, data)
            if how is not None and not _was_moved(base, old, rotated.get(original(old.name), ()), settled):
                found.append(Rewritten(entry.name, how))
    return found


def rotated_names(files: Iterable[FileEntry]) -> dict[str, list[str]]:
    """Return the names of files by the file that they were written to, where there are several: one of them was rotated."""
    groups: dict[str, list[str]] = {}
    for entry in files:
        groups.setdefault(original(entry.name), []).append(entry.name)
    return {base: names for base, names in groups.items() if len(names) > 1}


def _was_moved(base: Path, old: FileEntry, names: Sequence[str], settled: Set[str]) -> bool:
    """Return whether log rotation explains that a file no longer holds what was read of it.

    Other files of its base name moved too: what was read stands in one of them, or fell off the end of the row. Or one of
    them, which is what it was, is a copy.

    Args:
        base: the metrics directory.
        old: how far the file was read.
        names: files of its base name, where one of them was rotated.
        settled: names of files that are what they were.
    """
    others = [name for name in names if name != old.name]
    if not settled >= set(others):
        return True
    for name in others:
        try:
            data = read_records(base / name).data
        except Refused:
            continue
        if len(data) >= old.offset and zlib.crc32(data[: old.offset]) == old.crc:
            return True
    return False


def next_line(entry: FileEntry, data: bytes) -> int:
    """Return where the first line begins that was not read: a last line may have been read without its newline."""
    if not entry.offset or data[entry.offset - 1 : entry.offset] == b"\n":
        return entry.offset
    return data.find(b"\n", entry.offset) + 1 or entry.offset


def rewritten(entry: FileEntry, data: bytes) -> str | None:
    """Return in which way a file no longer begins with what was read of it, None where it does."""
    if not entry.offset:
        return None
    if len(data) < entry.offset:
        return f"shrank from {entry.offset:,} to {len(data):,} bytes"
    if zlib.crc32(data[: entry.offset]) != entry.crc:
        return f"changed within the {entry.offset:,} bytes that were read before"
    if entry.bad > MAX_BAD_LINES or entry.flawed:
        return None  # its lines are read no more, or all again, and the last one may have been cut short
    rest = data[entry.offset : next_line(entry, data)] or data[entry.offset :]
    ends = data[entry.offset - 1 : entry.offset] == b"\n" or not rest.strip()
    return None if ends else f"changed its line {entry.lines:,}, which was read before"
