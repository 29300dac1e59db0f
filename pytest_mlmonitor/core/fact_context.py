"""What facts about an artifact are told from: what a run has read and measured, and nothing that it would have to read anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.words import duration

Fact = tuple[str, str]
"""A name and words."""

KEY_METRICS = ("f1", "roc_auc", "auc", "accuracy", "recall", "precision", "rmse", "mae", "r2", "log_loss")
"""By what people know a model; others follow in the order of their names."""

_METRICS = 4


@dataclass(frozen=True)
class FactContext:
    """A run as facts are told from it.

    Attributes:
        platform: that was read.
        results: of each artifact.
        before: the version of the family before an artifact; None for the first one.
    """

    platform: Artifacts
    results: Mapping[ArtifactRef, Sequence[CheckResult]] = field(default_factory=dict)
    before: Callable[[Any], Any | None] = lambda _: None

    def figure(self, artifact: Any, name: str) -> float | None:
        """Return what a check measured of an artifact, None where none did."""
        figures = (figure for result in self.results.get(artifact.ref, ()) for figure in result.figures)
        return next((figure.value for figure in figures if figure.name == name), None)

    def pictured(self, artifact: Any, kind: str, name: str) -> Any:
        """Return what stands under a name in a picture of an artifact, None where there is none."""
        pictures = (picture for result in self.results.get(artifact.ref, ()) for picture in result.pictures)
        return next((picture.data.get(name) for picture in pictures if picture.kind == kind), None)

    def moment(self, moment: datetime) -> str:
        """Return a time, and how long before the evaluation time it lies.

        >>> from datetime import UTC
        >>> FactContext(Artifacts(now=datetime(2026, 4, 7, 12, tzinfo=UTC))).moment(datetime(2026, 4, 7, 8, tzinfo=UTC))
        '2026-04-07 08:00 UTC, 4 h ago'
        """
        seconds = (self.platform.now - moment).total_seconds()
        away = f"{duration(seconds)} ago" if seconds >= 0 else f"in {duration(seconds)}"
        return f"{moment:%Y-%m-%d %H:%M} UTC, {away}"


def metrics_in_words(metrics: Mapping[str, float]) -> str:
    """Return the metrics by which people know a model, at most four.

    >>> metrics_in_words({"zeta": 1, "f1": 0.91, "rmse": 12.3456, "a": 1e-9, "b": 3})
    'f1 0.91, rmse 12.35, a 1e-09, b 3'
    """
    known = [name for name in KEY_METRICS if name in metrics]
    others = sorted(name for name in metrics if name not in known)
    return ", ".join(f"{name} {metrics[name]:.4g}" for name in [*known, *others][:_METRICS])


def named_version(name: str | None, version: str | None) -> str | None:
    """Return a name and a version as people write them, None where there is neither.

    >>> named_version("fraud", "7"), named_version("fraud", None), named_version(None, None)
    ('fraud 7', 'fraud', None)
    """
    return " ".join(part for part in (name, version) if part) or None
