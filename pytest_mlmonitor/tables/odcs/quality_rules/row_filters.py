"""Which rows a quality rule is about: ODCS has no key for it, so that it is a custom property of the rule.

``customProperties: [{property: mlmonitor.filter, value: "country = 'CH'"}]``. The same is read where people write it as peers do:
``filter`` (Soda, DQX) or ``where`` (dbt) beside the rule, in its ``arguments``, or as a property without our prefix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.own import PREFIX, own_properties
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

FILTER_KEYS = frozenset(("filter", "where"))
EVERY_ROW = RowFilter()
NEWEST = "newest"
_EXPECTED = "an SQL condition on the columns of a row, such as country = 'CH'"


def row_filter(raw: Mapping[str, Any], model: Any, path: KeyPath, notes: Notes) -> RowFilter | None:
    """Return which rows a rule is about; None where that is written and cannot be used: the notes say why."""
    conditions: dict[str, KeyPath] = {}
    newest, usable = False, True
    for place, value in _written(raw, model, path):
        if not isinstance(value, str) or not value.strip():
            notes.problem(place, f"is {in_yaml(value)}: expected {_EXPECTED}", _EXPECTED, value)
            usable = False
        else:
            conditions.setdefault(value.strip(), place)
    for key, (place, value) in own_properties(model.customProperties, path, notes).items():
        if key == "partition":
            newest = is_newest(value, place, notes)
            usable = usable and newest
        elif key not in FILTER_KEYS:
            expected = "filter or partition"
            notes.problem(place, f"sets {PREFIX}{key}: expected {expected}", expected, key)
            usable = False
    if len(conditions) > 1:
        one, other = list(conditions)[:2]
        notes.problem(conditions[other], f"is {quoted(other)}, and {quoted(one)} at another place: expected one filter")
        usable = False
    return RowFilter(next(iter(conditions), ""), newest) if usable else None


def is_newest(value: Any, place: KeyPath, notes: Notes) -> bool:
    """Return whether a ``mlmonitor.partition`` says ``newest``; anything else is a problem."""
    if value == NEWEST:
        return True
    notes.problem((*place, "value"), f"is {in_yaml(value)}: expected {NEWEST}", NEWEST, value)
    return False


def _written(raw: Mapping[str, Any], model: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for key in sorted(FILTER_KEYS):
        if raw.get(key) is not None:
            yield (*path, key), raw[key]
        arguments = raw.get("arguments")
        if isinstance(arguments, dict) and arguments.get(key) is not None:
            yield (*path, "arguments", key), arguments[key]
    for i, entry in enumerate(model.customProperties or ()):
        if (entry.property or "").removeprefix(PREFIX) in FILTER_KEYS:
            yield (*path, "customProperties", i, "value"), entry.value
