"""The history of families: which verdict each had in the last runs of its suite, and since when it has the one it has.

A new version of a dataset goes on where the one before it was. Runs of another suite or environment are another history, whatever
store they share. As in :mod:`..run_history` a row is a stretch of runs, and only whole runs as of times that do not go back are
kept; any other run is only held against them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from pytest_mlmonitor.core.store.database import Transaction, storable
from pytest_mlmonitor.core.store.kept.expositions import Suite
from pytest_mlmonitor.core.store.run_history import OPEN
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched
from pytest_mlmonitor.core.store.stored_times import moment_of
from pytest_mlmonitor.core.text.times import microseconds_of

RUNS = 20
"""So many runs are looked back at, the one that looks back counted."""

WHOLE = ""
"""Stands for a check where the verdict on the whole family is meant."""

_AHEAD = timedelta(hours=1)
_RUN = "suite, environment, number, recorded_at, evaluated_at, exit_status, failed, warned, mark"
_STRETCH = "family, check_name, first_run, last_run, since, verdict, mark"

FamilyVerdicts = Mapping[tuple[str, str], str]
"""What a run says: by family and check, :data:`WHOLE` for the family itself; of checks only those that are not fine."""


class SuiteRun(NamedTuple):
    """A run of a suite.

    Attributes:
        recorded_at: when it was kept, by the clock; UTC.
        evaluated_at: the time as of which it judged; UTC.
        exit_status: pytest's.
        failed: artifacts that failed, or had a check that could not run.
        warned: artifacts with warnings and nothing worse.
    """

    recorded_at: datetime
    evaluated_at: datetime
    exit_status: int
    failed: int
    warned: int


class LastSaid(NamedTuple):
    """What the run before said.

    Attributes:
        verdict: of a family, or of a check of it.
        since: evaluation time of the first run that said so without a break; UTC.
        runs: how many they are.
    """

    verdict: str
    since: datetime
    runs: int


class _Stretch(NamedTuple):
    family: int
    check: str
    first: int
    last: int
    since: int
    verdict: str


@dataclass(frozen=True)
class SuitePast:
    """The runs of a suite before one.

    Attributes:
        suite: whose.
        runs: the last ones, the oldest first.
        ongoing: whether the run that looks back goes on where they end, so that it may be kept; it does not where it is as of an
            earlier time than one of them, or as of the future.
    """

    suite: Suite
    runs: Sequence[SuiteRun]
    ongoing: bool
    _numbers: Sequence[int]
    _before: int
    _families: Mapping[str, int]
    _stretches: Mapping[tuple[int, str], Sequence[_Stretch]] = field(repr=False)

    def verdicts(self, family: str, check: str = WHOLE) -> list[str | None]:
        """Return what :attr:`runs` said of a family, or of a check of it; None where nothing, or nothing bad of a check."""
        found: list[str | None] = [None] * len(self._numbers)
        for stretch in self._of(family, check):
            for place, number in enumerate(self._numbers):
                if stretch.first <= number <= stretch.last:
                    found[place] = stretch.verdict
        return found

    def last(self, family: str, check: str = WHOLE) -> LastSaid | None:
        """Return what the run before said of a family, or of a check of it; None where it said nothing."""
        for stretch in self._of(family, check):
            if stretch.first <= self._before <= stretch.last:
                return LastSaid(stretch.verdict, moment_of(stretch.since), self._before - stretch.first + 1)
        return None

    def _of(self, family: str, check: str) -> Sequence[_Stretch]:
        number = self._families.get(storable(family))
        return self._stretches.get((number, storable(check)), ()) if number is not None else ()

    def keep(self, transaction: Transaction, run: SuiteRun, verdicts: FamilyVerdicts) -> None:
        """Keep a run that goes on where these end.

        Args:
            transaction: in which they were looked up.
            run: as of the time for which they were looked up.
            verdicts: what it says.
        """
        number, at = self._before + 1, microseconds_of(run.evaluated_at)
        row = (*self._key, number, microseconds_of(run.recorded_at), at, *map(storable, run[2:]))
        transaction.run(f"INSERT INTO suite_run ({_RUN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, mark_of(row)))  # noqa: S608
        ids = self._numbered(transaction, {family for family, _ in verdicts})
        now = {(ids[storable(family)], storable(check)): verdict for (family, check), verdict in verdicts.items()}
        open_ones = {key: found[-1] for key, found in self._stretches.items() if found[-1].last == OPEN}
        same = {key for key, verdict in now.items() if key in open_ones and open_ones[key].verdict == verdict}
        ended = [open_ones[key] for key in sorted(open_ones.keys() - same)]
        transaction.run_many(
            "UPDATE family_verdict SET last_run = ?, mark = ? WHERE family = ? AND check_name = ? AND first_run = ?",
            [(self._before, mark_of(one._replace(last=self._before)), *one[:3]) for one in ended],
        )
        new = [_Stretch(*key, number, OPEN, at, now[key]) for key in sorted(now.keys() - same)]
        transaction.run_many(
            f"INSERT INTO family_verdict ({_STRETCH}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (ours)
            [(*one, mark_of(one)) for one in new],
        )

    @property
    def _key(self) -> tuple[str, str]:
        return storable(self.suite.name), storable(self.suite.environment)

    def _numbered(self, transaction: Transaction, families: set[str]) -> dict[str, int]:
        ids = dict(self._families)
        new = sorted({storable(family) for family in families} - ids.keys())
        if new:  # a number whose family was lost by damage is not given again: its verdicts would be another one's
            asked = "SELECT MAX(id) FROM family UNION ALL SELECT MAX(family) FROM family_verdict"
            following = max(found or 0 for (found,) in transaction.run(asked)) + 1
            ids |= dict(zip(new, range(following, following + len(new)), strict=True))
        transaction.run_many(
            "INSERT INTO family (id, suite, environment, place) VALUES (?, ?, ?, ?)",
            [(ids[family], *self._key, family) for family in new],
        )
        return ids


def suite_past(transaction: Transaction, suite: Suite, at: datetime, clock: datetime) -> SuitePast:
    """Return the last runs of a suite, and what they said.

    Args:
        transaction: of the store.
        suite: whose.
        at: evaluation time of the run that looks back: what was judged as of later times is no past of it.
        clock: what time it is.
    """
    key = tuple(map(storable, suite))
    rows = transaction.run(
        f"""SELECT {_RUN} FROM suite_run WHERE suite = ? AND environment = ? AND evaluated_at <= ?
        ORDER BY number DESC LIMIT ?""",  # noqa: S608 (ours)
        (*key, microseconds_of(at), RUNS - 1),
    )
    runs = [vouched(row)[2:] for row in reversed(rows)]
    ((last, latest),) = transaction.run(
        "SELECT MAX(number), MAX(evaluated_at) FROM suite_run WHERE suite = ? AND environment = ?", key
    )
    backwards = latest is not None and microseconds_of(at) < latest
    families: dict[str, int] = dict(
        transaction.run("SELECT place, id FROM family WHERE suite = ? AND environment = ?", key)
    )
    found = transaction.run(
        f"""SELECT {_STRETCH} FROM family_verdict WHERE last_run >= ?
        AND family IN (SELECT id FROM family WHERE suite = ? AND environment = ?) ORDER BY family, check_name, first_run""",  # noqa: S608
        (runs[0][0] if runs else 0, *key),
    )
    stretches: dict[tuple[int, str], list[_Stretch]] = {}
    before = last or 0
    for row in found:
        stretch = _Stretch(*vouched(row))
        stretches.setdefault((stretch.family, stretch.check), []).append(stretch)
        # A run that was lost by damage has taken place: its number is not given again.
        before = max(before, stretch.first, stretch.last if stretch.last < OPEN else 0)
    return SuitePast(
        suite,
        tuple(SuiteRun(moment_of(row[1]), moment_of(row[2]), *row[3:]) for row in runs),
        not backwards and at <= clock + _AHEAD,
        tuple(row[0] for row in runs),
        before if not backwards else runs[-1][0] if runs else 0,
        families,
        stretches,
    )


def forget_families(transaction: Transaction, before: datetime) -> None:
    """Forget runs of suites that were kept before a time, and what only they said; what still holds keeps its ``since``."""
    gone = transaction.run(
        "DELETE FROM suite_run WHERE recorded_at < ? RETURNING suite, environment", (microseconds_of(before),)
    )
    for key in sorted(set(gone)):
        ((oldest,),) = transaction.run("SELECT MIN(number) FROM suite_run WHERE suite = ? AND environment = ?", key)
        transaction.run(
            """DELETE FROM family_verdict WHERE (last_run < ? OR ? = 1)
            AND family IN (SELECT id FROM family WHERE suite = ? AND environment = ?)""",
            (oldest or 0, int(oldest is None), *key),
        )
    if gone:
        transaction.run("DELETE FROM family_verdict WHERE family NOT IN (SELECT id FROM family)")
        transaction.run("DELETE FROM family WHERE id NOT IN (SELECT family FROM family_verdict)")
