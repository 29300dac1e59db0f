"""Limits and severities of ODCS rules: the operators by which a figure is bounded, the free words for what follows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.table import Limit, Relation
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.values import BadValue, exact_number
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

_OPERATORS: dict[str, Relation] = {
    "mustBe": "==",
    "mustNotBe": "!=",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeGreaterThanOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeLessThanOrEqualTo": "<=",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
OPERATORS = frozenset(_OPERATORS)

_SEVERITIES = {
    **dict.fromkeys(("info", "information", "low", "minor", "notice"), Severity.INFO),
    **dict.fromkeys(("warning", "warn", "medium", "moderate"), Severity.WARNING),
    **dict.fromkeys(("error", "high", "major", "fail", "failure"), Severity.ERROR),
    **dict.fromkeys(("critical", "fatal", "blocker", "emergency", "severe"), Severity.CRITICAL),
}


def limits_of(
    raw: Mapping[str, Any], path: KeyPath, notes: Notes, *, booleans: bool = False, percent: bool = False
) -> list[Limit]:
    """Return every limit that a rule states, less those that cannot be used.

    Args:
        raw: the rule as written.
        path: where it stands.
        notes: where problems are said.
        booleans: whether true and false stand for 1 and 0.
        percent: whether the figures are percentages.
    """
    limits = []
    for key, relation in _OPERATORS.items():
        value = raw.get(key)
        if value is None:
            continue
        try:
            limits.append(Limit(relation, _bounds(value, relation, booleans), percent))
        except BadValue as error:
            notes.problem((*path, key), f"is {in_yaml(value)}: expected {error}", str(error), value)
    return limits


def _bounds(value: Any, relation: Relation, booleans: bool) -> tuple[int | Decimal, ...]:
    if relation in ("between", "not between"):
        if not isinstance(value, list) or len(value) != 2:
            raise BadValue("two numbers, the smaller one first")
        low, high = (exact_number(v) for v in value)
        if low > high:
            raise BadValue("two numbers, the smaller one first")
        return (low, high)
    if booleans and isinstance(value, bool) and relation in ("==", "!="):
        return (value,)
    return (exact_number(value),)


def severity_of(word: str | None, path: KeyPath, notes: Notes) -> Severity:
    """Return what a free word for the severity means; one that is not known counts as error, and is named."""
    if not word:
        return Severity.ERROR
    severity = _SEVERITIES.get(word.strip().lower())
    if severity is None:
        notes.leave((*path, "severity"), f"{quoted(word)} is not info, warning, error or critical; taken for error")
        return Severity.ERROR
    return severity
