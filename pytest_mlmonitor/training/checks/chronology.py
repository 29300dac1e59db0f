"""Chronology of a run: dataset built_at ≤ started_at ≤ completed_at ≤ created_at (specification 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.check import NotChecked, check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.links.order import in_order
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.training.model import TrainingRun

_ORDER = ("started_at", "completed_at", "created_at")


@check("training_run", category="lineage")
def chronology(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """A run starts after its dataset was built, ends after it started, and was written after it ended."""
    location = shown(run.ref.path)
    times: list[tuple[str, datetime | None]] = [(name, run.emitted[name]) for name in _ORDER if name in run.emitted]
    if not times:
        raise NotChecked("the run has no readable times")
    built = _built_at(run)
    if built is not None:
        times.insert(0, ("the dataset's built_at", built))
    yield from in_order(times, location)
    now = run.platform.now
    for name, moment in times:
        if moment is not None and name != "the dataset's built_at":
            yield from _not_ahead(name, moment, now, settings.clock_skew_seconds, location)


def _built_at(run: TrainingRun) -> datetime | None:
    if run.input_dataset_name in (None, UNKNOWN) or run.input_dataset_version in (None, UNKNOWN):
        return None
    assert run.input_dataset_name is not None and run.input_dataset_version is not None
    dataset = of_artifact(run).dataset(run.input_dataset_name, run.input_dataset_version)
    return dataset.built_at if dataset else None


def _not_ahead(name: str, moment: datetime, now: datetime, skew: float, location: str) -> Iterator[Finding]:
    seconds = (moment - now).total_seconds()
    if seconds > 0:
        yield Finding(
            Severity.ERROR if seconds > skew else Severity.INFO,
            f"{name} {instant(moment)} lies {duration(seconds)} ahead of the evaluation time {instant(now)}",
            f"at most {skew:g} s ahead (clock_skew_seconds)",
            f"{seconds:g} s ahead",
            name,
            location,
        )
