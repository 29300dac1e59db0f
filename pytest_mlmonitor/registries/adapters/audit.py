"""Reading ``promotion_audit.log``: what became of versions, a line each, the oldest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import NAME, REJECTED, RUN, VERSION, text_of

_EXPECTED = "time | PROMOTED, REJECTED, … | version | metrics | reason, or a JSON object that says as much"
_ACTION = ("action", "result", "outcome", "decision", "event", "status")
_FORCED = re.compile(r"\bforced?\b", re.IGNORECASE)


def read(ref: ArtifactRef) -> ModelRegistry | None:
    """Read a log of promotions; one in which no line is of that form is something else."""
    try:
        text = read_bytes(ref.path).decode("utf-8", errors="replace")
    except Refused as refusal:
        finding = Finding(Severity.ERROR, f"{ref.path.name} {refusal}", _EXPECTED, str(refusal), None, shown(ref.path))
        return ModelRegistry(ref, (finding,), layout="audit")
    versions, odd = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            version = _version(line, f"{shown(ref.path)}:{number}")
            if version is not None:
                versions.append(version)
            else:
                odd.append(
                    Finding(
                        Severity.WARNING,
                        f"line {number:,} says of no version what became of it: {quoted(line, 80)}",
                        _EXPECTED,
                        quoted(line, 80),
                        None,
                        f"{shown(ref.path)}:{number}",
                    )
                )
    if odd and not versions:
        return None
    return ModelRegistry(ref, violations=tuple(grouped(odd)), layout="audit", versions=tuple(versions), document={})


def _version(line: str, location: str) -> ModelVersion | None:
    said = _fields(line)
    action, version = text_of(said, _ACTION), text_of(said, VERSION)
    if action is None or (version is None and text_of(said, RUN) is None):
        return None
    word, reason = action.strip(), said.get("reason")
    why = f"{word}: {quoted(reason, 160)}" if isinstance(reason, str) and reason.strip() else word
    forced = said.get("forced") is True or (isinstance(reason, str) and _FORCED.search(reason) is not None)
    no = word.lower() in REJECTED
    return ModelVersion(
        model_name=text_of(said, NAME),
        version=version,
        stage=word.lower(),
        run_id=text_of(said, RUN),
        forced=not no and (forced or word.lower() == "rollback"),
        rejected=why if no else None,
        location=location,
    )


def _fields(line: str) -> Mapping[str, Any]:
    if line.lstrip().startswith("{"):
        try:
            return parse_object(line.encode())
        except NotAnObject:
            return {}
    return dict(_columns(line))


def _columns(line: str) -> Iterator[tuple[str, str]]:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) >= 3:
        yield from zip(("time", "action", "version"), parts, strict=False)
        yield "reason", parts[-1] if len(parts) > 3 else ""


AUDIT = Adapter("model_registry", "audit", read, ("promotion_audit.log",))
