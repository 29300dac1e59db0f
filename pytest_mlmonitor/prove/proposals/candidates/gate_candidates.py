"""Limits of the gate of promotions that a run with worse metrics would not have passed.

No check measures a metric that has no limit, so that these are read off the runs themselves: where a mutant's metric moved, the
limit lies between it and what the sound runs of the same model have. Of three runs these tell how far the next ones lie apart; of
fewer half of the way that the metric moved is left, and a tenth of it at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.margins import next_between
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

TENTH = 0.1
"""How much worse than the runs so far the next one may be where too few are known, as a share of the metric."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def gate_candidates(fault: str, ref: ArtifactRef, mutated: Artifacts, platform: Artifacts) -> Iterator[Candidate]:
    """Yield what the gate may ask of a metric: that it is compared with the champion's, then a limit of its own.

    Args:
        fault: the mutant's fault.
        ref: the artifact that it is a mutant of; nothing is yielded where it is no run.
        mutated: the artifacts with the mutant.
        platform: the sound artifacts.
    """
    was, moved = (next((run for run in one.view(Runs).all if run.ref == ref), None) for one in (platform, mutated))
    if was is None or moved is None:
        return
    gate = platform.settings_of(was.ref, was).promotion
    changed = [name for name, value in was.metrics.items() if moved.metrics.get(name, value) != value]
    for name in sorted(changed, key=lambda name: not name.endswith(gate.metric)):
        before, after = was.metrics[name], moved.metrics[name]
        if not math.isfinite(before) or not math.isfinite(after):
            continue
        better = "lower" if after > before else "higher"
        if better_side(name) not in (None, better):
            continue
        if not name.endswith(gate.metric):
            yield _candidate(fault, {"metric": name, "better": better})
        limit = _limit([one.metrics[name] for one in _alike(was, platform) if name in one.metrics], before, after)
        if min(before, after) < limit < max(before, after):
            yield _candidate(fault, {"max" if better == "lower" else "min": {name: limit}})


def _alike(run: TrainingRun, platform: Artifacts) -> list[TrainingRun]:
    """Return the runs of the same model, oldest first."""
    found = [one for one in platform.view(Runs).all if one.model_name == run.model_name]
    return sorted(found, key=lambda one: one.completed_at or _LONG_AGO)


def _limit(known: list[float], before: float, after: float) -> float:
    """Return what the next runs keep, with two or three digits, rounded away from the sound ones."""
    up = after > before
    found = next_between(known)
    room = min(abs(after - before) / 2, TENTH * abs(before) or math.inf)
    limit = before + (room if up else -room) if found is None else found[1] if up else found[0]
    step = 10.0 ** (math.floor(math.log10(abs(limit) or 1.0)) - 2)
    return round((math.ceil if up else math.floor)(limit / step) * step, 12)


def _candidate(fault: str, gate: dict[str, Any]) -> Candidate:
    return Candidate(frozenset({fault}), override={"promotion": gate})
