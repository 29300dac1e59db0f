"""Links that no document says of itself, and that checks follow all the same: of reports, predictions and their logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.closure import Edge
from pytest_mlmonitor.links.labels import Labels
from pytest_mlmonitor.predictions.kind import PREDICTIONS
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.training.kind import TRAINING_REPORT, TRAINING_RUN


class FurtherLinks:
    """The data that reports are about, the reports that test predictions belong to, and the runs that a log names."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._labels = platform.view(Labels)
        self._of: dict[ArtifactRef, list[Edge]] = {}
        self._to: dict[ArtifactRef, list[Edge]] = {}
        self._read: set[ArtifactRef] = set()
        for edge in (*self._of_reports(), *self._of_predictions()):
            self._of.setdefault(edge.source.ref, []).append(edge)
            for target in edge.targets:
                self._to.setdefault(target.ref, []).append(edge)

    def of(self, artifact: Any) -> list[Edge]:
        """Return the links of an artifact; a prediction log is read for them."""
        if getattr(artifact, "log", False) and artifact.ref not in self._read:
            self._read.add(artifact.ref)
            self._of[artifact.ref] = list(self._of_log(artifact))
        return self._of.get(artifact.ref, [])

    def known(self, artifact: Any) -> list[Edge]:
        """Return the links of an artifact that cost nothing: a log that nobody has read is not read for them."""
        unread = getattr(artifact, "log", False) and not self._platform.view(Logs).was_read(artifact)
        return self.of(artifact) if not unread else self._of.get(artifact.ref, [])

    def to(self, artifact: Any) -> list[Edge]:
        """Return the links to an artifact; logs that nobody asked for are not read to find more."""
        return self._to.get(artifact.ref, [])

    def _of_reports(self) -> Iterator[Edge]:
        datasets = self._platform.view(Datasets)
        for report in self._platform.of_kind(TRAINING_REPORT.name):
            for dataset in datasets.at(report.input_path):
                link = Link("reports_on", DATASET.name, dataset.ref.name, path=str(report.input_path))
                yield Edge(report, link, (dataset,), "found", "path")

    def _of_predictions(self) -> Iterator[Edge]:
        for predictions in self._platform.of_kind(PREDICTIONS.name):
            report = self._labels.report_of(predictions) if not predictions.log else None
            if report is not None:
                link = Link("belongs_to", TRAINING_REPORT.name, report.ref.name)
                yield Edge(predictions, link, (report,), "found", "name")

    def _of_log(self, predictions: Any) -> Iterator[Edge]:
        try:
            log = self._platform.view(Logs).of(predictions)
        except NotChecked:
            return  # its own checks say so
        for run in self._labels.runs_of(log):
            yield Edge(predictions, Link("predicted_by", TRAINING_RUN.name, run.ref.name), (run,), "found", "model")
