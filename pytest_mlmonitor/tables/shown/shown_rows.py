"""Rows that break a rule as findings carry them: text of bounded length, what tells rows apart first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pytest_mlmonitor.core.failing_rows import MAX_ROWS, FailingRows
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.shown_values import value_text
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.foreign_keys.key_answers import KeySample
from pytest_mlmonitor.tables.profile import REDACTED, Duplicates, Failure
from pytest_mlmonitor.tables.shown.masked_values import MASK
from pytest_mlmonitor.tables.shown.telling_columns import telling_rows_apart

CELL = 60
"""Characters of a value."""

MAX_COLUMNS = 12

ROW = "row"
"""What the column of row numbers is called, which count from 1 as people count them in a file."""

_OTHER_ROW = "row number"


def rows_of(failure: Failure, contracts: Sequence[TableContract], hidden: Collection[str] = ()) -> FailingRows | None:
    """Return the first rows that break a rule, None where none are known.

    Args:
        failure: the rule, with its sample.
        contracts: those in force: they say what tells rows apart, and which values are not shown.
        hidden: further columns whose values are not shown: those inside a column.
    """
    rows = []
    for i, (number, key, value) in enumerate(failure.sample[:MAX_ROWS]):
        judged = value if isinstance(value, Mapping) else {failure.column: value}
        known = failure.shown[i] if i < len(failure.shown) else {**key, **judged}
        path = {"path": failure.paths[i]} if i < len(failure.paths) else {}
        rows.append((number, {**path, **known}))
    looked_at = dict.fromkeys(name for _, _, value in failure.sample if isinstance(value, Mapping) for name in value)
    bad = (failure.column,) if failure.column in looked_at or not looked_at else tuple(looked_at)
    return _table(rows, bad, max(failure.rows, len(rows)), contracts, hidden, null=failure.what == "null")


def repeated_rows(
    repeated: Duplicates, columns: Sequence[str], contracts: Sequence[TableContract]
) -> FailingRows | None:
    """Return the first values that occur more than once, None where none are known."""
    rows = [(0, one) for one in (repeated.masked or repeated.sample)[:MAX_ROWS]]
    return _table(rows, tuple(columns), max(repeated.rows, len(rows)), contracts, ())


def missing_keys(
    sample: Sequence[KeySample], columns: Sequence[str], total: int, *, hidden: bool
) -> FailingRows | None:
    """Return the first rows whose key another table lacks, None where none are known; ``hidden``: without the key."""
    rows = [
        (one.row, {name: MASK if hidden else value for name, value in zip(columns, one.values, strict=True)})
        for one in sample[:MAX_ROWS]
    ]
    return _table(rows, tuple(columns), max(total, len(rows)), (), tuple(columns) if hidden else ())


def plain_rows(
    rows: Sequence[tuple[int | None, Mapping[str, object]]],
    bad: Sequence[str],
    total: int,
    contracts: Sequence[TableContract],
) -> FailingRows | None:
    """Return rows that somebody else found, with their values as they are, None where there are none."""
    hidden = {name for contract in contracts for name in (c.name for c in contract.columns if c.redacted)}
    found = [
        (number or 0, {name: MASK if name in hidden else value for name, value in row.items()})
        for number, row in rows[:MAX_ROWS]
    ]
    return _table(found, tuple(bad), total, contracts, ())


def _table(
    rows: Sequence[tuple[int, Mapping[str, object]]],
    bad: tuple[str, ...],
    total: int,
    contracts: Sequence[TableContract],
    hidden: Collection[str],
    *,
    null: bool = False,
) -> FailingRows | None:
    if not rows:
        return None
    telling = telling_rows_apart(contracts)
    there = list(dict.fromkeys(name for _, row in rows for name in row))
    key = [name for name in telling if name in there]
    columns = [*key, *(n for n in there if n in bad and n not in key), *(n for n in there if n not in (*key, *bad))]
    columns = columns[:MAX_COLUMNS]
    personal = {name for name in columns if name in hidden or any(c.redacted([name]) for c in contracts)}
    number = [_OTHER_ROW if ROW in columns else ROW] if any(one for one, _ in rows) else []
    shown = tuple(
        (
            *((str(one) if one else None) for _ in number),
            *(_cell(row.get(name), masks=name in personal, null=null and name in bad) for name in columns),
        )
        for one, row in rows
    )
    names = [bare(name) for name in (*number, *columns)]
    marked = tuple(bare(name) for name in bad if name in columns)
    return FailingRows(tuple(names), (*number, *map(bare, key)), shown, marked, total, redacted=bool(personal))


def _cell(value: object, *, masks: bool, null: bool) -> str | None:
    """Return a value as text; ``null``: of a rule that found nulls, which says as much."""
    if masks:
        return None if null else value if isinstance(value, str) and value.startswith(MASK) else MASK
    if value is None:
        return None
    if isinstance(value, str):
        if value == REDACTED:
            return MASK
        return bare(value, CELL) if value and value == value.strip() else quoted(value, CELL)
    return value_text(value, CELL)
