"""The first records of a log, and its last one: enough to see what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, open_regular

HEAD = 1 << 18
"""Bytes that are looked at, at the beginning and at the end."""

MAX_RECORDS = 2_000
MAX_DEPTH = 4

LogRecord = Mapping[str, Any]
"""A record by the dotted paths of its values; lists are values."""


def first_records(path: Path) -> list[LogRecord]:
    """Return the first records of a file of JSON lines, flat; empty where it holds no such lines."""
    return _records(_head(path), torn_end=True)


def last_records(path: Path) -> list[LogRecord]:
    """Return the last records of a file of JSON lines; empty for a compressed one, which would have to be read whole."""
    if path.name.endswith(".gz"):
        return []
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - HEAD))
            data = file.read(HEAD)
    except (OSError, Refused):
        return []
    return _records(data.partition(b"\n")[2] if size > HEAD else data, torn_end=False)


def is_lines(path: Path) -> bool:
    """Return whether a file called ``.json`` holds a record a line: more than one, each an object."""
    return len(first_records(path)) > 1


def _head(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            if path.name.endswith(".gz"):
                import gzip

                with gzip.GzipFile(fileobj=file) as inner:
                    return inner.read(HEAD)
            return file.read(HEAD)
    except (OSError, EOFError, Refused):
        return b""


def _records(data: bytes, *, torn_end: bool) -> list[LogRecord]:
    lines = data.split(b"\n")
    if torn_end and len(data) >= HEAD:
        lines = lines[:-1]
    found: list[LogRecord] = []
    bad = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            found.append(dict(_flat(record, "", 0)))
        else:
            bad += 1
        if len(found) == MAX_RECORDS:
            break
    return found if bad <= len(found) // 10 else []


def _flat(record: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, dict) and depth < MAX_DEPTH:
            yield path, value
            yield from _flat(value, path, depth + 1)
        else:
            yield path, value
