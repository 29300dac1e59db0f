"""The hour of a local time whose clocks go forward and back by a law that is not known here."""

from __future__ import annotations

import numpy as np

from pytest_mlmonitor.tables.arrays.vectors import Rows
from pytest_mlmonitor.tables.drift.calendar.observations import Observations
from pytest_mlmonitor.tables.drift.calendar.time_parts import DAY, HOUR

DAYS = 14
"""Days that there must be."""


def local_hours(observations: Observations) -> bool:
    """Return whether a feature is the hour of the day, from 0 or 1, by clocks that were changed by an hour.

    Rule C of the notes on drift statistics, section 6: on each day it is ahead of UTC by one difference, and there are at most
    two of them.
    """
    values = observations.values
    if values is None or observations.span < DAYS * DAY - HOUR or len(np.unique(values)) < 3:
        return False
    whole = np.array_equal(np.round(values), values)
    low, high = (float(values.min()), float(values.max())) if whole else (-1.0, -1.0)
    if low < 0 or high > 24 or high - low > 23:
        return False
    return any(_holds(observations, minutes * HOUR // 60) for minutes in (0, 30))


def _holds(observations: Observations, shift: int) -> bool:
    assert observations.values is not None
    ahead = (observations.values.astype(np.int64) - (observations.times + shift) // HOUR) % 24
    days = np.unique(observations.times // DAY, return_inverse=True)[1]
    counts = np.zeros((int(days.max()) + 1, 24), np.int64)
    np.add.at(counts, (days, ahead), 1)
    of_day = counts.argmax(axis=1)
    differences = np.unique(of_day)
    if len(differences) > 2 or (len(differences) == 2 and (differences[1] - differences[0]) % 24 not in (1, 23)):
        return False
    odd: Rows = of_day[days] != ahead
    return observations.holds(odd)
