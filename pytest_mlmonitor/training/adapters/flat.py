"""Reading a flat ``training_metadata.json`` (specification 1.2)."""

from __future__ import annotations

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.opening import Missing, NoFile, Refused, resolve_inside
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.records.documents import read_document
from pytest_mlmonitor.records.numbers import numbers
from pytest_mlmonitor.training.mapping import (
    RUN_URI,
    emitted_moment,
    emitted_times,
    no_numbers,
    of_regression,
    run_finding,
    said_unknown,
)
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.record import TrainingMetadata


def read(ref: ArtifactRef) -> TrainingRun:
    """Read the run whose whole description is ``training_metadata.json``."""
    document = read_document(ref.path, TrainingMetadata)
    violations = list(document.violations)
    artifact_path = document.text("artifact_path")
    run_id = document.text("run_id")
    if artifact_path is not None and artifact_path.startswith(RUN_URI):
        if run_id is not None and run_id not in artifact_path.removeprefix(RUN_URI).split("/"):
            message = f"artifact_path names another run: {quoted(artifact_path)}"
            violations.append(run_finding(message, f"a run URI of {quoted(run_id)}", "artifact_path", document))
    elif artifact_path is not None:
        try:
            resolve_inside(artifact_path, ref.path.parent, ref.root, absolute=True)
        except (Missing, NoFile):
            pass  # models are often kept elsewhere, or are directories: only a path that leads astray is a fault
        except Refused as refusal:
            message = f"artifact_path {quoted(artifact_path)} {refusal}"
            violations.append(run_finding(message, "a path inside the root or runs:/…", "artifact_path", document))
    metrics = (document.data or {}).get("metrics")
    if isinstance(metrics, dict):
        if not of_regression(metrics):
            violations = [f for f in violations if f.column not in ("metrics.rmse", "metrics.mae")]
        violations += no_numbers(metrics, "metrics.", ("rmse", "mae"), document.where("metrics"))
    return TrainingRun(
        ref=ArtifactRef(ref.kind, ref.path, run_id or ref.name, ref.root),
        unreadable=document.unreadable,
        violations=tuple(violations),
        run_id=run_id,
        model_name=document.text("model_name"),
        model_version=document.text("model_version"),
        input_dataset_name=document.text("input_dataset_name"),
        input_dataset_version=document.text("input_dataset_version"),
        started_at=emitted_moment(document, "started_at"),
        completed_at=emitted_moment(document, "completed_at"),
        metrics=numbers(metrics if isinstance(metrics, dict) else {}),
        artifact_path=artifact_path,
        fallbacks=tuple(said_unknown(document)),
        timed=emitted_moment(document, "started_at") is not None
        and emitted_moment(document, "completed_at") is not None,
        emitted=emitted_times(document),
        document=document.data,
        documents={ref.path: document.places},
    )


def _edit(run: TrainingRun, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.training.edited.run_documents import edited_flat_run

    return edited_flat_run(run, editing)


FLAT = Adapter("training_run", "flat", read, ("training_metadata.json",), edit=_edit)
