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
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.age_limits import age_limits, broken_limit
from pytest_mlmonitor.links.closure import Edge
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.identities.link_words import broken, unresolved, unsaid
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.training.model import TrainingRun

_EMITTED = {"name": "input_dataset_name, input_dataset_version"}
"""What upstream's own formats call the fields of the link."""

_OF_INPUTS = {"name": "name", "path": "path", "digest": "digest"}
"""What those call them that know more of their inputs: MLflow, DVC."""


@check("training_run", category="lineage", action="Train again on a dataset that is there and fresh")
def dataset_link(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The dataset that the run was trained on exists and was FRESH when training started."""
    platform, edges = context.platform, context.link(Inputs).edges(run)
    if not edges:
        fallback = "" if run.source is not None else " (see fallbacks)"
        said = f": {unsaid(run)}" if run.source is not None else ""
        raise NotChecked(f"the run does not say which dataset it was trained on{fallback}{said}")
    if not platform.holds("dataset"):
        raise NotChecked("the roots hold no dataset")
    fields = None if run.source is not None else _OF_INPUTS if run.inputs else _EMITTED
    for edge in edges:
        yield from broken(platform, edge, f"run {bare(run.ref.name, 40)}", shown(run.ref.path), fields)
        for dataset in edge.targets[:1]:
            if dataset.build_time is not None and run.started_at is not None:
                yield from _stale_when_used(run, dataset, dataset.build_time, run.started_at, context)
    elsewhere = [edge for edge in edges if run.source is not None and _is_elsewhere(edge, context)]
    for edge in elsewhere:
        (why,) = unresolved(platform, [edge])
        yield Finding(
            Severity.WARNING,
            f"run {bare(run.ref.name, 40)}: {why}",
            location=shown(run.ref.path),
            column="dataset_path",
        )
    open_ends = unresolved(platform, [edge for edge in edges if edge not in elsewhere])
    if len(open_ends) == len(edges):
        raise NotChecked(open_ends[0])
    for why in open_ends:
        yield Finding(Severity.INFO, f"not every dataset of the run is known: {why}", location=shown(run.ref.path))


def _is_elsewhere(edge: Edge, context: Context) -> bool:
    """Return whether a path begins like nothing that the policy knows, where that says how paths begin."""
    rebase = context.platform.settings.rebase
    return bool(rebase) and edge.state == "not_held" and edge.path is not None and not edge.path.related


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
