"""What a person wants to know of a training run, and of the trainer's own report."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.fact_context import Fact, FactContext, metrics_in_words, named_version
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import duration, listing
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun, trained_on


def training_run_facts(run: TrainingRun, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a training run."""
    trained = run.completed_at or run.created_at or run.started_at or run.made_at
    if trained is not None:
        yield "trained", context.moment(trained)
    if run.timed and run.started_at is not None and run.completed_at is not None:
        yield "took", duration((run.completed_at - run.started_at).total_seconds())
    model = named_version(*(value if value != UNKNOWN else None for value in (run.model_name, run.model_version)))
    if model is not None:
        yield "model", model
    inputs = [said for one in trained_on(run) if (said := named_version(one.name, one.version) or one.path) is not None]
    if inputs:
        yield "trained on", listing(list(dict.fromkeys(inputs)), 3)
    if run.metrics:
        yield "metrics", metrics_in_words(run.metrics)
    if run.status is not None:
        yield "status", run.status
    if run.run_id is not None:
        yield "run", run.run_id
    if run.commit is not None:
        yield "commit", run.commit[:12]


def training_report_facts(report: TrainingReport, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a trainer's report."""
    del context
    if report.run_timestamp is not None:
        yield "made", report.run_timestamp
    if report.input_path is not None:
        yield "about", shown(report.input_path)
