"""Keys of the policy whose limits a mutant stays within, though what it measures has moved far: tighter ones.

Checks say what they measured against which limit, and which key of the policy that limit is from. Where a mutant moved such a
value away from that of the sound artifact, a limit between the two would notice it. How far it may move without a fault is told
by the other sound artifacts of the same kind (earlier versions, runs, days): :func:`.margins.next_between`; where there are too
few of them, by half the value itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.margins import next_between

SECTIONS = ("freshness", "serving", "quality", "drift", "performance", "promotion")
"""Sections of the policy that differ from artifact to artifact."""

ROOM = 0.5
"""How far a value of which too few others are known may move, as a share of itself."""

SHARE_FLOOR = 0.01
"""The least standard deviation of a share from artifact to artifact."""


def policy_candidates(fault: str, ref: ArtifactRef, sound: RunRecord, mutated: RunRecord) -> Iterator[Candidate]:
    """Yield tighter limits, those first whose values moved furthest.

    Args:
        fault: the mutant's fault.
        ref: the artifact that it is a mutant of.
        sound: the sound artifacts, judged.
        mutated: the same with the mutant.
    """
    before = {_place(nodeid, one): one for nodeid, one, _ in _measures(sound)}
    found: list[tuple[float, Candidate]] = []
    for nodeid, one, at in _measures(mutated):
        was = before.get(_place(nodeid, one))
        if at != ref or was is None or was.direction != one.direction:
            continue
        moved = one.value - was.value if one.direction == "above" else was.value - one.value
        if moved <= 0:
            continue
        alike = [m.value for _, m, other in _measures(sound) if (m.what, m.keys) == (one.what, one.keys)]
        limit = _limit(one, was, alike)
        if (limit < one.value) if one.direction == "above" else (limit > one.value):
            for key in one.keys:
                override = _override(key, limit)
                if override is not None:
                    ratio = moved / (abs(was.value) or 1.0)
                    found.append((ratio, Candidate(frozenset({fault}), override=override, column=one.column)))
    yield from (candidate for _, candidate in sorted(found, key=lambda pair: -pair[0]))


def _measures(record: RunRecord) -> Iterator[tuple[str, Measure, ArtifactRef]]:
    for nodeid, result in record.results:
        yield from ((nodeid, one, result.ref) for one in result.measures if one.keys)


def _place(nodeid: str, one: Measure) -> tuple[Any, ...]:
    return nodeid, one.what, one.column, one.keys


def _limit(one: Measure, was: Measure, alike: Sequence[float]) -> float:
    """Return the limit that leaves the sound value room."""
    found = next_between(alike, SHARE_FLOOR if one.unit == "share" else 0.0)
    if found is not None:
        low, high = found
    else:
        room = max(ROOM * abs(was.value), 2 * SHARE_FLOOR if one.unit == "share" else 0.0)
        low, high = was.value - room, was.value + room
    least = abs(was.value) * ROOM / 5
    return _outwards(max(high, was.value + least) if one.direction == "above" else min(low, was.value - least), one)


def _outwards(limit: float, one: Measure) -> float:
    """Return a limit with two digits, rounded away from what is sound."""
    if not limit:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(limit))) - 1)
    return round((math.ceil if one.direction == "above" else math.floor)(limit / step) * step, 12)


def _override(key: str, limit: float) -> dict[str, Any] | None:
    section, _, rest = key.partition(".")
    if section not in SECTIONS or not rest:
        return None
    side, _, metric = rest.partition(".")
    if section == "promotion" and side in ("min", "max") and metric:
        return {section: {side: {metric: limit}}}
    return {section: {rest: int(limit) if limit == int(limit) else limit}}
