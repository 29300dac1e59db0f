"""Telling several services at once, each by its own sender, before a deadline that holds for all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pytest_mlmonitor.core.network.deadlines import at_once
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.senders.sender import Sender, SendError


@dataclass(frozen=True)
class SendOutcome:
    """What became of the alerts that one sender was given.

    Attributes:
        sent: keys of those that were told.
        problem: why the others were not, without any secret; None where all were.
    """

    sent: frozenset[str]
    problem: str | None = None


def send_all(
    senders: Mapping[str, Sender], due: Mapping[str, Sequence[Alert]], deadline: float
) -> dict[str, SendOutcome]:
    """Send alerts by all senders at once, and return what became of them by the sender's name.

    Args:
        senders: by name.
        due: what each of them is to send.
        deadline: by ``time.monotonic``. Who has not answered by then has failed, and is left to itself.
    """
    begun = time.monotonic()
    found = at_once([partial(_sent, senders[name], alerts, deadline) for name, alerts in due.items()], deadline)
    waited = duration(round(time.monotonic() - begun, 1))
    late = SendOutcome(frozenset(), f"it did not answer within {waited}")
    return {name: late if isinstance(one, Exception) else one for name, one in zip(due, found, strict=True)}


def _sent(sender: Sender, alerts: Sequence[Alert], deadline: float) -> SendOutcome:
    try:
        sender.send(alerts, deadline)
    except SendError as error:
        return SendOutcome(frozenset(alert.key for alert in error.sent), safe(str(error)))
    except BaseException as error:  # its words may hold a secret
        return SendOutcome(frozenset(), f"it failed with {type(error).__name__}")
    return SendOutcome(frozenset(alert.key for alert in alerts))
