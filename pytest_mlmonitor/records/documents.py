"""Reading one JSON document of an artifact against its contract: the steps that every document reader shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.records.contract import Record, validate
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite_findings, parse_object
from pytest_mlmonitor.records.value_places import Places


@dataclass(frozen=True)
class Document:
    """A JSON document as far as it could be read.

    Attributes:
        path: the file.
        data: the top-level object, None when it is none.
        record: the record, None when it breaks its contract, or none was asked for.
        unreadable: findings of bytes that are no JSON object.
        violations: findings of an object that breaks its contract.
        places: finds the line of a field.
    """

    path: Path
    data: Mapping[str, Any] | None = None
    record: Any = None
    unreadable: tuple[Finding, ...] = ()
    violations: tuple[Finding, ...] = ()
    places: Places = field(default_factory=lambda: Places(""))

    def where(self, *path: str | int) -> str:
        """Return ``file:line`` of the field at ``path``."""
        return f"{shown(self.path)}:{self.places.line(path)}"

    def text(self, key: str) -> str | None:
        """Return a field that is a non-blank string, None otherwise: what a broken record still says of itself."""
        value = (self.data or {}).get(key)
        return value if isinstance(value, str) and value.strip() else None


def read_object(path: Path, list_key: str | None = None) -> Document:
    """Read the JSON object in ``path`` without a contract; never raises on bad data.

    Args:
        path: the file.
        list_key: a document may also be a bare list, which is then read as an object that has it under this key.
    """
    try:
        data = read_bytes(path)
        if list_key is not None and data.lstrip().startswith(b"["):
            # Wrapped on its own lines, so that these stay what they are.
            data = b'{"%b":%b}' % (list_key.encode(), data)
        parsed = parse_object(data)
    except Refused as refusal:
        finding = Finding(
            Severity.ERROR, f"{path.name} {refusal}", "a JSON object in UTF-8", str(refusal), None, shown(path)
        )
        return Document(path, unreadable=(finding,))
    except NotAnObject as error:
        finding = Finding(
            Severity.ERROR,
            f"{path.name} {error}",
            "one JSON object in UTF-8, without duplicate keys",
            error.actual,
            error.column,
            f"{shown(path)}:{error.line}",
        )
        return Document(path, unreadable=(finding,))
    return Document(path, parsed, places=Places(data.decode("utf-8")))


def read_document(path: Path, model: type[Record], prefix: str = "") -> Document:
    """Read ``path`` and judge it by ``model``; never raises on bad data.

    Args:
        path: the file.
        model: its contract.
        prefix: put before field names in findings, e.g. ``metrics.json``.
    """
    document = read_object(path)
    if document.data is None:
        return document
    record, violations = validate(model, document.data, lambda at: document.where(*at), prefix=prefix)
    violations += non_finite_findings(document.data, tuple(violations), lambda at: document.where(*at), prefix)
    return replace(document, record=record, violations=tuple(violations))
