"""Values that went missing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation


def _nulls(dataset: Dataset, material: Material, share: float) -> Iterator[Mutant]:
    table = material.table(dataset)
    for name in table.column_names:
        gone = table.column(name).null_count == table.num_rows
        yield Mutant(
            f"{share:.0%} of {name} are null",
            partial(_without, dataset, material, name, share),
            name,
            f"{name} holds no value to lose" if gone else None,
        )


def _without(dataset: Dataset, material: Material, name: str, share: float) -> FileChanges:
    import pyarrow as pa
    import pyarrow.compute as pc

    table: Any = material.table(dataset)
    at = table.column_names.index(name)
    gone = material.generator("nulls", name).random(table.num_rows) < share
    column = pc.if_else(pa.array(gone), pa.scalar(None, table.column(name).type), table.column(name))
    return material.written(dataset, table.set_column(at, table.schema.field(at).with_nullable(True), column))


@mutation("dataset", per="column", words="20 % of the values are null")
def nulls_20(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Every fifth value is null."""
    yield from _nulls(dataset, material, 0.2)
