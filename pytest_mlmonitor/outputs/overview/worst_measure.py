"""The one value that says how bad an artifact is, or how much room it has left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.result import VERDICTS, CheckResult

LEAST: Final = 0.05
"""Part of its limit that a value of something fine must reach to be worth a place; an age is of interest however small."""


def worst_measure(results: Sequence[CheckResult]) -> tuple[str, Measure] | None:
    """Return the check and the measure that is farthest beyond its limit, or has the least room left.

    Of an artifact that is not fine only its failing checks are asked, the worst verdict first, and only values that are beyond
    their limit: nothing that passes may look as if it were the reason. Of one that is fine no value that is beyond counts: a
    finding may have been accepted, and a value that is nowhere near its limit is asked last: 5,000 rows of at least 1 say nothing.

    Args:
        results: of one artifact.

    Returns:
        None where no number says it.
    """
    verdict = min((result.verdict for result in results), key=VERDICTS.index, default="ok")
    bad = verdict != "ok"
    found = [
        (measure.ratio if measure.ratio is not None else float("inf"), result.check, measure)
        for result in results
        if result.status in ("pass", "fail") and (not bad or result.verdict == verdict)
        for measure in result.measures
        if measure.is_beyond == bad and (bad or measure.ratio is not None)
    ]
    if not found:
        return None
    telling = [one for one in found if bad or one[0] >= LEAST or one[2].what == "age"]
    _, check, measure = max(telling or found, key=lambda one: one[0])  # the first of equals
    return check, measure
