"""Batches as every engine gets them: normal columns, and what is computed beside them because no engine computes it exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_mlmonitor.tables.arrays.column_pairs import ColumnPair
from pytest_mlmonitor.tables.arrays.list_items import ItemCount, RepeatedItems
from pytest_mlmonitor.tables.arrays.nested_arrays import picked
from pytest_mlmonitor.tables.arrays.normal import name_of, no_multiple, normal

if TYPE_CHECKING:
    import pyarrow as pa


class Multiple(NamedTuple):
    """Asks where a decimal of many digits is no multiple of ``step`` times its last place; the column by position."""

    column: int
    step: int

    @property
    def places(self) -> tuple[int]:
        """The column that it looks at."""
        return (self.column,)

    def computed(self, columns: Mapping[int, pa.Array]) -> pa.Array:
        """Return the answer for columns by position."""
        return no_multiple(columns[self.column], self.step)


class Unlike(NamedTuple):
    """Asks where a text is not like ``pattern``, 1 or 0; the column by position.

    For classes of Unicode, of which Arrow and DuckDB know different versions: 622 letters of 2023 are none to one of them.
    """

    column: int
    pattern: str

    @property
    def places(self) -> tuple[int]:
        """The column that it looks at."""
        return (self.column,)

    def computed(self, columns: Mapping[int, pa.Array]) -> pa.Array:
        """Return the answer for columns by position."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.invert(pc.match_substring_regex(normal(columns[self.column]), self.pattern)).cast(pa.int64())


FurtherColumn = Multiple | ColumnPair | Unlike | ItemCount | RepeatedItems

Further = Mapping[str, FurtherColumn]
"""Columns computed beside those of the file, by the names that they have inside an engine."""

NOTHING_FURTHER: Further = MappingProxyType({})


def normal_batch(
    batch: pa.RecordBatch, further: Further = NOTHING_FURTHER, places: Sequence[int] | None = None
) -> pa.RecordBatch:
    """Return ``batch`` in normal types under the engine's names, and behind them the columns that ``further`` asks for.

    Args:
        batch: the rows.
        further: what is computed beside them; without the columns that it looks at it is left out.
        places: which columns of the table these are; all of them without it.
    """
    import pyarrow as pa

    there = range(batch.num_columns) if places is None else places
    columns = dict(zip(there, batch.columns, strict=True))
    arrays = [normal(column) for column in batch.columns]
    names = [name_of(i) for i in there]
    for name, asked in possible(further, columns).items():
        arrays.append(asked.computed(columns))
        names.append(name)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def normal_schema(
    schema: pa.Schema, further: Further = NOTHING_FURTHER, places: Sequence[int] | None = None
) -> pa.Schema:
    """Return the schema that :func:`normal_batch` gives to batches of a table of ``schema``."""
    import pyarrow as pa

    there = range(len(schema)) if places is None else places
    types = [(name_of(i), normal(pa.nulls(0, schema.field(i).type)).type) for i in there]
    computed = [(name, pa.int64()) for name in possible(further, frozenset(there))]
    return pa.schema([*types, *computed])


def possible(further: Further, there: Collection[int]) -> Further:
    """Return those further columns that can be computed of the columns at ``there``; a set, or what is looked up like one."""
    return {name: asked for name, asked in further.items() if all(place in there for place in asked.places)}


def rows_where(batch: pa.RecordBatch, kept: pa.BooleanArray) -> pa.RecordBatch:
    """Return the rows of a batch where ``kept`` is true, also of a batch without columns, which Arrow would count as empty."""
    import pyarrow as pa

    if batch.num_columns:
        columns = [picked(column, kept) for column in batch.columns]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
    return pa.RecordBatch.from_struct_array(pa.array([{}] * kept.true_count, pa.struct([])))
