"""Reading ``eval_report_v*.json``: whether one model version passed its gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.external_reports.anchors import EVALUATION as NAMES
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.external_reports.report_words import titled
from pytest_mlmonitor.registries.entries import ZONED, read_layout
from pytest_mlmonitor.registries.record import RegistryLayout
from pytest_mlmonitor.registries.registry_words import NAME, text_of
from pytest_mlmonitor.registries.views import named

_EXPECTED = "how a version was evaluated: version_tag, metrics, promote, …"
_MARKS = ("promote", "promotion_gate", "promote_flag", "passed", "approved", "decision", "outcome")


def read(ref: ArtifactRef) -> ExternalReport | None:
    """Read what an evaluation said of one version; the file's name says which. One that decides nothing is something else."""
    file_version = ref.path.stem.removeprefix("eval_report_v") or None
    found = read_layout(ref, "evaluation", _whole, _EXPECTED, file_version=file_version)
    if found.document is not None and not any(mark in found.document for mark in _MARKS):
        return None
    # The file's name is as good as a field, and nothing is put in order by the times of evaluations.
    kept = tuple(f for f in found.violations if (f.column, f.actual) != ("version", "absent") and f.expected != ZONED)
    if found.document is None:
        return ExternalReport(ref, found.unreadable, form="evaluation", evaluation=found)
    (version,) = found.versions
    at = version.times.get("evaluated_at", max(version.times.values(), default=None))
    subject = named(version)
    said = []
    if version.rejected is not None:
        words = f"{titled('evaluation', subject, at)} says that it did not pass its gate: {version.rejected}"
        said.append(
            Finding(
                Severity.INFO, words, "a version that passed its gate", version.rejected, "promote", shown(ref.path)
            )
        )
    return ExternalReport(
        ref,
        violations=kept,
        documents=found.documents,
        form="evaluation",
        subject=subject,
        passed=version.rejected is None,
        at=at,
        zoned=not version.zoneless,
        said=tuple(said),
        evaluation=replace(found, violations=kept),
        document=found.document,
    )


def _whole(data: Mapping[str, Any]) -> RegistryLayout:
    layout = RegistryLayout()
    layout.add((), data, text_of(data, NAME))
    return layout


EVALUATION = Adapter("external_report", "evaluation", read, NAMES)
