"""Whether a column follows another one of its table, or the row before: only then can its order be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 8
"""Numbers, times and texts in their order are told apart by so many ranges of equally many rows."""

VALUES = 63
"""Values are told apart that are among so many of the commonest; all others are one."""

ROWS = 20_000
"""Rows that are looked at, the first ones."""

FEWEST = 24
"""Of fewer rows no association of two columns is :data:`SURE`, not even of two flags that are one."""

OTHERS = 50
"""Columns that one is compared with at most, those around it."""

SURE = 4.5
"""Standard deviations beyond which an association is no chance. One-sided p = 3.4e-6: of the 729 pairs of 27 columns, each
in four ways, one in a hundred tables has one by chance."""


def unfollowed(column: TableColumn) -> str | None:
    """Return why the order of a column's values says nothing: it follows neither another column nor the row before.

    None where it follows one, or where a table is so wide that not all of its columns were looked at. The measure is Pearson's χ²
    of two columns in classes, as a normal deviate by the cube root of Wilson and Hilferty (*The distribution of chi-square*,
    PNAS 17, 1931), beyond :data:`SURE`. Size plays no part: of many rows a rule can tell a small association.
    """
    rows, width = column.table.num_rows, len(column.table.schema)
    if rows < FEWEST:
        return f"{rows} rows are too few to tell one order of {column.name} from another"
    mine = _classes(column)
    if any(_associated(codes[1:], codes[:-1]) for codes in mine):
        return None
    around = sorted((at for at in range(width) if at != column.at), key=lambda at: abs(at - column.at))
    for at in around[:OTHERS]:
        theirs = _classes(TableColumn(column.dataset, column.material, column.table, at))
        if any(_associated(one, other) for one in mine for other in theirs):
            return None
    if len(around) > OTHERS:
        return None
    return f"{column.name} follows no other column, nor the row before: one order is as good as another"


def _associated(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    import numpy as np

    if len(one) < 2:
        return False
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    freedom = (rows - 1) * (columns - 1)
    if not freedom:
        return False
    counts = np.bincount(one * columns + other, minlength=rows * columns).reshape(rows, columns)
    expected = np.outer(counts.sum(1), counts.sum(0)) / len(one)
    square = float((((counts - expected) ** 2)[expected > 0] / expected[expected > 0]).sum())
    spread = 2 / (9 * freedom)
    return bool(((square / freedom) ** (1 / 3) - (1 - spread)) / spread**0.5 > SURE)


def _classes(column: TableColumn) -> list[NDArray[np.int64]]:
    """Return the classes of a column's values, counted from 0: by their order, by the commonest values; null is one of its own."""
    key = ("classes", column.dataset.ref, column.at)
    found: list[NDArray[np.int64]] = column.material.once(key, lambda: list(_made(column)))
    return found


def _made(column: TableColumn) -> Iterator[NDArray[np.int64]]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.values[:ROWS]
    gone = values.is_null().to_numpy(zero_copy_only=False)
    try:
        encoded = values.dictionary_encode()
        order = pc.rank(encoded.dictionary, tiebreaker="dense").to_numpy()
    except (pa.ArrowException, NotImplementedError):
        yield np.where(gone, 1, 0)  # whether there is a value is all that is known of a list
        return
    number = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    if len(order) <= VALUES + 1:
        yield _dense(np.where(gone, len(order), number))
        return
    ranks = order[number]
    edges = np.unique(np.quantile(ranks[~gone], np.linspace(0, 1, BINS + 1)[1:-1]))
    yield _dense(np.where(gone, BINS, np.searchsorted(edges, ranks, side="right")))
    counts = np.bincount(number[~gone], minlength=len(order))
    commonest = np.full(len(order), VALUES)
    commonest[np.argsort(-counts, kind="stable")[:VALUES]] = np.arange(VALUES)
    if counts.max() > 1:
        yield _dense(np.where(gone, VALUES + 1, commonest[number]))


def _dense(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
