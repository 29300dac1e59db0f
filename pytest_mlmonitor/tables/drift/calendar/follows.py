"""Whether a feature follows the calendar (specification 2.5): the decision over a sample of rows."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_mlmonitor.tables.drift.calendar.formulas import formulas, proves, suggests
from pytest_mlmonitor.tables.drift.calendar.local_hours import local_hours
from pytest_mlmonitor.tables.drift.calendar.moments import DAY
from pytest_mlmonitor.tables.drift.calendar.observations import Observations
from pytest_mlmonitor.tables.drift.calendar.replication import replicated


@dataclass(frozen=True)
class Follows:
    """What a feature is of the event time.

    Attributes:
        said: what it is, in words that go on with "of" and the column of the event time.
        how: how it is written, in which time, or how often it was seen; may be empty.
        rows: rows of the sample that show it.
        versions: versions of the table that they are of.
        days: how long they span.
        certain: whether they span long enough that it is no accident; else the feature equals a formula in the few days there
            are.
    """

    said: str
    how: str
    rows: int
    versions: int
    days: float
    certain: bool


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
