"""Training runs: metrics, identity, and what upstream leaves to be guessed (specification 1.2 and 2.6)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.checking import NotChecked, check
from pytest_mlmonitor.model import Finding, Severity, TrainingRun
from pytest_mlmonitor.names import quoted, shown
from pytest_mlmonitor.settings import Settings


@check("training_run", category="performance", reads_broken=True)
def metrics_finite(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """Error metrics are there, finite, and possible: rmse ≥ mae ≥ 0 on every split."""
    broken = [f for f in run.violations if (f.column or "").startswith("metrics")]
    yield from broken
    if not run.metrics and not broken:
        raise NotChecked("the metrics cannot be read")
    prefix = "metrics.json " if run.bundle else "metrics."
    path = run.ref.path.parent / "metrics.json" if run.bundle else run.ref.path
    pairs = [("test_rmse", "test_mae"), ("val_rmse", "val_mae")] if run.bundle else [("rmse", "mae")]
    for rmse, mae in pairs:
        if rmse in run.metrics and mae in run.metrics and run.metrics[mae] > run.metrics[rmse] >= 0:
            yield Finding(
                Severity.ERROR,
                f"{prefix}{mae} {run.metrics[mae]:.6g} is larger than {rmse} {run.metrics[rmse]:.6g}, which is impossible",
                f"{rmse} ≥ {mae}",
                f"{run.metrics[mae]} > {run.metrics[rmse]}",
                f"{prefix}{mae}",
                shown(path),
            )


@check("training_run", category="contract")
def fallbacks(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """Nothing had to be guessed: every fallback names the field that upstream should emit."""
    yield from run.fallbacks


@check("training_run", category="contract", applies=lambda run: run.bundle)
def identity(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
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
