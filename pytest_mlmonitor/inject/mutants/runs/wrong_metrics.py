"""Metrics of a training run that are no numbers, or worse than they may be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.core.policy.better_side import better_side, plain_name
from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.inject.mutants.runs.one_run import is_first, said_otherwise
from pytest_mlmonitor.links.champions import Champions
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.training.edited.said_fields import METRIC
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

WORSE = 0.2
"""Of the champion's metric, by which a run is worse."""

_SPLITS = ("", "test_", "val_")
_USUAL = ("rmse", "mae", "mse", "r2", "accuracy", "f1", "roc_auc", "auc", "log_loss")
_OF_ONE_ERROR = {"rmse": 1, "mae": 1, "mse": 2}
"""Metrics of the same errors: by which power one of them grows when the errors do."""


@mutation("training_run", per="run", words="a metric is NaN")
def metric_nan(run: TrainingRun, material: Material) -> Iterator[Mutant]:
    """The metric that counts is not a number, as after a training that diverged."""
    name = _metric(run, _gate(run, material))
    if name is None or not is_first(run, material):
        return
    yield Mutant(f"{bare(name, 60)} of the run is NaN", partial(_said, run, material, {name: math.nan}))


@mutation("training_run", per="run", words="worse than the champion by 20 %")
def worse_than_champion(run: TrainingRun, material: Material) -> Iterator[Mutant]:
    """The metric that counts is on its worse side by a fifth of the champion's; metrics of the same errors move with it."""
    gate = _gate(run, material)
    name = _metric(run, gate)
    if name is None or not is_first(run, material):
        return
    champion = _champion(run, material)
    against = champion.metrics.get(name) if champion is not None else None
    better = _better(name, gate)
    known = run.metrics[name] if against is None else against
    margin = WORSE * abs(known) or WORSE
    value = known - margin if better == "higher" else known + margin
    if better is None or (value > run.metrics[name] if better == "higher" else value < run.metrics[name]):
        return
    versus = f"than that of the champion {bare(champion.ref.name, 40)}" if champion is not None else "than it was"
    yield Mutant(
        f"{bare(name, 60)} of the run is {value:.4g}, {WORSE:.0%} worse {versus}",
        partial(_said, run, material, {name: value, **_of_the_same_errors(run, name, value)}),
        equivalent=_not_in_use(run, material),
    )


def _gate(run: TrainingRun, material: Material) -> PromotionPolicy:
    return material.platform.settings_of(run.ref, run).promotion


def _metric(run: TrainingRun, gate: PromotionPolicy) -> str | None:
    """Return the metric that counts: the policy's, else a usual one, else any; None for a run without any."""
    names = [f"{split}{metric}" for metric in (gate.metric, *_USUAL) for split in _SPLITS]
    known = (name for name in (*names, *sorted(run.metrics)) if name in run.metrics)
    return next(known, None)


def _better(name: str, gate: PromotionPolicy) -> str | None:
    of_policy = any(name == f"{split}{gate.metric}" for split in _SPLITS)
    return better_side(name) or (gate.better if of_policy else None)


def _champion(run: TrainingRun, material: Material) -> TrainingRun | None:
    """Return the run that a run is held against: the one that it took over from, or the one that serves."""
    champions = material.platform.view(Champions)
    promoted = champions.promotions.get(run.run_id or "")
    serving = champions.of(run.model_name or "")
    named = promoted.before if promoted is not None else serving.run_id if serving is not None else None
    found = material.platform.view(Runs).by_id(named) if named is not None else []
    return found[0] if found and found[0].run_id != run.run_id else None


def _not_in_use(run: TrainingRun, material: Material) -> str | None:
    """Return why nobody need mind how bad a run is, None where one does."""
    champions = material.platform.view(Champions)
    serving = champions.of(run.model_name or "")
    if serving is not None and serving.run_id == run.run_id:
        return None
    if run.run_id in champions.promotions and (serving is None or run in material.platform.view(Live)):
        return None
    return "nothing serves this run: a challenger that is worse is left where it is, and harms nobody"


def _of_the_same_errors(run: TrainingRun, name: str, value: float) -> dict[str, float]:
    """Return what metrics of the same errors become: an rmse that grew alone would be less than its mae, which cannot be."""
    plain, turned = plain_name(name)
    before = run.metrics[name]
    if plain not in _OF_ONE_ERROR or turned or not name.endswith(plain) or before <= 0:
        return {}
    prefix = name.removesuffix(plain)
    factor = (value / before) ** (1 / _OF_ONE_ERROR[plain])
    found: dict[str, float] = {}
    for other, power in _OF_ONE_ERROR.items():
        metric = f"{prefix}{other}"
        if metric != name and metric in run.metrics:
            found[metric] = run.metrics[metric] * factor**power
    return found


def _said(run: TrainingRun, material: Material, metrics: Mapping[str, float]) -> FileChanges:
    fields: dict[str, Any] = {f"{METRIC}{name}": value for name, value in metrics.items()}
    return said_otherwise(run, material, lambda _: fields)
