"""Alerts to PagerDuty by its Events API v2: a trigger and a resolve an alert, with one key.

Source: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ and PagerDuty's OpenAPI document of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import fitted, heading, links, worst_first
from pytest_mlmonitor.outputs.messages.limited_document import limited_document, utc
from pytest_mlmonitor.outputs.senders.http_service import HttpService, variable
from pytest_mlmonitor.outputs.senders.sender import Sender

DEDUP_KEY = 255
SUMMARY = 1024
_NAME = 255
_DETAIL = 2000
_DETAILS = 20
_SEVERITIES = {"emergency": "critical", "critical": "critical", "error": "error", "warning": "warning"}


def dedup_key(alert: Alert) -> str:
    """Return what an incident is known by."""
    key = f"mlmonitor/{alert.key}"
    if len(key) <= DEDUP_KEY and key.isascii() and fitted(key, DEDUP_KEY) == key:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{fitted(key, _NAME - 2 * len(digest)).encode('ascii', 'ignore').decode('ascii')}/{digest}"


def pagerduty_event(alert: Alert, routing_key: str) -> dict[str, Any]:
    """Return the event of an alert."""
    event: dict[str, Any] = {"routing_key": routing_key, "dedup_key": dedup_key(alert)}
    if alert.state == "resolved":
        return {**event, "event_action": "resolve"}
    payload = {
        "summary": fitted(f"{heading(alert)}: {alert.summary}", SUMMARY),
        "severity": _SEVERITIES[alert.severity],
        "source": fitted(f"{alert.kind} {alert.artifact}", _NAME),
        "component": fitted(alert.artifact, _NAME),
        "group": fitted(alert.environment, _NAME),
        "class": fitted(alert.check, _NAME),
        "custom_details": _details(alert),
    }
    if alert.since is not None:
        payload["timestamp"] = utc(alert.since)
    event |= {"event_action": "trigger", "client": "mlmonitor", "payload": payload}
    found = dict(links(alert))
    if "report" in found:
        event["client_url"] = found["report"]
    if found:
        event["links"] = [{"href": url, "text": name} for name, url in found.items()]
    return event


def _details(alert: Alert) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for name, value in limited_document(alert).items():
        if isinstance(value, str):
            details[name] = fitted(value, _DETAIL)
        elif isinstance(value, list) and value:
            details[name] = [fitted(one, _DETAIL) for one in value[:_DETAILS]]
            if len(value) > _DETAILS:
                details[f"more_{name}"] = len(value) - _DETAILS
    return details


class PagerDutySender:
    """Sends an event an alert."""

    name = "pagerduty"

    def __init__(self, url: str, routing_key: str) -> None:
        self._routing_key = routing_key
        self._service = HttpService(url, secrets=(routing_key,))

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts (:class:`.Sender`)."""
        self._service.tell_each(worst_first(alerts), lambda alert: pagerduty_event(alert, self._routing_key), deadline)


def pagerduty(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no integration."""
    if policy.pagerduty.routing_key_env is None:
        return None
    return PagerDutySender(policy.pagerduty.url, variable(policy.pagerduty.routing_key_env, environ))
