"""A training run's link to its dataset (specification 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.age_limits import age_limits, broken_limit
from pytest_mlmonitor.links.chain import dangling_dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.training.model import TrainingRun, trained_on


@check("training_run", category="lineage")
def dataset_link(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The dataset that the run was trained on exists and was FRESH when training started."""
    said = trained_on(run)
    if said is None:
        raise NotChecked("the run does not say which dataset it was trained on (see fallbacks)")
    if not context.platform.holds("dataset"):
        raise NotChecked("the roots hold no dataset")
    dataset = context.view(Datasets).version(*said)
    if dataset is None:
        yield dangling_dataset(context.platform, f"run {bare(run.ref.name, 40)}", *said, shown(run.ref.path))
        return
    if dataset.build_time is not None and run.started_at is not None:
        yield from _stale_when_used(run, dataset, dataset.build_time, run.started_at, context)


def _stale_when_used(
    run: TrainingRun, dataset: Dataset, built: BuildTime, started_at: datetime, context: Context
) -> Iterator[Finding]:
    age = built.age(started_at)
    policy = context.settings_of(dataset).freshness  # how old data may be is the dataset's affair
    limits = [] if policy.off else age_limits(dataset, built, policy, context.link(Contracts))
    stale = broken_limit(limits, built, age)
    if stale is not None:
        severity, limit = stale
        yield Finding(
            severity,
            f"trained on a STALE dataset: {dataset.ref.name} was {duration(age)} old when training started, "
            f"allowed {duration(limit.seconds)}",
            f"age {'≤' if limit.at_most else '<'} {limit.seconds:g} s at started_at ({limit.said})",
            f"{age:g} s",
            "started_at",
            shown(run.ref.path),
        )
