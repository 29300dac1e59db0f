"""How good models are, and how far their data moved: what the limits ``retrain.*`` are held against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.better_side import plain_name
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainPolicy
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.links.models.concerned_models import ConcernedModels
from pytest_mlmonitor.links.models.fed_models import FedModels, drift_shares
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.predictions.kind import PREDICTIONS
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.registries.kind import MODEL_REGISTRY
from pytest_mlmonitor.registries.views import production_of

_SPLITS = ("", "test_", "val_", "validation_", "valid_", "eval_")
"""Names of a metric by what it was measured on; what is not named here (``train_``) says nothing of a model that serves."""

_OTHERS = ("train_", "cv_")

_Evidence = tuple[str, ...]
_Measured = tuple[float, str, _Evidence]


class ModelMetrics:
    """The metric of the policy, by model: where labels of live predictions exist there, else as the model's training measured it.

    Of several values that are said at once the worst counts.
    """

    def __init__(self, record: RunRecord, platform: Artifacts, policy: RetrainPolicy) -> None:
        self._platform = platform
        self._policy = policy
        self._fed = platform.view(FedModels)
        self._shares = drift_shares(result for _, result in record.results)
        self._about: dict[ArtifactRef, list[tuple[str, CheckResult]]] = {}
        for nodeid, result in record.results:
            self._about.setdefault(result.ref, []).append((nodeid, result))

    def of(self, model: str) -> _Measured | None:
        """Return the metric of a model, where it was measured, in words, and the node ids about that; None without one."""
        for found in (self._live.get(model, []), list(self._of_runs(model)), self._registered.get(model, [])):
            known = [one for one in found if math.isfinite(one[0])]
            if known:
                worst = max if self._policy.lower_is_better else min
                return worst(known, key=lambda one: one[0])
        return None

    def drift_share(self, model: str) -> tuple[float, _Evidence] | None:
        """Return the largest share of drifted features in what feeds a model, and the node ids about it; None without one."""
        fed = self._fed.by_name[model].fed_by
        known = [(self._shares[one.ref], one.ref) for one in fed if one.ref in self._shares]
        if not known:
            return None
        share, ref = max(known)
        return share, tuple(nodeid for nodeid, result in self._about[ref] if drift_shares([result]))

    @cached_property
    def _live(self) -> dict[str, list[_Measured]]:
        """What was measured on live predictions, by model; what a trainer measured of its test is the run's own metric again."""
        newer = self._platform.view(Superseded).newer
        found: dict[str, list[_Measured]] = {}
        for predictions in self._platform.of_kind(PREDICTIONS.name):
            for nodeid, result in self._about.get(predictions.ref, ()):
                figures: dict[str, dict[str, float]] = {}
                for figure in result.figures:
                    figures.setdefault(figure.column, {})[figure.name] = figure.value
                for called, named in figures.items():
                    model = self._maker(predictions) if called == UNKNOWN else called
                    value = _named(named, self._policy.metric, ("",))
                    if value is not None and model is not None and newer(predictions) is None:
                        where = f"on the predictions {bare(result.ref.name, 60)}"
                        found.setdefault(model, []).append((value, where, (nodeid,)))
        return found

    def _maker(self, predictions: Predictions) -> str | None:
        """Return the model that made a log whose runs name none: a registry may know the versions in it. None of several."""
        concerns = self._platform.view(ConcernedModels).of(predictions)
        names = {model.name for concern in concerns for model in concern.models}
        return names.pop() if len(names) == 1 else None

    def _of_runs(self, model: str) -> Iterator[_Measured]:
        for run in self._fed.by_name[model].runs:
            value = _named(run.metrics, self._policy.metric, _SPLITS)
            if value is not None:
                yield value, f"of run {bare(run.ref.name, 60)}", self._evidence(run.ref)

    @cached_property
    def _registered(self) -> dict[str, list[_Measured]]:
        """What registries say of versions in production, by model."""
        found: dict[str, list[_Measured]] = {}
        for registry in self._platform.of_kind(MODEL_REGISTRY.name):
            for version in production_of(registry):
                value = _named(version.metrics, self._policy.metric, _SPLITS)
                if value is not None and version.model_name is not None:
                    called = bare(version.version or version.run_id or "in production", 40)
                    where = f"of version {called} in {bare(registry.ref.name, 60)}"
                    found.setdefault(version.model_name, []).append((value, where, self._evidence(registry.ref)))
        return found

    def _evidence(self, ref: ArtifactRef) -> _Evidence:
        """Return the node ids about the performance of an artifact; where none is, of the first about it."""
        results = self._about.get(ref, [])
        about = [nodeid for nodeid, result in results if result.category == "performance"]
        return tuple(dict.fromkeys(about or [nodeid for nodeid, _ in results[:1]]))


def _named(metrics: Mapping[str, float], wanted: str, splits: Sequence[str]) -> float | None:
    """Return a metric by its name, whatever its case, with the name of a split before it, or by another word for it."""
    known = {name.lower(): value for name, value in metrics.items()}
    for split in splits:
        if f"{split}{wanted.lower()}" in known:
            return known[f"{split}{wanted.lower()}"]
    if splits == ("",):
        return None
    alike = [name for name in known if not name.startswith(_OTHERS) and plain_name(name) == plain_name(wanted)]
    return known[min(alike)] if alike else None
