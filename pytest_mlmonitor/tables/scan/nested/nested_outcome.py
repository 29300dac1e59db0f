"""What contracts say inside the columns of a table, as a tree of scans: the same on every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import type_matches
from pytest_mlmonitor.tables.plan.fit import misfit
from pytest_mlmonitor.tables.plan.nested_heads import nested_head
from pytest_mlmonitor.tables.plan.plan import places_of
from pytest_mlmonitor.tables.profile import NO_STATISTICS, ParquetHead, TableProfile
from pytest_mlmonitor.tables.scan.outcome import ScanOutcome


@dataclass(frozen=True)
class NestedOutcome:
    """The scan of what lies inside one column.

    Attributes:
        index: position of the column in the table around it.
        column: what it is called.
        terms: the rules.
        outcome: plan and profile of what lies inside.
        children: what lies inside its own columns.
    """

    index: int
    column: str
    terms: TableContract
    outcome: ScanOutcome
    children: tuple[NestedOutcome, ...]

    @property
    def profile(self) -> TableProfile:
        """What was found."""
        return self.outcome.profile

    def every(self) -> Iterator[NestedOutcome]:
        """Yield this one, and what lies deeper."""
        yield self
        for child in self.children:
            yield from child.every()


def nested_outcomes(
    contracts: Sequence[TableContract], head: ParquetHead, profile: TableProfile
) -> tuple[NestedOutcome, ...]:
    """Return the scans of what lies inside the columns of a table; what they find becomes part of its ``profile``.

    Columns that are absent or of another type than their contract says are left out: the schema is judged from the head.
    """
    index, found = places_of(head), []
    for place, contract in enumerate(contracts):
        for number, table in enumerate(contract.nested):
            i, column = index.get(table.column), contract.column(table.column)
            if i is None or column is None or not type_matches(head.types[i], column.types):
                continue
            inner = nested_head(head.types[i], table.column)
            if inner is None or misfit(column, head.types[i]) is not None:
                continue
            outcome = ScanOutcome(inner, (table.terms,), NO_STATISTICS)
            profile.nested[place, number] = outcome.profile
            children = nested_outcomes((table.terms,), inner, outcome.profile)
            found.append(NestedOutcome(i, table.column, table.terms, outcome, children))
    return tuple(found)
