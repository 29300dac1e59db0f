"""What was found, and what every read artifact has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pytest_mlmonitor.core.finding import Finding

Kind = str
"""An artifact kind: one of the five of the specification, or one that a plugin added."""

UNKNOWN = "unknown"
"""The word upstream adapters put where a link field was never emitted (specification 1.2)."""


@dataclass(frozen=True, order=True)
class ArtifactRef:
    """An artifact that was found and not yet read.

    Attributes:
        kind: the artifact kind, e.g. ``dataset``.
        path: absolute path of the anchor: a manifest file, or the metrics directory of a serving tree.
        name: what tells artifacts of one anchor apart (a deployment id); otherwise a readable name.
        root: absolute path of the artifact root it was found under; nothing outside it is ever opened.
    """

    kind: Kind
    path: Path
    name: str
    root: Path


class Links(Protocol):
    """What an artifact may ask about the other artifacts of the same run (all roots together are one platform)."""

    now: datetime

    @property
    def settings(self) -> object:
        """The policy in force."""

    def of_kind(self, kind: Kind) -> Sequence[Any]:
        """Return every readable artifact of ``kind``, sorted."""

    def holds(self, kind: Kind) -> bool:
        """Return whether the roots hold any artifact of ``kind``, readable or not."""


@dataclass(frozen=True, repr=False)
class Artifact:
    """What every read artifact has.

    Attributes:
        ref: where it was found.
        platform: the other artifacts, the evaluation time and the policy.
        unreadable: findings of bytes that are no document at all (encoding, JSON, missing file).
        violations: findings of documents that break their contract.
    """

    ref: ArtifactRef
    platform: Links = field(repr=False, compare=False)
    unreadable: tuple[Finding, ...] = ()
    violations: tuple[Finding, ...] = ()

    @property
    def legible(self) -> bool:
        """Whether enough could be read to judge it; what could not be read is reported either way."""
        return not self.unreadable

    def __str__(self) -> str:
        return self.ref.name

    def __repr__(self) -> str:
        """Short: pytest prints the arguments of a failing test."""
        return f"<{type(self).__name__} {self.ref.name!r}>"
