"""Values out of contracts and tables as messages show them: not in Python's spelling, and cut with a word of their length."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pytest_mlmonitor.core.text.names import bare, quoted, safe

VALUE_LENGTH = 40
"""Characters of a value that a message shows."""


def column_name(name: str) -> str:
    """Return a column's name inside a sentence: on one line, in quotes where it could not be told from the sentence.

    >>> column_name("unit_price"), column_name("unit price"), column_name("  ")
    ('unit_price', "'unit price'", "'  '")
    """
    text = bare(name)
    return (
        text if text == name and name and all(not c.isspace() and c not in "'\"`:;,=" for c in name) else quoted(name)
    )


def value_text(value: object, length: int = VALUE_LENGTH) -> str:
    """Return a value for a message; of a long one its beginning, and how long it is.

    >>> value_text(None), value_text(True), value_text(float("nan")), value_text("abcdef", 4), value_text([1, None])
    ('null', 'true', 'NaN', "'ab…' (6 characters)", '[1, null]')
    """
    if isinstance(value, str):
        whole = quoted(value, max(length, 2) + 2)
        return whole if not whole.endswith("…") else f"{quoted(value, length)}' ({len(value):,} characters)"
    text = safe(_plainly(value))
    if len(text) <= length:
        return text
    size = f"{len(value):,} bytes" if isinstance(value, bytes) else f"{len(text):,} characters"
    return f"{text[: length - 1]}… ({size})"


_OTHER_NULLS = ("NAType", "NaTType")
"""What pandas has for null: told by name, since nothing here imports it."""


def _plainly(value: object) -> str:
    if value is None or type(value).__name__ in _OTHER_NULLS:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else _infinite(value) if math.isinf(value) else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes):
        return f"bytes {value[:VALUE_LENGTH].hex()}" if value else "no bytes"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inside(k)}: {_inside(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inside, value)) + "]"
    return value.isoformat() if isinstance(value, date) else str(value)


def _inside(value: object) -> str:
    return quoted(value, 1_000) if isinstance(value, str) else _plainly(value)


def _infinite(value: float) -> str:
    return "infinity" if value > 0 else "-infinity"
