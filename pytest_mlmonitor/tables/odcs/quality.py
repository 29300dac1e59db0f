"""The ``quality`` rules of an ODCS contract as figures, queries and row rules of the internal contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.prose.phrases import matches
from pytest_mlmonitor.tables.contract.relationship import Relationship
from pytest_mlmonitor.tables.contract.row_terms import RowFilter, RowRule
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms, Limit, Metric, SqlRule, Value
from pytest_mlmonitor.tables.odcs.bounds import OPERATORS, limits_of, severity_of
from pytest_mlmonitor.tables.odcs.compiled_column import CompiledColumn
from pytest_mlmonitor.tables.odcs.form.known_keys import doubt_key, keys_of, unknown_keys
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.own import own_rules
from pytest_mlmonitor.tables.odcs.quality_rules.metric_names import ABSOLUTE, METRIC_NAMES, METRICS, RuleFigure
from pytest_mlmonitor.tables.odcs.quality_rules.row_filters import EVERY_ROW, FILTER_KEYS, row_filter
from pytest_mlmonitor.tables.odcs.relations.other_engines import other_engine
from pytest_mlmonitor.tables.odcs.sql import NotAQuery, query_of
from pytest_mlmonitor.tables.odcs.values import BadValue, typed
from pytest_mlmonitor.tables.odcs.yaml import KeyPath
from pytest_mlmonitor.tables.regex.patterns import BrokenPattern, NotInRe2, for_re2

_ARGUMENTS = frozenset(("validValues", "missingValues", "pattern", "properties"))
_OWN = ["type", "metric", "rule", "unit", "arguments", "query", "engine", "implementation", "enum", "customProperties"]
_DECISIVE = frozenset((*_OWN, *_ARGUMENTS, *FILTER_KEYS))
"""Keys without which a rule is another one."""

_ROWS = frozenset(("", "rows", "row", "count", "records", "record", "number", "values"))
_PERCENT = frozenset(("percent", "percentage", "%", "pct"))


@dataclass
class Rules:
    """What the rules of one table become."""

    metrics: list[Metric] = field(default_factory=list)
    sql: list[SqlRule] = field(default_factory=list)
    rows: list[RowRule] = field(default_factory=list)
    drift: DriftTerms | None = None
    relationships: list[Relationship] = field(default_factory=list)


@dataclass(frozen=True)
class RuleSubject:
    """What a rule is about.

    Attributes:
        tables: the names of the table.
        columns: every column of the table, by the property's name and by the name in the file.
        column: the column whose rule it is, None for a rule of the whole table.
        nested: whether it lies inside another column.
    """

    tables: tuple[str, ...]
    columns: Mapping[str, CompiledColumn]
    column: CompiledColumn | None = None
    nested: bool = False


def compile_quality(
    entries: Sequence[tuple[Mapping[str, Any], Any]], subject: RuleSubject, path: KeyPath, notes: Notes, rules: Rules
) -> None:
    """Add what the ``quality`` list at ``path`` asks for to ``rules``; ``entries`` are (as written, validated) pairs."""
    for i, (raw, model) in enumerate(entries):
        _QualityRule(raw, model, subject, (*path, i), notes).into(rules)


class _Unusable(Exception):
    """The rule cannot be used; the notes say why."""


class _QualityRule:
    """One rule; it is made whole or not at all: half a rule would judge what nobody asked for."""

    def __init__(self, raw: Mapping[str, Any], model: Any, subject: RuleSubject, path: KeyPath, notes: Notes) -> None:
        self.raw, self.model, self.subject, self.path, self.notes = raw, model, subject, path, notes
        self.rows: RowFilter | None = None

    def into(self, rules: Rules) -> None:
        if self.notes.lacks(self.path, _DECISIVE):
            return  # what has not the right form is named already
        known = keys_of(type(self.model)) | OPERATORS | _ARGUMENTS | FILTER_KEYS
        unknown_keys(self.raw, known, self.path, self.notes)
        try:
            self._made(rules)
        except _Unusable:
            pass

    def _made(self, rules: Rules) -> None:
        kind = self.model.type or self._implied_type()
        self.rows = row_filter(self.raw, self.model, self.path, self.notes)
        if self.rows is None:
            raise _Unusable
        if self.rows != EVERY_ROW and kind == "custom" and (self.model.engine or "").strip().lower() == "mlmonitor":
            self._refuse(("customProperties",), "sets a filter: expected one on rules of type library or sql only")
        if kind == "text":
            self.notes.leave(self.path, f"(type: text) prose is not checked{self._said()}")
        elif kind in ("sql", "custom") and self.subject.nested:
            self.notes.leave(self.path, f"(type: {kind}) rules inside an object, a list or a map are not checked")
        elif kind == "sql":
            rules.sql += self._sql()
        elif kind == "custom":
            self._custom(rules)
        elif kind == "library":
            rules.metrics += self._library()
        else:
            expected = "library, sql, text or custom"
            self._refuse(("type",), f"is {quoted(kind)}: expected {expected}", expected, kind)

    def _refuse(self, below: KeyPath, message: str, expected: str | None = None, actual: object = None) -> NoReturn:
        self.notes.problem((*self.path, *below), message, expected, actual)
        raise _Unusable

    def _implied_type(self) -> str:
        if self.model.metric or self.model.rule:
            return "library"
        if self.model.query:
            return "sql"
        if self.model.engine or self.model.implementation:
            return "custom"
        return "text" if self.model.description else "library"

    def _said(self) -> str:
        words = self.model.name or self.model.description
        return f": {quoted(words)}" if words else ""

    @property
    def _name(self) -> str:
        return str(self.model.name or self.model.description or self.model.id or "").strip()

    def _severity(self) -> Severity:
        return severity_of(self.model.severity, self.path, self.notes)

    def _custom(self, rules: Rules) -> None:
        engine = (self.model.engine or "").strip()
        if engine.lower() != "mlmonitor":
            limited = self.rows != EVERY_ROW or any(self.raw.get(key) is not None for key in OPERATORS)
            about = self.subject.columns, self.subject.column
            rules.relationships += other_engine(self.raw, *about, self.notes, self.path, limited=limited)
            return
        column = self.subject.column.column.name if self.subject.column else None
        names = {name: compiled.column.name for name, compiled in self.subject.columns.items()}
        rows, drift = own_rules(
            self.raw.get("implementation"), names, column, (*self.path, "implementation"), self.notes
        )
        rules.rows += rows
        if drift is not None:
            if rules.drift is not None:
                self.notes.problem(self.path, "gives terms of drift a second time: expected one for a table")
            rules.drift = drift

    def _sql(self) -> list[SqlRule]:
        text = self.model.query
        if not isinstance(text, str):
            self._refuse((), "has no query: expected a single SELECT", "query")
        column = self.subject.column.column.name if self.subject.column else None
        try:
            query, variables = query_of(text, self.subject.tables, column)
        except NotAQuery as error:
            self._refuse(("query",), str(error), "a single SELECT", text.strip())
        if variables:
            self.notes.leave((*self.path, "query"), f"the variable {variables[0]} has no value; the query is not run")
            return []
        limits = self._limits(limits_of(self.raw, self.path, self.notes, booleans=True))
        name = self._name or self.notes.key(self.path)
        return [SqlRule(name, query, limit, self._severity(), self._some_rows, self.path) for limit in limits]

    def _limits(self, found: list[Limit], default: Limit | None = None) -> list[Limit]:
        """Return the limits that can be used; one that cannot is named, and hides no other."""
        if found:
            return found
        written = any(self.raw.get(operator) is not None for operator in OPERATORS)
        if written or self.notes.lacks(self.path, OPERATORS):
            raise _Unusable
        if default is None:
            self._refuse((), "says no limit: expected mustBe, mustBeLessThan or another", "mustBe…")
        return [default]

    def _library(self) -> list[Metric]:
        word = self.model.metric or self.model.rule
        if not word:
            self._refuse((), f"names no metric: expected {METRIC_NAMES}", METRIC_NAMES)
        for key in self.model.arguments or ():
            if key in FILTER_KEYS:
                continue
            if key not in _ARGUMENTS and not doubt_key((*self.path, "arguments", key), _ARGUMENTS, self.notes):
                self.notes.leave((*self.path, "arguments", key), "unknown key: not checked")
        figure = METRICS.get(word.strip().lower())
        key = "metric" if self.model.metric else "rule"
        if figure is None:
            if key == "rule":  # before 3.1 the names were free
                self.notes.leave((*self.path, key), f"the rule {quoted(word)} is not known, and not checked")
            else:
                self._refuse((key,), f"is {quoted(word)}: expected {METRIC_NAMES}", METRIC_NAMES, word)
            return []
        unit = (self.model.unit or "").strip().lower()
        if unit not in _ROWS | _PERCENT:
            self._refuse(("unit",), f"is {quoted(unit)}: expected rows or percent", "rows or percent", unit)
        percent = unit in _PERCENT
        if percent and figure == "rows":
            self._refuse(("unit",), "is percent, of which a number of rows has none", "rows", unit)
        none = Limit("==", (0,), percent) if word.strip().lower() in ABSOLUTE else None
        limits = self._limits(limits_of(self.raw, self.path, self.notes, percent=percent), none)
        columns = self._columns(figure)
        missing = self._missing() if figure == "missing" else ()
        valid = self._valid() if figure == "invalid" else None
        if figure == "invalid" and valid is None:
            return []
        severity = self._severity()
        return [
            Metric(figure, limit, columns, missing, valid, self._name, severity, self._some_rows, self.path)
            for limit in limits
        ]

    @property
    def _some_rows(self) -> RowFilter | None:
        return None if self.rows in (None, EVERY_ROW) else self.rows

    def _columns(self, figure: RuleFigure) -> tuple[str, ...]:
        """Return the columns that a figure is of."""
        if figure == "rows":
            return ()
        argument = self._argument("properties")
        if figure == "duplicate" and argument is not None:
            names = argument if isinstance(argument, list) else [argument]
            found = [self.subject.columns.get(name) if isinstance(name, str) else None for name in names]
            below = ("arguments", "properties")
            for name, compiled in zip(names, found, strict=True):
                if compiled is None:
                    self._refuse(below, f"names {quoted(name)}: expected a property of this table", None, name)
            if not names:
                self._refuse(below, "is empty: expected properties of this table")
            return tuple(c.column.name for c in found if c is not None)
        if self.subject.column is None:
            expected = "arguments.properties" if figure == "duplicate" else "the rule under a property"
            self._refuse((), f"names no column: expected {expected}", expected)
        return (self.subject.column.column.name,)

    def _argument(self, key: str) -> Any:
        """Return an argument; ODCS 3.0 put them beside the rule, 3.1 puts them into ``arguments``."""
        arguments = self.raw.get("arguments")
        inside = arguments.get(key) if isinstance(arguments, dict) else None
        return self.raw.get(key) if inside is None else inside

    def _listed(self, key: str, *, nulls: bool) -> tuple[Value, ...] | None:
        found = self._argument(key)
        if found is None:
            return None
        kind = self.subject.column.kind if self.subject.column else None
        values = []
        for value in found if isinstance(found, list) else [found]:
            if value is None and nulls:
                continue
            try:
                values.append(typed(value, kind))
            except BadValue as error:
                self._refuse(("arguments", key), f"holds {in_yaml(value)}: expected {error}", str(error), value)
        return tuple(dict.fromkeys(values))

    def _missing(self) -> tuple[Value, ...]:
        kind = self.subject.column.kind if self.subject.column else None
        found = self._argument("missingValues")
        if kind not in ("text", None) and isinstance(found, list):
            # '' and 'N/A' cannot stand in a number; authors list them for every column alike.
            texts = [value for value in found if isinstance(value, str)]
            if texts and kind not in ("instant", "clock", "duration"):
                path = (*self.path, "arguments", "missingValues")
                self.notes.leave(path, f"{quoted(texts[0])} cannot occur in this column")
                rest = [value for value in found if value is not None and not isinstance(value, str)]
                return tuple(typed(value, kind) for value in rest if not isinstance(value, list | dict))
        return self._listed("missingValues", nulls=True) or ()

    def _valid(self) -> Column | None:
        assert self.subject.column is not None
        values = self._listed("validValues", nulls=True)
        pattern = written = self._argument("pattern")
        name = self.subject.column.column.name
        if pattern is not None:
            try:
                pattern = for_re2(str(pattern))
            except BrokenPattern as error:
                below = ("arguments", "pattern")
                self._refuse(below, f"is {quoted(pattern)}, which {error}", "a regular expression", pattern)
            except NotInRe2 as error:
                self.notes.leave((*self.path, "arguments", "pattern"), f"{quoted(pattern)} {error}; not checked")
                return None
        if values is None and pattern is None:
            expected = "arguments.validValues or arguments.pattern"
            self._refuse((), f"does not say what is valid: expected {expected}", expected)
        words = matches(str(written)) if pattern is not None else ""
        return Column(
            name, self.subject.column.column.types, nullable=True, values=values, pattern=pattern, pattern_words=words
        )
