"""Whether a feature follows the calendar (specification 2.5): the decision over a sample of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytest_mlmonitor.tables.drift.calendar.follows import Follows
from pytest_mlmonitor.tables.drift.calendar.formulas import formulas, proves, suggests
from pytest_mlmonitor.tables.drift.calendar.local_hours import local_hours
from pytest_mlmonitor.tables.drift.calendar.observations import Observations
from pytest_mlmonitor.tables.drift.calendar.replication import replicated
from pytest_mlmonitor.tables.drift.calendar.taken import Taken
from pytest_mlmonitor.tables.drift.calendar.time_parts import DAY

Sampled = Sequence[tuple[int, Taken]]
"""Rows of versions, which are numbered from 0: those that are judged first."""


def following(sampled: Sampled, judged: int, features: Sequence[str]) -> dict[str, Follows]:
    """Return which of ``features`` follow the calendar.

    Args:
        sampled: rows of every version that lies there.
        judged: how many of them are compared: the first ones.
        features: column names.
    """
    found = {}
    for feature in features:
        observations = _observations(sampled, judged, feature)
        what = follows(observations) if observations is not None else None
        if what is not None:
            found[feature] = what
    return found


def _observations(sampled: Sampled, judged: int, feature: str) -> Observations | None:
    """Return the rows of a feature in those versions in which it is what it is in the first: numbers or texts."""
    have = [(number, one) for number, one in sampled if feature in one.columns and len(one.times)]
    if not have or have[0][0] != 0:
        return None
    texts = isinstance(have[0][1].columns[feature], tuple)
    have = [(number, one) for number, one in have if isinstance(one.columns[feature], tuple) == texts]
    times = np.concatenate([one.times for _, one in have])
    versions = np.concatenate([np.full(len(one.times), number, np.int64) for number, one in have])
    if texts:
        words = [word for _, one in have for word in one.columns[feature]]
        return Observations.of_texts(times, versions, words, range(judged))
    return Observations.of_numbers(
        times, versions, np.concatenate([one.columns[feature] for _, one in have]), range(judged)
    )


def follows(observations: Observations) -> Follows | None:
    """Return what a feature is of the event time, None where it is nothing of it.

    Known formulas first: they say most. Then local hours, then whatever comes again in every cycle.
    """
    if not observations.usable:
        return None
    likely: Follows | None = None
    for formula in formulas(observations):
        said, how = f"the {formula.part.name}", "" if observations.words else formula.how
        seen = proves(formula, observations)
        if seen is not None:
            return _follows(said, how, seen, certain=True)
        seen = suggests(formula, observations) if likely is None else None
        if seen is not None:
            likely = _follows(said, how, seen, certain=False)
    if local_hours(observations):
        return _follows("the hour", "in local time with summer time", observations, certain=True)
    found = replicated(observations)
    if found is not None:
        return _follows(f"a function of the {found.place.name}", found.how, found.observations, certain=True)
    return likely


def _follows(said: str, how: str, seen: Observations, *, certain: bool) -> Follows:
    return Follows(said, how, len(seen.times), len(set(seen.versions.tolist())), seen.span / DAY, certain)
