"""One schema object of an ODCS contract as a table contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.relationship import Relationship
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms, NestedTable, ServiceLevel, TableContract
from pytest_mlmonitor.tables.contract.types import TIMESTAMPS, type_matches
from pytest_mlmonitor.tables.odcs.compiled_column import CompiledColumn
from pytest_mlmonitor.tables.odcs.form.known_keys import keys_of, unknown_keys
from pytest_mlmonitor.tables.odcs.notes import Notes
from pytest_mlmonitor.tables.odcs.own import adapt_column, table_terms
from pytest_mlmonitor.tables.odcs.properties.nested_properties import PropertyReader, shown_with
from pytest_mlmonitor.tables.odcs.quality import Rules, RuleSubject, compile_quality
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

_FILES = frozenset(("local", "file", "s3", "gcs", "azure", "sftp", "hdfs", "custom", "glue", "athena"))
_TEMPLATE = re.compile(r"\$?\{(?:model|object|schema|table)\}")


@dataclass
class CompiledTable:
    """A compiled table; what the rest of the contract says of it comes last.

    Attributes:
        path: where it stands.
        names: its own names, the physical one first.
        columns: in the order of the contract.
        subject: its names and columns, for rules that refer to them.
        roles: the columns that have a role.
        nested: what is said inside columns.
    """

    path: KeyPath
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    subject: RuleSubject
    key: tuple[str, ...]
    rules: Rules
    terms: dict[str, Any]
    roles: dict[str, str]
    nested: tuple[NestedTable, ...] = ()

    @property
    def event_ts(self) -> str | None:
        """The event time: the column with that role, else the only timestamp."""
        times = [c.name for c in self.columns if c.types and all(type_matches(t, TIMESTAMPS) for t in c.types)]
        return self.roles.get("event_ts") or (times[0] if len(times) == 1 else None)

    def contract(
        self,
        levels: tuple[ServiceLevel, ...],
        unchecked: tuple[str, ...],
        source: str,
        relationships: Iterable[Relationship] = (),
    ) -> TableContract:
        """Return everything that is promised of the table."""
        rows_promised = any(metric.metric == "rows" and metric.rows is None for metric in self.rules.metrics)
        defaults: dict[str, Any] = {
            # The standard says nothing of columns that a contract does not name, nor of their order.
            "extra": "warning" if self.columns else "allow",
            "ordered": False,
            # An optional column may be empty; a required one has no nulls anyway.
            "no_all_null": False,
            # An empty table passes every rule: without a word about the number of rows, one is expected.
            "min_rows": 0 if rows_promised else 1,
        }
        return TableContract(
            name=next(iter(self.names), "?"),
            columns=self.columns,
            key=self.key,
            rules=tuple(self.rules.rows),
            metrics=tuple(self.rules.metrics),
            sql=tuple(self.rules.sql),
            levels=levels,
            drift=self.rules.drift or DriftTerms(),
            nested=self.nested,
            relationships=(*relationships, *self.rules.relationships),
            unchecked=unchecked,
            source=source,
            at=self.path,
            **{**defaults, **self.terms, **self.roles},
        )


def compile_table(
    raw: Mapping[str, Any], model: Any, path: KeyPath, notes: Notes, *, dates_have_times: bool
) -> CompiledTable:
    """Return the table that a schema object describes."""
    if not (model.name or "").strip() and not notes.lacks(path, ("name",)):
        notes.problem((*path, "name"), "is missing: expected the table's name", "a name")
    names = tuple(dict.fromkeys(n for n in (model.physicalName, model.name) if n and n.strip()))
    _unknown(raw, model, path, notes)
    if raw.get("dataGranularityDescription"):
        notes.leave((*path, "dataGranularityDescription"), "prose is not checked")
    if not model.properties and not notes.lacks(path, ("properties",)):
        notes.leave((*path, "properties"), "no column is described, so none is checked")
    terms = table_terms(model.customProperties, path, notes)
    inherited = {"extra": terms.get("extra", "warning"), "no_all_null": terms.get("no_all_null", False)}
    reader = PropertyReader(names, notes, dates_have_times, inherited)
    compiled: list[tuple[CompiledColumn, Any, int]] = []
    by_name: dict[str, CompiledColumn] = {}
    roles: dict[str, str] = {}
    for i, prop in enumerate(model.properties or ()):
        place = (*path, "properties", i)
        column = reader.named(raw["properties"][i], prop, place)
        if column is None:
            continue
        changed, role = adapt_column(column.column, prop.customProperties, place, notes)
        column = replace(column, column=changed)
        called = dict.fromkeys(name for name in (prop.name, changed.name) if name)
        twice = next((name for name in called if name in by_name), None)
        if twice is not None:
            # The first one is in force: two columns of one name would be judged twice, and may contradict each other.
            notes.problem((*place, "name"), f"is {quoted(twice)}, as another property is", "a name of its own", twice)
            continue
        if role in roles:
            notes.problem(place, f"has the role {role}, as {roles[role]} has", "one column for a role", role)
        elif role:
            roles[role] = changed.name
        by_name |= dict.fromkeys(called, column)
        compiled.append((column, prop, i))
    nested = {
        c.column.name: reader.inside(c, raw["properties"][i], prop, (*path, "properties", i)) for c, prop, i in compiled
    }
    columns = [
        c.column if (inner := nested[c.column.name]) is None else shown_with(c.column, inner) for c, _, _ in compiled
    ]
    # The encrypted twin is a column too, though no property of its own.
    twins = {prop.encryptedName for _, prop, _ in compiled if prop.encryptedName} - {c.name for c in columns}
    columns += [Column(twin, nullable=True, required=False, redacted=True) for twin in sorted(twins)]
    rules = Rules(metrics=[metric for c, _, _ in compiled for metric in c.metrics])
    subject = RuleSubject(names, by_name)
    for c, prop, i in compiled:
        place = (*path, "properties", i)
        _quality(raw["properties"][i], prop, replace(subject, column=c), place, notes, rules)
    _quality(raw, model, subject, path, notes, rules)
    rules.metrics += reader.counts
    inside = tuple(table for table in nested.values() if table is not None)
    primary = _key(compiled, path, notes)
    return CompiledTable(path, names, tuple(columns), subject, primary, rules, terms, roles, inside)


def _quality(
    raw: Mapping[str, Any], model: Any, subject: RuleSubject, path: KeyPath, notes: Notes, rules: Rules
) -> None:
    if model.quality:
        entries = list(zip(raw["quality"], model.quality, strict=True))
        compile_quality(entries, subject, (*path, "quality"), notes, rules)


def _unknown(raw: Mapping[str, Any], model: Any, path: KeyPath, notes: Notes) -> None:
    unknown_keys(raw, keys_of(type(model)), path, notes)


def _key(compiled: list[tuple[CompiledColumn, Any, int]], path: KeyPath, notes: Notes) -> tuple[str, ...]:
    """Return the primary key: by position where the contract gives one, else in the order of the properties."""
    parts = [(prop.primaryKeyPosition, c.column.name, i) for c, prop, i in compiled if prop.primaryKey]
    placed = [position for position, _, _ in parts if position is not None and position > 0]
    if len(placed) != len(set(placed)):
        positions = ", ".join(map(str, sorted(placed)))
        notes.problem(
            (*path, "properties"), f"give their primary keys the positions {positions}", "different positions"
        )
    last = max(placed, default=0) + 1
    ordered = sorted(parts, key=lambda part: part[0] if part[0] is not None and part[0] > 0 else last)
    return tuple(name for _, name, _ in ordered)


def names_of(names: tuple[str, ...], servers: Sequence[Any] | None, *, only: bool) -> tuple[str, ...]:
    """Return everything that a table binds to.

    Args:
        names: its own names, the physical one first.
        servers: validated ``servers``; only those whose data are files say something.
        only: whether it is the contract's only table; of several, a file belongs to one only where its path says
            ``{model}``.
    """
    found = list(names)
    for server in servers or ():
        if (server.type or "").lower() not in _FILES:
            continue
        for path in (server.path, server.location):
            found += _files(path or "", names, only)
    return tuple(dict.fromkeys(found))


def _files(path: str, names: tuple[str, ...], only: bool) -> Iterable[str]:
    parts = [part for part in path.split("?", maxsplit=1)[0].replace("\\", "/").split("/") if part]
    if not parts:
        return
    last = parts[-1]
    for name in names:
        file = _TEMPLATE.sub(lambda _match, name=name: name, last)  # type: ignore[misc]
        if file == last and not only:
            continue
        if "${" in file or not file.strip("*.?") or file.startswith("*."):
            continue  # "*.parquet" would bind to everything
        yield file
        stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", file)
        if stem.strip("*"):
            yield stem
