"""What of a contract is understood here and refused by other tools of the standard, and how the standard writes it.

Authors write what they know of other tools, or of another version of the standard, and mean one thing: that is read and
judged. Whoever hands the contract on has to know of it, so that it is said, once of every kind. Held against the JSON schemas of
ODCS 3.0.2, 3.1.0 and 3.2.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.contract.data_contract import Problem
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.quality_rules.row_filters import FILTER_KEYS
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

_Refusals = Iterator[tuple[KeyPath, str, str]]
"""Where it stands, what is wrong with it elsewhere, and what to write."""

_ENUM = "`enum: [{value: …}]` under apiVersion v3.2.0, or a rule `invalidValues`"
_FILTER = "`customProperties: [{property: mlmonitor.filter, value: …}]`, which others leave alone: they judge all rows"
_METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
_ARGUMENTS = ("validValues", "missingValues", "pattern", "properties")
_OPERATORS = {
    "mustBeGreaterThanOrEqualTo": "mustBeGreaterOrEqualTo",
    "mustBeLessThanOrEqualTo": "mustBeLessOrEqualTo",
}
_SWITCHES = ("required", "unique", "primaryKey", "partitioned", "criticalDataElement")


def refused_elsewhere(document: Mapping[str, Any], notes: Notes) -> list[tuple[KeyPath, Problem]]:
    """Return what other tools refuse of a document of which all is of a form that is understood, the first of every kind."""
    found: dict[str, tuple[KeyPath, str]] = {}
    more: dict[str, int] = {}
    for path, what, instead in _Walk(document).document():
        found.setdefault(what, (path, instead))
        more[what] = more.get(what, -1) + 1
    return [
        (path, Problem(None, notes.key(path), _message(notes.key(path), what, more[what], instead), instead, None, Severity.INFO))
        for what, (path, instead) in found.items()
    ]  # fmt: skip


def _message(key: str, what: str, more: int, instead: str) -> str:
    others = f" (and {more:,} more)" if more else ""
    return safe(f"{key} {what}: other tools refuse it{others}; write {instead}")


class _Walk:
    """Goes through a document; ``version`` is that of the standard, ``(3, 1)``."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.root = document
        self.version = tuple(int(part) for part in document["apiVersion"].removeprefix("v").split(".")[:2])

    def document(self) -> _Refusals:
        for i, table in enumerate(_list(self.root.get("schema"))):
            if isinstance(table, Mapping):
                yield from self._around(table, ("schema", i))
                yield from self._properties(table, ("schema", i))

    def _properties(self, around: Mapping[str, Any], path: KeyPath) -> _Refusals:
        for i, child in enumerate(_list(around.get("properties"))):
            yield from self._property(child, (*path, "properties", i))

    def _property(self, raw: Any, path: KeyPath) -> _Refusals:
        if not isinstance(raw, Mapping):
            return
        yield from self._enum(raw.get("enum"), (*path, "enum"))
        logical = raw.get("logicalType")
        if (logical == "map" and self.version < (3, 2)) or (logical in ("timestamp", "time") and self.version < (3, 1)):
            since = "3.2" if logical == "map" else "3.1"
            instead = f"apiVersion v{since}.0, or {'object' if logical == 'map' else 'date'}"
            yield (*path, "logicalType"), f"is {logical}, a word of the standard since {since}", instead
        for key in _SWITCHES:
            if isinstance(raw.get(key), str):
                yield (*path, key), "is text", "true or false without quotes"
        yield from self._options(raw.get("logicalTypeOptions"), (*path, "logicalTypeOptions"))
        yield from self._around(raw, path)
        yield from self._properties(raw, path)
        yield from self._property(raw.get("items"), (*path, "items"))
        inside = raw.get("map")
        if isinstance(inside, Mapping):
            for key in ("key", "value"):
                yield from self._property(inside.get(key), (*path, "map", key))

    def _around(self, raw: Mapping[str, Any], path: KeyPath) -> _Refusals:
        """Yield what tables and properties have in common."""
        if raw.get("relationships") and self.version < (3, 1):
            yield (*path, "relationships"), "are a key of the standard since 3.1", "apiVersion v3.1.0"
        for i, rule in enumerate(_list(raw.get("quality"))):
            if isinstance(rule, Mapping):
                yield from self._rule(rule, (*path, "quality", i))

    def _enum(self, values: Any, path: KeyPath) -> _Refusals:
        if not isinstance(values, list):
            return
        if not all(isinstance(value, Mapping) for value in values):
            yield path, "is a list of plain values", _ENUM
        elif self.version < (3, 2):
            yield path, "is a key of the standard since 3.2", _ENUM

    def _options(self, options: Any, path: KeyPath) -> _Refusals:
        if not isinstance(options, Mapping):
            return
        if options.get("enum") is not None:
            yield (*path, "enum"), "stands inside the options, where the standard has none", _ENUM
        if isinstance(options.get("timezone"), str):
            instead = f"`timezone: true` and `defaultTimezone: {options['timezone']}`"
            yield (*path, "timezone"), "is the name of a time zone", instead
        for key in ("exclusiveMinimum", "exclusiveMaximum"):
            switch = isinstance(options.get(key), bool)
            if options.get(key) is not None and switch == (self.version >= (3, 1)):
                bound = options.get(f"{'min' if key.endswith('Minimum') else 'max'}imum")
                now = f"`{key}: {in_yaml(bound) if isinstance(bound, str) else bound}` alone, the bound"
                before = f"`{key}: true` beside the bound, or apiVersion v3.1.0"
                what = "true or false, as before 3.1" if switch else "a bound, as since 3.1"
                yield (*path, key), f"is {what}", now if switch else before

    def _rule(self, rule: Mapping[str, Any], path: KeyPath) -> _Refusals:
        for key in sorted(FILTER_KEYS):
            if rule.get(key) is not None:
                yield (*path, key), "stands beside the rule, where the standard has no such key", _FILTER
        for key in _ARGUMENTS:
            if rule.get(key) is not None:
                yield (*path, key), "stands beside the rule", f"it in its arguments: `arguments: {{{key}: …}}`"
        for key, instead in _OPERATORS.items():
            if rule.get(key) is not None:
                yield (*path, key), "is not how the standard calls it", instead
        metric = rule.get("metric")
        if self.version < (3, 1):
            if metric is not None:
                yield (*path, "metric"), "is a key of the standard since 3.1", "`rule`, or apiVersion v3.1.0"
        elif rule.get("rule") is not None and metric is None:
            yield (*path, "rule"), "is a key of the standard before 3.1", f"`metric` with {', '.join(_METRICS)}"
        elif metric is not None and metric not in _METRICS:
            near = next((name for name in _METRICS if name.lower() == str(metric).lower()), ", ".join(_METRICS))
            yield (*path, "metric"), f"is {quoted(metric)}", near
        missing = rule.get("type") is None and metric is None and rule.get("rule") is None
        kind = "sql" if rule.get("query") else "custom" if rule.get("engine") or rule.get("implementation") else None
        if missing and kind is not None:
            yield path, "has no type, and is taken for a rule of the library", f"`type: {kind}`"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
