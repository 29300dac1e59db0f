"""Reading one JSON document of an artifact against its contract: the steps that every document reader shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.records.contract import Record, validate
from pytest_mlmonitor.records.document import Lines, NotAnObject, non_finite_findings, parse_object


@dataclass(frozen=True)
class Document:
    """A JSON document as far as it could be read.

    Attributes:
        path: the file.
        data: the top-level object, None when it is none.
        record: the record, None when it breaks its contract.
        unreadable: findings of bytes that are no JSON object.
        violations: findings of an object that breaks its contract.
        lines: finds the line of a field.
    """

    path: Path
    data: Mapping[str, Any] | None
    record: Any
    unreadable: tuple[Finding, ...]
    violations: tuple[Finding, ...]
    lines: Lines

    def where(self, *path: str | int) -> str:
        """Return ``file:line`` of the field at ``path``."""
        return f"{shown(self.path)}:{self.lines.of(path)}"

    def text(self, key: str) -> str | None:
        """Return a field that is a non-blank string, None otherwise: what a broken record still says of itself."""
        value = (self.data or {}).get(key)
        return value if isinstance(value, str) and value.strip() else None


def read_document(path: Path, model: type[Record], prefix: str = "") -> Document:
    """Read ``path`` and judge it by ``model``; never raises on bad data.

    Args:
        path: the file.
        model: its contract.
        prefix: put before field names in findings, e.g. ``metrics.json``.
    """
    empty = Lines(b"")
    try:
        data = read_bytes(path)
    except Refused as refusal:
        finding = Finding(
            Severity.ERROR, f"{path.name} {refusal}", "a JSON object in UTF-8", str(refusal), None, shown(path)
        )
        return Document(path, None, None, (finding,), (), empty)
    try:
        parsed = parse_object(data)
    except NotAnObject as error:
        finding = Finding(
            Severity.ERROR,
            f"{path.name} {error}",
            "one JSON object in UTF-8, without duplicate keys",
            error.actual,
            error.column,
            f"{shown(path)}:{error.line}",
        )
        return Document(path, None, None, (finding,), (), empty)
    lines = Lines(data)
    record, violations = validate(model, parsed, lambda p: f"{shown(path)}:{lines.of(p)}", prefix=prefix)
    known = {finding.column for finding in violations}
    violations += non_finite_findings(parsed, known, shown(path), prefix)
    return Document(path, parsed, record, (), tuple(violations), lines)
