"""A predictions file as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.artifact import Artifact


@dataclass(frozen=True, repr=False)
class Predictions(Artifact):
    """A predictions file: the trainer's test predictions, or a prediction log of another platform.

    Attributes:
        data_path: absolute path of the file.
        log: True for a prediction log (request id, predicted class, confidence, model version).
        stamp: ``YYYYMMDD_HHMMSS`` of the training report it belongs to, None for a log.
    """

    data_path: Path | None = None
    log: bool = False
    stamp: str | None = None

    @property
    def file(self) -> Path:
        """The file itself."""
        return self.data_path or self.ref.path
