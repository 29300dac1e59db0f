"""Which keys of a table are in none of the tables that it refers to: an anti-join, in shares that fit into memory.

Both sides are streamed; what is held are the different keys of one share of all keys (by their hash), compared exactly. SQL is made
of our own names only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.tables.contract.relationship import ColumnPath, dotted
from pytest_mlmonitor.tables.families import value_type
from pytest_mlmonitor.tables.foreign_keys.key_answers import (
    AbsentColumn,
    KeyColumns,
    KeySample,
    MissingKeys,
    RepeatedKeys,
    UnlikeTypes,
)
from pytest_mlmonitor.tables.foreign_keys.key_forms import KeyForm, in_form, key_form, types_of, unlike_clocks
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.scan.engine import memory_limit, several_streams
from pytest_mlmonitor.tables.source.parquet import to_python
from pytest_mlmonitor.tables.source.source import TableSource, source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_KEYS = 5
VALUE_BYTES = 256
"""What a value of a key is taken to need while it is held: text of 36 letters 135 bytes, the longest that is held as it is 200."""

LONG_BYTES = 64
"""Texts and bytes of more than this are held as their SHA-256: of 600,000 keys of 2,000 letters 4 GiB were not enough."""


def missing_keys(path: Path, own: KeyColumns, paths: tuple[Path, ...], others: Sequence[KeyColumns]) -> MissingKeys:
    """Return the keys of the table ``path`` that none of the tables ``paths`` has.

    A key with a null in any of its parts refers to nothing (SQL's MATCH SIMPLE). NaN is a value, equal to itself.

    Args:
        path: the table that refers.
        own: its key.
        paths: the tables referred to; a key is missing that is in none of them.
        others: their keys, with as many parts.

    Raises:
        Unreadable: a table is no sound table; of one that is referred to it says its name.
    """
    with ExitStack() as open_tables:
        hidden = any(columns.hidden for columns in (own, *others))
        tables = [_Keys(open_tables.enter_context(source(path, own.allowed or None)), own, hidden)]
        for other, columns in zip(paths, others, strict=True):
            with _referred_to(other):
                tables.append(_Keys(open_tables.enter_context(source(other, columns.allowed or None)), columns, hidden))
        problems: list[AbsentColumn | UnlikeTypes] = [
            problem for place, table in enumerate(tables) for problem in table.absent(place)
        ]
        forms = [] if problems else [_form(tables, part) for part in range(len(own.columns))]
        problems += [form for form in forms if isinstance(form, UnlikeTypes)]
        if problems:
            return MissingKeys(tables[0].rows, problems=tuple(problems))
        compared = _Compared(tables, [form for form in forms if isinstance(form, KeyForm)], paths)
        return compared.answer()


@contextmanager
def _referred_to(path: Path) -> Iterator[None]:
    """Say of a table that is referred to, by name, what is wrong with it."""
    try:
        yield
    except Unreadable as error:
        raise Unreadable(f"refers to {path.name}, which {error}") from None


class _Keys:
    """The key columns of an open table; the values of ``hidden`` ones are not given away."""

    def __init__(self, table: TableSource, asked: KeyColumns, hidden: bool) -> None:
        self.table, self.asked, self.hidden = table.newest() if asked.newest else table, asked, hidden
        self.rows = self.table.head.rows
        self.paths = [self._found(path) for path in asked.columns]

    def _found(self, path: ColumnPath) -> ColumnPath | None:
        """Return where a part of the key is; of one name with points in it, a field of an object where no column has it."""
        splits = [path]
        if len(path) == 1:
            parts = path[0].split(".")
            splits += [(".".join(parts[:n]), *parts[n:]) for n in range(len(parts) - 1, 0, -1)]
        return next((split for split in splits if self._type(split) is not None), None)

    def _type(self, path: ColumnPath) -> pa.DataType | None:
        import pyarrow as pa

        schema = self.table.schema
        if path[0] not in schema.names:
            return None
        type_ = schema.field(schema.names.index(path[0])).type
        for name in path[1:]:
            place = type_.get_field_index(name) if pa.types.is_struct(type_) else -1
            if place < 0:
                return None
            type_ = type_.field(place).type
        return type_

    def absent(self, place: int) -> Iterator[AbsentColumn]:
        names = self.table.schema.names
        for path, found in zip(self.asked.columns, self.paths, strict=True):
            if found is None:
                yield AbsentColumn(place, path, tuple(near(dotted(path), names)))

    def type(self, part: int) -> pa.DataType:
        path = self.paths[part]
        assert path is not None  # asked only where nothing is absent
        return self._type(path)

    def batches(self) -> Iterator[list[pa.Array]]:
        """Yield the parts of the keys, NaN as null where that is what it stands for."""
        import pyarrow as pa
        import pyarrow.compute as pc

        tops = list(dict.fromkeys(path[0] for path in self.paths if path is not None))
        for batch in self.table.batches(tops):
            parts = []
            for path, nan_null in zip(self.paths, self.asked.nan_null, strict=True):
                assert path is not None
                array = batch.column(tops.index(path[0]))
                for name in path[1:]:
                    array = pc.struct_field(array, name)
                if nan_null and pa.types.is_floating(array.type):
                    array = pc.if_else(pc.fill_null(pc.is_nan(array), True), pa.scalar(None, array.type), array)
                parts.append(array)
            yield parts

    def rows_at(self, numbers: Sequence[int]) -> tuple[KeySample, ...]:
        """Return the keys of some rows, by their numbers from 1, as they are in the table."""
        wanted, found, start = sorted(numbers), {}, 0
        for parts in self.batches() if wanted else ():
            length = len(parts[0])
            while wanted and wanted[0] <= start + length:
                number = wanted.pop(0)
                values = (REDACTED if self.hidden else to_python(part[number - 1 - start]) for part in parts)
                found[number] = KeySample(number, tuple(values))
            start += length
            if not wanted:
                break
        return tuple(found[number] for number in numbers)


def _form(tables: Sequence[_Keys], part: int) -> KeyForm | UnlikeTypes:
    types = [table.type(part) for table in tables]
    zones = [table.asked.zones[part] for table in tables]
    form = key_form(types, zones)
    if form is None:
        texts = [str(type_) for type_ in types]
        times = list(zip(map(value_type, texts), zones, strict=True))
        alike = all(text.startswith(("timestamp", "date")) for text, _ in times)
        return UnlikeTypes(part, tuple(texts), alike and unlike_clocks(times))
    return form


@dataclass
class _Found:
    """What the shares add up to; ``first`` are numbers of rows."""

    rows: int = 0
    keys: int = 0
    first: tuple[int, ...] = ()

    def add(self, keys: int, rows: int | None, first: Sequence[int]) -> None:
        self.keys, self.rows = self.keys + keys, self.rows + int(rows or 0)
        self.first = tuple(sorted((*self.first, *first))[:SAMPLE_KEYS])


class _Compared:
    """Open tables whose keys have one form."""

    def __init__(self, tables: Sequence[_Keys], forms: Sequence[KeyForm], paths: Sequence[Path]) -> None:
        import pyarrow as pa

        self.tables, self.forms, self.paths = tables, forms, paths
        columns = [
            type_ for part, form in enumerate(forms) for type_ in types_of(form, [table.type(part) for table in tables])
        ]
        self.names = [f"k{i}" for i in range(len(columns))]
        self.schema = pa.schema([*zip(self.names, columns, strict=True), ("row", pa.int64())])

    def answer(self) -> MissingKeys:
        missing, repeated = _Found(), [_Found() for _ in self.paths]
        values = sum(table.rows for table in self.tables) * len(self.names)
        shares = max(1, -(-values // (memory_limit() // VALUE_BYTES)))
        for share in range(shares):
            self._add(share, shares, missing, repeated)
        twice = [
            RepeatedKeys(found.keys, table.rows_at(found.first)) if found.keys else None
            for found, table in zip(repeated, self.tables[1:], strict=True)
        ]
        return MissingKeys(
            self.tables[0].rows,
            missing.rows,
            missing.keys,
            self.tables[0].rows_at(missing.first),
            tuple(table.rows for table in self.tables[1:]),
            tuple(twice),
        )

    def _add(self, share: int, shares: int, missing: _Found, repeated: Sequence[_Found]) -> None:
        """Add what one share of the keys gives."""
        keys = ", ".join(self.names)
        held = ", ".join(map(_held, self.names, self.schema.types))
        streams = {f"stream{i}": (self._stream(i), self.schema) for i in range(len(self.tables))}
        where = f" WHERE hash({keys}) % {shares} = {share}" if shares > 1 else ""
        with several_streams(streams) as connection:
            for i in range(len(self.tables)):
                connection.execute(
                    f"CREATE TEMP TABLE keys{i} AS "  # noqa: S608 (our names)
                    f"SELECT {keys}, count(*) AS times, min(row) AS first "
                    f"FROM (SELECT {held}, row FROM stream{i}{where}) GROUP BY {keys}"
                )
            others = "".join(f" ANTI JOIN keys{i} USING ({keys})" for i in range(1, len(self.tables)))
            _counted(connection, f"keys0{others}", "true", missing)
            for i, found in enumerate(repeated, 1):
                _counted(connection, f"keys{i}", "times > 1", found)

    def _stream(self, place: int) -> Iterator[pa.RecordBatch]:
        """Yield the keys of a table without a null in them, in their common form, with the numbers of their rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        start = 1
        reading = _referred_to(self.paths[place - 1]) if place else ExitStack()
        with reading:
            for parts in self.tables[place].batches():
                columns = [
                    column for part, form in zip(parts, self.forms, strict=True) for column in in_form(part, form)
                ]
                length = len(parts[0])
                numbers = pa.array(range(start, start + length), pa.int64())
                start += length
                typed = [
                    pa.nulls(length, type_) if column.null_count == length else column.cast(type_)
                    for column, type_ in zip([*columns, numbers], self.schema.types, strict=True)
                ]
                batch = pa.RecordBatch.from_arrays(typed, schema=self.schema)
                whole = pc.is_valid(batch.column(0))
                for column in batch.columns[1:-1]:
                    whole = pc.and_(whole, pc.is_valid(column))
                yield batch.filter(whole)


def _held(name: str, type_: pa.DataType) -> str:
    """Return a column as it is held: of what is long its hash, which is longer than what is not."""
    import pyarrow as pa

    if pa.types.is_large_string(type_):
        return f"CASE WHEN strlen({name}) > {LONG_BYTES} THEN '#' || sha256({name}) ELSE {name} END AS {name}"
    if pa.types.is_large_binary(type_):
        hashed = f"encode('#' || sha256({name}))"
        return f"CASE WHEN octet_length({name}) > {LONG_BYTES} THEN {hashed} ELSE {name} END AS {name}"
    return name


def _counted(connection: Any, of: str, where: str, found: _Found) -> None:
    """Add how many keys there are, in how many rows, and where the first of them are."""
    ((keys, rows),) = connection.execute(f"SELECT count(*), sum(times) FROM {of} WHERE {where}").fetchall()  # noqa: S608
    if keys:
        first = f"SELECT first FROM {of} WHERE {where} ORDER BY first LIMIT {SAMPLE_KEYS}"  # noqa: S608 (our names)
        found.add(keys, rows, [number for (number,) in connection.execute(first).fetchall()])
