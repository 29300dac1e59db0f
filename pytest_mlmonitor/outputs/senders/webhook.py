"""Alerts to any server that takes our JSON by POST (docs/webhook.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.network.authorization import bearer
from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import worst_first
from pytest_mlmonitor.outputs.messages.limited_document import DOCUMENT_VERSION, limited_document, utc
from pytest_mlmonitor.outputs.senders.http_service import HttpService, variable
from pytest_mlmonitor.outputs.senders.sender import Sender

MESSAGE_ALERTS = 500
"""Alerts in one request."""


def webhook_document(alerts: Sequence[Alert], now: datetime) -> dict[str, Any]:
    """Return what is posted of alerts at a time, by the clock."""
    documents = [limited_document(one) for one in alerts]
    return {"schema_version": DOCUMENT_VERSION, "sent_at": utc(now), "alerts": documents}


class WebhookSender:
    """Posts alerts as one JSON document, or a few."""

    name = "webhook"

    def __init__(self, service: HttpService) -> None:
        self._service = service

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts (:class:`.Sender`)."""
        ordered = worst_first(alerts)
        parts = [ordered[start : start + MESSAGE_ALERTS] for start in range(0, len(ordered), MESSAGE_ALERTS)]
        now = datetime.now(UTC)
        self._service.tell_in_turn([(webhook_document(part, now), part) for part in parts], deadline)


def webhook(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no such server."""
    url = policy.webhook.url or (policy.webhook.url_env and variable(policy.webhook.url_env, environ))
    if not url:
        return None
    token = policy.webhook.token_env and variable(policy.webhook.token_env, environ)
    return WebhookSender(HttpService(url, bearer(token)))
