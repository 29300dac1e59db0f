"""What a run says of tables that it did not read, since what earlier runs were told of them still holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.memory.answers import AnswerStore, Reread
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count

OUTPUT = "mlmonitor_remembered"
"""Under which a worker tells the controller."""


class RememberedTables:
    """Gathers what every process of a run read, and what it did not."""

    def __init__(self) -> None:
        self._seen = Reread()
        self._unsound = 0
        self._unkept: str | None = None

    @staticmethod
    def told(store: AnswerStore | None) -> dict[str, Any]:
        """Return what a worker tells the controller: values that xdist can send."""
        if store is None:
            return {}
        return {
            "remembered": {os.fsencode(path): since for path, since in store.seen.remembered.items()},
            "read": [os.fsencode(path) for path in store.seen.read],
            "unsound": store.unsound,
            "unkept": store.unkept,
        }

    def add(self, told: dict[str, Any]) -> None:
        """Add what a process tells."""
        for name, since in told.get("remembered", {}).items():
            self._seen.note([Path(os.fsdecode(name))], since)
        self._seen.read.update(Path(os.fsdecode(name)) for name in told.get("read", ()))
        self._unsound += told.get("unsound", 0)
        self._unkept = self._unkept or told.get("unkept")

    def unread(self) -> dict[Path, datetime]:
        """Return the tables that no process read, and since when what is known of them holds (UTC)."""
        return {path: datetime.fromtimestamp(since, UTC) for path, since in self._seen.unread().items()}

    def said(self, unread: str, memory: State | None) -> Iterator[str]:
        """Yield what the end of the run says of it.

        Args:
            unread: what the record says.
            memory: what is remembered, None where nothing is.
        """
        if memory is None:
            return
        state = memory.path
        if memory.problem:
            yield f"everything was read again: {shown(state)} cannot be used ({safe(memory.problem)})"
            return
        if unread:
            yield f"{unread} (--mlmonitor-full reads them)"
        if self._unsound:
            answers = count(self._unsound, "remembered answer")
            yield f"{answers} in {shown(state)} set aside as unsound: read again"
        if self._unkept is not None:
            yield f"what was read is not remembered: {shown(state)} cannot be written ({safe(self._unkept)})"
