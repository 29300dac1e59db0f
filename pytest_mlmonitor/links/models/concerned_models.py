"""Which models an artifact speaks of, and what its checks say of them: drift, quality, freshness, performance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import singledispatchmethod
from typing import Any, NamedTuple

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainReason
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.links.labels import Labels
from pytest_mlmonitor.links.models.fed_models import FedModel, FedModels
from pytest_mlmonitor.links.models.known_versions import ModelVersions
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.views import production_of
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

OF_DATA: Mapping[str, RetrainReason] = {"drift": "drift", "quality": "quality", "freshness": "freshness"}
"""What the failure of a check of a dataset is for the models that learn from it, by the category of the check."""

_OF_DATA_LEARNT: Mapping[str, RetrainReason] = {"quality": "quality"}
_OF_PREDICTIONS: Mapping[str, RetrainReason] = {"drift": "drift", "performance": "performance"}
_OF_DEPLOYMENTS: Mapping[str, RetrainReason] = {"drift": "drift"}
_OF_RUNS: Mapping[str, RetrainReason] = {"performance": "performance"}
_OF_REPORTS: Mapping[str, RetrainReason] = {
    "drift": "drift",
    "quality": "quality",
    "evaluation": "performance",
}
"""By the form of another tool's report: whatever it is about, the check that repeats its verdict is one of quality."""


class Concern(NamedTuple):
    """What an artifact has to do with some models.

    Attributes:
        models: that it speaks of.
        means: what the failure of one of its checks is for them, by the category of the check.
    """

    models: tuple[FedModel, ...]
    means: Mapping[str, RetrainReason]


class ConcernedModels:
    """Which models artifacts speak of as they are now: superseded ones, and what is out of service, speak of none."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._fed = platform.view(FedModels)
        self._superseded = platform.view(Superseded)

    def of(self, artifact: Any) -> list[Concern]:
        """Return what an artifact has to do with which models; nothing where a newer one stands in for it."""
        return [concern for concern in self._of(artifact) if concern.models]

    @singledispatchmethod
    def _of(self, artifact: Any) -> Iterable[Concern]:
        del artifact
        return ()

    @_of.register
    def _of_data(self, dataset: Dataset) -> Iterable[Concern]:
        """What the next training takes, and what a model that serves has learnt from: there only bad rows still matter."""
        fed = self._fed.of(dataset)
        learnt = [model for model in self._fed.learnt_from(dataset) if model.live and model not in fed]
        return Concern(tuple(fed), OF_DATA), Concern(tuple(learnt), _OF_DATA_LEARNT)

    @_of.register
    def _of_run(self, run: TrainingRun) -> Iterable[Concern]:
        model = self._fed.of_run(run)
        yield Concern((model,) if model is not None else (), _OF_RUNS)

    @_of.register
    def _of_predictions(self, predictions: Predictions) -> Iterable[Concern]:
        if self._superseded.newer(predictions) is None:
            yield Concern(self._named(self._made(predictions)), _OF_PREDICTIONS)

    @_of.register
    def _of_deployment(self, deployment: Deployment) -> Iterable[Concern]:
        model = self._fed.of_deployment(deployment)
        yield Concern((model,) if model is not None else (), _OF_DEPLOYMENTS)

    @_of.register
    def _of_registry(self, registry: ModelRegistry) -> Iterable[Concern]:
        """A registry says of one model what its check says; of several nobody knows of which."""
        names = {name for version in production_of(registry) for name in self._of_version(version)}
        yield Concern(self._named(names) if len(names) == 1 else (), _OF_RUNS)

    @_of.register
    def _of_report(self, report: ExternalReport) -> Iterable[Concern]:
        means = _OF_REPORTS.get(report.form)
        if means is None or self._superseded.newer(report) is not None:
            return
        names: set[str] = set()
        if report.evaluation is not None:
            names = {name for version in report.evaluation.versions for name in self._of_version(version)}
        elif report.subject is not None:
            names = self._called(report.subject)
        yield Concern(self._named(names), {"quality": means})

    def _made(self, predictions: Predictions) -> set[str]:
        """Return the models that made predictions: of the newest versions in a log; of a test those of its report's data."""
        labels = self._platform.view(Labels)
        if not predictions.log:
            report = labels.report_of(predictions)
            runs = labels.runs_on(report.input_path) if report is not None else []
            return {name for run in runs if (name := self._fed.model_of(run)) is not None}
        try:
            log = self._platform.view(Logs).of(predictions)
        except NotChecked:
            return set()  # its own checks say so
        return {name for version in log.newest_versions for name in self._called(version)}

    def _called(self, text: str) -> set[str]:
        """Return the models that a name, or a version, is of."""
        if text in self._fed.by_name:
            return {text}
        versions = self._platform.view(ModelVersions)
        found = {name for run in versions.runs(text) if (name := self._fed.model_of(run)) is not None}
        return found or {name for entry in versions.entries(text) for name in self._of_version(entry)}

    def _of_version(self, version: ModelVersion) -> set[str]:
        runs = self._platform.view(Runs).by_id(version.run_id) if version.run_id is not None else []
        names = {name for run in runs if (name := self._fed.model_of(run)) is not None}
        return names or ({version.model_name} if version.model_name is not None else set())

    def _named(self, names: set[str]) -> tuple[FedModel, ...]:
        """Return models by name; where nothing names any, the only one that there is."""
        known = self._fed.by_name
        if not names and len(known) == 1:
            return tuple(known.values())
        return tuple(known[name] for name in sorted(names) if name in known)
