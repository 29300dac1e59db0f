"""The words of an alert, for every service: short, in one line, and harmless wherever they are shown.

What stands in an alert came out of artifacts that nobody vouches for: control characters, a message of 100 kB, half a
surrogate. :func:`fitted` alone lets text into a payload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES, Alert

_LISTED = 3
"""Versions and environments that are named one by one."""


def _as_is(text: str) -> str:
    return text


def fitted(text: str, limit: int, escaped: Callable[[str], str] = _as_is) -> str:
    r"""Return text in one line, safe, escaped, and in at most ``limit`` characters as services count them (UTF-16 units).

    Args:
        text: of any length.
        limit: what is longer is cut and ends in ``…``; no escape is cut in two.
        escaped: how the service writes a character that means something to it.

    >>> fitted("too\n\nlong", 6), fitted("a < b", 20, lambda sign: "&lt;" if sign == "<" else sign)
    ('too l…', 'a &lt; b')
    """
    line = safe(" ".join(text[: 4 * limit + 1000].split()))
    if escaped is _as_is and 2 * len(line) <= limit:
        return line
    pieces: list[str] = []
    length = 0
    fits = 0
    for sign in line:
        piece = escaped(sign)
        length += len(piece) + sum(one > "\uffff" for one in piece)
        if length > limit:
            return "".join(pieces[:fits]) + "…"
        pieces.append(piece)
        if length < limit:
            fits = len(pieces)
    return "".join(pieces)


def link(url: str | None, limit: int = 2000) -> str | None:
    """Return a link that may be clicked, None for what is none: another scheme, or with characters that end a link early."""
    if url is None or len(url) > limit or not url.lower().startswith(("https://", "http://")):
        return None
    return url if url.isascii() and url.isprintable() and not set(url) & set(" <>|\"'`\\") else None


def heading(alert: Alert) -> str:
    """Return in a few words what it is about: ``CRITICAL: dataset bike_demand, freshness``."""
    state = "RESOLVED" if alert.state == "resolved" else alert.severity.upper()
    return f"{state}: {alert.kind} {alert.artifact}, {alert.check}"


def facts(alert: Alert) -> Iterator[tuple[str, str]]:
    """Yield what is to be known beside the summary, by its name; links are not among it."""
    if alert.action:
        yield "asked for", alert.action
    yield "environment", alert.environment
    if alert.since is not None:
        yield "since", moment(alert.since)
    if alert.owner:
        yield "owner", alert.owner
    if alert.versions:
        yield "versions", _some(alert.versions)
    if alert.runbook and not link(alert.runbook):
        yield "runbook", alert.runbook
    if alert.evidence:
        more = f" and {len(alert.evidence) - 1} more" if len(alert.evidence) > 1 else ""
        yield "evidence", alert.evidence[0] + more
    if alert.trace_id:
        yield "trace", alert.trace_id


def links(alert: Alert) -> Iterator[tuple[str, str]]:
    """Yield the links of an alert, by what they lead to."""
    for name, url in (("report", link(alert.report_url)), ("runbook", link(alert.runbook))):
        if url is not None:
            yield name, url


def _some(values: Sequence[str]) -> str:
    more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    return ", ".join(values[:_LISTED]) + more


def moment(at: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Return alerts in the order in which people are to read them: what fires before what is over, the worst first."""
    return sorted(
        alerts,
        key=lambda one: (one.state == "resolved", -ALERT_SEVERITIES.index(one.severity), one.artifact, one.check),
    )


def overview(alerts: Sequence[Alert]) -> str:
    """Return what a message is about: ``2 alerts (1 critical, 1 error), 1 resolved in production``."""
    firing = [one for one in alerts if one.state == "firing"]
    each = [(sum(one.severity == severity for one in firing), severity) for severity in reversed(ALERT_SEVERITIES)]
    kinds = ", ".join(f"{number} {severity}" for number, severity in each if number)
    parts = [f"{count(len(firing), 'alert')} ({kinds})"] if firing else []
    if len(firing) < len(alerts):
        parts.append(f"{len(alerts) - len(firing)} resolved")
    places = sorted({one.environment for one in alerts})
    return f"{', '.join(parts)} in {_some(places)}"


@dataclass(frozen=True)
class Page:
    """One message.

    Attributes:
        detailed: alerts with all that is known of them.
        listed: alerts in one line each.
        counted: further ones, of which it says only how many they are; in the last message.
    """

    detailed: Sequence[Alert]
    listed: Sequence[Alert]
    counted: Sequence[Alert] = ()

    @property
    def alerts(self) -> Sequence[Alert]:
        """All that it tells of."""
        return [*self.detailed, *self.listed, *self.counted]

    @property
    def more(self) -> str:
        """What it says of those that it only counts; empty where there are none."""
        return f"and {len(self.counted)} more: the outbox of the run names them" if self.counted else ""


def pages(alerts: Sequence[Alert], *, detailed: int, listed: int, further: int, at_most: int = 4) -> list[Page]:
    """Return the messages that tell of all alerts: the worst in detail, the others in a line each.

    Services limit the length of a message and how many come in a second: a platform that is down is one story, not 500.

    Args:
        alerts: in any order.
        detailed: in detail in the first message.
        listed: in lines in the first.
        further: in lines in each further one.
        at_most: messages; the last one counts what has no place in them.
    """
    ordered = worst_first(alerts)
    found = [Page(ordered[:detailed], ordered[detailed : detailed + listed])]
    rest = ordered[detailed + listed :]
    while rest and len(found) < at_most:
        found.append(Page((), rest[:further]))
        rest = rest[further:]
    if rest:
        found[-1] = Page(found[-1].detailed, found[-1].listed, rest)
    return found
