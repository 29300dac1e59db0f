"""Chronology of a run: dataset built_at ≤ started_at ≤ completed_at ≤ created_at (specification 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.time_order import in_order, not_ahead
from pytest_mlmonitor.training.model import TrainingRun, trained_on

_ORDER = ("started_at", "completed_at", "created_at")


@check("training_run", category="lineage")
def chronology(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """A run starts after its dataset was built, ends after it started, and was written after it ended."""
    location = shown(run.ref.path)
    times: list[tuple[str, datetime | None]] = [(name, run.emitted[name]) for name in _ORDER if name in run.emitted]
    if not times:
        raise NotChecked("the run has no readable times")
    built = _built_at(run, context)
    if built is not None:
        times.insert(0, ("the dataset's built_at", built))
    yield from in_order(times, location)
    for name in _ORDER:
        if name in run.emitted:
            yield from not_ahead(name, run.emitted[name], context, location)


def _built_at(run: TrainingRun, context: Context) -> datetime | None:
    said = trained_on(run)
    dataset = context.view(Datasets).version(*said) if said is not None else None
    # What is known to the day only, or without a zone, may have been built earlier than it reads.
    return dataset.build_time.earliest if dataset is not None and dataset.build_time is not None else None
