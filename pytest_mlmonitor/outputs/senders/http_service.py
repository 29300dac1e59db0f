"""A service that takes JSON by HTTP: where it is, what it is told with, and what is said when it takes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_mlmonitor.core.network.deadlines import TooLate, at_once
from pytest_mlmonitor.core.network.posting import PostError, post
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, why_missing
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.senders.sender import SendError

TO_SAY_WHY = 0.2
"""Seconds before the deadline at which a sender gives up, so that whoever waits for it still hears why."""

_AT_ONCE = 8
"""Requests on their way at one time, to a service that takes an alert a request."""


def variable(name: str, environ: Mapping[str, str]) -> str:
    """Return what a variable holds, or the file that it names.

    Raises:
        SendError: it is not set.
    """
    value = secret(name, environ)
    if value is None:
        raise SendError(f"the variable {name} {why_missing(name, environ)}")
    return value


@dataclass(frozen=True)
class HttpService:
    """A service behind a URL.

    Attributes:
        url: with whatever secret it holds.
        headers: besides the type of the content.
        secrets: that stand in bodies.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)

    def tell(self, document: object, deadline: float) -> None:
        """Post a document as JSON.

        Raises:
            SendError: it was not taken.
        """
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **self.headers}
        try:
            post(self.url, body, headers=headers, deadline=deadline - TO_SAY_WHY, secrets=self.secrets)
        except PostError as error:
            raise SendError(str(error)) from None

    def tell_in_turn(self, messages: Sequence[tuple[object, Sequence[Alert]]], deadline: float) -> None:
        """Post messages one after the other, each with the alerts that it tells of.

        Raises:
            SendError: one was not taken; those before it were.
        """
        sent: list[Alert] = []
        for document, alerts in messages:
            try:
                self.tell(document, deadline)
            except SendError as error:
                raise SendError(str(error), sent) from None
            sent += alerts

    def tell_each(self, alerts: Sequence[Alert], document: Callable[[Alert], object], deadline: float) -> None:
        """Post a document an alert, some at once; the first alerts first.

        Raises:
            SendError: some were not taken; the words are those of the first.
        """
        sent: list[Alert] = []
        problems: list[str] = []
        for start in range(0, len(alerts), _AT_ONCE):
            some = alerts[start : start + _AT_ONCE]
            if (
                time.monotonic() >= deadline - 2 * TO_SAY_WHY
            ):  # who waits must hear which were sent, or all are sent again
                problems += ["no time was left" for _ in some]
                continue
            works = [lambda one=one: self.tell(document(one), deadline) for one in some]
            for one, result in zip(some, at_once(works, deadline), strict=True):
                if result is None:
                    sent.append(one)
                elif isinstance(result, SendError | TooLate):
                    problems.append(str(result))
                else:
                    raise result
        if problems:
            several = f" ({len(problems)} of {len(alerts)} alerts)" if len(alerts) > 1 else ""
            raise SendError(problems[0] + several, sent)


@dataclass
class ChannelSender:
    """Posts alerts to a channel of a chat, in as few messages as it takes (:class:`.Sender`).

    Attributes:
        name: as it stands in ``alerts.routes``.
        messages: the messages of alerts in the service's form, each with those that it tells of.
        service: behind the URL of the channel.
    """

    name: str
    messages: Callable[[Sequence[Alert]], Sequence[tuple[object, Sequence[Alert]]]]
    service: HttpService

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts."""
        self.service.tell_in_turn(self.messages(alerts), deadline)
