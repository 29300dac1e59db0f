"""The graph of a platform: the links that artifacts say of themselves, resolved once, in both directions (specification 2.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.kind import Link
from pytest_mlmonitor.core.text.versions import version_key

EdgeState = Literal["found", "dangling", "not_held"]
"""Whether a link leads to an artifact, leads nowhere, or is to a kind of which the roots hold none at all."""


@dataclass(frozen=True)
class Edge:
    """A link that is resolved.

    Attributes:
        source: the artifact that says it.
        link: the link.
        targets: what it leads to: several where documents describe one thing, such as a bundle and a flat document.
        state: what became of it.
    """

    source: Any
    link: Link
    targets: tuple[Any, ...]
    state: EdgeState

    @property
    def role(self) -> str:
        """What the other artifact is to this one."""
        return self.link.role


class Closure:
    """The links of every artifact that could be read; versions that are timestamps compare as instants."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._called: dict[tuple[str, str, str | None], list[Any]] = {}
        self._of: dict[ArtifactRef, list[Edge]] = {}
        self._to: dict[ArtifactRef, list[Edge]] = {}
        kinds = platform.kinds
        known = [(ref, a) for ref, a in platform.artifacts if ref.kind in kinds and getattr(a, "legible", True)]
        for ref, artifact in known:
            name, version = kinds[ref.kind].called(artifact) or (None, None)
            if name is not None:
                for form in {None, version_key(version) if version is not None else None}:
                    self._called.setdefault((ref.kind, name, form), []).append(artifact)
        for ref, artifact in known:
            self._of[ref] = [self._edge(artifact, link) for link in _distinct(kinds[ref.kind].links(artifact))]
            for edge in self._of[ref]:
                for target in edge.targets:
                    self._to.setdefault(target.ref, []).append(edge)

    def of(self, artifact: Any) -> list[Edge]:
        """Return the links that an artifact says of itself, each once."""
        return self._of.get(artifact.ref, [])

    def to(self, artifact: Any) -> list[Edge]:
        """Return the links that lead to an artifact."""
        return self._to.get(artifact.ref, [])

    def targets(self, link: Link) -> tuple[Any, ...]:
        """Return the artifacts that a link leads to; all versions of it where it names none."""
        version = version_key(link.version) if link.version is not None else None
        return tuple(self._called.get((link.kind, link.name, version), ()))

    def _edge(self, artifact: Any, link: Link) -> Edge:
        targets = self.targets(link)
        missing: EdgeState = "dangling" if self._platform.holds(link.kind) else "not_held"
        return Edge(artifact, link, targets, "found" if targets else missing)


def _distinct(links: Iterable[Link]) -> list[Link]:
    """Return the links without those that say again what one before them says."""
    found: dict[tuple[str, str, str, str | None], Link] = {}
    for link in links:
        found.setdefault((link.role, link.kind, link.name, link.version), link)
    return list(found.values())
