"""The kinds ``training_run`` and ``training_report``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.kind import Kind, covers_anchor, fields
from pytest_mlmonitor.core.known_by import KnownBy, Link, commit, models
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.links.adjustments import of_versions
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun, trained_on
from pytest_mlmonitor.training.run_fields import MAPPED_OF_RUNS

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _links(run: TrainingRun) -> Iterator[Link]:
    for said in trained_on(run):
        yield Link(
            "trained_on",
            "dataset",
            said.name,
            said.version,
            said.location,
            digest=said.digest,
            path=said.path,
            commit=said.commit,
            rows=said.rows,
            one=True,
        )


def _identities(run: TrainingRun) -> Iterator[KnownBy]:
    if run.model_version not in (None, UNKNOWN):
        yield from models(run.model_name if run.model_name != UNKNOWN else None, run.model_version)
    if run.commit is not None:
        yield commit(run.commit)


def _called(run: TrainingRun) -> tuple[str, str | None] | None:
    return (run.run_id, None) if run.run_id is not None else None


def _describe(run: TrainingRun) -> dict[str, Any]:
    said = fields(
        run,
        "run_id",
        "model_name",
        "model_version",
        "input_dataset_name",
        "input_dataset_version",
        "started_at",
        "completed_at",
        "metrics",
        "artifact_path",
    )
    return said | {"metrics": {name: run.metrics[name] for name in ("rmse", "mae") if name in run.metrics}}


def _covers(path: Path, ref: ArtifactRef) -> bool:
    """Any document of a bundle stands for it."""
    return covers_anchor(path, ref) or (ref.path.name == "metadata.json" and path.parent == ref.path.parent)


def _training_run_facts(run: TrainingRun, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.training.facts.training_facts import training_run_facts

    return training_run_facts(run, context)


def _titled(run: TrainingRun) -> tuple[str | None, str | None]:
    name = run.model_name if run.model_name not in (None, UNKNOWN) else run.declared_family
    version = run.model_version if run.model_version not in (None, UNKNOWN) else None
    return name, version or run.run_id


TRAINING_RUN = Kind(
    "training_run",
    artifact=TrainingRun,
    package="pytest_mlmonitor.training",
    formats=("bundle", "flat", "handoff", "mlflow", "dvc", "declared"),
    topics=(
        "record",
        "status",
        "recorded",
        "training",
        "chronology",
        "links",
        "input_rows",
        "handoff",
        "pytest_mlmonitor.registries.checks.promotion",
    ),
    fixture="training_run",
    family=lambda run: run.model_name if run.model_name not in (None, UNKNOWN) else run.declared_family,
    order=lambda run: run.completed_at or run.created_at or run.started_at or run.made_at,
    adjustments=of_versions,
    links=_links,
    called=_called,
    identities=_identities,
    said_in={
        "name": "run_id",
        "uri": "model_uri",
        "model": "model_name, model_version",
        "alias": "model_alias",
        "commit": "commit",
    },
    names=lambda run: [run.declared_family],
    version=lambda run: run.model_version if run.model_version != UNKNOWN else None,
    sections=("performance", "promotion"),
    describe=_describe,
    covers=_covers,
    mapped=MAPPED_OF_RUNS,
    facts=_training_run_facts,
    titled=_titled,
)


def _training_report_facts(report: TrainingReport, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.training.facts.training_facts import training_report_facts

    return training_report_facts(report, context)


TRAINING_REPORT = Kind(
    "training_report",
    artifact=TrainingReport,
    package="pytest_mlmonitor.training",
    formats=("report",),
    topics=("record", "report"),
    fixture="training_report",
    family=lambda report: family(report.ref.path.stem),
    order=lambda report: stamp_of(report.run_timestamp),
    adjustments=of_versions,
    version=lambda report: report.run_timestamp,
    sections=("performance",),
    facts=_training_report_facts,
)
