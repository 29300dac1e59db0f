"""An alert as JSON for other programs: the form of the outbox, within limits that every receiver can live with."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.alerts.alert import Alert

DOCUMENT_VERSION = 1
"""Of the form. Keys are only added within a version."""

_TEXT = 4_000
_ITEM = 500
_ITEMS = 100


def limited_document(alert: Alert) -> dict[str, Any]:
    """Return an alert in the form of docs/webhook.schema.json: every key is there, null where there is nothing."""
    said = asdict(alert)
    del said["told_as"]  # the receivers of this form know alerts by their keys
    return {"schema_version": DOCUMENT_VERSION} | {name: _limited(value) for name, value in said.items()}


def _limited(value: object) -> object:
    if isinstance(value, str):
        return _text(value, _TEXT)
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, list | tuple):
        return [_text(one, _ITEM) for one in value[:_ITEMS]]
    return value


def utc(at: datetime) -> str:
    """Return a time as RFC 3339 writes it, in UTC: ``2026-04-07T10:00:00.000000Z``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(text: str, limit: int) -> str:
    return safe(text if len(text) <= limit else f"{text[:limit]}…")
