"""The first rows that break a rule, in the words of a message."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.shown_values import VALUE_LENGTH, column_name, value_text
from pytest_mlmonitor.core.text.words import count, within
from pytest_mlmonitor.tables.profile import REDACTED, Failure

SHOWN = 5
"""Broken rows that a finding lists."""

KEY_LENGTH = 72
"""Characters of a row's key that a message has room for."""


def share_of_rows(number: int, of: int, failure: Failure | None, table_rows: int | None) -> str:
    """Return how many rows of how many; of what lies inside a column how many values, and in how many rows of the table."""
    if table_rows is None:
        return f"{number:,} of {count(of, 'row')}"
    rows = f" in {failure.in_rows:,} of {count(table_rows, 'row')}" if failure is not None and failure.in_rows else ""
    return f"{number:,} of {count(of, 'value')}{rows}"


def broken_rows(failure: Failure) -> list[str]:
    """Return the first broken rows: number, key, and the value that broke the rule, which is never left out for the key.

    A value inside a column has its path in the row.
    """
    said = failure.what in ("null", "null value")  # the value of such a row has been said
    found = []
    for i, (number, key, value) in enumerate(failure.sample[:SHOWN]):
        path = bare(failure.paths[i]) if failure.paths else ""
        text = "" if (said and value is None) or value == {} else _shown(value)
        found.append(": ".join(filter(None, (_place(number, key), " = ".join(filter(None, (path, text)))))))
    return found


def _place(number: int, key: Mapping[str, object]) -> str:
    """Return a row's place: its number (a distributed engine has none) and its key."""
    if not number:
        return key_text(key) if key else "one"
    return f"row {number:,}" + (f" ({key_text(key)})" if key else "")


def _shown(value: object) -> str:
    return key_text(value) if isinstance(value, Mapping) else row_value(value)


def key_text(key: Mapping[str, object]) -> str:
    """Return columns with their values, as many as there is room for."""
    length = VALUE_LENGTH if len(key) == 1 else KEY_LENGTH // 3
    return within([f"{column_name(name)}={row_value(value, length)}" for name, value in key.items()], KEY_LENGTH)


def row_value(value: object, length: int = VALUE_LENGTH) -> str:
    """Return a value out of a table for a message."""
    return REDACTED if isinstance(value, str) and value == REDACTED else value_text(value, length)
