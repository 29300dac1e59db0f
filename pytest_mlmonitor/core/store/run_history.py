"""The history of runs: what each of them said of which artifact, and since when that is so.

A result that is the same in the next run takes no room: a row is a stretch of runs. Only whole runs that came to their end, as of
times that do not go back, follow one another so (they are *chained*); every other run, a narrowed one above all, is a stretch
of its own and ends none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pytest_mlmonitor.core.store.database import INTEGER_LIMIT, Damage, Transaction, storable
from pytest_mlmonitor.core.store.store_tables import mark_of, vouched
from pytest_mlmonitor.core.store.stored_times import moment_of
from pytest_mlmonitor.core.text.times import microseconds_of

_AHEAD = timedelta(hours=1)
"""A run as of a later time is a look into the future: after it everything would lie in the past."""

OPEN = INTEGER_LIMIT
"""Last run of a stretch that goes on."""

_RUN = """run.id, run.recorded_at, run.evaluated_at, run.seconds, run.environment, run.exit_status, run.complete, run.narrowed,
    run.chained, run.passed, run.failed, run.crashed, run.not_checked, run.warned"""
_LATEST_RUNS = f"SELECT {_RUN} FROM run ORDER BY run.id DESC LIMIT ?"  # noqa: S608 (the columns are ours)
_VERDICTS = f"""SELECT {_RUN}, verdict.verdict, verdict.since FROM artifact
    JOIN verdict ON verdict.artifact = artifact.id
    JOIN run ON run.chained = verdict.chained AND run.id BETWEEN verdict.first_run AND verdict.last_run
    WHERE artifact.kind = ? AND artifact.path = ? AND artifact.name = ? ORDER BY run.id DESC LIMIT ?"""  # noqa: S608


class KeptArtifact(NamedTuple):
    """By what the store knows an artifact; the path is seen from the directory of the policy."""

    kind: str
    path: str
    name: str


class KeptResult(NamedTuple):
    """What a check said of an artifact; severity and message are empty where there is nothing to say."""

    artifact: KeptArtifact
    check: str
    status: str
    severity: str
    message: str


@dataclass(frozen=True)
class PastRun:
    """A run.

    Attributes:
        recorded_at: when it was kept, by the clock; UTC.
        evaluated_at: the time as of which it judged; UTC.
        seconds: how long it took.
        environment: the policy's.
        exit_status: pytest's.
        complete: whether it came to its end.
        narrowed: whether a part of the platform was left out.
        counts: of results by status, as in results.json.
        id: of the store; runs are numbered in the order in which they are kept.
        chained: whether it is one of those that follow one another.
    """

    recorded_at: datetime
    evaluated_at: datetime
    seconds: float
    environment: str
    exit_status: int
    complete: bool
    narrowed: bool
    counts: Mapping[str, int]
    id: int = 0
    chained: bool = False


class PastVerdict(NamedTuple):
    """A verdict on an artifact in a run, and since when it has it (UTC)."""

    run: PastRun
    verdict: str
    since: datetime


_COUNTS = ("pass", "fail", "error", "not_checked", "warned")


def keep_run(
    transaction: Transaction, run: PastRun, verdicts: Mapping[KeptArtifact, str], results: Sequence[KeptResult]
) -> dict[KeptArtifact, datetime]:
    """Keep a run; return since when artifacts have the verdict that it gives, as far as that is known.

    Args:
        transaction: of the store.
        run: its number is given here.
        verdicts: on every artifact that it judged.
        results: all of them.
    """
    latest = transaction.run("SELECT MAX(id), MAX(CASE WHEN chained = 1 THEN id END) FROM run")[0]
    before = transaction.run("SELECT MAX(evaluated_at) FROM run WHERE chained = 1")[0][0]
    number = (latest[0] or 0) + 1
    at = microseconds_of(run.evaluated_at)
    chained = run.complete and not run.narrowed and (before is None or at >= before)
    chained = chained and run.evaluated_at <= run.recorded_at + _AHEAD
    row = (number, microseconds_of(run.recorded_at), at, run.seconds, run.environment, run.exit_status)
    flags = (int(run.complete), int(run.narrowed), int(chained))
    transaction.run(
        """INSERT INTO run (id, recorded_at, evaluated_at, seconds, environment, exit_status, complete, narrowed, chained, passed,
        failed, crashed, not_checked, warned) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (*row, *flags, *(run.counts.get(status, 0) for status in _COUNTS)),
    )
    ids = _numbers(transaction, {*verdicts, *(result.artifact for result in results)})
    stretch = _Stretch(number, latest[1] or number - 1, at, chained)
    since = _keep_verdicts(transaction, stretch, {ids[one]: verdict for one, verdict in verdicts.items()})
    said: dict[tuple[int, str, int], tuple[str, str, str]] = {}
    for result in results:
        key, turn = (ids[result.artifact], storable(result.check)), 0
        while (*key, turn) in said:
            turn += 1
        said[(*key, turn)] = (result.status, result.severity, storable(result.message))
    _keep_results(transaction, stretch, said)
    return {one: moment_of(since[ids[one]]) for one in verdicts if ids[one] in since}


class _Stretch(NamedTuple):
    """A run, the chained one before it, its evaluation time, and whether it is chained."""

    run: int
    before: int
    at: int
    chained: bool

    @property
    def last(self) -> int:
        return OPEN if self.chained else self.run


def _numbers(transaction: Transaction, artifacts: Iterable[KeptArtifact]) -> dict[KeptArtifact, int]:
    rows = transaction.run("SELECT kind, path, name, id FROM artifact")
    known = {KeptArtifact(kind, path, name): number for kind, path, name, number in rows}
    found, new = {}, []
    following = max(known.values(), default=0)
    for artifact in sorted(artifacts):
        stored = KeptArtifact(*map(storable, artifact))
        if stored not in known:
            following += 1
            known[stored] = following
            new.append((following, *stored))
        found[artifact] = known[stored]
    transaction.run_many("INSERT INTO artifact (id, kind, path, name) VALUES (?, ?, ?, ?)", new)
    return found


def _keep_verdicts(transaction: Transaction, stretch: _Stretch, now: Mapping[int, str]) -> dict[int, int]:
    """Keep verdicts by artifact; return since when those hold that held before, and in a chained run the new ones."""
    rows = transaction.run(
        "SELECT artifact, chained, first_run, last_run, since, verdict, mark FROM verdict WHERE last_run = ?", (OPEN,)
    )
    open_ones = {row[0]: row for row in map(vouched, rows)}
    same = {one for one, verdict in now.items() if one in open_ones and open_ones[one][5] == verdict}
    known = {one: open_ones[one][4] for one in same if open_ones[one][4] <= stretch.at}
    changed = set(now)
    if stretch.chained:
        changed -= same
        known |= dict.fromkeys(changed, stretch.at)
        ended = [open_ones[one] for one in sorted(open_ones.keys() - same)]
        transaction.run_many(
            "UPDATE verdict SET last_run = ?, mark = ? WHERE artifact = ? AND chained = 1 AND last_run = ?",
            [(stretch.before, mark_of((*row[:3], stretch.before, *row[4:])), row[0], OPEN) for row in ended],
        )
    new = [(one, int(stretch.chained), stretch.run, stretch.last, stretch.at, now[one]) for one in sorted(changed)]
    transaction.run_many(
        "INSERT INTO verdict (artifact, chained, first_run, last_run, since, verdict, mark) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*row, mark_of(row)) for row in new],
    )
    return known


def _keep_results(
    transaction: Transaction, stretch: _Stretch, now: Mapping[tuple[int, str, int], tuple[str, str, str]]
) -> None:
    changed = set(now)
    if stretch.chained:
        rows = transaction.run(
            "SELECT artifact, check_name, number, status, severity, message FROM result WHERE last_run = ?", (OPEN,)
        )
        open_ones = {(artifact, check, number): told for artifact, check, number, *told in rows}
        same = {key for key, told in now.items() if key in open_ones and open_ones[key][:2] == [*told[:2]]}
        changed -= same
        transaction.run_many(
            """UPDATE result SET last_run = ?
            WHERE artifact = ? AND check_name = ? AND number = ? AND chained = 1 AND last_run = ?""",
            [(stretch.before, *key, OPEN) for key in sorted(open_ones.keys() - same)],
        )
        transaction.run_many(
            """UPDATE result SET message = ?
            WHERE artifact = ? AND check_name = ? AND number = ? AND chained = 1 AND last_run = ?""",
            [(now[key][2], *key, OPEN) for key in sorted(same) if open_ones[key][2] != now[key][2]],
        )
    transaction.run_many(
        """INSERT INTO result (artifact, check_name, number, chained, first_run, last_run, since, status, severity, message)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [(*key, int(stretch.chained), stretch.run, stretch.last, stretch.at, *now[key]) for key in sorted(changed)],
    )


def forget_runs(transaction: Transaction, before: datetime) -> None:
    """Forget runs that were kept before a time, and what only they said; what still holds keeps its ``since``."""
    gone = transaction.run("DELETE FROM run WHERE recorded_at < ? RETURNING id", (microseconds_of(before),))
    if not gone:
        return
    oldest = transaction.run("SELECT COALESCE(MIN(id), ?) FROM run", (OPEN,))[0][0]
    transaction.run("DELETE FROM verdict WHERE last_run < ?", (oldest,))
    transaction.run("DELETE FROM result WHERE last_run < ?", (oldest,))
    transaction.run(
        "DELETE FROM artifact WHERE id NOT IN (SELECT artifact FROM verdict) AND id NOT IN (SELECT artifact FROM result)"
    )


def past_runs(transaction: Transaction, most: int = 100) -> list[PastRun]:
    """Return the latest runs, the newest first."""
    return [_run(row) for row in transaction.run(_LATEST_RUNS, (most,))]


def past_verdicts(transaction: Transaction, artifact: KeptArtifact, most: int = 20) -> list[PastVerdict]:
    """Return the verdicts on an artifact in the latest runs that judged it, the newest first."""
    rows = transaction.run(_VERDICTS, (*map(storable, artifact), most))
    return [PastVerdict(_run(row[:-2]), row[-2], moment_of(row[-1])) for row in rows]


def past_results(transaction: Transaction, run: PastRun) -> list[tuple[KeptResult, datetime]]:
    """Return what a run said, and since when each of it holds."""
    rows = transaction.run(
        """SELECT kind, path, name, check_name, number, status, severity, message, since FROM result
        JOIN artifact ON artifact.id = result.artifact
        WHERE chained = ? AND first_run <= ? AND last_run >= ?""",
        (int(run.chained), run.id, run.id),
    )
    rows.sort(key=lambda row: row[:5])  # here: which letter comes first is every database's own opinion
    return [(KeptResult(KeptArtifact(*row[:3]), row[3], *row[5:8]), moment_of(row[8])) for row in rows]


def _run(row: Sequence[object]) -> PastRun:
    number, recorded, evaluated, seconds, environment, status, complete, narrowed, chained, *counts = row
    whole = (number, status, *counts)
    if not all(isinstance(n, int) for n in whole) or not isinstance(seconds, int | float):
        raise Damage(f"a run is {row!r}")
    return PastRun(
        moment_of(recorded),
        moment_of(evaluated),
        float(seconds),
        str(environment),
        int(str(status)),
        bool(complete),
        bool(narrowed),
        {name: int(str(number)) for name, number in zip(_COUNTS, counts, strict=True)},
        int(str(number)),
        bool(chained),
    )
