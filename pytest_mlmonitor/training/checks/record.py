"""A run's and a report's documents can be read and keep their contract (specification 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun
from pytest_mlmonitor.training.views import Runs

_LOOKED_AT = 20
"""Runs of one id that are looked at: of an id that tells nothing apart each would be compared with all."""


@check(
    "training_run",
    category="contract",
    name="readable",
    reads_broken=True,
    action="Write the run's documents again as JSON in UTF-8",
)
def run_readable(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The run's documents are JSON objects in UTF-8."""
    yield from run.unreadable


@check("training_run", category="contract", name="contract", action="Let the trainer write the fields that are missing")
def run_contract(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The run's metadata keeps its contract."""
    yield from grouped(f for f in run.violations if not (f.column or "").startswith("metrics"))
    for lacks in run.lacking:
        yield _weighed(lacks, run, context)
    if run.source is not None and run.run_id is not None:
        yield from _said_twice(run, context.view(Runs).by_id(run.run_id))


def _said_twice(run: TrainingRun, alike: Sequence[TrainingRun]) -> Iterator[Finding]:
    """Yield that another record of the source has the run's id, and says another thing of the same.

    A trainer may write a run down when it begins and again when it has ended: what only one of them says is no contradiction.
    """
    own = _figures(run)
    for other in alike[:_LOOKED_AT]:
        theirs = _figures(other) if other is not run and other.source == run.source else {}
        name = next((name for name, value in own.items() if theirs.get(name, value) != value), None)
        if name is not None:
            yield Finding(
                Severity.WARNING,
                f"run_id {quoted(run.run_id, 40)} is that of another run of source.{run.source} too, of which {name} is "
                f"{theirs[name]}, and not {own[name]}: expected an id that tells runs apart",
                "one run of that run_id",
                quoted(run.run_id, 40),
                "run_id",
                shown(run.ref.path),
            )
            return


def _figures(run: TrainingRun) -> dict[str, object]:
    """Return what does not change in a run: its metrics, and when it began and ended."""
    times = {name: instant(moment) for name, moment in run.emitted.items()}
    return {**times, **{f"metrics.{safe(name)}": f"{value:.15g}" for name, value in run.metrics.items()}}


def _weighed(lacks: Finding, run: TrainingRun, context: Context) -> Finding:
    """Return what a run lacks as it weighs: where the other runs of its source have it, its newest run broke with them."""
    if not context.view(Runs).others_have(run, lacks.column):
        return lacks
    severity = Severity.INFO if context.view(Runs).newer_of_source(run) else Severity.WARNING
    return replace(lacks, severity=severity, message=f"{lacks.message} (other runs of source.{run.source} have it)")


@check(
    "training_report",
    category="contract",
    name="readable",
    reads_broken=True,
    action="Write the report again as JSON in UTF-8",
)
def report_readable(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """The report is a JSON object in UTF-8."""
    yield from report.unreadable


@check("training_report", category="contract", name="contract", action="Let the trainer write the fields as agreed")
def report_contract(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """The report keeps its contract."""
    yield from grouped(report.violations)
