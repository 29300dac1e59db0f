"""A run's and a report's documents can be read and keep their contract (specification 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun
from pytest_mlmonitor.training.views import Runs


@check("training_run", category="contract", name="readable", reads_broken=True)
def run_readable(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The run's documents are JSON objects in UTF-8."""
    yield from run.unreadable


@check("training_run", category="contract", name="contract")
def run_contract(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The run's metadata keeps its contract."""
    yield from grouped(f for f in run.violations if not (f.column or "").startswith("metrics"))
    for lacks in run.lacking:
        yield _weighed(lacks, run, context)


def _weighed(lacks: Finding, run: TrainingRun, context: Context) -> Finding:
    """Return what a run lacks as it weighs: where the other runs of its source have it, its newest run broke with them."""
    if not context.view(Runs).others_have(run, lacks.column):
        return lacks
    severity = Severity.INFO if context.view(Runs).newer_of_source(run) else Severity.WARNING
    return replace(lacks, severity=severity, message=f"{lacks.message} (other runs of source.{run.source} have it)")


@check("training_report", category="contract", name="readable", reads_broken=True)
def report_readable(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """The report is a JSON object in UTF-8."""
    yield from report.unreadable


@check("training_report", category="contract", name="contract")
def report_contract(report: TrainingReport, context: Context) -> Iterator[Finding]:
    """The report keeps its contract."""
    yield from grouped(report.violations)
