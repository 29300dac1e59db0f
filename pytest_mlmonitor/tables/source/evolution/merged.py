"""The table that parts of different schemas are together (specification 2; Iceberg and Delta, "schema evolution").

Columns are known by name, or as a log knows them (:mod:`.stored_names`). What a part lacks is null, what is narrower is widened
(:mod:`.widening`); a type that does not hold another's values is refused, with part and column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.profile import PartDifference
from pytest_mlmonitor.tables.source.evolution.stored_names import (
    StoredFields,
    labelled,
    needs_number,
    not_null,
    stored_names,
)
from pytest_mlmonitor.tables.source.evolution.widening import inside, plain, settled, wider
from pytest_mlmonitor.tables.source.layout import Layout, named
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

MAX_SCHEMAS = 10_000
"""A table whose parts have more different schemas is refused: each of them is kept."""


@dataclass(frozen=True)
class PartReading:
    """How the columns of a table are read from parts of one schema.

    Attributes:
        stored: by column, its name in the part; columns that the part lacks are absent.
        labels: by column, the stored type with the table's names inside it, where names differ.
    """

    stored: Mapping[str, str]
    labels: Mapping[str, pa.DataType]


@dataclass(frozen=True)
class _Found:
    """A stored column of one schema that is a column of the table."""

    name: str
    type: Any
    """With the table's names inside."""

    label: Any = None
    """The same, where it is not the stored type."""


class Parts:
    """Gathers the schemas of the parts of one table, then says what they are together."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._schemas: list[pa.Schema] = []
        self._names: list[str] = []  # of the first part of each
        self._known: dict[bytes, int] = {}
        self._last = -1
        self.places: list[int] = []
        """By part, the position of its schema: one number a part, there may be a hundred thousand."""

    @property
    def differ(self) -> bool:
        """Whether two parts have different schemas."""
        return len(self._schemas) > 1

    def alike(self, schema: pa.Schema, readings: Sequence[PartReading]) -> bool:
        """Return whether every part stores the columns of the table as the table has them, and all rows are the table's."""
        if len(self._schemas) != 1 or self._layout.partitions or readings[0].labels:
            return False
        own = {name: name for name in schema.names}
        if readings[0].stored != own or not self._schemas[0].equals(schema):
            return False
        return all(part.deleted is None for part in self._layout.parts)

    @property
    def stored(self) -> list[pa.Schema]:
        """The different schemas, in the order in which they were first seen."""
        return self._schemas

    def add(self, schema: pa.Schema, name: str) -> None:
        """Add the next part.

        Raises:
            Unreadable: a column stands in it twice, or as a partition too.
        """
        schema = schema.remove_metadata()
        if self._last < 0 or not schema.equals(self._schemas[self._last], check_metadata=True):
            key = schema.serialize().to_pybytes()
            if key not in self._known:
                self._known[key] = len(self._schemas)
                self._take(schema, name)
            self._last = self._known[key]
        self.places.append(self._last)

    def _take(self, schema: pa.Schema, name: str) -> None:
        for column, times in Counter(schema.names).items():
            if times > 1:
                raise Unreadable(f"holds {named(name)}, which has column {quoted(column)} more than once")
            if column in self._layout.partitions:
                raise Unreadable(f"has column {quoted(column)} both as a partition and in {named(name)}")
        if len(self._schemas) == MAX_SCHEMAS:
            raise Unreadable(f"has parts of more than {MAX_SCHEMAS:,} different schemas")
        self._schemas.append(schema)
        self._names.append(name)

    def merged(self) -> tuple[pa.Schema, list[PartReading], tuple[PartDifference, ...]]:
        """Return the table's schema, how parts of each stored schema are read, and what differs.

        Types are those of the parts where a log does not declare a wider one. Order is the log's; without one it is that of
        the first part with the most columns, then come the others' columns, then partitions.

        Raises:
            Unreadable: types that no type holds, or a part that is not what the log declares.
        """
        import pyarrow as pa

        layout = self._layout
        columns = self._by_name() if layout.declared is None else self._by_log(layout.declared)
        fields, found = [], {}
        for name, (type_, stored) in columns.items():
            fields.append(pa.field(name, type_))
            found[name] = stored
        if layout.declared is None:
            fields += [pa.field(name, type_) for name, type_ in layout.partitions.items()]
        readings = [
            PartReading(
                {name: stored[i].name for name, stored in found.items() if i in stored},
                {
                    name: stored[i].label
                    for name, stored in found.items()
                    if i in stored and stored[i].label is not None
                },
            )
            for i in range(len(self._schemas))
        ]
        schema = pa.schema(fields)
        return schema, readings, tuple(self._differences(schema, found))

    def _by_name(self) -> dict[str, tuple[Any, dict[int, _Found]]]:
        columns: dict[str, tuple[Any, dict[int, _Found]]] = {}
        first: dict[str, int] = {}  # where the type so far was first seen
        for i, schema in enumerate(self._schemas):
            for field in schema:
                so_far, stored = columns.get(field.name, (field.type, {}))
                type_ = so_far if so_far == field.type else wider(so_far, field.type)
                if type_ is None:
                    message = f"holds {named(self._names[i])}, whose column {quoted(field.name)} is {field.type}"
                    other = self._names[first[field.name]]
                    raise Unreadable(
                        f"{message}, but {so_far} in {named(other)}; expected the same type in every part, or a wider one"
                    )
                if field.name not in first or type_ != so_far:
                    first[field.name] = i
                stored[i] = _Found(field.name, field.type)
                columns[field.name] = (type_, stored)
        fullest = max(self._schemas, key=len)
        return {name: columns[name] for name in dict.fromkeys([*fullest.names, *columns])}

    def _by_log(self, declared: pa.Schema) -> dict[str, tuple[Any, dict[int, _Found]]]:
        partitions = self._layout.partitions
        columns: dict[str, tuple[Any, dict[int, _Found]]] = {}
        known = [StoredFields(schema) for schema in self._schemas]
        for wanted in declared:
            if wanted.name in partitions:
                columns[wanted.name] = (partitions[wanted.name], {})
                continue
            stored: dict[int, _Found] = {}
            type_: Any = None
            for i, schema in enumerate(self._schemas):
                if needs_number(wanted) and not known[i].numbers:
                    message = f"holds {named(self._names[i])}, which has no field ids"
                    raise Unreadable(
                        f"{message}: columns were renamed ({quoted(wanted.name)}), so names do not tell them"
                    )
                at = known[i].place_of(wanted)
                if at is None:
                    self._may_lack(wanted, i)
                    continue
                found = labelled(schema.field(at).type, wanted.type)
                read = settled(found, wanted.type)
                both = read if type_ is None or read is None else wider(*_zoned(type_, read, wanted.type))
                if both is None:
                    message = f"holds {named(self._names[i])}, whose column {quoted(wanted.name)} is {found}"
                    raise Unreadable(f"{message}; the table's log declares {wanted.type}")
                type_ = both
                label = None if str(found) == str(schema.field(at).type) else found
                stored[i] = _Found(schema.field(at).name, found, label)
            columns[wanted.name] = (plain(wanted.type) if type_ is None else type_, stored)
        self._knows_every_part(declared, known, columns)
        return columns

    def _may_lack(self, wanted: pa.Field, i: int) -> None:
        if (reason := not_null(wanted)) is not None:
            raise Unreadable(f"holds {named(self._names[i])}, which lacks column {quoted(wanted.name)}: {reason}")

    def _knows_every_part(
        self,
        declared: pa.Schema,
        known: Sequence[StoredFields],
        columns: Mapping[str, tuple[Any, Mapping[int, _Found]]],
    ) -> None:
        """A part without any declared column is another table's."""
        own = [name for name in declared.names if name not in self._layout.partitions]
        for i, stored in enumerate(known):
            if own and not stored.numbers and not any(i in columns[name][1] for name in own):
                raise Unreadable(
                    f"holds {named(self._names[i])}, which lacks every column that the table's log declares"
                )

    def _differences(self, schema: pa.Schema, found: Mapping[str, Mapping[int, _Found]]) -> Iterator[PartDifference]:
        """Yield what differs: columns that differ in the same way in the same parts are one difference."""
        partitions = self._layout.partitions
        columns = [field for field in schema if field.name not in partitions]
        groups: dict[tuple[str, str | None, str | None], dict[str, list[int]]] = {}

        def note(i: int, what: str, column: str, there: str | None = None, read: str | None = None) -> None:
            groups.setdefault((what, there, read), {}).setdefault(column, []).append(i)

        declared = {} if self._layout.declared is None else {f.name: f for f in self._layout.declared}
        # A stored name that the log gives a column is no rename, whatever it is.
        called = {f.name: [f.name, *stored_names(declared.get(f.name, f))] for f in columns}
        for i, stored in enumerate(self._schemas):
            known = {found[field.name][i].name for field in columns if i in found[field.name]}
            for field in columns:
                one = found[field.name].get(i)
                if one is None:
                    note(i, "missing", field.name)
                    continue
                if one.name not in called[field.name]:
                    note(i, "renamed", field.name, one.name)
                for path, there, read in inside(field.name, one.type, field.type):
                    if there is None:
                        note(i, "missing", path)
                    else:
                        note(i, "type", path, there, read)
            for name in stored.names:
                if name not in known:
                    note(i, "undeclared", name)
            order = [found[field.name][i].name for field in columns if i in found[field.name]]
            if order != [name for name in stored.names if name in known]:
                note(i, "order", "")
        yield from self._grouped(groups)

    def _grouped(
        self, groups: Mapping[tuple[str, str | None, str | None], Mapping[str, Sequence[int]]]
    ) -> Iterator[PartDifference]:
        times = Counter(self.places)
        for (what, there, read), by_column in groups.items():
            alike: dict[tuple[int, ...], list[str]] = {}
            for column, places in by_column.items():
                alike.setdefault(tuple(places), []).append(column)
            for places, names in alike.items():
                parts = sum(times[i] for i in places)
                first = self._names[places[0]]
                yield PartDifference(what, tuple(names), there, read, parts, len(self.places), first)


def _zoned(one: Any, other: Any, declared: Any) -> tuple[Any, Any]:
    """Return two types of a column; where a log declares instants, a timestamp without a zone (INT96) is one in UTC."""
    import pyarrow as pa

    both = pa.types.is_timestamp(one) and pa.types.is_timestamp(other)
    if both and pa.types.is_timestamp(declared) and declared.tz is not None and (one.tz is None) != (other.tz is None):
        return pa.timestamp(one.unit, declared.tz), pa.timestamp(other.unit, declared.tz)
    return one, other
