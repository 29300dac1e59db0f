"""What a contract says of keys: the values of some columns are values of another table's."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.row_terms import TermPath

ColumnPath = tuple[str, ...]
"""A column, and the fields inside it that lead to the values: ``("customer_id",)``, ``("address", "country")``."""


@dataclass(frozen=True)
class Relationship:
    """Every key in ``columns`` is one of another table (or of the same one).

    Attributes:
        columns: the parts of the key in this table.
        written: the columns referred to as the contract writes them, e.g. ``customers.id``; one for each of ``columns``.
        table: names of the table referred to, where it is one of the same contract; empty where another may describe it.
        to: its columns, in the order of ``columns``.
        severity: consequence of a key that is not there.
        place: where it is written, e.g. ``schema.orders.properties.customer_id.relationships[0]``; ``at``: its path there.
    """

    columns: tuple[ColumnPath, ...]
    written: tuple[str, ...]
    table: tuple[str, ...] = ()
    to: tuple[ColumnPath, ...] = ()
    severity: Severity = Severity.ERROR
    place: str = ""
    at: TermPath = field(default=(), compare=False, repr=False)

    @property
    def asked(self) -> tuple[object, ...]:
        """What is asked of the data, however it is written and whatever follows from it."""
        return (self.columns, self.table[:1] or self.written, self.to)


def dotted(path: ColumnPath) -> str:
    """Return a column as people write it, with the fields inside it behind points."""
    return ".".join(path)


def key_text(columns: tuple[ColumnPath, ...]) -> str:
    """Return the parts of a key for a message: one column as it is, several in brackets."""
    names = ", ".join(map(dotted, columns))
    return names if len(columns) == 1 else f"({names})"
