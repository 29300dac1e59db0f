"""What lies inside a property, ``properties`` of an object, ``items`` of a list, ``map``, as tables of their own: at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.table import Column, Metric, NestedTable, TableContract
from pytest_mlmonitor.tables.contract.types import FORMATS, TEXT
from pytest_mlmonitor.tables.odcs.compiled_column import CompiledColumn, compile_property
from pytest_mlmonitor.tables.odcs.form.known_keys import keys_of, unknown_keys
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.own import adapt_column
from pytest_mlmonitor.tables.odcs.properties.type_options import MISPLACED, SHAPE_OPTIONS
from pytest_mlmonitor.tables.odcs.quality import Rules, RuleSubject, compile_quality
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

_INSIDE = {"properties": "object", "items": "list", "map": "map"}
_ELEMENTS = {
    "float16": ("halffloat",),
    "float32": FORMATS["f32"],
    "float64": FORMATS["f64"],
    "int8": FORMATS["i8"],
    "uint8": FORMATS["u8"],
}
"""Types of a vector's elements; ``bfloat16`` and ``binary`` are kept in several ways."""


@dataclass(frozen=True)
class PropertyReader:
    """Reads properties, and what lies inside them.

    Attributes:
        tables: the names of the table.
        notes: where problems and what is not checked are said.
        dates_have_times: see :func:`~pytest_mlmonitor.tables.odcs.compiled_column.compile_property`.
        terms: what every table inside takes over from the one around: what further columns are, whether all may be null.
        counts: limits of the number of the table's rows, wherever they stand.
    """

    tables: tuple[str, ...]
    notes: Notes
    dates_have_times: bool
    terms: Mapping[str, Any]
    counts: list[Metric] = field(default_factory=list)

    def column(
        self, raw: Mapping[str, Any], prop: Any, path: KeyPath, name: str | None = None
    ) -> CompiledColumn | None:
        """Return the column of a property; None where nobody knows which one it is, or where it is computed.

        Args:
            raw: the property as written.
            prop: the same, validated.
            path: where it stands.
            name: what it is called in the file: for items, keys and values, which need no name of their own.
        """
        notes = self.notes
        for key in raw:
            if key in MISPLACED and key not in keys_of(type(prop)):
                notes.doubt(
                    (*path, key), "stands beside logicalTypeOptions and is not checked: expected it in them", None, key
                )
        known = keys_of(type(prop))
        unknown_keys({key: value for key, value in raw.items() if key not in MISPLACED}, known, path, notes)
        for i, entry in enumerate(prop.enum or ()):
            unknown_keys(raw["enum"][i], keys_of(type(entry)), (*path, "enum", i), notes)
        semantic = raw.get("semanticType")
        if semantic == "measure" or (semantic == "dimension" and raw.get("transformLogic")):
            notes.leave(path, f"(semanticType: {semantic}) is computed from columns, and not checked")
            return None
        return compile_property(raw, prop, path, notes, dates_have_times=self.dates_have_times, name=name)

    def named(self, raw: Mapping[str, Any], prop: Any, path: KeyPath, around: str = "") -> CompiledColumn | None:
        """Return the column of a property that needs a name, of a table or of the object called ``around``."""
        notes = self.notes
        if notes.lacks(path, ("physicalName",)):
            return None
        if not (prop.name or "").strip() and not notes.lacks(path, ("name",)):
            notes.problem((*path, "name"), "is missing: expected the property's name", "a name")
        name = prop.physicalName or prop.name or ""
        return self.column(raw, prop, path, f"{around}{name}") if name.strip() else None

    def inside(self, found: CompiledColumn, raw: Mapping[str, Any], prop: Any, path: KeyPath) -> NestedTable | None:
        """Return what is said of what lies inside a property, None where nothing is.

        Args:
            found: its column; what its own words say of NaN, severity and secrecy holds inside too.
            raw: the property as written.
            prop: the same, validated.
            path: where it stands.
        """
        for key, shape in _INSIDE.items():
            if raw.get(key) and not self.notes.lacks(path, (key,)) and found.shape != shape:
                said = f"describes what is inside {'an' if shape == 'object' else 'a'} {shape}, which this is not"
                self.notes.leave((*path, key), f"{said}: not checked")
        if found.shape is None:
            return None
        if set(found.column.types) & set(TEXT):
            self._json(raw, prop, path)
        inner = _Inside(self, found.column, path)
        if found.shape == "object":
            inner.properties(raw, prop)
        elif found.shape == "map":
            for word in ("key", "value"):
                child = getattr(prop.map, word, None)
                if child is not None:
                    inner.add(raw["map"][word], child, (*path, "map", word), f"{found.column.name}{{{word}}}")
        elif prop.items is not None:
            inner.add(raw["items"], prop.items, (*path, "items"), f"{found.column.name}[]")
        elif not self.notes.lacks(path, ("items",)):
            inner.unnamed_items(_element_types(prop, path, self.notes))
        return inner.table()

    def _json(self, raw: Mapping[str, Any], prop: Any, path: KeyPath) -> None:
        """Name what is not checked where the column is JSON text."""
        options = [key for keys in SHAPE_OPTIONS.values() for key in keys if key in (prop.logicalTypeOptions or {})]
        parts: list[KeyPath] = [(key,) for key in _INSIDE if raw.get(key)]
        parts += [("logicalTypeOptions", key) for key in dict.fromkeys(options)]
        for part in parts:
            self.notes.leave(
                (*path, *part), "what is inside JSON text is not checked, only what is inside objects, lists and maps"
            )
        if not parts:
            self.notes.leave((*path, "physicalType"), "whether text is JSON is not checked")


def _element_types(prop: Any, path: KeyPath, notes: Notes) -> tuple[str, ...]:
    word = (prop.logicalTypeOptions or {}).get("elementType")
    if word is not None and word not in _ELEMENTS:
        notes.leave((*path, "logicalTypeOptions", "elementType"), f"{quoted(word)} is not checked")
    return _ELEMENTS.get(word, ()) if isinstance(word, str) else ()


class _Inside:
    """Gathers the table that lies inside one property."""

    def __init__(self, reader: PropertyReader, around: Column, path: KeyPath) -> None:
        self.reader, self.around, self.path = reader, around, path
        self.notes = reader.notes
        self.found: list[tuple[CompiledColumn, Mapping[str, Any], Any, KeyPath]] = []
        self.by_name: dict[str, CompiledColumn] = {}
        self.more: list[Column] = []
        self.closed = False

    def properties(self, raw: Mapping[str, Any], prop: Any) -> None:
        """Take the properties of an object, and which of them are required."""
        self.closed = bool(prop.properties)
        for i, child in enumerate(prop.properties or ()):
            self.add(raw["properties"][i], child, (*self.path, "properties", i))
        self._required((prop.logicalTypeOptions or {}).get("required"))

    def add(self, raw: Mapping[str, Any], prop: Any, path: KeyPath, name: str | None = None) -> None:
        """Take one property; without a ``name`` of the position it goes by its own."""
        reader, around = self.reader, self.around
        found = reader.column(raw, prop, path, name) if name else reader.named(raw, prop, path, f"{around.name}.")
        if found is None:
            return
        said = replace(found.column, nan=around.nan, severity=around.severity)
        column, role = adapt_column(said, prop.customProperties, path, self.notes)
        if role:
            self.notes.problem(path, f"has the role {role}: expected it of a column of the table", None, role)
        called = dict.fromkeys(one for one in (None if name else prop.name, column.name) if one)
        twice = next((one for one in called if one in self.by_name), None)
        if twice is not None:
            self.notes.problem(
                (*path, "name"), f"is {quoted(twice)}, as another property is", "a name of its own", twice
            )
            return
        if prop.primaryKey:
            self.notes.leave((*path, "primaryKey"), "a key inside a column is not checked, only that it has no nulls")
        if prop.encryptedName and not name:
            twin = f"{around.name}.{prop.encryptedName}"
            self.more.append(Column(twin, nullable=True, required=False, redacted=True))
        found = replace(found, column=replace(column, redacted=column.redacted or self._hidden))
        self.by_name |= dict.fromkeys(called, found)
        self.found.append((found, raw, prop, path))

    @property
    def _hidden(self) -> bool:
        return self.around.redacted

    def unnamed_items(self, types: tuple[str, ...]) -> None:
        """Take items of which the contract says nothing but what the list says: NaN among them is as in a column."""
        around = self.around
        self.more.append(
            Column(
                f"{around.name}[]",
                types,
                nullable=True,
                nan=around.nan,
                severity=around.severity,
                redacted=self._hidden,
            )
        )

    def _required(self, names: Any) -> None:
        if names is None:
            return
        path = (*self.path, "logicalTypeOptions", "required")
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            self.notes.problem(path, f"is {in_yaml(names)}: expected names of properties", "names of properties", names)
            return
        for name in dict.fromkeys(names):
            known = self.by_name.get(name)
            if known is None:
                self.more.append(Column(f"{self.around.name}.{name}", severity=self.around.severity, nan="allow"))
                continue
            changed = replace(known, column=replace(known.column, nullable=False))
            self.found = [(changed if one is known else one, *rest) for one, *rest in self.found]
            self.by_name = {key: changed if one is known else one for key, one in self.by_name.items()}

    def table(self) -> NestedTable | None:
        """Return the table, with what lies deeper; None where nothing is said of it."""
        if not self.found and not self.more:
            return None
        nested, columns = [], []
        for found, raw, prop, path in self.found:
            deeper = self.reader.inside(found, raw, prop, path)
            column = found.column
            if deeper is not None:
                nested.append(deeper)
                column = shown_with(column, deeper)
            columns.append(column)
        terms = TableContract(
            next(iter(self.reader.tables), "?"),
            (*columns, *(column for column in self.more if column.name not in {c.name for c in columns})),
            metrics=tuple(self._metrics()),
            nested=tuple(nested),
            ordered=False,
            min_rows=0,
            **{**self.reader.terms, **({} if self.closed else {"extra": "allow"})},
        )
        return NestedTable(self.around.name, terms)

    def _metrics(self) -> Iterator[Metric]:
        yield from (metric for found, *_ in self.found for metric in found.metrics)
        for found, raw, prop, path in self.found:
            if prop.quality:
                rules = Rules()
                subject = RuleSubject(self.reader.tables, self.by_name, found, nested=True)
                entries = list(zip(raw["quality"], prop.quality, strict=True))
                compile_quality(entries, subject, (*path, "quality"), self.notes, rules)
                self.reader.counts.extend(metric for metric in rules.metrics if metric.metric == "rows")
                yield from (metric for metric in rules.metrics if metric.metric != "rows")


def shown_with(column: Column, inside: NestedTable) -> Column:
    """Return a column whose values are not shown where something inside them is not."""
    return replace(column, redacted=column.redacted or any(one.redacted for one in inside.terms.columns))
