"""The ``relationships`` of a contract, on tables and on properties, as rules of the tables whose keys they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.contract.relationship import ColumnPath, Relationship
from pytest_mlmonitor.tables.odcs.form.known_keys import unknown_keys
from pytest_mlmonitor.tables.odcs.notes import Notes
from pytest_mlmonitor.tables.odcs.own import own_properties
from pytest_mlmonitor.tables.odcs.relations.notation import ColumnReferred, NoReference, notation, referred
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

_KEYS = frozenset(("id", "name", "type", "from", "to", "description", "customProperties"))
_FOREIGN_KEY = "foreignKey"


def compile_relationships(document: Mapping[str, Any], model: Any, notes: Notes) -> dict[int, list[Relationship]]:
    """Return the relationships of a document by the position of the table that has the key.

    Args:
        document: what of it has the standard's keys and form.
        model: the same as the standard's own model.
        notes: where problems and what is not checked are said.
    """
    found: dict[int, list[Relationship]] = {}
    for i, schema in enumerate(model.schema_ or ()):
        if ("schema", i) in notes.dropped:
            continue
        for path, own, one in _written(schema, ("schema", i), (), notes):
            made = _Written(document, path, one, notes).compiled(i, own)
            if made is not None:
                table, relationship = made
                found.setdefault(table, []).append(relationship)
    return found


def _written(around: Any, path: KeyPath, inside: ColumnPath, notes: Notes) -> Iterator[tuple[KeyPath, ColumnPath, Any]]:
    """Yield every relationship with its place and the column that it stands under, none for those of a table."""
    if not notes.lacks(path, ("relationships",)):
        for i, one in enumerate(around.relationships or ()):
            yield (*path, "relationships", i), inside, one
    for i, prop in enumerate(getattr(around, "properties", None) or ()):
        place, name = (*path, "properties", i), prop.physicalName or prop.name
        if name and name.strip() and not notes.lacks(place, ("name", "physicalName")):
            yield from _written(prop, place, (*inside, name), notes)
            for what, below, one in _in_lists(prop, place):
                _leave(one, below, what, notes)


def _in_lists(prop: Any, path: KeyPath) -> Iterator[tuple[str, KeyPath, Any]]:
    """Yield what lies in a list or map, which has many values a row."""
    if getattr(prop, "items", None) is not None:
        yield "a list", (*path, "items"), prop.items
    for word in ("key", "value"):
        child = getattr(getattr(prop, "map", None), word, None)
        if child is not None:
            yield "a map", (*path, "map", word), child


def _leave(prop: Any, path: KeyPath, what: str, notes: Notes) -> None:
    """Name the relationships in a list or map as not checked, however deep they lie."""
    for i in range(0 if notes.lacks(path, ("relationships",)) else len(prop.relationships or ())):
        notes.leave((*path, "relationships", i), f"keys inside {what} are not looked up in other tables")
    deeper = [(what, (*path, "properties", i), one) for i, one in enumerate(getattr(prop, "properties", None) or ())]
    for inside, below, one in (*deeper, *_in_lists(prop, path)):
        _leave(one, below, inside, notes)


class _Unusable(Exception):
    """The relationship cannot be used; the notes say why."""


class _Written:
    """One relationship as it is written; it is made whole or not at all."""

    def __init__(self, document: Mapping[str, Any], path: KeyPath, model: Any, notes: Notes) -> None:
        self.document, self.path, self.model, self.notes = document, path, model, notes

    def compiled(self, table: int, own: ColumnPath) -> tuple[int, Relationship] | None:
        """Return the position of the table that has the key, and the relationship; None for what cannot be used.

        Args:
            table: position of the table that it stands under.
            own: the column that it stands under, if it does.
        """
        if self.notes.lacks(self.path, ("type", "from", "to")):
            return None
        raw = self.notes.at(self.path)
        unknown_keys(raw if isinstance(raw, dict) else {}, _KEYS, self.path, self.notes)
        try:
            return self._made(table, own)
        except _Unusable:
            return None

    def _made(self, table: int, own: ColumnPath) -> tuple[int, Relationship]:
        kind = (self.model.type or _FOREIGN_KEY).strip()
        if kind.lower().replace("_", "") != _FOREIGN_KEY.lower():
            self._refuse(("type",), f"is {quoted(kind)}: expected {_FOREIGN_KEY}", _FOREIGN_KEY, kind)
        to = self._listed("to", self.model.to)
        sources = [own]
        if not own:
            table, sources = self._sources(table)
        elif self.model.from_ is not None:
            expected = "only to, since the property is what it refers from"
            self._refuse(("from",), f"stands under a property: expected {expected}", expected)
        if not own and isinstance(self.model.from_, list) != isinstance(self.model.to, list):
            self._refuse((), "has one of from and to as a list: expected both or neither", "both or neither")
        if len(sources) != len(to):
            counted = f"{count(len(sources), 'column')} in from and {len(to)} in to"
            self._refuse((), f"has {counted}: expected as many in both", "as many columns in from as in to")
        names, columns = self._targets(to)
        severity, place = self._severity(), self.notes.key(self.path)
        return table, Relationship(tuple(sources), tuple(to), names, columns, severity, place, self.path)

    def _sources(self, table: int) -> tuple[int, list[ColumnPath]]:
        """Return the table that has the key, which a relationship under another one may name, and the parts of the key."""
        found = [self._own(text, "from") for text in self._listed("from", self.model.from_)]
        place = found[0].schema
        stray = next((one for one in found if one.schema is None or one.schema != place), None)
        if stray is not None or place is None:
            known = self.notes.at(("schema", table, "name"))
            message = f"names the table {quoted((stray or found[0]).names[0])}: expected columns of {quoted(known)}"
            self._refuse(("from",), message, f"columns of {known}")
        return place, [one.path for one in found]

    def _targets(self, written: Sequence[str]) -> tuple[tuple[str, ...], tuple[ColumnPath, ...]]:
        """Return the table referred to and its columns; neither where another contract or the data alone describe it."""
        contracts: set[str] = set()
        for text in written:
            try:
                contracts.add(notation(text).contract)
            except NoReference as error:
                self._refuse(("to",), f"is {quoted(text)}, which {error}", "table.column", text)
        if len(contracts) > 1:
            self._refuse(("to",), "names several contracts: expected columns of one table", "one table")
        if contracts != {""}:
            return (), ()
        found = [self._own(text, "to") for text in written]
        if len({(one.schema, one.names[:1]) for one in found}) > 1:
            self._refuse(("to",), "names columns of several tables: expected those of one", "one table")
        return ((), ()) if found[0].schema is None else (found[0].names, tuple(one.path for one in found))

    def _own(self, text: str, key: str) -> ColumnReferred:
        try:
            reference = notation(text)
            if reference.contract:
                raise NoReference("names another contract: expected a column of this one")
            return referred(self.document, reference)
        except NoReference as error:
            self._refuse((key,), f"is {quoted(text)}: {error}", "table.column", text)

    def _listed(self, key: str, value: Any) -> list[str]:
        values = value if isinstance(value, list) else [value] if value is not None else []
        if not values or not all(isinstance(one, str) and one.strip() for one in values):
            said = "is missing" if value is None else "is empty"
            self._refuse((key,), f"{said}: expected table.column", "table.column")
        return values

    def _severity(self) -> Severity:
        """Return the consequence: an error, or what ``mlmonitor.severity`` says."""
        severity, words = Severity.ERROR, {one.word: one for one in Severity}
        for key, (place, value) in own_properties(self.model.customProperties, self.path, self.notes).items():
            if key != "severity":
                self.notes.problem(place, f"sets mlmonitor.{key}: expected mlmonitor.severity", "severity", key)
            elif value not in words:
                expected = ", ".join(words)
                self.notes.problem(
                    (*place, "value"), f"is {quoted(value)}: expected one of {expected}", expected, value
                )
            else:
                severity = words[value]
        return severity

    def _refuse(self, below: KeyPath, message: str, expected: str | None = None, actual: object = None) -> NoReturn:
        self.notes.problem((*self.path, *below), message, expected, actual)
        raise _Unusable
