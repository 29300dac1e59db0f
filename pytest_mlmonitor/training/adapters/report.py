"""Reading the trainer's own report (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.records.documents import read_document
from pytest_mlmonitor.training.anchors import is_report
from pytest_mlmonitor.training.model import TrainingReport
from pytest_mlmonitor.training.report_record import REPORT_FILE, TrainingReportRecord


def read(ref: ArtifactRef) -> TrainingReport:
    """Read ``models/metrics_YYYYMMDD_HHMMSS.json``; ``input_parquet`` starts from the parent of ``models/``, or is absolute."""
    document = read_document(ref.path, TrainingReportRecord)
    violations = list(document.violations)
    text = document.text("input_parquet")
    input_path: Path | None = None
    if text is not None:
        try:
            input_path = resolve_inside(text, ref.path.parent.parent, ref.root, absolute=True)
        except Refused as refusal:
            violations.append(
                Finding(
                    Severity.ERROR,
                    f"input_parquet {quoted(text)} {refusal}",
                    "the training dataset inside the root, relative to the parent of models/ or absolute",
                    quoted(text),
                    "input_parquet",
                    document.where("input_parquet"),
                )
            )
    stamp = document.text("run_timestamp")
    match = REPORT_FILE.fullmatch(ref.path.name)
    if stamp is not None and match and match.group(1) != stamp and not _broken(violations, "run_timestamp"):
        violations.append(
            Finding(
                Severity.ERROR,
                f"run_timestamp {quoted(stamp)} differs from the file name {ref.path.name}",
                match.group(1),
                stamp,
                "run_timestamp",
                document.where("run_timestamp"),
            )
        )
    return TrainingReport(
        ref=ref,
        unreadable=document.unreadable,
        violations=tuple(violations),
        run_timestamp=stamp,
        document=document.data if document.record is not None else None,
        input_path=input_path,
        documents={ref.path: document.places},
    )


def _broken(violations: list[Finding], column: str) -> bool:
    return any(finding.column == column for finding in violations)


def _recognise(directory: Directory) -> Iterator[Mark]:
    names = (name for name in directory.names if is_report(name, directory.path.name) and not name.startswith("."))
    yield from (Mark(directory.path / name) for name in names)


REPORT = Adapter("training_report", "report", read, recognise=_recognise)
