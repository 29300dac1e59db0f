"""Artifacts by what links name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef, Kind
from pytest_mlmonitor.core.text.versions import family, version_key
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.model import TrainingRun


class Index:
    """Artifacts by what links name, so that a link costs the same on a platform of any size."""

    def __init__(self, artifacts: Sequence[tuple[ArtifactRef, Any]]) -> None:
        self.all: dict[Kind, list[Any]] = {}
        self.legible: dict[Kind, list[Any]] = {}
        self.runs: dict[str, list[TrainingRun]] = {}
        self.datasets: dict[str, list[Dataset]] = {}
        self.versions: dict[tuple[str, str], Dataset] = {}
        self.families: dict[str, list[Dataset]] = {}
        self.services: dict[tuple[str, str], list[Deployment]] = {}
        self.trees: set[Path | None] = set()  # metrics directories that hold windows
        for ref, artifact in artifacts:
            self.all.setdefault(ref.kind, []).append(artifact)
            if isinstance(artifact, Deployment) and artifact.windows:
                self.trees.add(artifact.metrics_dir)
            if not getattr(artifact, "legible", True):
                continue
            self.legible.setdefault(ref.kind, []).append(artifact)
            if isinstance(artifact, TrainingRun) and artifact.run_id is not None:
                self.runs.setdefault(artifact.run_id, []).append(artifact)
            elif isinstance(artifact, Dataset) and artifact.dataset_name is not None:
                self.datasets.setdefault(artifact.dataset_name, []).append(artifact)
                self.families.setdefault(family(artifact.dataset_name), []).append(artifact)
                if artifact.dataset_version is not None:
                    key = (artifact.dataset_name, version_key(artifact.dataset_version))
                    self.versions.setdefault(key, artifact)
            elif isinstance(artifact, Deployment) and artifact.events:
                last = artifact.events[-1]
                self.services.setdefault((last.service_name, last.environment), []).append(artifact)
