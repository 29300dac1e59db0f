"""Drift of predictions against those before them: classes and scores (specification 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pytest_mlmonitor.core.acceptance import rule_for
from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.links.drift.chains import Chains, History
from pytest_mlmonitor.links.drift.distributions import of_comparison
from pytest_mlmonitor.links.drift.drift_measures import drift_measures
from pytest_mlmonitor.links.drift.version_chain import VersionChain, Versions
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding, Compared, Reference, VersionComparison
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs, Order
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import MIN_ROWS, FeatureDrift
from pytest_mlmonitor.tables.drift.verdict import judged_distributions
from pytest_mlmonitor.tables.drift.wording import finding
from pytest_mlmonitor.tables.logs.form import DAY, GatheredLog, LogPeriod, together
from pytest_mlmonitor.tables.reader.client import TableReader

_OF_TESTS = (("y_pred", "categorical"), ("y_score", "numeric"))

CHUNKS = (1, 7)
"""Days of a log that are one version of it: a day, or a week where a day holds too few predictions."""

LOOKS = 7
"""Looks in a week at a growing log: chance is asked of them as of one family, so that a sound one that is judged every day is
in at most one week of twenty taken to have drifted."""


@check(
    "predictions",
    category="drift",
    compares=True,
    action="Compare inputs and model version with the days before",
)
def prediction_drift(predictions: Predictions, context: Context) -> Iterator[Said]:
    """Classes and scores are distributed as in the predictions before: PSI and KS distance stay below ``drift.*``."""
    order = context.view(Order)
    history = History(order.versions(predictions), order.moment, order.moment)
    found = context.link(Chains).judged(history, PREDICTIONS, context)
    if found is None and predictions.log:
        found = _with_itself(predictions, context)
    if found is None:
        raise NotChecked("no reference: no earlier test predictions under the roots")
    yield from found.figures
    yield from PREDICTIONS.said(predictions, found, context)
    yield from PREDICTIONS.drawn(predictions, found, context)
    if found.reason is not None:
        raise NotChecked(found.reason)


def _of_predictions(
    predictions: Predictions, reference: Reference, context: Context
) -> Iterator[ColumnFinding | Figure | FeatureDrift]:
    yield from _said(_compared(predictions, reference, context), predictions, reference, context)


def _said(
    found: Sequence[FeatureDrift],
    predictions: Predictions,
    reference: Reference,
    context: Context,
    words: str = "",
    looks: int = 1,
) -> Iterator[ColumnFinding | Figure | FeatureDrift]:
    yield from found
    for one in found:
        for statistic, value in one.statistics():
            yield Figure(statistic, one.feature, value)
    place, limits = shown(predictions.ref.path), DriftLimits.of(context.settings)
    for moved in judged_distributions(found, limits, checks=looks):
        said = finding(moved, limits, str(reference), place)
        yield ColumnFinding(replace(said, message=said.message + words), moved.figure)
    if all(one.reason is not None for one in found):
        reasons = listing([str(one.reason) for one in found], 2)
        raise NotChecked(f"nothing could be compared with {reference.name}: {reasons}")
    for one in found:
        if one.reason is not None:
            message = f"{bare(one.feature)} is not compared with {reference.name}: {one.reason}"
            yield ColumnFinding(Finding(Severity.INFO, message, None, one.reason, one.feature, place))


def _drawn(_: Predictions, found: Compared, context: Context) -> Iterator[Measure | Picture]:
    """Yield how far classes and scores are from their limits, and what those look like that are beyond them."""
    limits = DriftLimits.of(context.settings)
    drifts = [one.drift for one in found.moved if isinstance(one.drift, FeatureDrift)]
    yield from drift_measures(drifts, found.changes, limits)
    yield from of_comparison(found, limits)


PREDICTIONS = VersionComparison("prediction_drift", _of_predictions, drawn=_drawn)


def _compared(predictions: Predictions, reference: Reference, context: Context) -> list[FeatureDrift]:
    if not predictions.log:
        return context.view(TableReader).drift(
            predictions.ref.path, reference.paths, _OF_TESTS, distances=context.settings.drift.distances
        )
    logs = context.view(Logs)
    mine, theirs = logs.of(predictions), [logs.of(one) for one in reference.versions]
    numbers = mine.continuous or any(log.continuous for log in theirs)
    return _periods(mine, mine.whole, [log.whole for log in theirs], context, numbers=numbers)


def _periods(
    log: GatheredLog, mine: LogPeriod, others: Sequence[LogPeriod], context: Context, *, numbers: bool
) -> list[FeatureDrift]:
    from pytest_mlmonitor.tables.drift.compare import compare_classes, compare_numbers  # numpy: for logs alone

    theirs, extra = together(others), context.settings.drift.distances
    predicted = log.names.get("predicted_class", "predicted_class")
    confidence = log.names.get("confidence", "confidence")
    if numbers:
        found = [compare_numbers(predicted, _numbers(mine), _numbers(theirs), extra=extra)]
        if "confidence" not in log.names:
            return found
    elif "predicted_class" not in log.names:
        found = []
    else:
        found = [compare_classes(predicted, mine.classes, theirs.classes, extra=extra)]
    return [*found, compare_numbers(confidence, mine.confidences, theirs.confidences, extra=extra)]


def _numbers(period: LogPeriod) -> Sequence[float]:
    """Return the predictions that are numbers, also where whole numbers were counted as classes."""
    if period.values or not period.classes:
        return period.values
    return [float(name) for name, rows in period.classes.items() if _is_number(name) for _ in range(rows)]


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


# -- one growing log: its days are its versions -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A day or a week of a log."""

    predictions: Predictions
    log: GatheredLog
    period: LogPeriod
    name: str


def _with_itself(predictions: Predictions, context: Context) -> Compared:
    """Compare the newest day of a log that is over with the days before it.

    Raises:
        NotChecked: there are not two such days.
    """
    log = context.view(Logs).of(predictions)
    if not log.days:
        raise NotChecked(
            "no reference: no earlier log of this name (but for its digits) under the roots, and no entry says when it was made"
        )
    for days in _chunks(predictions):
        periods = [one for one in log.closed(context.now, days) if one.rows >= MIN_ROWS][-context.settings.versions :]
        if len(periods) > 1:
            break
    else:
        raise NotChecked(
            "no reference: no earlier log of this name (but for its digits) under the roots, and the log holds fewer than two "
            f"days (or weeks) that are over with {MIN_ROWS} predictions"
        )
    parts = [_Part(predictions, log, one, _name(one, days)) for one in periods]

    def compare(place: int, others: tuple[int, ...]) -> Compared:
        return DAYS.of(parts[place], _reference([parts[other] for other in others], place - 1 in others), context)

    def error(place: int, found: Compared) -> bool:
        return any(one.severity >= Severity.ERROR for one in DAYS.said(parts[place], found, context))

    def accepted(place: int, found: Compared) -> bool:
        left = [one for one in DAYS.said(parts[place], found, context) if rule_for(one, DAYS.check, context) is None]
        return not any(one.severity >= Severity.ERROR for one in left)

    versions = Versions([one.start for one in periods], lambda place: _middle(periods[place]), lambda _: True)
    found = VersionChain(versions, compare, error, accepted).judged(len(parts) - 1)
    assert found is not None
    return found


def _of_part(part: _Part, reference: Reference, context: Context) -> Iterator[ColumnFinding | Figure | FeatureDrift]:
    others = [one.period for one in reference.versions]
    found = _periods(part.log, part.period, others, context, numbers=part.log.continuous)
    yield from _said(found, part.predictions, reference, context, f"; these are the predictions of {part.name}", LOOKS)


DAYS = VersionComparison("prediction_drift", _of_part)


def _reference(parts: Sequence[_Part], last: bool) -> Reference:
    names = listing([part.name for part in parts], 4)
    if len(parts) == 1:
        why = "the day before" if last else "the newest one without a fault before it"
        return Reference(
            (), names, why if not names.startswith("the week") else why.replace("day", "week"), tuple(parts)
        )
    return Reference((), f"{len(parts)} days together", f"at the same place of the cycle: {names}", tuple(parts))


def _chunks(predictions: Predictions) -> tuple[int, ...]:
    """Return of how many days a version of a log is: weeks where its source says so, else the first that hold enough."""
    chunk = None if predictions.declared is None else predictions.declared.sourced.source.chunk
    return CHUNKS if chunk != CHUNKS[-1] * DAY.total_seconds() else CHUNKS[-1:]


def _name(period: LogPeriod, days: int) -> str:
    assert period.start is not None
    return f"{'the week from ' if days > 1 else ''}{period.start:%Y-%m-%d}"


def _middle(period: LogPeriod) -> datetime | None:
    return None if period.start is None or period.end is None else period.start + (period.end - period.start) / 2
