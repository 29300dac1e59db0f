"""Every JSON record keeps its contract (specification 1), and every file that should be read can be read."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.checking import check, grouped, profile_of
from pytest_mlmonitor.model import Dataset, Deployment, Figure, Finding, Severity, TrainingReport, TrainingRun
from pytest_mlmonitor.names import shown
from pytest_mlmonitor.read.platform import of_artifact
from pytest_mlmonitor.scan.unreadable import Unreadable
from pytest_mlmonitor.settings import Settings

_OWN_CHECKS = ("dataset_name", "dataset_version", "built_at")
"""Fields whose absence has a check of its own (specification 2.1): one fault, one finding."""


@check("dataset", category="contract", name="contract")
def dataset_contract(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """The sidecar, or the metadata embedded in the parquet file, has all its fields with the promised types."""
    document = dataset.document or {}
    absent = {f for f in _OWN_CHECKS if dataset.sidecar and not str(document.get(f) or "").strip()}
    absent |= {f for f in _OWN_CHECKS if dataset.sidecar and not isinstance(document.get(f), str)}
    yield from grouped(f for f in dataset.violations if f.column not in absent)


@check("dataset", category="contract", name="readable", reads_broken=True)
def dataset_readable(dataset: Dataset, settings: Settings) -> Iterator[Finding | Figure]:
    """The parquet file is sound to its last page: checksums, row counts, encodings."""
    if dataset.sidecar is None and dataset.unreadable:
        yield from dataset.unreadable
        return
    if dataset.data_path is not None:
        try:
            profile = of_artifact(dataset).profile(dataset)
            if profile.rows:
                for name, nulls in profile.nulls.items():
                    yield Figure("null_rate", name, nulls / profile.rows)
        except Unreadable as error:
            yield Finding(
                Severity.ERROR,
                f"{dataset.data_path.name} {error}",
                "a sound parquet file",
                None,
                "column data",
                shown(dataset.data_path),
            )
        return
    profile_of(dataset)  # says why there is nothing to read


@check("training_run", category="contract", name="readable", reads_broken=True)
def run_readable(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """The run's documents are JSON objects in UTF-8."""
    yield from run.unreadable


@check("training_run", category="contract", name="contract")
def run_contract(run: TrainingRun, settings: Settings) -> Iterator[Finding]:
    """The run's metadata keeps its contract."""
    yield from grouped(f for f in run.violations if not (f.column or "").startswith("metrics"))


@check("deployment", category="contract", name="readable", reads_broken=True)
def deployment_readable(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Every line of the deployment's files is one JSON object in UTF-8."""
    yield from deployment.unreadable


@check("deployment", category="contract", name="contract", reads_broken=True)
def deployment_contract(deployment: Deployment, settings: Settings) -> Iterator[Finding]:
    """Every window and event keeps its contract."""
    yield from deployment.violations


@check("training_report", category="contract", name="readable", reads_broken=True)
def report_readable(report: TrainingReport, settings: Settings) -> Iterator[Finding]:
    """The report is a JSON object in UTF-8."""
    yield from report.unreadable


@check("training_report", category="contract", name="contract")
def report_contract(report: TrainingReport, settings: Settings) -> Iterator[Finding]:
    """The report keeps its contract."""
    yield from grouped(report.violations)
