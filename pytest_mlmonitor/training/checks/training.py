"""Training runs: metrics, identity, and what upstream leaves to be guessed (specification 1.2 and 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.versions import version_key
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs


@check(
    "training_run",
    category="performance",
    reads_broken=True,
    action="Find why metrics are not numbers, then train again",
)
def metrics_finite(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """Metrics are there, finite, and possible: of a split that has both, rmse ≥ mae ≥ 0."""
    broken = [f for f in run.violations if (f.column or "").startswith("metrics")]
    yield from broken
    if not run.metrics and not broken:
        raise NotChecked("the run has no metrics" if run.source is not None else "the metrics cannot be read")
    prefix = "metrics.json " if run.bundle else "metrics."
    path = run.ref.path.parent / "metrics.json" if run.bundle else run.ref.path
    # In a bundle rmse and mae are mapped from a split's own figures, which are compared already.
    splits = [n.removesuffix("rmse") for n in run.metrics if n.endswith("rmse") and (n != "rmse" or not run.bundle)]
    for rmse, mae in ((f"{split}rmse", f"{split}mae") for split in splits):
        if mae in run.metrics and run.metrics[mae] > run.metrics[rmse] >= 0:
            yield Finding(
                Severity.ERROR,
                f"{prefix}{mae} {run.metrics[mae]:.6g} is larger than {rmse} {run.metrics[rmse]:.6g}, which is impossible",
                f"{rmse} ≥ {mae}",
                f"{run.metrics[mae]} > {run.metrics[rmse]}",
                f"{prefix}{mae}",
                shown(path),
            )


@check("training_run", category="contract", action="Let the trainer write the fields that had to be guessed")
def fallbacks(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """Nothing had to be guessed: every fallback names the field that upstream should emit."""
    yield from run.fallbacks


@check(
    "training_run",
    category="contract",
    applies=lambda run: run.bundle,
    action="Rename the directory to the run_id, or correct the id",
)
def identity(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The bundle's directory is named after its run."""
    if run.run_id is None:
        raise NotChecked("run_id is missing")
    directory = run.ref.path.parent.name
    if directory != run.run_id:
        yield Finding(
            Severity.ERROR,
            f"run_id {quoted(run.run_id)} differs from the bundle's directory {quoted(directory)}",
            quoted(directory),
            quoted(run.run_id),
            "run_id",
            shown(run.ref.path),
        )


@check("training_run", category="reconcile", action="Correct the document that says it wrong, or remove it")
def one_account(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """Every document of one run (a bundle, a flat description, a copy) says the same of it."""
    if run.run_id is None:
        raise NotChecked("run_id is missing")
    others = [other for other in context.view(Runs).by_id(run.run_id) if other.ref < run.ref]
    for other in others:
        for field in ("model_name", "model_version", "input_dataset_name", "input_dataset_version"):
            yield from _differs(run, other, field, getattr(run, field), getattr(other, field))
        for field in ("started_at", "completed_at"):
            yield from _differs(run, other, field, run.emitted.get(field), other.emitted.get(field))
        for field in ("rmse", "mae"):
            yield from _differs(run, other, f"metrics.{field}", run.metrics.get(field), other.metrics.get(field))


def _differs(run: TrainingRun, other: TrainingRun, field: str, mine: object, theirs: object) -> Iterator[Finding]:
    if mine in (None, UNKNOWN) or theirs in (None, UNKNOWN):
        return
    said, told = (instant(v) if isinstance(v, datetime) else str(v) for v in (mine, theirs))
    if version_key(said) != version_key(told):
        yield Finding(
            Severity.ERROR,
            f"run_id {quoted(run.run_id, 40)}: {field} is {quoted(said)} here, but {quoted(told)} in {shown(other.ref.path)}",
            quoted(told),
            quoted(said),
            field,
            _place(run, field),
            short=f"another document of this run says another {field}",
        )


_IN_BUNDLES = {
    "model_name": ("metadata.json", ("candidate_name",)),
    "metrics.rmse": ("metrics.json", ("test_rmse", "val_rmse")),
    "metrics.mae": ("metrics.json", ("test_mae", "val_mae")),
}
"""Where a bundle says what a flat document calls by another name."""


def _place(run: TrainingRun, field: str) -> str:
    """Return the document of a run, with the line where it has another name for the field."""
    if not run.bundle or field not in _IN_BUNDLES:
        return shown(run.ref.path)
    name, fields = _IN_BUNDLES[field]
    path = run.ref.path.with_name(name)
    document = run.documents.get(path)
    lines = [document.line_of(one) for one in fields] if document is not None else []
    return f"{shown(path)}:{next((line for line in lines if line > 1), 1)}"
