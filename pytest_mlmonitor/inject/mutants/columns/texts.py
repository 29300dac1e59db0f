"""Texts that were cut."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.table_column import TableColumn, table_columns
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation


@mutation("dataset", per="column", words="texts are cut to half of the longest")
def truncated(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Texts have at most half as many characters as the longest, as a column too narrow for them leaves them."""
    import pyarrow.compute as pc

    for column in table_columns(dataset, material):
        if column.is_text and column.nothing is None:
            longest = pc.max(pc.utf8_length(column.values)).as_py()
            most = max(longest // 2, 1)
            short = f"no text of {column.name} has more than one character: there is nothing to cut"
            what = f"{column.name} is cut to {most:,} of {longest:,} characters"
            yield Mutant(what, partial(_cut, column, most), column.name, None if longest > most else short)


def _cut(column: TableColumn, most: int) -> FileChanges:
    import pyarrow.compute as pc

    return column.written(pc.utf8_slice_codeunits(column.values, 0, most))
