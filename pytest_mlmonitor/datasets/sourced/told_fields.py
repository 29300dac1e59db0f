"""What documents beside a dataset say of it: ``metadata``, ``fields`` and ``constants`` of its source (specification 8)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.core.text.words import listing


@dataclass(frozen=True)
class Told:
    """What is said of a dataset beside its data.

    Attributes:
        values: by our field.
        ends: of times that stand for a day or an hour, when that ends.
        findings: documents that are not there or cannot be read, fields that they lack, values that do not fit.
        document: the first document, None without one.
        mapped: our fields that the source maps.
        location: where they are said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    ends: Mapping[str, datetime] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    document: Mapping[str, Any] | None = None
    mapped: frozenset[str] = frozenset()
    location: str | None = None


class SourceDocuments:
    """The documents of ``metadata``."""

    def __init__(self, platform: Any) -> None:
        del platform


def told(sourced: Sourced, known: SourceDocuments) -> Told:
    """Return what the documents of a dataset, its path and the policy say of it."""
    del known
    missing = [_missing(path, sourced) for path in sourced.documents if not _is_there(path, sourced.ref.root)]
    return Told(findings=tuple(missing), location=shown(sourced.ref.path))


def _is_there(path: Path, root: Path) -> bool:
    """Return whether a document is a regular file below the root, reached through no link."""
    try:
        return path.is_file() and path.resolve() == Path(os.path.normpath(path)) and path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def _missing(path: Path, sourced: Sourced) -> Finding:
    """Return the finding that a document of ``metadata`` is not there, with what lies in its place."""
    where = path.parent
    try:
        names = sorted(one.name for one in where.iterdir() if not one.is_dir())[:1000]
    except OSError:
        names = []
    likely = near(path.name, names) or [name for name in names if name.endswith((".json", ".yaml", ".yml", ".toml"))]
    there = (
        f"; there {'is' if len(likely[:3]) == 1 else 'are'} {listing([bare(n) for n in likely], 3)}" if likely else ""
    )
    outside = os.path.lexists(path) and not Path(os.path.normpath(path)).is_relative_to(sourced.ref.root)
    what = "lies outside the root" if outside else "is not there"
    if os.path.lexists(path) and not outside:
        what, there = "is no regular file, or is reached through a link", ""
    message = f"source.{sourced.name}: the document {quoted(path.name)} of metadata {what}{there}"
    return Finding(Severity.ERROR, message, path.name, "none", "metadata", shown(path))
