"""Why a query gave no figure: what the engine says of it, in words that need no engine to be understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.tables.scan.queries.query_tree import ColumnNames

_ABSENT = re.compile(r'Referenced column "(.+?)" not found')


def refusal_of(error: Exception, names: ColumnNames) -> str:
    """Return why a query cannot run, with the table's own names; of a column that there is not, which one may be meant."""
    text = names.shown(first_line(error))
    absent = _ABSENT.search(text)
    if absent is None:
        return text
    return f"the table has no column {quoted(absent.group(1))}{did_you_mean(absent.group(1), names.own)}"


def first_line(error: Exception) -> str:
    """Return the first line of what an engine says."""
    return safe((str(error).strip().splitlines() or [type(error).__name__])[0][:200])


def size(rows: Sequence[tuple[Any, ...]]) -> str:
    """Return what a query gave instead of one figure."""
    if not rows:
        return "no row"
    return "several rows" if len(rows) > 1 else f"a row of {len(rows[0])} columns"
