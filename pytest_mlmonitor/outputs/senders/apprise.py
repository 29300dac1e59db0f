"""Alerts to whatever apprise knows (an extra): https://github.com/caronc/apprise."""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from pytest_mlmonitor.core.network.deadlines import TooLate, at_once
from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import facts, fitted, heading, links, overview, worst_first
from pytest_mlmonitor.outputs.senders.http_service import TO_SAY_WHY, variable
from pytest_mlmonitor.outputs.senders.sender import Sender, SendError

INSTALL = "pip install 'pytest-mlmonitor[apprise]'"
_TITLE = 150
_SUMMARY = 300
_FACT = 100
_DETAILED = 5
_LINES = 20
_LINE = 150
_LOGGERS = ("apprise", "urllib3", "urllib3.connectionpool", "urllib3.util.retry", "requests", "slixmpp", "paho")
_MENTION = re.compile(r"@(?=everyone|here|channel|all|room|[!&#])|<(?=[@!#])", re.IGNORECASE)


def apprise_text(alerts: Sequence[Alert]) -> tuple[str, str, str]:
    """Return title, body and apprise's kind of a message about alerts."""
    ordered = worst_first(alerts)
    firing = [one for one in ordered if one.state == "firing"]
    lines: list[str] = []
    for alert in ordered[:_DETAILED]:
        lines += [fitted(heading(alert), _TITLE), fitted(alert.summary, _SUMMARY)]
        lines.append(" · ".join(f"{name}: {fitted(value, _FACT)}" for name, value in facts(alert)))
        lines += [f"{name}: {url}" for name, url in links(alert)] + [""]
    lines += [fitted(f"{heading(one)}: {one.summary}", _LINE) for one in ordered[_DETAILED : _DETAILED + _LINES]]
    if len(ordered) > _DETAILED + _LINES:
        lines.append(f"and {len(ordered) - _DETAILED - _LINES} more: the outbox of the run names them")
    title = fitted(f"mlmonitor: {overview(ordered)}", _TITLE)
    kind = "success" if not firing else "warning" if firing[0].severity == "warning" else "failure"
    return _unmentioned(title), _unmentioned("\n".join(lines).strip()), kind


def _unmentioned(text: str) -> str:
    """Return text in which nobody is mentioned: behind such a sign stands a blank of no width."""
    return _MENTION.sub(lambda sign: f"{sign.group()}\u200b", text)


class AppriseSender:
    """Sends one message to every service that the variable names."""

    name = "apprise"

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts (:class:`.Sender`); they count as sent when one of the services took them."""
        title, body, kind = apprise_text(alerts)
        works = [lambda url=url: _notified(url, title, body, kind, deadline) for url in self._urls]
        problems: list[str] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries: in a run with -W error they would be errors
            results = at_once(works, deadline - TO_SAY_WHY)
        for number, result in enumerate(results, start=1):
            if isinstance(result, TooLate):
                problems.append(f"URL {number} does not answer in time")
            elif isinstance(result, Exception):  # its words may hold the URL
                problems.append(f"URL {number}: {type(result).__name__}")
            elif result is not None:
                problems.append(f"URL {number} {result}")
        if problems:
            taken = alerts if len(problems) < len(self._urls) else ()
            raise SendError("; ".join(problems), taken)


def _notified(url: str, title: str, body: str, kind: str, deadline: float) -> str | None:
    """Send to one service; return what is wrong, None when it took the message."""
    with _without_logs():
        import apprise

        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if not isinstance(service, apprise.NotifyBase):
            return "is none that apprise knows"
        if time.monotonic() >= deadline:
            return "had no time left"  # nobody waits for it any more, and the next run sends it
        taken = service.notify(body=body, title=title, notify_type=apprise.NotifyType(kind), body_format="text")
        return None if taken else f"({service.service_name}) did not take it"


@contextmanager
def _without_logs() -> Iterator[None]:
    """Let nothing be logged meanwhile: apprise logs URLs with their secrets, at ERROR those that it cannot read."""

    def silence(record: logging.LogRecord) -> bool:  # noqa: ARG001 (whatever it is)
        return False

    for name in _LOGGERS:
        logging.getLogger(name).addFilter(silence)
    try:
        yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(silence)


def apprise(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no services.

    Raises:
        SendError: apprise is not installed, or the variable holds nothing.
    """
    import importlib.util

    name = policy.apprise.urls_env
    if name is None:
        return None
    if importlib.util.find_spec("apprise") is None:
        raise SendError(f"apprise is not installed: {INSTALL}")
    return AppriseSender(variable(name, environ).split())
