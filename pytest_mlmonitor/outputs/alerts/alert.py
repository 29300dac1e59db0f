"""An alert: one an artifact and problem, whatever the number of columns, rows and versions that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AlertSeverity = Literal["warning", "error", "critical", "emergency"]

ALERT_SEVERITIES: tuple[AlertSeverity, ...] = ("warning", "error", "critical", "emergency")
"""From the mildest to the worst."""


@dataclass(frozen=True)
class Alert:
    """What is said to whoever must act.

    Attributes:
        key: by which it is known again: environment and suite, kind, path from the directory of the policy without stamps, check.
        kind: of the artifact.
        artifact: the artifact's family, for people.
        check: name of the check.
        category: of the check.
        severity: the worst of its findings; ``emergency`` where the policy asks for an action.
        state: ``firing``, or ``resolved``.
        summary: what is wrong, in one line; of a resolved one how it ended.
        environment: the policy's, or that of the artifact.
        evidence: node ids of the results that say so; each can be run again.
        versions: of the artifact, that have the problem.
        since: when it began, UTC.
        owner: who answers for the artifact.
        runbook: where it is written what to do.
        report_url: link to the report of the run.
        action: what somebody is asked to do (``emergency``).
        trace_id: of the run.
        told_as: as it was told the last time, ended, for services that know an alert by what may change: how bad it is, its owner.
    """

    key: str
    kind: str
    artifact: str
    check: str
    category: str
    severity: AlertSeverity
    state: Literal["firing", "resolved"]
    summary: str
    environment: str
    evidence: Sequence[str] = ()
    versions: Sequence[str] = ()
    since: datetime | None = None
    owner: str | None = None
    runbook: str | None = None
    report_url: str | None = None
    action: str | None = None
    trace_id: str | None = None
    told_as: Alert | None = None
