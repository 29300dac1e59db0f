"""Alerts to Microsoft Teams: an adaptive card for a workflow whose trigger is "When a Teams webhook request is received".

Sources: https://learn.microsoft.com/connectors/teams/ (a message holds 28 KB),
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format (a TextBlock and a Fact are read
as Markdown, links and all) and https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run (a TextRun is not).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import Page, facts, fitted, heading, links, overview, pages
from pytest_mlmonitor.outputs.senders.http_service import ChannelSender, HttpService, variable
from pytest_mlmonitor.outputs.senders.sender import Sender

DETAILED = 4
LISTED = 6
FURTHER = 40
_HEADING = 120
_SUMMARY = 300
_FACT = 80
_LINK = 300
_LINE = 140
_COLOURS = {"emergency": "Attention", "critical": "Attention", "error": "Attention", "warning": "Warning"}


def teams_messages(alerts: Sequence[Alert]) -> list[tuple[dict[str, Any], Sequence[Alert]]]:
    """Return the messages of alerts, each with those that it tells of."""
    found = pages(alerts, detailed=DETAILED, listed=LISTED, further=FURTHER)
    return [(_message(alerts, page), page.alerts) for page in found]


def _message(alerts: Sequence[Alert], page: Page) -> dict[str, Any]:
    body: list[dict[str, Any]] = []
    if len(alerts) > 1:
        body.append(_rich(_run(f"mlmonitor: {fitted(overview(alerts), _SUMMARY)}", weight="Bolder", size="Medium")))
    for alert in page.detailed:
        body += _detailed(alert)
    body += [_rich(_run(fitted(f"{heading(one)}: {one.summary}", _LINE))) for one in page.listed]
    if page.more:
        body.append(_rich(_run(page.more)))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _detailed(alert: Alert) -> list[dict[str, Any]]:
    colour = "Good" if alert.state == "resolved" else _COLOURS[alert.severity]
    said: list[dict[str, Any]] = []
    for name, value in facts(alert):
        said += [_run(f"{' · ' if said else ''}{name} ", isSubtle=True), _run(fitted(value, _FACT))]
    elements = [
        {**_rich(_run(fitted(heading(alert), _HEADING), weight="Bolder", color=colour)), "separator": True},
        _rich(_run(fitted(alert.summary, _SUMMARY))),
        _rich(*said),
    ]
    actions = [{"type": "Action.OpenUrl", "title": name, "url": url} for name, url in links(alert) if len(url) <= _LINK]
    return [*elements, {"type": "ActionSet", "actions": actions}] if actions else elements


def _rich(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **look: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **look}


def teams(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no workflow."""
    name = policy.teams.url_env
    return None if name is None else ChannelSender("teams", teams_messages, HttpService(variable(name, environ)))
