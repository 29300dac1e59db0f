"""The dataset that is copied: an open parquet file, and which of its columns is what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.table import Column, TableContract

if TYPE_CHECKING:
    import numpy as np

CATEGORIES = 32
"""An integer column with at most so many values is a category: hours, days of a month, flags."""


@dataclass(frozen=True)
class Original:
    """The open source, and which of its columns is what."""

    file: Any
    seed: int
    intensity: float
    wanted: tuple[str, ...]
    label: str | None
    entity: str | None
    event_ts: str | None
    contract: TableContract | None

    @property
    def schema(self) -> Any:
        """The Arrow schema of the file."""
        return self.file.schema_arrow

    def column(self, name: str) -> Any:
        """Return the values of a column, one array."""
        return self.file.read(columns=[name], use_threads=False).column(name).combine_chunks()

    def promised(self, name: str) -> Column:
        """Return what the contract says of a column, an empty promise where it says nothing."""
        return (self.contract.column(name) if self.contract else None) or Column(name)

    def features(self, suits: Callable[[str], bool], what: str) -> tuple[str, ...]:
        """Return the columns the caller named, or every feature that suits.

        Raises:
            ValueError: a column that was named does not suit, or no feature does.
        """
        for name in self.wanted:
            if not suits(name):
                raise ValueError(f"column {quoted(name)} is {self.schema.field(name).type}: expected {what}")
        keys = {self.label, self.entity, self.event_ts, *(self.contract.key if self.contract else ())}
        found = self.wanted or tuple(n for n in self.schema.names if n not in keys and suits(n))
        if not found:
            raise ValueError(f"no feature is {what}")
        return found

    def is_time(self, name: str) -> bool:
        """Return whether a column holds times or dates."""
        import pyarrow as pa

        return bool(pa.types.is_temporal(self.schema.field(name).type))

    def is_number(self, name: str) -> bool:
        """Return whether a column holds integers or floats."""
        import pyarrow as pa

        kind = self.schema.field(name).type
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))

    def is_quantity(self, name: str) -> bool:
        """Return whether a column is a number that is not a category; a named column need only be a number."""
        return self.is_number(name) and (name in self.wanted or not self.is_category(name))

    def is_category(self, name: str) -> bool:
        """Return whether a column holds text, flags, or integers of few values."""
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = self.schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_integer(kind):
            return bool(pc.count_distinct(self.column(name)).as_py() <= CATEGORIES)
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind))

    def generator(self, name: str, group: int) -> np.random.Generator:
        """Return the random numbers of one column in one row group."""
        import numpy as np

        return np.random.default_rng([self.seed, group, self.schema.names.index(name)])


def role_of(source: Original, role: Literal["label", "event_ts"]) -> str:
    """Return the column of a role.

    Raises:
        ValueError: nobody said which it is.
    """
    name: str | None = getattr(source, role)
    if name is None:
        raise ValueError(f"which column is the {role} is not known: say {role} in the call, the contract or the policy")
    return name
