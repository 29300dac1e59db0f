"""Which drift was judged while its artifact was the newest of its family: said then, it is not said again (specification 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.unreadable import Unreadable

TOPIC = "judged while newest"


class Judged:
    """What earlier runs and this one judged while it was the newest; nothing where nothing is remembered between runs."""

    def __init__(self, platform: Artifacts) -> None:
        self._memory = platform.memory
        self._reader = platform.view(TableReader)
        self._known: dict[str, bool] = {}

    def note(self, artifact: Any, check: str) -> None:
        """Remember that a check judged an artifact, as it is now, while nothing newer stood in for it."""
        key = self._key(artifact, check) if self._memory is not None else None
        if self._memory is not None and key is not None and not self._has(key):
            self._memory.keep_fact(TOPIC, key, b"")
            self._known[key] = True

    def while_newest(self, artifact: Any, check: str) -> bool:
        """Return whether a check judged an artifact, as it is now, while it was the newest."""
        key = self._key(artifact, check) if self._memory is not None else None
        return key is not None and self._has(key)

    def _has(self, key: str) -> bool:
        if key not in self._known:
            self._known[key] = self._memory is not None and self._memory.fact(TOPIC, key) is not None
        return self._known[key]

    def _key(self, artifact: Any, check: str) -> str | None:
        """Return what a judgement is known by: the check, and the bytes, wherever they lie; None where they cannot be read."""
        path: Path = getattr(artifact, "data_path", None) or artifact.ref.path
        try:
            content = self._reader.fingerprint(path)
        except Unreadable:
            return None
        return f"{check}\0{artifact.ref.kind}\0{artifact.ref.name}\0{content}"
