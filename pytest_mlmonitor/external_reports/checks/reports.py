"""What other tools say, and how long ago they said it (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.times import WIDEST_ZONE
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.external_reports.model import MAX_AGE_SECONDS, ExternalReport
from pytest_mlmonitor.external_reports.report_words import titled
from pytest_mlmonitor.links.time_order import not_ahead

_WORDS = {"drift": "drift report", "quality": "quality report", "evaluation": "evaluation", "audit": "audit row"}


@check("external_report", category="quality", action="Open the report, and repair what it names")
def reports_ok(report: ExternalReport, context: Context) -> Iterator[Finding]:
    """The report finds nothing wrong."""
    if report.passed is None and not report.said:
        raise NotChecked("the report does not say whether anything is wrong")
    yield from report.said


@check("external_report", category="freshness", action="Start the job that writes the report")
def report_fresh(report: ExternalReport, context: Context) -> Iterator[Said]:
    """The report was made at most 12 h ago, or as long ago as the policy allows it, and not in the future."""
    if report.at is None:
        raise NotChecked("nothing says when the report was made")
    place = shown(report.ref.path)
    age = (context.now - report.at).total_seconds()
    if age < 0:
        # What has no zone is ahead only where it is so in every zone.
        if report.zoned or report.at - WIDEST_ZONE > context.now:
            yield from not_ahead("generated_at", report.at, context, place, " of the report")
        return
    if not report.repeated:
        raise NotChecked("a version is evaluated once: its evaluation grows no older than the version")
    title = titled(_WORDS[report.form], report.subject, None if report.at is None else report.at)
    limits = list(_limits(context))
    if limits:
        broken = [one for one in limits if age > one.seconds]
        limit = broken[0] if broken else min(limits, key=lambda one: one.seconds)
        yield Measure("age", age, limit.seconds, "seconds", keys=limit.keys)
    for severity, allowed, origin, keys, thresholds in limits:
        late = age - allowed
        if late > 0:
            doubtful = not report.zoned and late <= WIDEST_ZONE.total_seconds()
            yield Finding(
                Severity.WARNING if doubtful else severity,
                f"STALE: the {title} is {duration(age)} old, allowed {duration(allowed)}: nothing was reported since",
                f"a report at most {duration(allowed)} old ({origin})",
                f"{round(age, 1)} s, made {instant(report.at)}",
                "generated_at",
                place,
                keys=keys,
                thresholds=thresholds,
            )
            return


class _Limit(NamedTuple):
    severity: Severity
    seconds: float
    origin: str
    keys: tuple[str, ...] = ()
    thresholds: tuple[ThresholdOrigin, ...] = ()


# The key of the whole platform is for datasets, and changing it would change nothing here.
_ITS_OWN = ThresholdOrigin(
    "default", "overrides[].freshness.max_age_seconds", str(MAX_AGE_SECONDS), str(MAX_AGE_SECONDS)
)


def _limits(context: Context) -> Iterator[_Limit]:
    """Yield the limits of the age, the severest first: those of datasets, which hold for the whole platform, are none."""
    wider = (context.policy or context.platform.settings).freshness
    own = context.settings.freshness
    if own is wider or own == wider:
        yield _Limit(Severity.ERROR, MAX_AGE_SECONDS, "12 h unless an override says freshness", thresholds=(_ITS_OWN,))
        return
    if own.limit is not None:
        key = "freshness.max_age_seconds"
        yield _Limit(Severity.ERROR, own.limit, context.settings.origin(key), (key,))
    if own.warn_after is not None:
        key = "freshness.warn_after"
        yield _Limit(Severity.WARNING, own.warn_after, context.settings.origin(key), (key,))
