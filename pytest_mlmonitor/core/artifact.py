"""What was found, and what every read artifact has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.names import shown

UNKNOWN = "unknown"
"""The word upstream adapters put where a link field was never emitted (specification 1.2)."""


HOME = "_home"
"""Where an artifact keeps the platform that it was read with, so that a check of it finds its context in any thread."""


@dataclass(frozen=True, order=True)
class ArtifactRef:
    """An artifact that was found and not yet read.

    Attributes:
        kind: the artifact kind, e.g. ``dataset``.
        path: absolute path of the anchor: a manifest file, or the metrics directory of a serving tree.
        name: what tells artifacts of one anchor apart (a deployment id); otherwise a readable name.
        root: absolute path of the artifact root it was found under; nothing outside it is ever opened.
    """

    kind: str
    path: Path
    name: str
    root: Path


class NotChecked(Exception):
    """Raised where there is nothing to compare with, or what is asked for cannot be known; the message says why."""


class Lined(Protocol):
    """A document that knows where its fields stand."""

    def line_of(self, field: str) -> int:
        """Return the 1-based line of a field such as ``a.b[0]``, or of the nearest one around it."""


@dataclass(frozen=True, repr=False)
class Artifact:
    """What every read artifact has.

    Attributes:
        ref: where it was found.
        unreadable: findings of bytes that are no document at all (encoding, JSON, missing file).
        violations: findings of documents that break their contract.
        documents: the JSON documents that it was read from, which know the lines of their fields.
        source: the NAME of the declared source that found it, None for a format that is known.
        pending: why it is not judged yet, and stands in for nothing; None for an artifact that is whole.
    """

    ref: ArtifactRef
    unreadable: tuple[Finding, ...] = ()
    violations: tuple[Finding, ...] = ()
    documents: Mapping[Path, Lined] = field(default_factory=dict, compare=False)
    source: str | None = field(default=None, kw_only=True)
    pending: str | None = field(default=None, kw_only=True)

    @property
    def legible(self) -> bool:
        """Whether enough could be read to judge it; what could not be read is reported either way."""
        return not self.unreadable and self.pending is None

    def refuse_unfit(self, *, reads_broken: bool) -> None:
        """Refuse a check of what is not judged yet, or cannot be read.

        Args:
            reads_broken: whether the check also judges artifacts that could not be read.

        Raises:
            NotChecked: with the reason.
        """
        if self.pending is not None:
            raise NotChecked(self.pending)
        if not self.legible and not reads_broken:
            first = self.unreadable[0].message if self.unreadable else "its records break their contract"
            raise NotChecked(f"cannot be read: {first}")

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields: what a process keeps about an artifact beside them stays in it."""
        return {name: value for name, value in vars(self).items() if name != HOME}

    def __str__(self) -> str:
        return self.ref.name

    def __repr__(self) -> str:
        """Short: pytest prints the arguments of a failing test."""
        return f"<{type(self).__name__} {self.ref.name!r}>"


def located(artifact: object, finding: Finding) -> Finding:
    """Return a finding about a field of a document with the line of that field, where it names the document alone."""
    if finding.location is not None and finding.column is not None and isinstance(artifact, Artifact):
        for path, document in artifact.documents.items():
            if finding.location == shown(path):
                column = finding.column.removeprefix(f"{path.name} ").split(", ", 1)[0]
                return replace(finding, location=f"{finding.location}:{document.line_of(column)}")
    return finding
