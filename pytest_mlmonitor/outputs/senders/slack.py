"""Alerts to Slack by an incoming webhook, in Block Kit.

Sources: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message, 3,000 characters a section) and
https://docs.slack.dev/messaging/formatting-message-text (``&``, ``<``, ``>`` are escaped). Slack refuses messages whose blocks
hold more than some 13,000 characters in all (``msg_blocks_too_long``), so a message stays below 12,000.
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

DETAILED = 5
LISTED = 10
FURTHER = 60
_HEADING = 150
_SUMMARY = 400
_FACT = 100
_LINK = 200
_LINE = 170
_LINES = 10
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(sign: str) -> str:
    """Return a character as Slack wants it; a grave accent would end what is shown as code."""
    return _ESCAPES.get(sign, "ˋ" if sign == "`" else sign)


def slack_messages(alerts: Sequence[Alert]) -> list[tuple[dict[str, Any], Sequence[Alert]]]:
    """Return the messages of alerts, each with those that it tells of."""
    found = pages(alerts, detailed=DETAILED, listed=LISTED, further=FURTHER)
    return [(_message(alerts, page), page.alerts) for page in found]


def _message(alerts: Sequence[Alert], page: Page) -> dict[str, Any]:
    title = fitted(f"mlmonitor: {overview(alerts)}", 3 * _LINE, escaped)
    blocks = [] if len(alerts) == 1 else [_section(title)]
    for alert in page.detailed:
        blocks += _detailed(alert)
    for start in range(0, len(page.listed), _LINES):
        blocks.append(_section("\n".join(map(_line, page.listed[start : start + _LINES]))))
    if page.more:
        blocks.append(_section(page.more))
    text = title if len(alerts) > 1 else fitted(f"{heading(alerts[0])}: {alerts[0].summary}", 3 * _LINE, escaped)
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    # verbatim: what looks like a link, a channel or a name is text
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _detailed(alert: Alert) -> list[dict[str, Any]]:
    said = [f"*{name}* {fitted(value, _FACT, escaped)}" for name, value in facts(alert)]
    to = [f"<{url.replace('&', '&amp;')}|{name}>" for name, url in links(alert) if len(url) <= _LINK]
    return [
        _section(f"`{fitted(heading(alert), _HEADING, escaped)}`\n{fitted(alert.summary, _SUMMARY, escaped)}"),
        {"type": "context", "elements": [_text(" · ".join([*said, *to]))]},
    ]


def _line(alert: Alert) -> str:
    return f"• {fitted(f'{heading(alert)}: {alert.summary}', _LINE, escaped)}"


def slack(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no channel."""
    name = policy.slack.url_env
    return None if name is None else ChannelSender("slack", slack_messages, HttpService(variable(name, environ)))
