"""Where the platform keeps what, and how a file is written so that nobody ever reads half of it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Places:
    """The directories and files below a project.

    Attributes:
        project: directory of the policy, the contracts and the tests.
    """

    project: Path

    @property
    def state(self) -> Path:
        """The platform's own clock and plans."""
        return self.project / "platform_state.json"

    @property
    def artifacts(self) -> Path:
        """All that others may read."""
        return self.project / "artifacts"

    @property
    def features(self) -> Path:
        """Builds of the training data, each with its sidecar."""
        return self.artifacts / "features"

    @property
    def bundles(self) -> Path:
        """A directory for every training run."""
        return self.artifacts / "bundles"

    @property
    def registry(self) -> Path:
        """Versions of the model, and which one is in production."""
        return self.artifacts / "registry" / "model_registry.json"

    @property
    def serving(self) -> Path:
        """Windows and events of the service."""
        return self.artifacts / "serving"

    @property
    def predictions(self) -> Path:
        """The log of predictions, a file an hour."""
        return self.artifacts / "predictions"


def text_of(moment: datetime) -> str:
    """Return a moment as the platform writes it, in UTC.

    >>> text_of(datetime(2026, 11, 27, 8, tzinfo=UTC))
    '2026-11-27T08:00:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def stamp_of(moment: datetime) -> str:
    """Return a moment as it stands in names of files: ``20261127_080000``."""
    return moment.strftime("%Y%m%d_%H%M%S")


def moment_of(text: str) -> datetime:
    """Return the moment that a text says."""
    return datetime.fromisoformat(text)


def write_json(path: Path, document: Any) -> None:
    """Write a document, whole or not at all."""
    write_text(path, json.dumps(document, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)


def append_line(path: Path, record: dict[str, Any]) -> None:
    """Append a record to a file of JSON lines, in one write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_json(path: Path) -> Any:
    """Return what a document says."""
    return json.loads(path.read_text(encoding="utf-8"))
