"""Names by which the reports of other tools are recognised."""

from __future__ import annotations

from fnmatch import fnmatchcase

DRIFT = ("drift_report*.json",)
QUALITY = ("quality_report*.json",)
EVALUATION = ("eval_report_v*.json",)
AUDIT_TABLE = "monitoring_audit"
"""The data set of which the audit rows are exported; its table is called ``logs``."""

_ENDINGS = (".jsonl", ".ndjson", ".json")


def is_anchor(name: str, directory: str) -> bool:
    """Return whether a file name is that of another tool's report."""
    return any(fnmatchcase(name, pattern) for pattern in (*DRIFT, *QUALITY, *EVALUATION)) or is_audit(name, directory)


def is_audit(name: str, directory: str) -> bool:
    """Return whether a file holds exported audit rows: ``monitoring_audit.logs.jsonl``, ``monitoring_audit/logs-000.json``."""
    return name.endswith(_ENDINGS) and (
        AUDIT_TABLE in name or (directory == AUDIT_TABLE and name.startswith(("logs", "log-", "part-")))
    )
