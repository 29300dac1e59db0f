"""What every sender of alerts is: a name, and a way to send some alerts before a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_mlmonitor.outputs.alerts.alert import Alert


class Sender(Protocol):
    """Sends alerts to one service.

    Attributes:
        name: as it stands in ``alerts.routes``.
    """

    name: str

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts, firing and resolved ones.

        Args:
            alerts: some, each due.
            deadline: by ``time.monotonic``; what has not been answered by then has failed.

        """
