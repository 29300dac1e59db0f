"""A predictions file as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.artifact import Artifact

if TYPE_CHECKING:  # the row of the kind loads nothing heavy
    from pytest_mlmonitor.core.sources.sourced import Sourced


@dataclass(frozen=True, repr=False)
class DeclaredLog:
    """A log that a declared source found: its files, and what is known of their form.

    Attributes:
        sourced: what the source found.
        documents: those that its ``metadata`` names.
    """

    sourced: Sourced
    documents: Mapping[Path, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Predictions(Artifact):
    """A predictions file: the trainer's test predictions, or a prediction log of another platform.

    Attributes:
        data_path: absolute path of the file.
        log: True for a prediction log (request id, predicted class, confidence, model version).
        stamp: ``YYYYMMDD_HHMMSS`` of the training report it belongs to, None for a log.
        features_only: whether it holds no predictions, only what was asked.
        declared: what a declared source says of a log, None for a form that is known.
    """

    data_path: Path | None = None
    log: bool = False
    stamp: str | None = None
    declared: DeclaredLog | None = None
    features_only: bool = False

    @property
    def file(self) -> Path:
        """The file itself."""
        return self.data_path or self.ref.path
