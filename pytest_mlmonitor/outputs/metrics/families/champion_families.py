"""Metrics of champions and challengers: which model is in production, how good it is, and whether the next one is better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import Metric

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.links.champions import Champions
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.outputs.metrics.families.model_families import worse_metric
from pytest_mlmonitor.outputs.metrics.series import capped, gauge, label_of, largest, smallest
from pytest_mlmonitor.registries.gate import decide
from pytest_mlmonitor.registries.kind import MODEL_REGISTRY
from pytest_mlmonitor.registries.model import ModelVersion
from pytest_mlmonitor.registries.registry_words import STAGES
from pytest_mlmonitor.registries.views import production_of
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

_COMPARED = ("staging", "candidate", "challenger", "shadow")
_SPLITS = ("", "test_", "val_", "validation_", "valid_", "eval_")
"""Where a metric is taken from, in this order."""


@dataclass(frozen=True)
class _Model:
    """A model: what is in production, and what may follow it; each a run, or a version where no run is known."""

    name: str
    in_production: bool
    stage: str
    champion: TrainingRun | ModelVersion | None
    challenger: TrainingRun | ModelVersion | None
    newest: TrainingRun | None


def champion_families(platform: Artifacts) -> Iterator[Metric]:
    """Yield every model with its stage, whether it is in production, and the metrics of champion and challenger."""
    environment, policy = platform.settings.environment, platform.settings.promotion
    info: dict[SeriesLabels, float] = {}
    live: dict[SeriesLabels, float] = {}
    metrics: dict[str, dict[SeriesLabels, float]] = {"champion": {}, "challenger": {}}
    gains: dict[SeriesLabels, float] = {}
    knows = _says_what_serves(platform)
    if _serves_an_unnamed(platform):
        live[UNKNOWN,] = 1.0
    for model in _models(platform):
        name = label_of(model.name)
        info[name, model.stage, label_of(_type_of(model))] = 1.0
        if knows:
            live[name,] = max(float(model.in_production), live.get((name,), 0.0))
        for role, of in (("champion", model.champion), ("challenger", model.challenger)):
            for metric, value in _plain(of.metrics if of is not None else {}).items():
                metrics[role][name, label_of(metric)] = value
        for metric, gain in _gains(model, policy).items():
            gains[name, label_of(metric)] = gain
    yield gauge(
        "ml_model_info",
        "1 for every model, with its stage and its type.",
        ["model_name", "stage", "model_type"],
        capped(info, largest),
        environment,
    )
    yield gauge(
        "ml_model_in_production",
        "1 when a deployment serves the model, or a registry has it in production; absent where nothing says what is.",
        ["model_name"],
        capped(live, smallest),
        environment,
    )
    for role, words in (("champion", "in production"), ("challenger", "that may follow")):
        yield gauge(
            f"ml_{role}_metric",
            f"Metrics of the run or version of a model {words}.",
            ["model_name", "metric"],
            capped(metrics[role], worse_metric, names=2),
            environment,
        )
    yield gauge(
        "ml_challenger_improvement",
        "By how much the challenger is better than the champion; below 0 it is worse.",
        ["model_name", "metric"],
        capped(gains, smallest, names=2),
        environment,
    )


def _says_what_serves(platform: Artifacts) -> bool:
    """Return whether anything there says which models are in production: deployments, or a registry that knows stages.

    Where only trainings are seen (a tracking server without a registry) nobody knows, and a 0 would be a false alarm.
    """
    registries = platform.of_kind(MODEL_REGISTRY.name)
    return bool(platform.view(Deployments).all) or any(
        registry.pointers
        or registry.empty_pointers
        or any(one.stage is not None or one.production for one in registry.versions)
        for registry in registries
    )


def _serves_an_unnamed(platform: Artifacts) -> bool:
    """Return whether something serves that does not say which model it is."""
    deployments, retirement = platform.view(Deployments), platform.view(Retirement)
    latest = (deployments.latest(one) for one in deployments.all if retirement.of(one) is None)
    return any(one is not None and one.model_name in (None, UNKNOWN) for one in latest)


def _models(platform: Artifacts) -> Iterator[_Model]:
    fed, champions, runs = platform.view(FedModels), platform.view(Champions), platform.view(Runs)
    versions: dict[str, list[ModelVersion]] = {}
    live: dict[str, ModelVersion] = {}
    for registry in platform.of_kind(MODEL_REGISTRY.name):
        registered = {id(version) for version in production_of(registry)}
        for version in registry.versions:
            trained = runs.by_id(version.run_id) if version.run_id is not None else []
            said = [version.model_name, *(fed.model_of(run) for run in trained)]
            name = next((one for one in said if one is not None), UNKNOWN)
            versions.setdefault(name, []).append(version)
            if id(version) in registered:
                live.setdefault(name, version)
    trained_as: dict[str, list[TrainingRun]] = {}
    for run in runs.all:
        if (name_of := fed.model_of(run)) is not None:
            trained_as.setdefault(name_of, []).append(run)
    for name in sorted({*fed.by_name, *champions.serving, *versions}):
        known, served = fed.by_name.get(name), champions.of(name)
        serving = runs.by_id(served.run_id) if served is not None else []
        if not serving and known is not None and known.live:
            serving = list(known.runs)
        champion: TrainingRun | ModelVersion | None = next(iter(serving), None)
        if champion is None or not champion.metrics:
            champion = live.get(name, champion)
        in_production = served is not None or name in live or (known is not None and known.live)
        newest = _newest(trained_as.get(name, ()), next(iter(serving), None))
        staged = [one for one in versions.get(name, ()) if (one.stage or "").lower() in _COMPARED]
        yield _Model(
            name,
            in_production,
            _stage(in_production, versions.get(name, ())),
            champion,
            newest if newest is not None else next(iter(staged[-1:]), None),
            next(iter(serving), None) or newest or next(iter(known.runs if known is not None else ()), None),
        )


def _newest(runs: Sequence[TrainingRun], champion: TrainingRun | None) -> TrainingRun | None:
    """Return the newest run with metrics that was made after the champion's, None without."""
    later = [
        run
        for run in runs
        if run.metrics
        and run.completed_at is not None
        and (champion is None or run.run_id != champion.run_id)
        and (champion is None or champion.completed_at is None or run.completed_at > champion.completed_at)
    ]
    return max(later, key=lambda run: (run.completed_at, run.ref), default=None)


def _stage(in_production: bool, versions: Sequence[ModelVersion]) -> str:
    if in_production:
        return "production"
    said = {(version.stage or "").lower() for version in versions}
    return next((stage for stage in STAGES if stage in said), "none")


def _type_of(model: _Model) -> str:
    said = (model.newest.document or {}).get("model_type") if model.newest is not None else None
    return said if isinstance(said, str) and said else UNKNOWN


def _plain(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return metrics by their names without the split: of the plain name, else of the test, else of the validation."""
    known = {name.lower(): value for name, value in metrics.items() if math.isfinite(value)}
    found: dict[str, float] = {}
    for split in _SPLITS:
        for name, value in known.items():
            own = next((one for one in _SPLITS[1:] if name.startswith(one)), "")
            if own == split:
                found.setdefault(name.removeprefix(own), value)
    return found


def _gains(model: _Model, policy: PromotionPolicy) -> dict[str, float]:
    """Return by how much the challenger is better, by metrics of which it is known which side is the better one."""
    if model.champion is None or model.challenger is None:
        return {}
    found = {}
    for metric in sorted(_plain(model.champion.metrics).keys() & _plain(model.challenger.metrics).keys()):
        same = metric == policy.metric.lower()
        gate = PromotionPolicy(metric=metric, better=policy.better if same else None)
        gain = decide(model.challenger, model.champion, gate).improvement
        if gain is not None and math.isfinite(gain):
            found[metric] = gain
    return found
