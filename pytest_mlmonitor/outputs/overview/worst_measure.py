"""The one value that says how bad an artifact is, or how much room it has left."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.result import VERDICTS, CheckResult


def worst_measure(results: Sequence[CheckResult]) -> tuple[str, Measure] | None:
    """Return the check and the measure that is farthest beyond its limit, or has the least room left.

    Of an artifact that is not fine only its failing checks are asked, the worst verdict first, and only values that are beyond
    their limit: nothing that passes may look as if it were the reason. Of one that is fine no value that is beyond counts: a
    finding may have been accepted.

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
    _, check, measure = max(found, key=lambda one: one[0])  # the first of equals
    return check, measure
