"""The outbox: every alert that is told to anybody, one JSON object a line. It needs no network and no service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import append_lines
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.limited_document import limited_document, utc
from pytest_mlmonitor.outputs.senders.sender import SendError

OUTBOX_NAME = "alerts.ndjson"
"""Its file in ``out``, where the policy names no other."""


class Outbox:
    """A file that alerts are appended to; several runs may do so at once, and a torn last line is closed off.

    Attributes:
        name: among the senders.
        path: of the file.
        failed: whether it could not be written.
    """

    name = "outbox"

    def __init__(self, path: Path, at: datetime) -> None:
        """Append to ``path``; ``at`` is written as the time at which alerts were told."""
        self.path = path
        self.failed = False
        self._at = at

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Append alerts; see :class:`~pytest_mlmonitor.outputs.senders.sender.Sender`."""
        del deadline  # a local file
        written: list[Alert] = []

        def lines() -> Iterator[str]:
            for alert in alerts:
                document = {**limited_document(alert), "told_at": utc(self._at)}
                yield json.dumps(document, ensure_ascii=True, allow_nan=False)
                written.append(alert)

        try:
            append_lines(self.path, lines())
        except OSError as error:
            self.failed = True
            # All are written and yet it failed: what is not known to be on the disk is written again.
            sent = written if len(written) < len(alerts) else []
            raise SendError(safe(error.strerror or str(error)), sent) from None
