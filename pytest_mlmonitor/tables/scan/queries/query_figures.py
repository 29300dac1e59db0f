"""The one figure that a query gave, or why it gave none, in words that need no engine to be understood."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.tables.contract.table import SqlRule, exact
from pytest_mlmonitor.tables.profile import SqlAnswer
from pytest_mlmonitor.tables.scan.queries.query_tree import ColumnNames

_KIND = 40
"""Within so many characters stands what kind of error it is, before a colon."""

_ABSENT = re.compile(r'Referenced column "(.+?)" not found')


_OF_WORDS = ("BinderException", "CatalogException", "ParserException", "SyntaxException")
"""What an engine says before it has looked at a row."""


def refusal_of(error: Exception, names: ColumnNames, *, classified: bool = False) -> str:
    """Return why a query cannot run, with the table's own names; of a column that there is not, which one may be meant.

    ``classified`` as in :func:`first_line`.
    """
    text = names.shown(first_line(error, classified=classified))
    absent = _ABSENT.search(text)
    if absent is None:
        return text
    return f"the table has no column {quoted(absent.group(1))}{did_you_mean(absent.group(1), names.own)}"


def first_line(error: Exception, *, classified: bool = False) -> str:
    """Return the first line of what an engine says.

    Args:
        error: what it raised.
        classified: whether a column has values that are not shown; they may stand in what is said of a row.
    """
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if classified and type(error).__name__ not in _OF_WORDS:
        kind = text.partition(":")[0] if ": " in text[:_KIND] else type(error).__name__
        return safe(f"{kind} in a row (which value is not shown: a column is classified)")
    return safe(text[:200])


def answer_of(name: str, rows: Sequence[tuple[Any, ...]], *, classified: bool) -> SqlAnswer:
    """Return the answer of the rule ``name``: the one figure that its query gave, or what it gave instead.

    ``classified``: whether a value may be one that is not shown.
    """
    if len(rows) != 1 or len(rows[0]) != 1:
        return SqlAnswer(name, None, f"gives {_size(rows)}, not one figure")
    found = rows[0][0]
    if found is None:
        return SqlAnswer(name, None, "gives null: there is no value to compute a figure of")
    try:
        figure = found if isinstance(found, int | Decimal) else float(found)
    except (TypeError, ValueError):
        shown = type(found).__name__ if classified else repr(safe(str(found)[:60]))
        return SqlAnswer(name, None, f"gives {shown}, which is no number")
    if not math.isfinite(figure):
        return SqlAnswer(name, None, f"gives {figure}")
    return SqlAnswer(name, int(figure) if isinstance(found, bool) else figure)


def too_many(rule: SqlRule, answer: SqlAnswer) -> bool:
    """Return whether fewer rows would keep the limit: those that are counted are the ones at fault."""
    upper = rule.limit.relation in ("==", "<", "<=", "between")
    return upper and answer.figure is not None and exact(answer.figure) >= exact(rule.limit.bounds[-1])


def _size(rows: Sequence[tuple[Any, ...]]) -> str:
    if not rows:
        return "no row"
    return "several rows" if len(rows) > 1 else f"a row of {len(rows[0])} columns"
