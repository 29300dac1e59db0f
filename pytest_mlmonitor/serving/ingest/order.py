"""Folding the windows of deployments whose records do not lie in the order of time.

That takes two passes: the first notes where each window begins and where its line is (a few numbers, no window), the second
reads the lines again in the order of time.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.files.record_files import is_compressed, read_records
from pytest_mlmonitor.core.text.times import microseconds_of
from pytest_mlmonitor.records.compiled import parse_instant
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import WindowLines, look_at, owner_of
from pytest_mlmonitor.serving.ingest.file_entries import FileEntry

MAX_OPEN = 64
"""Files that are open at a time while lines are read in the order of time."""

MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes of compressed files that are held in memory; more lie in a temporary file."""


def fold_in_order(base: Path, files: Sequence[FileEntry], terms: Terms, wanted: Iterable[str]) -> dict[str, WindowFold]:
    """Return the folds of ``wanted`` deployments over ``files``, as if their windows had been written in order.

    Args:
        base: the metrics directory.
        files: in read order; each is read as far as its ``offset``.
        terms: of the folds.
        wanted: deployments.
    """
    lines = WindowLines(terms, wanted=frozenset(wanted))
    index: list[tuple[int, int, int, int, int]] = []  # start, file, line number, first byte, length
    open_files: OrderedDict[int, BinaryIO] = OrderedDict()
    # A compressed file cannot be read from the middle: its lines are kept here until their turn comes.
    unpacked = tempfile.SpooledTemporaryFile(max_size=MAX_UNPACKED)  # noqa: SIM115 (closed below)
    try:
        for position, entry in enumerate(files):
            first = 0
            for number, line in enumerate(_content(base, entry).split(b"\n"), 1):
                if number > entry.lines:
                    break  # too many bad lines before it
                start = _start_of(line, lines, entry.name, number)
                if start is not None and is_compressed(entry.name):
                    index.append((start, position, number, unpacked.tell(), len(line)))
                    unpacked.write(line)
                elif start is not None:
                    index.append((start, position, number, first, len(line)))
                first += len(line) + 1
        index.sort()
        for _, position, number, first, length in index:
            name = files[position].name
            if is_compressed(name):
                unpacked.seek(first)
                lines.window_on(name, number, unpacked.read(length))
                continue
            file = open_files.get(position)
            if file is None:
                if len(open_files) >= MAX_OPEN:
                    open_files.popitem(last=False)[1].close()
                try:
                    file = open_files[position] = open_regular(base / name)
                except Refused:
                    continue  # whoever took it away, the next run says so
            # Not the whole file: where two long ones take turns, each would be read for every line of it.
            file.seek(first)
            lines.window_on(name, number, file.read(length))
    finally:
        unpacked.close()
        for file in open_files.values():
            file.close()
    return lines.folds


def _start_of(line: bytes, lines: WindowLines, name: str, number: int) -> int | None:
    """Return when the window on a line starts, None where it holds none of a wanted deployment; a bad line is told of."""
    if not line or line.isspace():
        return None
    found = look_at(line, name, number)
    if owner_of(found) not in (lines.wanted or ()):
        return None
    if found.record is None:
        lines.explain(name, found)
        return None
    return microseconds_of(parse_instant(found.record.window_start))


def _content(base: Path, entry: FileEntry) -> bytes:
    try:
        return read_records(base / entry.name).data[: entry.offset]
    except Refused:
        return b""  # it was read a moment ago: whoever took it away, the next run says so
