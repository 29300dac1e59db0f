"""The kind ``external_report``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.kind import Kind, fields
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.external_reports.model import MAX_AGE_SECONDS, ExternalReport
from pytest_mlmonitor.links.adjustments import of_reports

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _family(report: ExternalReport) -> str | None:
    """Return what the reports of one monitor have in common: another model version does not begin a series of its own."""
    said = (report.document or {}).get("model_name") if report.form != "audit" else report.subject
    named = f" {said}" if isinstance(said, str) else ""
    return f"{report.form} {family(report.ref.path.stem)}{named}" if report.repeated else None


def _order(report: ExternalReport) -> datetime | None:
    return report.at


def _links(report: ExternalReport) -> Iterator[Link]:
    for version in report.evaluation.versions if report.evaluation is not None else ():
        if version.run_id is not None:
            yield Link("evaluates", "training_run", version.run_id, location=version.location)


def _limits(report: ExternalReport, platform: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield the limit of the age, unless an override says another one: that of data is none for reports."""
    if platform.settings_of(report.ref, report).freshness == platform.settings.freshness:
        limit = MAX_AGE_SECONDS if report.repeated else None
        said = (
            "reports, unless an override says freshness" if report.repeated else "nobody: a version is evaluated once"
        )
        yield from ((key, limit, said) for key in ("freshness.max_age_seconds", "freshness.error_after"))


def _describe(report: ExternalReport) -> dict[str, Any]:
    return fields(report, "form", "subject", "passed", "at") | {"says": [finding.message for finding in report.said]}


def _external_report_facts(report: ExternalReport, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.external_reports.facts.external_report_facts import external_report_facts

    return external_report_facts(report, context)


def _titled(report: ExternalReport) -> tuple[str | None, str | None]:
    stamp = f"{report.at:%Y-%m-%d %H:%M}" if report.at is not None else None
    return f"{report.form} report{f' of {report.subject}' if report.subject else ''}", stamp


EXTERNAL_REPORT = Kind(
    "external_report",
    artifact=ExternalReport,
    package="pytest_mlmonitor.external_reports",
    formats=("drift", "quality", "evaluation", "audit_rows"),
    topics=("record", "reports", "evaluated"),
    fixture="external_report",
    family=_family,
    order=_order,
    links=_links,
    names=lambda report: [report.subject, report.form],
    sections=("freshness", "quality"),
    limits=_limits,
    describe=_describe,
    adjustments=of_reports,
    facts=_external_report_facts,
    titled=_titled,
)
