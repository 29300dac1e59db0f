"""Alerts to Prometheus' Alertmanager, by its API v2: it groups, repeats, silences and routes them.

An alert is known by its labels, so they hold nothing that changes from run to run but its severity, by which Alertmanager
routes. It ends by itself at ``endsAt`` unless a run says again that it fires; a resolution is the same alert that ends now.
Source: https://prometheus.io/docs/alerting/latest/alerts_api/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pytest_mlmonitor.core.network.authorization import bearer
from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import facts, fitted, link, worst_first
from pytest_mlmonitor.outputs.messages.limited_document import utc
from pytest_mlmonitor.outputs.senders.http_service import HttpService, variable
from pytest_mlmonitor.outputs.senders.pagerduty import dedup_key
from pytest_mlmonitor.outputs.senders.sender import Sender

ALERTNAME = "MLMonitorCheckFailed"
"""Unlike that of every rule which ``mlmonitor rules`` writes: what both see is two alerts, that a route can tell apart."""

MESSAGE_ALERTS = 500
_API = "/api/v2/alerts"
_LABEL = 255
_ANNOTATION = 2000


def alertmanager_alert(alert: Alert, now: datetime, interval: timedelta) -> dict[str, Any]:
    """Return an alert as Alertmanager takes it.

    Args:
        alert: firing or resolved.
        now: by the clock.
        interval: of runs; what fires ends after twice as long.
    """
    labels = {
        "alertname": ALERTNAME,
        "severity": alert.severity,
        "environment": alert.environment,
        "kind": alert.kind,
        "artifact": alert.artifact,
        "check": alert.check,
        "category": alert.category,
        "owner": alert.owner or "",
        "mlmonitor_key": dedup_key(alert),
    }
    annotations = {"summary": alert.summary}
    annotations |= {name.replace(" ", "_"): value for name, value in facts(alert) if name not in labels}
    annotations |= {"runbook_url": link(alert.runbook) or "", "report_url": link(alert.report_url) or ""}
    # Alertmanager refuses an alert that ends before it began; clocks of runs differ.
    starts = min(alert.since or now, now)
    ends = now if alert.state == "resolved" else now + 2 * interval
    document: dict[str, Any] = {
        "labels": _filled(labels, _LABEL),
        "annotations": _filled(annotations, _ANNOTATION),
        "startsAt": utc(starts),
        "endsAt": utc(ends),
    }
    source = link(alert.report_url)
    if source is not None:
        document["generatorURL"] = source
    return document


def alertmanager_alerts(alert: Alert, now: datetime, interval: timedelta) -> list[dict[str, Any]]:
    """Return an alert as Alertmanager takes it; where its labels are others than before, with the end of what bears those.

    To Alertmanager that is another alert, which would fire beside this one, and after its end, for twice the interval.
    """
    told = [alertmanager_alert(alert, now, interval)]
    if alert.told_as is not None:
        before = alertmanager_alert(alert.told_as, now, interval)
        told += [before] if before["labels"] != told[0]["labels"] else []
    return told


def _filled(texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """Return texts by name without the empty ones: a label that is empty is none, and refused."""
    return {name: text for name, value in texts.items() if (text := fitted(value, limit))}


class AlertmanagerSender:
    """Posts all alerts at once; those that still fire are to be sent in every run."""

    name = "alertmanager"

    def __init__(self, service: HttpService, interval: timedelta) -> None:
        self._service = service
        self._interval = interval

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts (:class:`.Sender`)."""
        ordered = worst_first(alerts)
        now = datetime.now(UTC)
        parts = [ordered[start : start + MESSAGE_ALERTS] for start in range(0, len(ordered), MESSAGE_ALERTS)]
        self._service.tell_in_turn(
            [
                ([told for one in part for told in alertmanager_alerts(one, now, self._interval)], part)
                for part in parts
            ],
            deadline,
        )


def alertmanager(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:
    """Return the sender, None where the policy names no Alertmanager."""
    url = policy.alertmanager.url or (policy.alertmanager.url_env and variable(policy.alertmanager.url_env, environ))
    if not url:
        return None
    token = policy.alertmanager.token_env and variable(policy.alertmanager.token_env, environ)
    return AlertmanagerSender(HttpService(_of_alerts(url), bearer(token)), interval)


def _of_alerts(url: str) -> str:
    """Return the URL of the alerts of a server, which may stand below a path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url  # post says that it cannot be read
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path if path.endswith(_API) else path + _API))
