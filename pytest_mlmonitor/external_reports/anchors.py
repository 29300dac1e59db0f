"""Names by which the reports of other tools are recognised."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path

DRIFT = ("drift_report*.json",)
QUALITY = ("quality_report*.json",)
EVALUATION = ("eval_report_v*.json",)
AUDIT_TABLE = "monitoring_audit"
"""The data set of which the audit rows are exported; its table is called ``logs``."""

DIRECTORIES = ("drift_reports", "quality_reports")
"""What the ML monitoring stack calls the directories of its reports."""

_ENDINGS = (".jsonl", ".ndjson", ".json")


def is_anchor(name: str, directory: str) -> bool:
    """Return whether a file name is that of another tool's report."""
    return any(fnmatchcase(name, pattern) for pattern in (*DRIFT, *QUALITY, *EVALUATION)) or is_audit(name, directory)


def is_audit(name: str, directory: str) -> bool:
    """Return whether a file holds exported audit rows: ``monitoring_audit.logs.jsonl``, ``monitoring_audit/logs-000.json``."""
    return name.endswith(_ENDINGS) and (
        AUDIT_TABLE in name or (directory == AUDIT_TABLE and name.startswith(("logs", "log-", "part-")))
    )


def top_mark(path: Path, files: Collection[str], directories: Collection[str]) -> Path | None:
    """Return by what a directory is the one in which the ML monitoring stack keeps its reports, None where it is not."""
    inside = next((name for name in DIRECTORIES if name in directories), None)
    if inside is not None:
        return path / inside
    reports = sorted(name for name in files if path.name in DIRECTORIES and is_anchor(name, path.name))
    return path / reports[0] if reports else None
