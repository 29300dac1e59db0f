"""On which line of a TOML file a key stands: the parser does not say, and a person who repairs one looks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")
_LONG = ('"""', "'''")


def line_of_key(text: str, path: Sequence[str]) -> int | None:
    r"""Return the 1-based line on which a key is set, or on which what is nearest around it begins; None where nothing is.

    Args:
        text: of a TOML file that has been read as one.
        path: of the key, from the top: ``["tool", "mlmonitor", "source", "silver", "path"]``.

    >>> line_of_key('[source.a]\npath = "x"\nfields.n = "m"\n', ["source", "a", "fields", "n"])
    3
    """
    wanted = tuple(path)
    best, best_length = None, 0
    for here, number, _ in _entries(text):
        length = min(len(here), len(wanted))
        if length > best_length and here[:length] == wanted[:length]:
            best, best_length = number, length
            if length == len(wanted):
                return number
    return best


def lines_of_keys(text: str) -> dict[tuple[str, ...], int]:
    r"""Return the line of every key that begins one; of a table that stands several times the number is told: ``overrides[0]``.

    >>> lines_of_keys('[[overrides]]\nowner = "a"\n[[overrides]]\nowner = "b"\n')
    {('overrides[0]', 'owner'): 2, ('overrides[1]', 'owner'): 4}
    """
    found: dict[tuple[str, ...], int] = {}
    for path, number, is_key in _entries(text):
        if is_key:
            found.setdefault(path, number)
    return found


def _entries(text: str) -> Iterator[tuple[tuple[str, ...], int, bool]]:
    """Yield the path of every table and key that begins a line, the line, and whether it is a key."""
    table: tuple[str, ...] = ()
    times: dict[tuple[str, ...], int] = {}
    long: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if long is not None:  # what stands in a text of several lines is no key
            long = None if long in line else long
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if key is not None:
            yield (*table, *_parts(key[1])), number, True
            long = next((mark for mark in _LONG if line.count(mark) % 2), None)
        elif header is not None:
            table = _parts(header[2])
            if header[1] == "[[":
                at = times[table] = times.get(table, -1) + 1
                table = (*table[:-1], f"{table[-1]}[{at}]")
            yield table, number, False


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
