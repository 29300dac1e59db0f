"""The one value that says how bad an artifact is, or how much room it has left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.result import CheckResult, worst_verdict

LEAST: Final = 0.05
"""Part of its limit that a value of something fine must reach to be worth a place; an age is of interest however small."""


def worst_measure(results: Sequence[CheckResult]) -> tuple[str, Measure] | None:
    """Return the check and the measure that is farthest beyond its limit, or has the least room left.

    Of an artifact that is not fine only the checks that fail as badly are asked, and only values that are beyond their limit:
    nothing that passes may look as if it were the reason. The first check that has such a value decides, in the order of the
    headline: the number belongs to the words beside it. Of one that is fine no value that is beyond counts: a finding may have
    been accepted, and a value that is nowhere near its limit is asked last: 5,000 rows of at least 1 say nothing.

    Args:
        results: of one artifact, in the order of its record: the worst first.

    Returns:
        None where no number says it.
    """
    verdict = worst_verdict(result.verdict for result in results)
    if verdict == "ok":
        return _least_room(results)
    for result in results:
        beyond = [measure for measure in result.measures if measure.is_beyond and result.verdict == verdict]
        if beyond:
            return result.check, max(beyond, key=_how_bad)
    return None


def _least_room(results: Sequence[CheckResult]) -> tuple[str, Measure] | None:
    found = [
        (result.check, measure)
        for result in results
        if result.status == "pass"
        for measure in result.measures
        if not measure.is_beyond and measure.ratio is not None
    ]
    telling = [one for one in found if _how_bad(one[1]) >= LEAST or one[1].what == "age"]
    return max(telling or found, key=lambda one: _how_bad(one[1]), default=None)


def _how_bad(measure: Measure) -> float:
    return measure.ratio if measure.ratio is not None else math.inf
