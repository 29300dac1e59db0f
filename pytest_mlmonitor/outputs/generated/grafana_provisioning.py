"""What Grafana reads when it starts: data sources, where dashboards lie, contact points, notification policies.

A secret is never in it: ``$NAME`` stands in its place, and Grafana puts in what the variable holds.
"""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.generated.routing import ROUTED, senders_of
from pytest_mlmonitor.outputs.generated.yaml_text import yaml_text

BOARDS_DIRECTORY = "/var/lib/grafana/dashboards/mlmonitor"
_NOBODY = "grafana-default-email"  # the contact point that every Grafana has


def provisioning_files(settings: Settings) -> dict[str, bytes]:
    """Return the files below Grafana's directory ``provisioning``, by their names."""
    return {
        "datasources/mlmonitor.yaml": yaml_text({"apiVersion": 1, "datasources": _sources(settings)}),
        "dashboards/mlmonitor.yaml": yaml_text(
            {
                "apiVersion": 1,
                "providers": [
                    {
                        "name": "mlmonitor",
                        "folder": "ML monitoring",
                        "type": "file",
                        "disableDeletion": False,
                        "allowUiUpdates": False,
                        "options": {"path": BOARDS_DIRECTORY},
                    }
                ],
            },
            f"Put the files of dashboards/ into {BOARDS_DIRECTORY}.",
        ),
        "alerting/contact-points.yaml": yaml_text({"apiVersion": 1, "contactPoints": _contact_points(settings.alerts)}),
        "alerting/policies.yaml": yaml_text(
            {"apiVersion": 1, "policies": [_policies(settings.alerts)]},
            "Grafana has one tree of policies: this one takes the place of what is there.",
            "Leave the file out where others use it, and add its routes by hand.",
        ),
    }


def _variable(name: str | None) -> str:
    return f"${{{name}}}"


def _plain(text: str) -> str:
    return text.replace("$", "$$")


def _sources(settings: Settings) -> list[dict[str, Any]]:
    metrics, alertmanager = settings.metrics, settings.alerts.alertmanager
    url = (
        _plain(metrics.prometheus_url)
        if metrics.prometheus_url
        else _variable(metrics.prometheus_url_env or "PROMETHEUS_URL")
    )
    found: list[dict[str, Any]] = [
        {
            "name": "mlmonitor-prometheus",
            "uid": "mlmonitor-prometheus",
            "type": "prometheus",
            "access": "proxy",
            "url": url,
            "jsonData": {"httpMethod": "POST", "prometheusType": "Prometheus"},
        }
    ]
    if alertmanager.url or alertmanager.url_env:
        found.append(
            {
                "name": "mlmonitor-alertmanager",
                "uid": "mlmonitor-alertmanager",
                "type": "alertmanager",
                "access": "proxy",
                "url": _plain(alertmanager.url) if alertmanager.url else _variable(alertmanager.url_env),
                "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
            }
        )
    return found


def _contact_points(alerts: AlertsPolicy) -> list[dict[str, Any]]:
    points = []
    for severity in ROUTED:
        receivers = [
            {"uid": f"mlmonitor-{severity}-{sender}", "type": _TYPES[sender], "settings": _settings(sender, alerts)}
            for sender in senders_of(alerts, severity)
            if sender in _TYPES
        ]
        if receivers:
            points.append({"orgId": 1, "name": f"mlmonitor-{severity}", "receivers": receivers})
    return points


_TYPES = {
    "slack": "slack",
    "pagerduty": "pagerduty",
    "teams": "teams",
    "discord": "discord",
    "webhook": "webhook",
    "smtp": "email",
}
"""What Grafana calls the senders that it has, too."""


def _settings(sender: str, alerts: AlertsPolicy) -> dict[str, Any]:
    match sender:
        case "slack":
            return {"url": _variable(alerts.slack.url_env)}
        case "pagerduty":
            return {"integrationKey": _variable(alerts.pagerduty.routing_key_env), "url": _plain(alerts.pagerduty.url)}
        case "teams":
            return {"url": _variable(alerts.teams.url_env)}
        case "discord":
            return {"url": _variable(alerts.discord.url_env)}
        case "webhook":
            hook = alerts.webhook
            made = {"url": _plain(hook.url) if hook.url else _variable(hook.url_env), "httpMethod": "POST"}
            if hook.token_env:
                made |= {"authorization_scheme": "Bearer", "authorization_credentials": _variable(hook.token_env)}
            return made
    return {"addresses": _plain(";".join(alerts.smtp.to)), "singleEmail": True}  # the mail server stands in grafana.ini


def _policies(alerts: AlertsPolicy) -> dict[str, Any]:
    there = {severity: bool(set(senders_of(alerts, severity)) & set(_TYPES)) for severity in ROUTED}
    root = next((f"mlmonitor-{severity}" for severity in ("error", *ROUTED) if there[severity]), _NOBODY)
    routes = [
        {"receiver": f"mlmonitor-{severity}", "object_matchers": [["severity", "=", severity]]}
        for severity in ROUTED
        if there[severity]
    ]
    return {
        "orgId": 1,
        "receiver": root,
        "group_by": ["alertname", "environment", "suite"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": f"{max(round(alerts.cooldown or 3600.0), 1)}s",
        "routes": routes,
    }
