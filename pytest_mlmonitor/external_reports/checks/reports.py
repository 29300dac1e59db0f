"""What other tools say, and how long ago they said it (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.times import WIDEST_ZONE
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.external_reports.model import MAX_AGE_SECONDS, ExternalReport
from pytest_mlmonitor.external_reports.report_words import titled
from pytest_mlmonitor.links.time_order import not_ahead

_WORDS = {"drift": "drift report", "quality": "quality report", "evaluation": "evaluation", "audit": "audit row"}


@check("external_report", category="quality")
def reports_ok(report: ExternalReport, context: Context) -> Iterator[Finding]:
    """The report finds nothing wrong."""
    if report.passed is None and not report.said:
        raise NotChecked("the report does not say whether anything is wrong")
    yield from report.said


@check("external_report", category="freshness")
def report_fresh(report: ExternalReport, context: Context) -> Iterator[Finding]:
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
    for severity, limit, origin in _limits(context):
        late = age - limit
        if late > 0:
            doubtful = not report.zoned and late <= WIDEST_ZONE.total_seconds()
            yield Finding(
                Severity.WARNING if doubtful else severity,
                f"STALE: the {title} is {duration(age)} old, allowed {duration(limit)}: nothing was reported since",
                f"a report at most {duration(limit)} old ({origin})",
                f"{round(age, 1)} s, made {instant(report.at)}",
                "generated_at",
                place,
            )
            return


def _limits(context: Context) -> Iterator[tuple[Severity, float, str]]:
    """Yield the limits of the age, the severest first: those of datasets, which hold for the whole platform, are none."""
    wider = (context.policy or context.platform.settings).freshness
    own = context.settings.freshness
    if own is wider or own == wider:
        yield Severity.ERROR, MAX_AGE_SECONDS, "12 h unless an override says freshness"
        return
    if own.limit is not None:
        yield Severity.ERROR, own.limit, context.settings.origin("freshness.max_age_seconds")
    if own.warn_after is not None:
        yield Severity.WARNING, own.warn_after, context.settings.origin("freshness.warn_after")
