"""Where the rows stand that Spark found to break rules, and what the guarded reader shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_mlmonitor.tables.profile import Failure, RulePlace, SqlAnswer, TableProfile
from pytest_mlmonitor.tables.scan.spark.spark_table import RowPlace
from pytest_mlmonitor.tables.source.told.told_parts import ToldTable


class BrokenRows:
    """Gathers the places of the first few rows that break each rule; together they are enough to show those of any.

    Attributes:
        told: the table.
        places: numbers of rows in the table, by the positions of the part and in the part.
        of_newest: the same of rows that are counted within the newest partition.
        figures: answers of SQL rules whose rows are wanted, by the positions of the contract and of the rule.
        newest_metrics, newest_sql: metrics and SQL rules whose rows are counted within the newest partition, by the same.
    """

    def __init__(self, told: ToldTable) -> None:
        """Note nothing yet."""
        self.told = told
        self._parts = () if isinstance(told.newest, str) else told.newest
        self.places: dict[tuple[int, int], int] = {}
        self.figures: dict[RulePlace, SqlAnswer] = {}
        self.of_newest: dict[tuple[int, int], int] = {}
        self.newest_metrics: set[RulePlace] = set()
        self.newest_sql: set[RulePlace] = set()

    @property
    def rows(self) -> list[tuple[int, int]]:
        """The rows to be shown, in the table's order."""
        return sorted(self.places.keys() | self.of_newest.keys())

    def note(self, places: Iterable[RowPlace], *, newest: bool = False) -> None:
        """Take rows; ``newest``: with their numbers within the newest partition, of a table that is read as a whole."""
        for number, part, place in places:
            (self.of_newest if newest else self.places)[part, place] = number

    def take(self, other: BrokenRows, *, newest: bool) -> None:
        """Take what another one gathered (see :meth:`note`)."""
        (self.of_newest if newest else self.places).update(other.places)

    def show(self, profile: TableProfile, shown: TableProfile) -> None:
        """Add to what Spark counted the rows that the guarded reader shows."""
        rows = self.rows
        numbers = [self.places.get(row, 0) for row in rows]
        within = [self.of_newest.get(row, 0) for row in rows if row[0] in self._parts]
        _take(profile, shown, numbers)
        for place, failure in profile.counted.items():
            _shown(failure, shown.counted.get(place), within if place in self.newest_metrics else numbers)
        for place, answer in list(profile.answers.items()):
            if answer.failure is not None:
                other = shown.answers.get(place)
                if other is not None and other.failure is None:  # nothing that a person could look at
                    profile.answers[place] = replace(answer, failure=None)
                elif other is not None:
                    _shown(answer.failure, other.failure, within if place in self.newest_sql else numbers)


def _take(profile: TableProfile, shown: TableProfile, numbers: Sequence[int]) -> None:
    by_rule = {_rule(failure): failure for failure in shown.failures}
    for failure in profile.failures:
        _shown(failure, by_rule.get(_rule(failure)), numbers)
    for place, inner in profile.nested.items():
        _take(inner, shown.nested[place], numbers)
        for metric, failure in inner.counted.items():
            _shown(failure, shown.nested[place].counted.get(metric), numbers)


def _rule(failure: Failure) -> tuple[object, ...]:
    return failure.contract, failure.column, failure.what, failure.expected, failure.topic


def _shown(failure: Failure, other: Failure | None, numbers: Sequence[int]) -> None:
    """Take the sample of the same rule over a few rows, with the numbers that they have in the table."""
    if other is None:
        return
    failure.sample = [(numbers[at - 1] if at else 0, key, value) for at, key, value in other.sample]
    failure.paths, failure.shown = other.paths, other.shown
