"""On which line of a policy file a key stands: whoever reads a limit must find it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_MAX_BYTES = 1_000_000
_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_PREFIX = ("tool", "mlmonitor")
_LONG = ('"""', "'''")


def line_of(file: Path, key: str, scope: str = "") -> int | None:
    """Return the line (from 1) of a policy file on which a dotted key is set.

    Args:
        file: a ``pyproject.toml``, or a ``mlmonitor.toml``.
        key: dotted, e.g. ``freshness.max_age_seconds``.
        scope: where the key stands when it is not of the whole platform: ``overrides[0]``, ``source.NAME``.

    Returns:
        None where it is not found: it stands in a form that is no line of its own, or the file cannot be read.
    """
    try:
        stat = file.stat()
        lines = _lines(file, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return None
    wanted = (*_parts(scope), *key.split("."))
    for length in range(len(wanted), len(_parts(scope)), -1):  # a section may be written in one: freshness = "26h"
        found = lines.get(wanted[:length])
        if found is not None:
            return found
    return None


def _parts(scope: str) -> tuple[str, ...]:
    return tuple(part for part in scope.split(".") if part)


@lru_cache(maxsize=8)
def _lines(file: Path, _: int, size: int) -> dict[tuple[str, ...], int]:
    if size > _MAX_BYTES:
        return {}
    found: dict[tuple[str, ...], int] = {}
    for parts, line in _keys(file.read_text(encoding="utf-8", errors="replace")):
        own = parts[len(_PREFIX) :] if parts[: len(_PREFIX)] == _PREFIX else parts
        found.setdefault(own, line)
    return found


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield every key that begins a line, with the table that it stands in."""
    table: tuple[str, ...] = ()
    numbers: dict[tuple[str, ...], int] = {}
    long: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if long is not None:
            long = None if long in line else long
            continue
        header = _TABLE.match(line)
        if header is not None:
            table = _named(header[2])
            if header[1] == "[[":
                at = numbers[table] = numbers.get(table, -1) + 1
                table = (*table[:-1], f"{table[-1]}[{at}]")
            continue
        key = _KEY.match(line)
        if key is not None:
            yield (*table, *_named(key[1])), number
        long = next((mark for mark in _LONG if line.count(mark) % 2), None)


def _named(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
