"""From what some builds hold to a contract that the next ones keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.tables.inference.column_names import is_identifier, is_row_identifier, tokens
from pytest_mlmonitor.tables.inference.description import ColumnDescription, TableDescription
from pytest_mlmonitor.tables.inference.draft import DraftTable
from pytest_mlmonitor.tables.inference.inferred_column import InferredColumn
from pytest_mlmonitor.tables.inference.share_limits import SURE
from pytest_mlmonitor.tables.odcs.written.yaml_flow import scalar

MANY_ROWS = 50
"""A build of fewer rows says nothing of how many the next one has."""

NAMED = 2
"""Words of a name that says what it is the id of (``order_id``). ``id`` alone may be that of a patient with many rows."""

EXPECTED = 10
"""Repetitions that chance would have brought, and did not: then it is no chance that there is none."""

NEVER = 1e-6
"""… and repetitions that are this rare do not matter."""

LONG_ID = 16
"""Characters of a text that is drawn at random and never twice."""


@dataclass(frozen=True)
class Roles:
    """The columns that the caller gives a role."""

    target: str | None = None
    entity: str | None = None
    event_ts: str | None = None


NO_ROLES = Roles()


def inferred_table(builds: Sequence[TableDescription], name: str, roles: Roles = NO_ROLES) -> DraftTable:
    """Return what a contract can say of builds of one table so that the next ones keep it.

    Args:
        builds: oldest first; at least one.
        name: what the contract calls the table.
        roles: columns whose role is known.
    """
    table = DraftTable(name, [])
    named: dict[str, list[ColumnDescription | None]] = {}
    order: dict[str, None] = dict.fromkeys(c.name for c in builds[-1].columns if c.name.strip())
    for i, build in enumerate(builds):
        for column in build.columns:
            found = named.setdefault(column.name, [None] * len(builds))
            found[i] = found[i] or column
    _left_out(builds, named, table)
    rows = [build.rows for build in builds]
    table.key = _key(builds, named, name, roles)
    event_ts = roles.event_ts or _event_time(named, order, table.key)
    for column_name in order:
        known = [(one, build.rows) for one, build in zip(named[column_name], builds, strict=True) if one is not None]
        whole = InferredColumn(column_name, [one for one, _ in known], [rows for _, rows in known], table.key)
        draft = whole.draft({"target": roles.target, "entity": roles.entity, "event_ts": event_ts})
        draft.optional = len(known) < len(builds)
        table.columns.append(draft)
    if min(rows) >= MANY_ROWS:
        table.min_rows = int(_one_digit(min(rows) / 10))
    elif not min(rows):
        table.min_rows = 0
    if not all(build.sought for build in builds):
        table.remarks.append("no key was looked for: the table is too long")
    _suggest_time(table, named, event_ts)
    return table


def _left_out(
    builds: Sequence[TableDescription], named: Mapping[str, Sequence[ColumnDescription | None]], table: DraftTable
) -> None:
    seen: set[str] = set()
    for i, column in enumerate(builds[-1].columns):
        if not column.name.strip() or column.name in seen:
            why = "has the name of another" if column.name.strip() else "has no name"
            table.remarks.append(f"column {i + 1} {why}, and cannot be described")
        seen.add(column.name)
    for name, known in named.items():
        if known[-1] is None and name.strip():
            table.remarks.append(f"column {name} is not in the newest build, and nothing is said of it")


def _key(builds: Sequence[TableDescription], named: Mapping[str, Any], name: str, roles: Roles) -> tuple[str, ...]:
    """Return the most plausible set of columns in which no build has a value twice; empty without."""
    filled = [build for build in builds if build.rows > 1]
    held = [key for key in filled[0].keys if all(key in build.keys for build in filled)] if filled else []
    given = [key for key in held if key == (roles.entity, roles.event_ts)]
    ids = [key for key in held if len(key) == 1 and is_identifier(key[0])]
    many = sum(build.rows for build in filled) >= SURE
    rows = [key for key in ids if is_row_identifier(key[0], name) and (many or len(tokens(key[0])) >= NAMED)]
    sure = [key for key in ids if no_chance([one for one in named[key[0]] if one is not None])]
    pairs = [key for key in held if len(key) == 2 and sum(build.keys[key] for build in filled) >= EXPECTED]
    return next(iter([*given, *rows, *sure, *pairs]), ())


def no_chance(builds: Sequence[ColumnDescription]) -> bool:
    """Return whether ids that are not repeated are no ids of something of which a build just had each once by chance.

    Of ``n`` integers drawn from ``size`` ones about ``n ** 2 / (2 * size)`` repeat one.
    """
    figures = [one.numbers for one in builds if one.numbers is not None]
    if not figures:
        return False
    if builds[0].family == "text":
        return min(int(numbers.minimum or 0) for numbers in figures) >= LONG_ID
    sizes = [int(numbers.maximum or 0) - int(numbers.minimum or 0) + 1 for numbers in figures]
    repeated = sum(numbers.count**2 / (2 * size) for numbers, size in zip(figures, sizes, strict=True))
    return repeated >= EXPECTED or repeated <= NEVER


def _event_time(named: Mapping[str, Any], order: Mapping[str, None], key: tuple[str, ...]) -> str | None:
    """Return the column that evidently is the event time: the only timestamp, else the only one of the key."""
    times = [n for n in order if all(c is not None and c.shape.logical == "timestamp" for c in named[n])]
    if len(times) == 1:
        return times[0]
    inside = [name for name in times if name in key]
    return inside[0] if len(inside) == 1 else None


def _suggest_time(table: DraftTable, named: Mapping[str, Any], event_ts: str | None) -> None:
    newest = [c.times[1] for c in named.get(event_ts or "", ()) if c is not None and c.times is not None]
    if event_ts is None or not newest or "," in event_ts:
        return
    table.levels += [
        f"The newest value of {event_ts} was {instant(max(newest))}. If builds are to be as fresh as a day:",
        "slaProperties:",
        f"  - {{property: freshness, value: 24, unit: h, element: {scalar(f'{table.name}.{event_ts}')}}}",
    ]


def _one_digit(value: float) -> float:
    power = 10 ** (len(str(int(value))) - 1) if value >= 1 else 1
    return int(value / power) * power
