"""Alertmanager's configuration: who is told of which alert, as ``alerts.*`` of the policy says it.

Written for Alertmanager 0.25 and newer. A secret is never in it: Alertmanager reads each from a file, which is called like the
variable that holds it. What 0.25 reads from no file is left out and said, with the lines that a newer one takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import AlertRule
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_file import SELFTEST_ALERT, SOURCE
from pytest_mlmonitor.outputs.generated.routing import ROUTED, senders_of
from pytest_mlmonitor.outputs.generated.yaml_text import yaml_text
from pytest_mlmonitor.outputs.senders.alertmanager import ALERTNAME

_GROUPED = ["alertname", "environment", "suite", "kind", "artifact", "check"]
"""One notification a problem of an artifact, whatever else is wrong."""

_NOT_WORSE = {
    "emergency": "critical|error|warning",
    "critical": "critical|error|warning",
    "error": "error|warning",
    "warning": "warning",
}
_TITLE = '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }}'
_LINES = (
    '{{ range .Alerts }}{{ if eq .Status "resolved" }}resolved: {{ end }}{{ .Annotations.summary }}'
    "{{ if .Annotations.runbook_url }} {{ .Annotations.runbook_url }}{{ end }}\n{{ end }}"
)
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class LeftOut:
    """A sender that is not in the configuration.

    Attributes:
        sender: its name.
        why: and what to do.
        lines: that may be put under a receiver, of YAML.
    """

    sender: str
    why: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlertmanagerConfig:
    """The configuration, and what is not in it."""

    text: bytes
    left_out: Sequence[LeftOut]


def alertmanager_config(
    settings: Settings, rules: Iterable[AlertRule], *, secrets: str, selftest_url: str
) -> AlertmanagerConfig:
    """Return the configuration.

    Args:
        settings: the policy.
        rules: of which some say less than others, and are silent while those fire.
        secrets: directory of the files that hold secrets, as Alertmanager sees it.
        selftest_url: where ``mlmonitor selftest`` listens, as Alertmanager sees it.
    """
    alerts = settings.alerts
    left_out: dict[str, LeftOut] = {}
    receivers: list[dict[str, Any]] = []
    for severity in ROUTED:
        receiver: dict[str, Any] = {"name": _receiver(severity)}
        for sender in senders_of(alerts, severity):
            key, block = _configured(sender, alerts, secrets)
            if isinstance(block, LeftOut):
                left_out[sender] = block
            else:
                receiver.setdefault(key, []).append(block)
        receivers.append(receiver)
    webhook = {"url": selftest_url, "send_resolved": True}
    receivers.append({"name": "mlmonitor-selftest", "webhook_configs": [webhook]})
    wait = {"group_wait": "0s", "group_interval": "1s"}
    routes: list[dict[str, Any]] = [
        {
            "receiver": "mlmonitor-selftest",
            "matchers": [f'alertname="{SELFTEST_ALERT}"'],
            "group_by": ["selftest"],
            **wait,
        }
    ]
    routes += [{"receiver": _receiver(severity), "matchers": [f'severity="{severity}"']} for severity in ROUTED]
    document = {
        "route": {
            "receiver": _receiver("error"),  # an alert of any other severity reaches somebody, too
            "group_by": _GROUPED,
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": _seconds(alerts.cooldown or 3600.0),
            "routes": routes,
        },
        "inhibit_rules": _inhibitions(rules),
        "receivers": receivers,
    }
    notes = [f"Secrets are files in {secrets}, each called like its variable."] if secrets in str(receivers) else []
    for one in left_out.values():
        notes += ["", f"Left out: {one.sender}: {one.why}." + (" To be put under its receivers:" if one.lines else "")]
        notes += [f"  {line}" for line in one.lines]
    return AlertmanagerConfig(yaml_text(document, *notes), tuple(left_out.values()))


def _receiver(severity: str) -> str:
    return f"mlmonitor-{severity}"


def _seconds(seconds: float) -> str:
    return f"{max(round(seconds), 1)}s"


def _inhibitions(rules: Iterable[AlertRule]) -> list[dict[str, Any]]:
    """Return which alerts are silent while others fire: milder ones, and those of rules that a run tells of, no less loudly."""
    told = [
        {
            "source_matchers": [f'alertname="{ALERTNAME}"', f'severity="{severity}"'],
            "target_matchers": [f'source="{SOURCE}"', f'severity=~"{not_worse}"'],
            "equal": ["kind", "artifact", "check", "environment"],
        }
        for severity, not_worse in _NOT_WORSE.items()
    ]
    return told + [
        {
            "source_matchers": [f'alertname="{rule.name}"'],
            "target_matchers": [f'alertname="{milder}"'],
            "equal": list(rule.same),
        }
        for rule in rules
        for milder in rule.milder
    ]


def _configured(sender: str, alerts: AlertsPolicy, secrets: str) -> tuple[str, dict[str, Any] | LeftOut]:
    """Return the key of a receiver and what stands there for a sender, or why nothing does."""

    def file(variable: str | None) -> str:
        return f"{secrets.rstrip('/')}/{variable}"

    match sender:
        case "slack":
            block = {"api_url_file": file(alerts.slack.url_env), "send_resolved": True, "title": _TITLE, "text": _LINES}
            return "slack_configs", block
        case "pagerduty":
            key = file(alerts.pagerduty.routing_key_env)
            severity = "{{ if eq .CommonLabels.severity `warning` }}warning{{ else }}critical{{ end }}"
            block = {"routing_key_file": key, "url": alerts.pagerduty.url, "send_resolved": True, "severity": severity}
            return "pagerduty_configs", {**block, "description": f"{_TITLE}: {_LINES}"}
        case "webhook" if alerts.webhook.url is not None:
            block = {"url": alerts.webhook.url, "send_resolved": True}
            if alerts.webhook.token_env:
                block["http_config"] = {"authorization": {"credentials_file": file(alerts.webhook.token_env)}}
            return "webhook_configs", block
        case "smtp" if alerts.smtp.user_env is None:
            return "email_configs", _mail(alerts)
    return "", _left_out(sender, alerts, file)


def _mail(alerts: AlertsPolicy) -> dict[str, Any]:
    smtp = alerts.smtp
    return {
        "to": ", ".join(smtp.to),
        "from": smtp.sender,
        "smarthost": f"{smtp.host}:{smtp.port or _PORTS[smtp.security]}",
        "require_tls": smtp.security == "starttls",  # on port 465 it speaks TLS from the start
        "send_resolved": True,
        "headers": {"Subject": _TITLE},
        "text": _LINES,
        "html": "",
    }


def _left_out(sender: str, alerts: AlertsPolicy, file: Any) -> LeftOut:
    newer = "its URL is a secret, and Alertmanager reads it from a file from {} on"
    match sender:
        case "webhook":
            lines: tuple[str, ...] = (
                "webhook_configs:",
                f"- url_file: {file(alerts.webhook.url_env)}",
                "  send_resolved: true",
            )
            if alerts.webhook.token_env:
                token = file(alerts.webhook.token_env)
                lines += (f"  http_config: {{authorization: {{credentials_file: {token}}}}}",)
            return LeftOut(sender, newer.format("0.26"), lines)
        case "discord":
            lines = ("discord_configs:", f"- webhook_url_file: {file(alerts.discord.url_env)}", "  send_resolved: true")
            return LeftOut(sender, newer.format("0.28"), lines)
        case "teams":
            lines = ("msteamsv2_configs:", f"- webhook_url_file: {file(alerts.teams.url_env)}", "  send_resolved: true")
            return LeftOut(sender, newer.format("0.28"), lines)
        case "smtp":
            lines = (
                "email_configs:",
                f"- to: {', '.join(alerts.smtp.to)}",
                f"  auth_username: the value of {alerts.smtp.user_env}",
                f"  auth_password_file: {file(alerts.smtp.password_env)}",
            )
            return LeftOut(sender, "Alertmanager reads the name of the user from no file", lines)
    return LeftOut(sender, "Alertmanager has nothing like it; the alerts of the runs themselves are sent by it")
