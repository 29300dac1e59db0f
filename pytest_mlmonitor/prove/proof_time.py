"""The evaluation time of a proof: mutants ask of the suite, not of how old the data happen to be today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.notices import red
from pytest_mlmonitor.prove.workbench import Workbench
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.views import Deployments

AFTER = timedelta(minutes=1)
"""How long after the newest data a proof is evaluated where they are no longer fresh by the clock."""


@dataclass(frozen=True)
class ProofTime:
    """When mutants are judged, and the sound data as they are judged then.

    Attributes:
        now: the evaluation time, UTC.
        because: why it is not the clock's, in words; empty where it is, or somebody chose it.
        platform: the sound artifacts.
        sound: what the suite says of them.
    """

    now: datetime
    because: str
    platform: Platform
    sound: RunRecord


def proof_time(bench: Workbench, now: datetime | None, platform: Artifacts) -> ProofTime:
    """Return the time at which less of the sound data is red: the clock's, or one shortly after the newest of them.

    Args:
        bench: holds the sound data of the first group; its time becomes the one that is chosen.
        now: the time that somebody chose, None without.
        platform: everything that lies below the roots.
    """
    clock = datetime.now(UTC).replace(microsecond=0)
    chosen = judged_at(bench, now or clock)
    hidden = red(chosen.sound, bench.settings) if now is None else []
    newest = max((one for one in _moments(platform) if one <= clock), default=None) if hidden else None
    if newest is not None and newest + AFTER < clock:
        because = f"by the clock the data are not fresh; this is shortly after the newest of them, of {instant(newest)}"
        then = judged_at(bench, newest + AFTER, because)
        chosen = then if len(red(then.sound, bench.settings)) < len(hidden) else chosen
    bench.now = chosen.now
    return chosen


def judged_at(bench: Workbench, now: datetime, because: str = "") -> ProofTime:
    """Return what the suite says of the sound data on a workbench at a time, which becomes its time."""
    bench.now = now
    platform = bench.platform()
    return ProofTime(now, because, platform, judge(platform))


def _moments(platform: Artifacts) -> Iterator[datetime]:
    """Yield when data were made, or when what they tell of happened."""
    found: list[Any] = []
    for ref, artifact in platform.artifacts:
        found += [platform.kinds[ref.kind].order(artifact), getattr(artifact, "built_at", None)]
    for deployment in platform.view(Deployments).all:
        last = history_as_read(deployment).latest
        found += [last.window_end, last.heartbeat_emitted_at] if last is not None else []
        found += [event.event_time for event in deployment.events]
    yield from (one for one in found if isinstance(one, datetime) and one.tzinfo is not None)
