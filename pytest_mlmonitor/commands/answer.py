"""What the commands print: JSON on stdout, and what ``describe`` says of an artifact."""

from __future__ import annotations

import json
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.text.names import safe, shown


def described(ref: ArtifactRef, artifact: Any, kind: Kind) -> dict[str, Any]:
    """Return what ``describe`` prints of one artifact."""
    findings: list[Finding] = []
    for part in ("unreadable", "violations", "fallbacks", "misplaced", "duplicates"):
        findings += getattr(artifact, part, ())
    return {
        "kind": ref.kind,
        "name": ref.name,
        "path": shown(ref.path),
        "contract": dict(kind.describe(artifact)),
        "warnings": [safe(finding.message) for finding in findings],
    }


def print_json(value: Any) -> None:
    """Print a value on stdout; ASCII, so that nothing out of an artifact can move a cursor."""
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))
