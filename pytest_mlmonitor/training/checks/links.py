"""A training run's link to its dataset (specification 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.chain import dangling_dataset
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
    if dataset.built_at is not None and run.started_at is not None:
        yield from _stale_when_used(run, dataset, dataset.built_at, run.started_at, context)


def _stale_when_used(
    run: TrainingRun, dataset: Dataset, built_at: datetime, started_at: datetime, context: Context
) -> Iterator[Finding]:
    age = (started_at - built_at).total_seconds()
    policy = context.settings_of(dataset).freshness  # how old data may be is the dataset's affair
    allowed = policy.max_age_seconds
    if not policy.off and age >= allowed:
        yield Finding(
            Severity.ERROR,
            f"trained on a STALE dataset: {dataset.ref.name} was {duration(age)} old when training started, "
            f"allowed {duration(allowed)}",
            f"age < {allowed:g} s at started_at (freshness.max_age_seconds)",
            f"{age:g} s",
            "started_at",
            shown(run.ref.path),
        )
