"""Which senders alerts of a severity go to where Alertmanager or Grafana sends them: those of the policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES, AlertSeverity
from pytest_mlmonitor.outputs.alerts.routes import route_of, unrouted

ROUTED: Sequence[AlertSeverity] = ALERT_SEVERITIES[::-1]
"""Severities with a receiver of their own, from the worst to the mildest."""

CONFIGURED: Mapping[str, Callable[[AlertsPolicy], bool]] = {
    "slack": lambda alerts: alerts.slack.url_env is not None,
    "pagerduty": lambda alerts: alerts.pagerduty.routing_key_env is not None,
    "teams": lambda alerts: alerts.teams.url_env is not None,
    "discord": lambda alerts: alerts.discord.url_env is not None,
    "webhook": lambda alerts: alerts.webhook.url is not None or alerts.webhook.url_env is not None,
    "smtp": lambda alerts: alerts.smtp.host is not None and bool(alerts.smtp.to),
    "apprise": lambda alerts: alerts.apprise.urls_env is not None,
}
"""Senders that another program may stand in for, and whether the policy names them."""


def senders_of(alerts: AlertsPolicy, severity: AlertSeverity) -> tuple[str, ...]:
    """Return the senders of a severity, in the order of the policy's sections."""
    if alerts.off:
        return ()
    known = [name for name, is_named in CONFIGURED.items() if is_named(alerts)]
    route = route_of(alerts, severity)
    return unrouted(severity, known) if route is None else tuple(name for name in known if name in route)
