"""A training run's link to its dataset (specification 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.check import NotChecked, check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.chain import dangling_dataset
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.training.model import TrainingRun


@check("training_run", category="lineage")
def dataset_link(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """The dataset that the run was trained on exists and was FRESH when training started."""
    platform = of_artifact(run)
    name, version = run.input_dataset_name, run.input_dataset_version
    if name in (None, UNKNOWN) or version in (None, UNKNOWN):
        raise NotChecked("the run does not say which dataset it was trained on (see fallbacks)")
    assert name is not None and version is not None
    if not platform.holds("dataset"):
        raise NotChecked("the roots hold no dataset")
    dataset = platform.dataset(name, version)
    if dataset is None:
        yield dangling_dataset(platform, f"run {bare(run.ref.name, 40)}", name, version, shown(run.ref.path))
        return
    if dataset.built_at is not None and run.started_at is not None:
        yield from _stale_when_used(run, dataset, dataset.built_at, run.started_at, settings)


def _stale_when_used(
    run: TrainingRun, dataset: Dataset, built_at: datetime, started_at: datetime, settings: Settings
) -> Iterator[Finding]:
    age = (started_at - built_at).total_seconds()
    allowed = settings.freshness.max_age_seconds
    if age >= allowed:
        yield Finding(
            Severity.ERROR,
            f"trained on a STALE dataset: {dataset.ref.name} was {duration(age)} old when training started, "
            f"allowed {duration(allowed)}",
            f"age < {allowed:g} s at started_at (freshness.max_age_seconds)",
            f"{age:g} s",
            "started_at",
            shown(run.ref.path),
        )
