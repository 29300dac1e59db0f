"""The words that mlmonitor adds to ODCS, where the standard leaves room for them.

* ``quality`` rules of ``type: custom`` and ``engine: mlmonitor``: drift, pointInTime, offset, grid, threshold;
* ``customProperties`` whose name starts with ``mlmonitor.``: on a table extra, ordered, minRows, noAllNull, partition; on a
  property role, nan, optional, notBlank, severity; on a quality rule filter, partition.

It is our own vocabulary, so an unknown word in it is a problem, not something left unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, RowRule, Threshold
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms
from pytest_mlmonitor.tables.odcs.form.known_keys import doubt_key, near_key
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.values import BadValue, count_of, number_of
from pytest_mlmonitor.tables.odcs.yaml import KeyPath, NotYaml, parse_mapping

PREFIX = "mlmonitor."
ROLES = ("target", "entity", "event_ts")
_RELATIONS: tuple[Literal["==", "<=", ">"], ...] = ("==", "<=", ">")
_ENTRY_KEYS = ("property", "value", "id", "description", "vendor")
RULES = ("drift", "pointInTime", "offset", "grid", "threshold")


def own_rules(
    implementation: Any, names: Mapping[str, str], column: str | None, path: KeyPath, notes: Notes
) -> tuple[list[RowRule], DriftTerms | None]:
    """Return what an ``implementation`` of the engine mlmonitor asks for.

    Args:
        implementation: a mapping, or the same as YAML text.
        names: columns in the file by property name.
        column: the column that the rule stands under; it is the default where a rule names none.
        path: where it stands.
        notes: where problems are said.
    """
    if isinstance(implementation, str):
        try:
            implementation = parse_mapping(implementation.encode("utf-8", "surrogatepass"))
        except NotYaml as error:
            notes.problem(path, str(error))
            return [], None
    if not isinstance(implementation, dict) or not implementation:
        expected = f"a mapping with {', '.join(RULES)}"
        notes.problem(path, f"is no mapping: expected {expected}", expected)
        return [], None
    rows: list[RowRule] = []
    drift = None
    for key, terms in implementation.items():
        if key not in RULES:
            notes.problem((*path, key), f"is no rule of mlmonitor: expected {', '.join(RULES)}", ", ".join(RULES), key)
        elif not isinstance(terms, dict):
            notes.problem((*path, key), "is no mapping", "a mapping", terms)
        else:
            reader = _OwnTerms(terms, names, column, (*path, key), notes)
            if key == "drift":
                drift = reader.drift()
            else:
                rows += getattr(reader, _snake(key))()
            reader.nothing_left()
    return rows, drift


class _OwnTerms:
    """Takes the words of one rule; what is left at the end is unknown."""

    def __init__(
        self, terms: Mapping[str, Any], names: Mapping[str, str], column: str | None, path: KeyPath, notes: Notes
    ) -> None:
        self.names, self.column, self.path, self.notes = names, column, path, notes
        self.words = {_snake(key): (key, value) for key, value in terms.items()}
        self.allowed: list[str] = []

    def nothing_left(self) -> None:
        for key, value in self.words.values():
            expected = ", ".join(self.allowed)
            self.notes.problem((*self.path, key), f"is not known: expected {expected}", expected, value)

    def drift(self) -> DriftTerms:
        reference = self._take("reference")
        if reference is not None and not (isinstance(reference, str) and reference.strip()):
            self._bad("reference", "a dataset (name or name@version) or a file", reference)
            reference = None
        figures = {name: self._number(name, above_zero=True) for name in ("psi_warning", "psi_error", "ks")}
        warning, error = figures["psi_warning"], figures["psi_error"]
        if warning is not None and error is not None and warning > error:
            self._bad("psi_warning", f"at most psi_error ({error:g})", warning)
        return DriftTerms(reference, self._columns("columns"), self._columns("excluded"), **figures)

    def point_in_time(self) -> list[RowRule]:
        event, said = self._name("event"), frozenset(self.words)
        cutoff, label = self._name("cutoff", needed=False), self._name("label_end", needed=False)
        rules: list[RowRule] = []
        if event and cutoff:
            meaning = "features from after the event leak"
            rules.append(Offset(cutoff, "<=", event, topic="point_in_time", meaning=meaning))
        if event and label:
            rules.append(Offset(label, ">", event, topic="point_in_time", meaning="the label must lie ahead"))
        if event and not rules and "cutoff" not in said and "label_end" not in said:
            self.notes.problem(
                self.path, "has neither cutoff nor labelEnd: expected at least one", "cutoff or labelEnd"
            )
        return rules

    def offset(self) -> list[RowRule]:
        column, base = self._name("column"), self._name("base")
        word = self._take("relation") or "=="
        relation = next((known for known in _RELATIONS if known == word), None)
        said = "minutes" in self.words
        minutes = self._number("minutes")
        if relation is None:
            self._bad("relation", "==, <= or >", word)
        if relation is None or not column or not base or (said and minutes is None):
            return []
        return [Offset(column, relation, base, _minutes(minutes or 0))]

    def grid(self) -> list[RowRule]:
        column, said = self._name("column"), "minutes" in self.words
        minutes = self._number("minutes", above_zero=True)
        if not said:
            self._bad("minutes", "a number > 0", None)
        return [Grid(column, _minutes(minutes))] if column and minutes else []

    def threshold(self) -> list[RowRule]:
        column, score, said = self._name("column"), self._name("score"), "cut" in self.words
        cut = self._number("cut")
        if not said:
            self._bad("cut", "a number", None)
        return [Threshold(column, score, float(cut))] if column and score and cut is not None else []

    def _take(self, word: str) -> Any:
        self.allowed.append(word)
        return self.words.pop(word, (word, None))[1]

    def _bad(self, word: str, expected: str, value: Any) -> None:
        said = f"is {in_yaml(value)}" if value is not None else "is missing"
        self.notes.problem((*self.path, word), f"{said}: expected {expected}", expected, value)

    def _name(self, word: str, *, needed: bool = True) -> str | None:
        value = self._take(word)
        if value is None and word == "column" and self.column is not None:
            return self.column
        if value is None and not needed:
            return None
        found = self.names.get(value) if isinstance(value, str) else None
        if found is None:
            self._bad(word, "a property of this table", value)
        return found

    def _columns(self, word: str) -> tuple[str, ...]:
        value = self._take(word)
        if value is None:
            return ()
        names = value if isinstance(value, list) else [value]
        if not self.names and all(isinstance(name, str) for name in names):
            return tuple(names)  # the contract describes no column: another one may
        for name in names:
            if not isinstance(name, str) or name not in self.names:
                self._bad(word, "properties of this table", name)
        return tuple(self.names[name] for name in names if isinstance(name, str) and name in self.names)

    def _number(self, word: str, *, above_zero: bool = False) -> float | None:
        value = self._take(word)
        if value is None:
            return None
        try:
            number = number_of(value)
            if above_zero and number <= 0:
                raise BadValue("a number > 0")
            if abs(number) > 1e9:
                raise BadValue("a number of a sensible size")
        except BadValue as error:
            self._bad(word, str(error), value)
            return None
        return number


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m.group(1)}", word).lower()


def own_properties(entries: Sequence[Any] | None, path: KeyPath, notes: Notes) -> dict[str, tuple[KeyPath, Any]]:
    """Return the ``mlmonitor.*`` entries of a ``customProperties`` list by the rest of their name, with their place."""
    found: dict[str, tuple[KeyPath, Any]] = {}
    for i, entry in enumerate(entries or ()):
        name = entry.property or ""
        _doubts(name, (*path, "customProperties", i), notes)
        if name.startswith(PREFIX):
            place = (*path, "customProperties", i)
            key = _snake(name.removeprefix(PREFIX))
            if key in found:
                notes.problem(place, f"sets {quoted(name)} a second time")
            found[key] = (place, entry.value)
    return found


def _doubts(name: str, place: KeyPath, notes: Notes) -> None:
    """Name what looks like a word of ours and is none: a slip in the prefix, or a wrong key for the name."""
    word, point, rest = name.partition(".")
    if point and not name.startswith(PREFIX) and near_key(word, (PREFIX[:-1],)):
        notes.doubt((*place, "property"), f"is {quoted(name)} and is not used: is {PREFIX}{rest} meant?", PREFIX, name)
    raw = notes.at(place)
    for key, value in raw.items() if isinstance(raw, dict) else ():
        if key in _ENTRY_KEYS:
            continue
        if isinstance(value, str) and value.startswith(PREFIX) and not name:
            notes.doubt(
                (*place, key), f"is {quoted(value)} and is not used: is the key 'property' meant?", "property", key
            )
        elif name.startswith(PREFIX):
            doubt_key((*place, key), _ENTRY_KEYS, notes)


def adapt_column(
    column: Column, entries: Sequence[Any] | None, path: KeyPath, notes: Notes
) -> tuple[Column, str | None]:
    """Return the column as its ``mlmonitor.*`` properties want it, and the role that they give it."""
    role = None
    changes: dict[str, Any] = {}
    for key, (place, value) in own_properties(entries, path, notes).items():
        if key == "role":
            role = _choice(value, ROLES, place, notes)
        elif key == "nan":
            changes["nan"] = _choice(value, ("refuse", "null", "allow"), place, notes) or "refuse"
        elif key == "optional":
            changes["required"] = not _switch(value, place, notes)
        elif key == "not_blank":
            changes["not_blank"] = _switch(value, place, notes)
        elif key == "severity":
            word = _choice(value, tuple(s.word for s in Severity), place, notes)
            changes["severity"] = Severity.parse(word) if word else Severity.ERROR
        else:
            expected = "role, nan, optional, notBlank or severity"
            notes.problem(place, f"sets {PREFIX}{key}: expected {expected}", expected, key)
    return replace(column, **changes), role


def table_terms(entries: Sequence[Any] | None, path: KeyPath, notes: Notes) -> dict[str, Any]:
    """Return the fields of a table contract that ``mlmonitor.*`` properties of a table set."""
    terms: dict[str, Any] = {}
    for key, (place, value) in own_properties(entries, path, notes).items():
        if key == "extra":
            terms["extra"] = _choice(value, ("error", "warning", "allow"), place, notes) or "warning"
        elif key == "ordered":
            terms["ordered"] = _switch(value, place, notes)
        elif key == "partition":
            if value != "newest":
                notes.problem((*place, "value"), f"is {in_yaml(value)}: expected newest", "newest", value)
            terms["newest"] = value == "newest"
        elif key == "no_all_null":
            terms["no_all_null"] = _switch(value, place, notes)
        elif key == "min_rows":
            try:
                terms["min_rows"] = count_of(value)
            except BadValue as error:
                notes.problem((*place, "value"), f"is {in_yaml(value)}: expected {error}", str(error), value)
        else:
            expected = "extra, ordered, minRows, noAllNull or partition"
            notes.problem(place, f"sets {PREFIX}{key}: expected {expected}", expected, key)
    return terms


def _choice(value: Any, allowed: tuple[str, ...], place: KeyPath, notes: Notes) -> str | None:
    word = _snake(value) if isinstance(value, str) else None
    if word in allowed:
        return word
    expected = ", ".join('"null" (in quotes)' if value is None and name == "null" else name for name in allowed)
    notes.problem((*place, "value"), f"is {in_yaml(value)}: expected one of {expected}", expected, value)
    return None


def _switch(value: Any, place: KeyPath, notes: Notes) -> bool:
    if isinstance(value, bool):
        return value
    notes.problem((*place, "value"), f"is {in_yaml(value)}: expected true or false", "true or false", value)
    return False
