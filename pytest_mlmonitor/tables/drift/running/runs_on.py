"""Whether a column runs on from version to version, by its course in each: that new values lie beyond the old ones is then sound.

It runs on where its values rise along the rows and from version to version, at a pace that stays: a unit that is another, or a
number of another series, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.tables.drift.running.courses import Course

RISING = 0.98
"""Share of the rows that go on from the row before: late rows are few."""

PACE = 30.0
"""How many times further than before a version may lie: a sequence skips numbers, a table its quiet days."""

SPREAD = 5.0
"""By what factor both the width of its values and their number for each row may change."""

FEW = 20
"""Fewer different values are steps, and no course."""

DENSE = 10.0
"""Whole numbers of a row at most where no order of the rows shows that they are counted on."""


@dataclass(frozen=True)
class RunsOn:
    """How a column runs on.

    Attributes:
        said: in words.
        certain: whether there are enough versions that it is no accident.
    """

    said: str
    certain: bool

    def excused(self, finding: Finding) -> Finding:
        """Return what is left of a finding about the column's values: information, at most a warning where not certain."""
        name = bare(finding.column or "the column")
        if self.certain:
            message = f"{name} runs on: {self.said}. By its figures alone: {finding.message}"
            return replace(finding, severity=Severity.INFO, message=message)
        message = (
            f"{finding.message}. At most a warning: it seems to run on ({self.said}), which two versions are too few to show; "
            "drift.excluded leaves such a column out"
        )
        return replace(finding, severity=min(finding.severity, Severity.WARNING), message=message)


def runs_on(
    before: Sequence[Course], reference: Sequence[Course], now: Course, *, steps: int = 1, named: bool = False
) -> RunsOn | None:
    """Return how a column runs on, None where it does not.

    Args:
        before: its courses in the versions before the reference, the oldest first.
        reference: in what the version is compared with.
        now: in the version that is judged.
        steps: how many versions the version lies after the reference.
        named: whether it is called like something that is counted on.
    """
    if not reference:
        return None
    if now.text is not None or any(one.text is not None for one in (*before, *reference)):
        return _own_text([*before, *reference, now], named=named)
    if now.epoch is not None and all(one.epoch == now.epoch for one in reference):
        return RunsOn(f"times in {now.epoch}, near the event time of each row", certain=True)
    if all(one.low == one.high for one in (*before, *reference, now)):
        return _own_number(before, reference, now, steps, named=named)
    return _rising(before, reference, now, steps)


def _own_text(every: Sequence[Course], *, named: bool) -> RunsOn | None:
    """Return how texts run on of which every version has one of its own."""
    texts = {one.text for one in every}
    if None in texts or len(texts) < len(every) or (len(every) < 3 and not named):
        return None
    return RunsOn(f"every one of the {len(every)} versions has a value of its own", certain=len(every) > 2)


def _own_number(
    before: Sequence[Course], reference: Sequence[Course], now: Course, steps: int, *, named: bool
) -> RunsOn | None:
    """Return how numbers run on of which every version has one of its own."""
    *earlier, newest = sorted({_high(one) for one in (*before, *reference)})
    values, value = [*earlier, newest], _high(now)
    if value <= newest or not now.whole or len(values) < len(before) + len(reference):
        return None
    if not earlier:
        return RunsOn(f"from {newest:g} to {value:g}", certain=False) if named and value <= 2 * newest else None
    pace = max(later - one for one, later in pairwise(values))
    if value - newest > PACE * steps * pace:
        return None
    return RunsOn(f"every version has a number of its own, from {values[0]:g} to {value:g}", certain=True)


def _rising(before: Sequence[Course], reference: Sequence[Course], now: Course, steps: int) -> RunsOn | None:
    """Return how numbers run on that rise along the rows, or are counted without an order."""
    if now.distinct < FEW or any(one.distinct < FEW for one in reference):
        return None
    if not all(_goes_on(one, now) and _alike(one, now) for one in reference):
        return None
    reach = max(map(_width, reference)) * PACE * steps
    if any(_high(now) - _high(one) > reach for one in reference):
        return None
    every = (*reference, now)
    whole, ordered = all(one.whole for one in every), all(one.rising >= RISING for one in every)
    if not ordered and not (whole and all(_counted(one) for one in every) and _apart(reference, now)):
        return None
    first = min(reference, key=_low)
    goes = [_goes_on(one, first) and (ordered or _apart([one], first)) for one in before]
    shown = bool(goes) and sum(goes) * 2 >= len(goes)
    said = f"from {_low(first):.15g} … {max(map(_high, reference)):.15g} to {_low(now):.15g} … {_high(now):.15g}"
    if shown:
        return RunsOn(f"{said}, as it did from version to version before", certain=True)
    if goes or not whole:
        return None
    return RunsOn(said, certain=_follows(reference, now))


def _goes_on(one: Course, later: Course) -> bool:
    return _low(later) >= _low(one) and _high(later) > _high(one)


def _alike(one: Course, other: Course) -> bool:
    """Return whether the values of two versions are as wide, or as many for a row: another unit changes both."""
    width = _width(other) / _width(one)
    dense = width * one.rows / other.rows
    return any(1 / SPREAD <= change <= SPREAD for change in (width, dense))


def _counted(one: Course) -> bool:
    """Return whether whole numbers are many, and near one another, as those that are counted are."""
    return one.distinct >= one.rows / DENSE and _width(one) <= one.distinct * DENSE


def _apart(reference: Iterable[Course], now: Course) -> bool:
    return all(_low(now) > _high(one) for one in reference)


def _follows(reference: Sequence[Course], now: Course) -> bool:
    """Return whether a version begins where the one before it ends."""
    return any(0 < _low(now) - _high(one) <= max(1.0, _width(one) / 20) for one in reference)


def _width(one: Course) -> float:
    return max(_high(one) - _low(one), 1.0)


def _low(one: Course) -> float:
    return one.low if one.low is not None else 0.0


def _high(one: Course) -> float:
    return one.high if one.high is not None else 0.0
