"""What the commands print: JSON on stdout, and what ``describe`` says of an artifact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mlmonitor.commands.policy_keys import accepted_of, policy_of
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.kinds import Platform


def described(platform: Platform, ref: ArtifactRef, artifact: Any) -> dict[str, Any]:
    """Return what ``describe`` prints of one artifact."""
    findings: list[Finding] = []
    for part in ("unreadable", "violations", "fallbacks", "misplaced", "duplicates"):
        findings += getattr(artifact, part, ())
    return {
        "kind": ref.kind,
        "name": ref.name,
        "path": shown(ref.path),
        "contract": dict(platform.kinds[ref.kind].describe(artifact)),
        "policy": policy_of(platform, ref, artifact),
        "accepted": accepted_of(platform, ref, artifact),
        "warnings": [safe(finding.message) for finding in findings],
    }


def print_text(described: Iterable[Mapping[str, Any]]) -> None:
    """Print what :func:`described` returns as lines for people."""
    for one in described:
        print(f"{one['kind']}  {safe(one['name'])}  {one['path']}")
        for key, value in one["contract"].items():
            print(f"  {safe(key)} = {safe(json.dumps(value, default=str))}")
        for key, said in one["policy"].items():
            print(f"  {safe(key)} = {safe(json.dumps(said['value'], default=str))}  <{said['origin']}>")
        for rule in one["accepted"]:
            column = f", column {safe(rule['column'])}" if rule["column"] is not None else ""
            print(f"  accepted until {rule['until']}: {rule['check']}{column}: {rule['reason']}  <{rule['origin']}>")
        for warning in one["warnings"]:
            print(f"  warning: {warning}")


def print_json(value: Any) -> None:
    """Print a value on stdout; ASCII, so that nothing out of an artifact can move a cursor."""
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))
