"""Telling several services at once, each by its own sender, before a deadline that holds for all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    outcomes: dict[str, SendOutcome] = {}
    threads = {}
    for name, alerts in due.items():
        # No thread of a pool: those are waited for when the process ends.
        threads[name] = threading.Thread(
            target=_send, args=(senders[name], alerts, deadline, outcomes), name=f"mlmonitor-{name}", daemon=True
        )
        threads[name].start()
    for thread in threads.values():
        thread.join(max(0.0, deadline - time.monotonic()))
    waited = duration(round(time.monotonic() - begun, 1))
    late = SendOutcome(frozenset(), f"it did not answer within {waited}")
    return {name: outcomes.get(name, late) for name in due}


def _send(sender: Sender, alerts: Sequence[Alert], deadline: float, outcomes: dict[str, SendOutcome]) -> None:
    everything = frozenset(alert.key for alert in alerts)
    try:
        sender.send(alerts, deadline)
    except SendError as error:
        outcomes[sender.name] = SendOutcome(frozenset(alert.key for alert in error.sent), safe(str(error)))
    except BaseException as error:  # its words may hold a secret
        outcomes[sender.name] = SendOutcome(frozenset(), f"it failed with {type(error).__name__}")
    else:
        outcomes[sender.name] = SendOutcome(everything)
