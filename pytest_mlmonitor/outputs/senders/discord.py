"""Alerts to Discord by a webhook of a channel, as embeds that mention nobody.

Sources: https://discord.com/developers/docs/resources/message#embed-object-embed-limits (10 embeds; 6,000 characters in all
of them; title 256, description 4,096, footer 2,048) and https://discord.com/developers/docs/resources/webhook#execute-webhook
(``wait=true``: the answer says whether the message was kept).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import Page, facts, fitted, heading, links, overview, pages
from pytest_mlmonitor.outputs.senders.http_service import ChannelSender, HttpService, variable
from pytest_mlmonitor.outputs.senders.sender import Sender

DETAILED = 3
LISTED = 8
FURTHER = 24
_HEADING = 150
_SUMMARY = 300
_FACT = 60
_LINK = 200
_LINE = 160
_OVERVIEW = 500
_COLOURS = {"emergency": 0x8B0000, "critical": 0xD32F2F, "error": 0xF57C00, "warning": 0xFBC02D}
_RESOLVED = 0x388E3C
_MARKDOWN = re.compile(r"[\\*_~`|>\[\]()#<@:]")


def escaped(sign: str) -> str:
    """Return a character that means something to Discord with a backslash before it; a colon, too: bare URLs become links."""
    return f"\\{sign}" if _MARKDOWN.match(sign) else sign


def discord_messages(alerts: Sequence[Alert]) -> list[tuple[dict[str, Any], Sequence[Alert]]]:
    """Return the messages of alerts, each with those that it tells of."""
    found = pages(alerts, detailed=DETAILED, listed=LISTED, further=FURTHER)
    return [(_message(alerts, page), page.alerts) for page in found]


def _message(alerts: Sequence[Alert], page: Page) -> dict[str, Any]:
    embeds = [_embed(alert) for alert in page.detailed]
    lines = [f"• {fitted(f'{heading(one)}: {one.summary}', _LINE, escaped)}" for one in page.listed]
    lines += [page.more] if page.more else []
    if lines:
        embeds.append({"description": "\n".join(lines)})
    message: dict[str, Any] = {"username": "mlmonitor", "embeds": embeds, "allowed_mentions": {"parse": []}}
    if len(alerts) > 1:
        message["content"] = fitted(overview(alerts), _OVERVIEW, escaped)
    return message


def _embed(alert: Alert) -> dict[str, Any]:
    to = dict(links(alert))
    said = [f"**{name}** {fitted(value, _FACT, escaped)}" for name, value in facts(alert)]
    said += [f"[{name}]({url})" for name, url in to.items() if len(url) <= _LINK and ")" not in url]
    colour = _RESOLVED if alert.state == "resolved" else _COLOURS[alert.severity]
    return {
        "title": fitted(heading(alert), _HEADING, escaped),
        "description": "\n".join([fitted(alert.summary, _SUMMARY, escaped), " · ".join(said)]),
        "color": colour,
    }


def discord(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no channel."""
    name = policy.discord.url_env
    return (
        None
        if name is None
        else ChannelSender("discord", discord_messages, HttpService(_waiting(variable(name, environ))))
    )


def _waiting(url: str) -> str:
    """Return the URL of a webhook that answers when the message is kept, and not before."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return url  # post says that it cannot be read
    return url if "wait=" in query else f"{url}{'&' if query else '?'}wait=true"
