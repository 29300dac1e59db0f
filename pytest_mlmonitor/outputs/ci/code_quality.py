"""``code-quality.json``: what a GitLab merge request shows of a run.

Source: "Code Quality report format" of GitLab: a list of objects with description, check_name, fingerprint, severity and
location; a report is compared with that of the target branch by fingerprints.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.finding import Severity, headline
from pytest_mlmonitor.core.record import RunRecord, last_line
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.outputs.ci.annotations import place_in_repository

NAME = "code-quality.json"

_SEVERITIES = {
    Severity.INFO: "info",
    Severity.WARNING: "minor",
    Severity.ERROR: "major",
    Severity.CRITICAL: "critical",
}


def write_code_quality(out: Path, record: RunRecord) -> None:
    """Write the findings of severity warning or higher, and the checks that could not run, as a code quality report.

    Raises:
        OSError: it cannot be written.
    """
    entries = [entry for nodeid, result in record.results for entry in _entries(nodeid, result)]
    write_atomically(out / NAME, json.dumps(entries, indent=1).encode("ascii") + b"\n")


def _entries(nodeid: str, result: CheckResult) -> list[dict[str, Any]]:
    check, about = f"mlmonitor/{safe(result.check)}", f"{result.ref.kind} {safe(result.ref.name)}"
    if result.status == "error":
        words = f"{about}: {safe(result.check)} could not run: {safe(last_line(result.reason))}"
        return [_entry(words, check, "blocker", (nodeid, "error"), None, result)]
    return [
        _entry(
            f"{about}: {headline(finding)}",
            check,
            _SEVERITIES[finding.severity],
            # Figures in a message change with every run; what it is about does not.
            (nodeid, finding.severity.word, finding.column or "", str(number)),
            finding.location,
            result,
        )
        for number, finding in enumerate(result.findings)
        if finding.severity >= Severity.WARNING
    ]


def _entry(
    description: str, check: str, severity: str, identity: tuple[str, ...], location: str | None, result: CheckResult
) -> dict[str, Any]:
    file, line = place_in_repository(location)
    return {
        "description": description,
        "check_name": check,
        "fingerprint": hashlib.sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": severity,
        "location": {
            "path": file or place_in_repository(shown(result.ref.path))[0] or shown(result.ref.path),
            "lines": {"begin": line or 1},
        },
    }
