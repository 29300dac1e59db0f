"""``slaProperties`` as promises about time; those about anything else are named as not checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.table import Promise, ServiceLevel
from pytest_mlmonitor.tables.odcs.bounds import severity_of
from pytest_mlmonitor.tables.odcs.form.known_keys import near_key
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.own import own_properties
from pytest_mlmonitor.tables.odcs.quality import RuleSubject
from pytest_mlmonitor.tables.odcs.values import BadValue, seconds_of
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

_PROMISES: dict[str, Promise] = {
    "freshness": "freshness",
    "fr": "freshness",
    "latency": "latency",
    "ly": "latency",
    "retention": "retention",
    "re": "retention",
}

_CHECKED = ("freshness", "latency", "retention")
_UNCHECKED = (
    *("availability", "throughput", "errorRate", "generalAvailability", "endOfSupport", "endOfLife", "frequency"),
    *("timeToDetect", "timeToNotify", "timeToRepair", "timeOfAvailability"),
)


def compile_levels(
    entries: Sequence[Any] | None,
    default: str | None,
    tables: Sequence[RuleSubject],
    events: Sequence[str | None],
    notes: Notes,
) -> list[list[ServiceLevel]]:
    """Return the promises of every table, in the order of ``tables``.

    Args:
        entries: validated ``slaProperties``.
        default: ``slaDefaultElement``.
        tables: the tables and their columns.
        events: the event time column of every table, used where a promise names no element.
        notes: where problems and what is not checked are said.
    """
    levels: list[list[ServiceLevel]] = [[] for _ in tables]
    for i, entry in enumerate(entries or ()):
        path: KeyPath = ("slaProperties", i)
        if notes.lacks(path, ("property", "value", "unit", "element")):
            continue
        word = (entry.property or "").strip()
        promise = _PROMISES.get(word.lower())
        if promise is None:
            _other_promise(word, path, notes)
            continue
        if entry.value is None:
            notes.problem((*path, "value"), "is missing: expected a length of time", "a length of time")
            continue
        try:
            seconds = seconds_of(entry.value, entry.unit)
        except BadValue as error:
            shown = (
                f"{entry.value if isinstance(entry.value, str) else in_yaml(entry.value)} {entry.unit or ''}".strip()
            )
            notes.problem((*path, "value"), f"is {quoted(shown)}: expected {error}", str(error), shown)
            continue
        severity = own_properties(entry.customProperties, path, notes).get("severity")
        consequence = severity_of(str(severity[1]) if severity else None, path, notes)
        element = entry.element or default
        for number, column in _columns(promise, element, tables, events, path, notes):
            levels[number].append(ServiceLevel(promise, column, seconds, consequence, path))
    return levels


def _other_promise(word: str, path: KeyPath, notes: Notes) -> None:
    """Name a promise that nothing here checks; one that is nearly called like a checked one may be meant for it."""
    if not word:
        notes.problem((*path, "property"), "is missing: expected what is promised, such as freshness", "freshness, …")
        return
    near = near_key(word, (*_CHECKED, *_UNCHECKED))
    if near in _CHECKED:
        notes.doubt((*path, "property"), f"is {quoted(word)} and is not checked: is {quoted(near)} meant?", near, word)
    else:
        notes.leave(path, f"{quoted(word)} is not checked")


def _columns(
    promise: Promise,
    element: str | None,
    tables: Sequence[RuleSubject],
    events: Sequence[str | None],
    path: KeyPath,
    notes: Notes,
) -> list[tuple[int, str | None]]:
    """Return (table, column) of every element that a promise is about; no column where it is the table itself."""
    if not element:
        clockless = [{c.column.name for c in table.columns.values() if c.clockless} for table in tables]
        known = [(i, None if event in clockless[i] else event) for i, event in enumerate(events)]
        if promise == "freshness":
            return known  # without an event time it is a promise about the build
        if not tables or any(event is None for _, event in known):
            notes.leave(path, "names no element, and no single event time is known; not checked")
        return [(i, event) for i, event in known if event is not None]
    found: list[tuple[int, str | None]] = []
    for name in (part.strip() for part in element.split(",")):
        place = _found(name, tables)
        if place is None:
            notes.leave((*path, "element"), f"{quoted(name)} is no property of this contract; not checked")
        elif tables[place[0]].columns[place[1]].kind not in ("instant", None):
            expected = "a date or timestamp"
            notes.problem(
                (*path, "element"), f"is {quoted(name)}, which is no time: expected {expected}", expected, name
            )
        elif tables[place[0]].columns[place[1]].clockless:
            notes.leave(
                (*path, "element"), f"nothing says when {quoted(name)} is: its time zone is not known; not checked"
            )
        else:
            found.append((place[0], tables[place[0]].columns[place[1]].column.name))
    return found


def _found(name: str, tables: Sequence[RuleSubject]) -> tuple[int, str] | None:
    for i, table in enumerate(tables):
        for prefix in table.tables:
            if name.startswith(f"{prefix}.") and name.removeprefix(f"{prefix}.") in table.columns:
                return i, name.removeprefix(f"{prefix}.")
    if len(tables) == 1 and name in tables[0].columns:
        return 0, name
    return None
