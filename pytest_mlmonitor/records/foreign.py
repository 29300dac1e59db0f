"""What a file holds that should hold JSON objects, one a line, and does not: said once, not once a line."""

from __future__ import annotations

import json
import re
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import count

MAX_DOCUMENT = 8 * 1024 * 1024
"""Bytes of a document that is parsed to see whether it is one: that takes ten times as much memory."""

MIN_LINES = 3
"""Fewer lines are told of one by one."""

_MAGIC = (
    (b"\x1f\x8b", "gzip data"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x04\x22\x4d\x18", "lz4 data"),
    (b"PAR1", "a parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
)
_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_BOM = b"\xef\xbb\xbf"
_GZIP = "is gzip data"
_SAMPLE = 4096
_HOLE = bytes(8)
_TAR = slice(257, 262)
_NAMED = re.compile(rb'"deployment_id"\s*:')


def foreign(data: bytes, place: str, fields: frozenset[str]) -> Finding | None:
    """Return the finding that a file holds something else than JSON lines, None where its lines must be looked at.

    Args:
        data: of the file; some of it is not as it should be.
        place: the file, as it is named in messages.
        fields: of a record.
    """
    if not data.removeprefix(_BOM).strip():
        return None
    if begins_with_an_object(data):
        what = _wrapped(data, fields)
    else:
        what = _binary(data)
        if what == _GZIP:
            inside = " once more inside" if place.endswith(".gz") else "; a compressed file has a name that ends in .gz"
            what = f"{what}{inside}"
        if what is None:
            lines = [line for line in map(bytes.strip, data.removeprefix(_BOM).split(b"\n")) if line]
            what = _document(data, lines) or _no_lines(lines)
    if what is None:
        return None
    return Finding(
        Severity.ERROR, f"{place} {what}; expected one JSON object on each line", "JSON lines in UTF-8", what
    )


def begins_with_an_object(data: bytes) -> bool:
    """Return whether the first line of a file that is not blank has the ends of an object.

    Of a file that begins otherwise it may turn out later, when it has grown, that it is none of lines.
    """
    start = data.removeprefix(_BOM).lstrip()
    return _looks_whole(start.partition(b"\n")[0].rstrip())


def _binary(data: bytes) -> str | None:
    """Return what bytes are by how they begin, None for text that may be UTF-8."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return f"is {name}"
    if data[_TAR.start : _TAR.stop] == b"ustar":
        return "is a tar archive"
    for mark, name in _ENCODINGS:
        if data.startswith(mark):
            return f"is {name} text"
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    if data.startswith(_HOLE) or zeros == len(data):
        rest = data.lstrip(b"\0")
        if not rest:
            return f"holds nothing but {len(data):,} zero bytes"
        # A writer that does not append goes on where it was when the file is emptied under it.
        why = "it was emptied (logrotate's copytruncate) under a writer that does not append"
        return f"begins with {len(data) - len(rest):,} zero bytes: {why}"
    # Of ASCII in UTF-16 every other byte is zero, in UTF-32 three of four.
    if zeros * 5 > len(sample) * 2 and min(sample[::2].count(0), sample[1::2].count(0)) * 8 < zeros:
        return "is UTF-16 text"
    return "is UTF-32 text" if zeros * 3 > len(sample) * 2 else None


def _wrapped(data: bytes, fields: frozenset[str]) -> str | None:
    """Return what a file is that holds one line, an object with the records in a list."""
    if len(data) > MAX_DOCUMENT or b"\n" in data.strip():
        return None
    value = _parsed(data)
    if not isinstance(value, dict) or not fields.isdisjoint(value):
        return None
    inside: Any = next((key for key, part in value.items() if isinstance(part, list) and part), None)
    return (
        None
        if inside is None
        else f"is one JSON object with {count(len(value[inside]), 'value')} under {quoted(inside)}"
    )


def _document(data: bytes, lines: list[bytes]) -> str | None:
    """Return what a file is that holds one JSON document over several lines, or a list."""
    if len(data) > MAX_DOCUMENT or lines[0][:1] not in (b"{", b"[") or lines[-1][-1:] not in (b"}", b"]"):
        return None
    value = _parsed(data)
    if isinstance(value, list):
        return f"is one JSON list of {count(len(value), 'value')}"
    return f"is one JSON object over {count(len(lines), 'line')}" if isinstance(value, dict) else None


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _no_lines(lines: list[bytes]) -> str | None:
    """Return that none of many lines is an object; those that still name a deployment are told of one by one."""
    if len(lines) < MIN_LINES or any(map(_looks_whole, lines)):
        return None
    if sum(_NAMED.search(line) is not None for line in lines) * 10 > len(lines):
        return None
    first = lines[0].decode("utf-8", "replace")
    separator = next((mark for mark in ",;\t|" if _separates(mark.encode(), lines)), None)
    what = "looks like CSV" if separator is not None else "is no JSON"
    return f"{what}: none of its {len(lines):,} lines is an object (line 1: {bare(first, 60)})"


def _looks_whole(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


def _separates(mark: bytes, lines: list[bytes]) -> bool:
    columns = lines[0].count(mark)
    return (
        columns > 1
        and lines[0][:1] not in (b"{", b"[")
        and all(line.count(mark) >= columns for line in lines[1:MIN_LINES])
    )
