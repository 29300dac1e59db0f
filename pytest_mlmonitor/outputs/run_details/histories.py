"""What runs before this one said: of artifacts, of checks of them, and of the whole platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.record_details import ArtifactHistory, CheckHistory, RunPoint
from pytest_mlmonitor.core.result import VERDICTS, Verdict
from pytest_mlmonitor.core.store.database import Transaction
from pytest_mlmonitor.core.store.kept.expositions import Suite
from pytest_mlmonitor.core.store.kept.family_history import WHOLE, LastSaid, SuitePast, SuiteRun, suite_past

_BAD: Mapping[Verdict, int] = {"warned": 1, "failed": 2, "error": 2}
"""How bad verdicts are that are not fine; a check that could not run is no better and no worse than one that failed."""


@dataclass(frozen=True)
class Histories:
    """What is known of the runs before one, and of this one among them.

    Attributes:
        artifacts: what was said of each.
        checks: of each artifact, what was said by the checks that found something.
        runs: the last ones, the oldest first, this one the last.
    """

    artifacts: Mapping[ArtifactRef, ArtifactHistory]
    checks: Mapping[tuple[ArtifactRef, str], CheckHistory]
    runs: tuple[RunPoint, ...]


def kept_histories(
    transaction: Transaction,
    record: RunRecord,
    places: Mapping[ArtifactRef, str],
    verdicts: Mapping[ArtifactRef, Verdict],
    suite: Suite,
    clock: datetime,
    *,
    whole: bool,
) -> Histories:
    """Return what runs before one said, and keep what it says itself where others may go on from it.

    Args:
        transaction: of the store.
        record: of the run.
        places: by which artifacts go on from run to run; an artifact without one has no history.
        verdicts: on every artifact.
        suite: whose run it is.
        clock: what time it is.
        whole: whether it came to its end and judged everything.
    """
    said = [*verdicts.values()]
    failed, warned = sum(_BAD.get(one) == 2 for one in said), sum(one == "warned" for one in said)
    run = SuiteRun(clock, record.evaluated_at, record.exit_status, failed, warned)
    past = suite_past(transaction, suite, record.evaluated_at, clock)
    found: dict[tuple[ArtifactRef, str], Verdict] = {}
    for ref, check, verdict in _findings(record):
        before = found.get((ref, check))
        found[ref, check] = min(verdict, before, key=VERDICTS.index) if before is not None else verdict
    kept_too = whole and past.ongoing
    if kept_too:
        kept: dict[tuple[str, str], str] = {(places[ref], WHOLE): one for ref, one in verdicts.items() if ref in places}
        kept |= {(places[ref], check): one for (ref, check), one in found.items() if ref in places}
        past.keep(transaction, run, kept)
    return Histories(
        {
            ref: _of_artifact(past, places.get(ref), one, record.evaluated_at, first=kept_too)
            for ref, one in verdicts.items()
        },
        {
            (ref, check): _of_check(past, places[ref], check, one, record.evaluated_at)
            for (ref, check), one in found.items()
            if ref in places
        },
        tuple(RunPoint(*one[1:]) for one in (*past.runs, run)),
    )


def _findings(record: RunRecord) -> Iterator[tuple[ArtifactRef, str, Verdict]]:
    for _, result in record.results:
        if result.status in ("fail", "error"):
            yield result.ref, result.check, result.verdict


def _of_artifact(past: SuitePast, place: str | None, verdict: Verdict, at: datetime, *, first: bool) -> ArtifactHistory:
    """Return the history of an artifact; ``first``: where there are no runs before, the history begins with this one."""
    if place is None or not past.runs:
        since = at if first and place is not None else None
        return ArtifactHistory((*(None for _ in past.runs), verdict), since)
    before = past.last(place)
    since, runs = _standing(before, verdict, at)
    return ArtifactHistory(
        (*(cast("Verdict | None", one) for one in past.verdicts(place)), verdict),
        since,
        runs,
        _is_new(before, verdict),
        verdict == "ok" and before is not None and before.verdict in _BAD,
    )


def _of_check(past: SuitePast, place: str, check: str, verdict: Verdict, at: datetime) -> CheckHistory:
    if not past.runs:
        return CheckHistory()
    before = past.last(place, check)
    return CheckHistory(*_standing(before, verdict, at), _is_new(before, verdict))


def _standing(before: LastSaid | None, verdict: Verdict, at: datetime) -> tuple[datetime, int]:
    """Return since when a verdict holds, and for how many runs."""
    if before is None or before.verdict != verdict:
        return at, 1
    return before.since, before.runs + 1


def _is_new(before: LastSaid | None, verdict: Verdict) -> bool:
    """Return whether a verdict is worse than the one before it."""
    return _BAD.get(verdict, 0) > (_BAD.get(cast(Verdict, before.verdict), 0) if before is not None else 0)
