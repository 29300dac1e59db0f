"""A run that found no data at all: no artifact is at fault, and yet somebody must act."""

from __future__ import annotations

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.outputs.alerts.alert import Alert

PLATFORM = "platform"
"""Kind and place of the alert: it is about all roots together."""

DATA_FOUND = "data_found"
"""Its check, which passes as soon as a run judges data again."""


def nothing_found_alert(key: str, platform: Artifacts, record: RunRecord, report_url: str | None) -> Alert:
    """Return the alert that a run found nothing.

    Args:
        key: by which it is known again.
        platform: that was read.
        record: of the run.
        report_url: link to its report.
    """
    roots = ", ".join(shown(root) for root in platform.roots)
    return Alert(
        key=key,
        kind=PLATFORM,
        artifact=roots,
        check=DATA_FOUND,
        category="health",
        severity="error",
        state="firing",
        summary=f"no data was found under {roots}: nothing was checked",
        environment=record.environment,
        owner=platform.settings.owner,
        runbook=platform.settings.runbook,
        report_url=report_url,
        trace_id=record.trace_id,
    )
