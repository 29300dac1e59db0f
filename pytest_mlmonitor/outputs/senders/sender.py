"""What every sender of alerts is: a name, and a way to send some alerts before a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_mlmonitor.outputs.alerts.alert import Alert


class SendError(Exception):
    """Alerts could not be sent; the message says why, without any secret and without the path of a URL.

    Attributes:
        sent: those that were sent all the same, of a service that takes one at a time; the others are due again.
    """

    def __init__(self, message: str, sent: Sequence[Alert] = ()) -> None:
        super().__init__(message)
        self.sent = tuple(sent)


class Sender(Protocol):
    """Sends alerts to one service.

    Attributes:
        name: as it stands in ``alerts.routes``.
    """

    name: str

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts, firing and resolved ones.

        Args:
            alerts: some, each due, the worst first.
            deadline: by ``time.monotonic``; what has not been answered by then has failed.

        Raises:
            SendError: some were not sent. Of what else is raised only the type is shown: it may hold a secret.
        """
