"""What a run says to the CI service whose job it is part of: annotations on the terminal, a summary of the job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import concealed

if TYPE_CHECKING:
    from pytest_mlmonitor.outputs.ci.annotations import AnnotationForm

_FORMS: Mapping[str, AnnotationForm] = {"github": "github", "azure": "azure"}
"""Services that read annotations off the terminal, and in which form."""


def tell_service(
    write: pytest.TerminalReporter,
    record: RunRecord,
    environment: Mapping[str, str],
    out: Path | None,
    *,
    complete: bool,
) -> None:
    """Print annotations where GitHub Actions or Azure Pipelines reads them, and hand over the summary of the job.

    Args:
        write: where to print.
        record: the run.
        environment: the variables of the process.
        out: where outputs were written, None where none were.
        complete: whether the run came to its end.
    """
    from pytest_mlmonitor.outputs.ci.annotations import annotations_of, written
    from pytest_mlmonitor.outputs.ci.ci_services import ci_service
    from pytest_mlmonitor.outputs.ci.markdown_summary import markdown_summary

    service = ci_service(environment)
    whose = _FORMS.get(service.name) if service is not None else None
    judged = record.artifacts() if whose is not None else []
    if whose is None or not judged:
        return
    for annotation in annotations_of(judged):
        write.line(written(annotation, whose))
    if whose == "azure":
        summary = (out / "summary.md").absolute() if out is not None else None
        if summary is not None and summary.exists():
            write.line(f"##vso[task.uploadsummary]{summary}")
    elif environment.get("GITHUB_STEP_SUMMARY"):
        text = markdown_summary(record, complete=complete)
        _append(Path(environment["GITHUB_STEP_SUMMARY"]), text, write)


def _append(path: Path, summary: str, write: pytest.TerminalReporter) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{concealed(summary)}\n")
    except OSError as error:
        write.line(f"mlmonitor: the summary of the job cannot be written: {safe(error.strerror or str(error))}")
