"""A column of a dataset, as faults look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges
from pytest_mlmonitor.inject.original import CATEGORIES
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.contract.table import Column, TableContract

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class TableColumn:
    """A column, and the table around it.

    Attributes:
        dataset: whose column it is.
        material: what mutants are made of.
        table: all rows, a ``pyarrow.Table``.
        at: its place in the table.
    """

    dataset: Dataset
    material: Material
    table: Any
    at: int

    @property
    def name(self) -> str:
        """Its name; no other column of the table has it."""
        return str(self.table.schema.field(self.at).name)

    @cached_property
    def values(self) -> Any:
        """Its values, one ``pyarrow.Array``, a dictionary decoded."""
        import pyarrow as pa

        column = self.table.column(self.at)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    @property
    def type(self) -> Any:
        """The Arrow type of its values."""
        return self.values.type

    @cached_property
    def there(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows have a value."""
        found: np.ndarray[Any, np.dtype[np.bool_]] = self.values.is_valid().to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def distinct(self) -> int | None:
        """How many values there are, null none of them; None for a type whose values cannot be counted."""
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            return int(pc.count_distinct(self.values, mode="only_valid").as_py())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers."""
        import pyarrow as pa

        return bool(pa.types.is_integer(self.type))

    @property
    def is_number(self) -> bool:
        """Whether it holds whole numbers, floats or decimals."""
        import pyarrow as pa

        return self.is_whole or bool(pa.types.is_floating(self.type) or pa.types.is_decimal(self.type))

    @property
    def is_text(self) -> bool:
        """Whether it holds texts."""
        import pyarrow as pa

        kind = self.type
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))

    @property
    def is_category(self) -> bool:
        """Whether it holds texts or whole numbers of which each is found again and again."""
        if not (self.is_text or self.is_whole) or not self.distinct:
            return False
        return 2 * self.distinct <= int(self.there.sum()) and (self.is_text or self.distinct <= CATEGORIES)

    @property
    def is_quantity(self) -> bool:
        """Whether it holds numbers that are no category, and no key."""
        return self.is_number and not self.is_category and not self.is_key

    @property
    def is_key(self) -> bool:
        """Whether it says which row is which, by a contract or by what the dataset says of itself."""
        named = {self.dataset.entity, self.dataset.event_ts}
        keys = {name for contract in self.contracts for name in contract.key}
        return self.name in named | keys or any(column.unique for column in self.promised)

    @property
    def is_partition(self) -> bool:
        """Whether its values stand in the names of directories, or in a log, and not in the files: its name and type do too."""
        return self.name in self.material.layout(self.dataset).partitions

    @property
    def contracts(self) -> list[TableContract]:
        """The contracts in force for the table."""
        view = self.material.platform.view(Contracts)
        found: list[TableContract] = self.material.once(
            ("contracts", self.dataset.ref), lambda: view.tables(self.dataset)
        )
        return found

    @cached_property
    def promised(self) -> list[Column]:
        """What contracts say of it."""
        found = (contract.column(self.name) for contract in self.contracts)
        return [column for column in found if column is not None]

    @property
    def nothing(self) -> str | None:
        """Why no fault of its values can be told: it holds none; None where it does."""
        if not self.table.num_rows:
            return "the table holds no rows"
        return None if self.there.any() else f"{self.name} holds no value in any row"

    @property
    def alike(self) -> str | None:
        """Why values that change places cannot be told: all rows hold the same; None where they do not."""
        if self.nothing is not None:
            return self.nothing
        same = self.distinct == 1 and bool(self.there.all())
        return f"every row of {self.name} holds the same value" if same else None

    def generator(self, fault: str) -> np.random.Generator:
        """Return the random numbers of a fault of this column."""
        return self.material.generator(fault, self.dataset.dataset_name or "", self.name)

    def written(self, values: Any) -> FileChanges:
        """Return the files of the dataset with other values in this column.

        Args:
            values: as many as there are rows; of the same type a dictionary stays one.
        """
        import pyarrow as pa

        field = self.table.schema.field(self.at)
        if pa.types.is_dictionary(field.type) and values.type == self.type:
            values = values.cast(field.type) if isinstance(values, pa.ChunkedArray) else values.dictionary_encode()
        field = pa.field(field.name, values.type, True, field.metadata)
        return self.material.written(self.dataset, self.table.set_column(self.at, field, values))


def table_columns(dataset: Dataset, material: Material) -> Iterator[TableColumn]:
    """Yield the columns of a dataset; of several with one name none, since nothing can be said of either.

    Raises:
        NotChecked: its rows cannot be read, or not be written in the form that they have.
    """
    table = material.table(dataset)
    names = table.schema.names
    often = Counter(names)
    for at, name in enumerate(names):
        if often[name] == 1:
            yield TableColumn(dataset, material, table, at)
