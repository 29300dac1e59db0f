"""One JSON object decoded fast, where that decides: of what is refused here the strict parser says whether it is sound."""

from __future__ import annotations

import re
from typing import Any

import msgspec


def quick_object(line: bytes) -> dict[str, Any] | None:
    """Return the object on a line; None where only the strict parser can tell.

    Without a backslash, and without a space before a colon, every quote before a colon ends a key: as many of them as there are
    keys say that none is there twice.
    """
    if b"\\" in line or _SPACED.search(line) is not None:
        return None
    try:
        entry = _DECODE(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    return entry if _keys(entry, line.count(b"{") + line.count(b"[")) == line.count(b'":') else None


_SPACED = re.compile(rb'"[ \t\r\n]+:')

_DECODE = msgspec.json.Decoder().decode


def _keys(entry: dict[str, Any], most: int) -> int:
    """Return how many keys there are, at any depth; among the values of which there are at most so many objects and arrays.

    Once all of these are found the rest are texts and numbers, and need not be looked at: that is most of the time.
    """
    found: list[Any] = [entry]
    keys = 0
    for one in found:
        if type(one) is dict:
            keys += len(one)
        if len(found) < most:
            found += [value for value in (one.values() if type(one) is dict else one) if type(value) in _CONTAINERS]
    return keys


_CONTAINERS = frozenset((dict, list))
