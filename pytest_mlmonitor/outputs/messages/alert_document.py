"""An alert as JSON: what the generic webhook posts and the outbox holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.alerts.alert import Alert

ALERT_VERSION = 1
"""Of the form. Keys are only added within a version."""

_TEXT = 4_000
_ITEM = 500
_ITEMS = 100


def alert_document(alert: Alert) -> dict[str, Any]:
    """Return an alert in the form of docs/alert.schema.json: every key is there, null where there is nothing."""
    return {
        "key": _text(alert.key),
        "state": alert.state,
        "severity": alert.severity,
        "kind": _text(alert.kind),
        "artifact": _text(alert.artifact),
        "check": _text(alert.check),
        "category": _text(alert.category),
        "summary": _text(alert.summary),
        "environment": _text(alert.environment),
        "since": None if alert.since is None else utc(alert.since),
        "versions": [_text(one, _ITEM) for one in alert.versions[:_ITEMS]],
        "evidence": [_text(one, _ITEM) for one in alert.evidence[:_ITEMS]],
        "owner": _optional(alert.owner),
        "runbook": _optional(alert.runbook),
        "report_url": _optional(alert.report_url),
        "action": _optional(alert.action),
        "trace_id": _optional(alert.trace_id),
    }


def utc(at: datetime) -> str:
    """Return a time as RFC 3339 writes it, in UTC: ``2026-04-07T10:00:00.000000Z``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(text: str, limit: int = _TEXT) -> str:
    return safe(text if len(text) <= limit else f"{text[:limit]}…")


def _optional(text: str | None) -> str | None:
    return None if text is None else _text(text)
