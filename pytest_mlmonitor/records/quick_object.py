"""One JSON object decoded fast, where that decides: of what is refused here the strict parser says whether it is sound."""

from __future__ import annotations

from typing import Any

import msgspec


def quick_object(line: bytes) -> dict[str, Any] | None:
    """Return the object on a line; None where only the strict parser can tell.

    Without a backslash a quote before a colon ends a key, so that as many of them as there are keys say that none is there twice.
    """
    if b"\\" in line:
        return None
    try:
        entry = _DECODE(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and _keys(entry) == line.count(b'":') else None


_DECODE = msgspec.json.Decoder().decode


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(one) for one in value.values() if isinstance(one, dict | list))
    return sum(_keys(one) for one in value if isinstance(one, dict | list))
