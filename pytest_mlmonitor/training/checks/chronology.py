"""Chronology of a run: dataset built_at ≤ started_at ≤ completed_at ≤ created_at (specification 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.closure import Edge
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.time_order import in_order, not_ahead
from pytest_mlmonitor.training.model import TrainingRun

_ORDER = ("started_at", "completed_at", "created_at")


@check("training_run", category="lineage", action="Correct the clock or the times that the run states")
def chronology(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """A run starts after its dataset was built, ends after it started, and was written after it ended."""
    location = shown(run.ref.path)
    times: list[tuple[str, datetime | None]] = [(name, run.emitted[name]) for name in _ORDER if name in run.emitted]
    if not times:
        raise NotChecked("the run has no readable times")
    for edge in context.link(Inputs).edges(run):
        yield from _after_the_data(edge, times[0], location)
    yield from in_order(times, location)
    for name in _ORDER:
        if name in run.emitted:
            yield from not_ahead(name, run.emitted[name], context, location)


def _after_the_data(edge: Edge, first: tuple[str, datetime | None], location: str) -> Iterator[Finding]:
    """Yield the finding that a run began before its dataset was built.

    A file without versions is written again and again: one that was since is not what the run was trained on, which is no fault of
    the run. Where its digest says that it is the same all the same, it was only copied.
    """
    dataset: Dataset | None = next(iter(edge.targets), None)
    if dataset is None or dataset.build_time is None:
        return
    # What is known to the day only, or without a zone, may have been built earlier than it reads.
    built = dataset.build_time.earliest
    found = in_order([("the dataset's built_at", built), first], location)
    if dataset.dataset_version is not None:
        yield from found
    elif edge.by != "digest":
        for finding in found:
            more = f"; {dataset.ref.name} has no versions: it may have been written again since (say dataset_digest)"
            yield replace(finding, severity=Severity.WARNING, message=f"{finding.message}{more}")
