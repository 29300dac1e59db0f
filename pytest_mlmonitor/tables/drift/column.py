"""One column as a comparison needs it, gathered from a table or taken from the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_mlmonitor.tables.arrays.comparable import Comparable, comparable
from pytest_mlmonitor.tables.drift.gather import NumberGatherer, TextGatherer
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.source.data_file import FileColumns
from pytest_mlmonitor.tables.source.source import TableSource

PASS_BYTES = 16 * 1024 * 1024
"""What the columns of one pass may hold, 8 bytes a row. Columns one by one are the fastest way through one file …"""

PASS_BYTES_OF_MANY = 256 * 1024 * 1024
"""… but every pass over a directory opens each of its files again."""


@dataclass(frozen=True)
class ColumnValues:
    """What one column holds.

    Attributes:
        how: how it is compared; None when it cannot be (``type_`` says why).
        type_: the Arrow type as Arrow spells it.
        rows, nulls: rows, and those of them that are null or NaN.
        sample: the values of a column that is no text.
        counts: rows by category of a text column, None when there are too many.
    """

    how: Comparable | None
    type_: str
    rows: int = 0
    nulls: int = 0
    sample: Sample | None = None
    counts: Mapping[str, int] | None = field(default_factory=dict)


def width(table: TableSource) -> int:
    """Return how many columns of ``table`` are best gathered in one pass."""
    return max(1, room(table) // max(1, 8 * table.head.rows))


def room(table: TableSource) -> int:
    """Return how many bytes the columns of one pass may hold."""
    return PASS_BYTES if len(table.files) == 1 else PASS_BYTES_OF_MANY


def gathered(table: TableSource, names: Sequence[str], there: FileColumns | None = None) -> dict[str, ColumnValues]:
    """Read those of the columns ``names`` that ``table`` has, in one pass; ``there`` are all that it has.

    Raises:
        Unreadable: see :meth:`.source.TableSource.batches`; also what pyarrow raises.
    """
    fields = (there or FileColumns(table.schema)).called(names)
    types = {several[0].name: several[0].type for several in fields}  # of a doubled name the first, as in batches
    columns = {name: ColumnValues(None, str(type_)) for name, type_ in types.items() if comparable(type_) is None}
    gatherers: dict[str, NumberGatherer | TextGatherer] = {}
    for name, type_ in types.items():
        if how := comparable(type_):
            gatherers[name] = TextGatherer() if how.family == "text" else NumberGatherer(table.head.rows)
    for batch in table.batches(list(gatherers)) if gatherers else ():
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            gatherers[name].add(array)
    for name, gatherer in gatherers.items():
        how, type_ = comparable(types[name]), str(types[name])
        if isinstance(gatherer, TextGatherer):
            counts = None if gatherer.too_many else gatherer.counts
            columns[name] = ColumnValues(how, type_, gatherer.rows, gatherer.nulls, None, counts)
        else:
            sample = gatherer.sample()  # counts the NaN among the nulls
            columns[name] = ColumnValues(how, type_, gatherer.rows, gatherer.nulls, sample)
    return columns
