"""By what artifacts are known again from run to run, wherever the project lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.levels import undated
from pytest_mlmonitor.core.text.names import safe, url_of
from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.links.superseded import Superseded


class ArtifactPlaces:
    """Names artifacts, and families of them, by where they lie in their roots.

    A root is called by its path from the directory of the policy, so that a project may move. One that lies elsewhere is called
    by its name, with as many directories above it as tell it from other roots.

    Attributes:
        walked: what the roots that were walked are called.
        superseded: the families; None where a kind of somebody else breaks them.
    """

    def __init__(self, platform: Artifacts, home: Path, declared: Sequence[Path] = ()) -> None:
        """Name the artifacts of a platform.

        Args:
            platform: that was read.
            home: directory of the policy, resolved.
            declared: further roots: those of the policy that this run left out.
        """
        self._kinds = platform.kinds
        self._by_ref = dict(platform.artifacts)
        self.superseded = _families(platform)
        self._home = home
        self._elsewhere = {root for root in (*platform.roots, *declared) if not root.is_relative_to(home)}
        self._roots: dict[Path, str] = {}
        self._families: dict[ArtifactRef, str] = {}
        self.walked = tuple(self.root(path) for path in platform.roots)

    def root(self, path: Path) -> str:
        """Return what a root is called; empty for the directory of the policy itself."""
        if path not in self._roots:
            url = url_of(path)
            if url is not None:
                name = url
            elif path.is_relative_to(self._home):
                name = path.relative_to(self._home).as_posix()
            else:
                name = _told_apart(path, self._elsewhere)
            self._roots[path] = safe("" if name == "." else name)
        return self._roots[path]

    def of(self, ref: ArtifactRef) -> str:
        """Return the place of one artifact, e.g. ``dataset:artifacts/p2/x.parquet::x``."""
        return f"{ref.kind}:{self._below(ref, self._inside(ref))}::{safe(ref.name)}"

    def is_below_walked(self, place: str) -> bool:
        """Return whether a place lies in a root that was walked: what is not found there is gone."""
        path = place.partition(":")[2]
        return any(not root or path.startswith(f"{root}/") for root in self.walked)

    def family(self, ref: ArtifactRef) -> str:
        """Return the place of an artifact without what tells versions apart, e.g. ``dataset:artifacts/p2/x``.

        That of an artifact that cannot be read, or of a kind without families, is its path without stamps.
        """
        if ref not in self._families:
            artifact = self._by_ref.get(ref)
            family = self.superseded.family(artifact) if self.superseded and hasattr(artifact, "ref") else None
            if family is not None:
                parts = [*family.directory, family.name]
                more = f"@{safe(family.environment)}" if family.environment is not None else ""
            else:
                inside = self._inside(ref)
                path = Path(inside[-1]) if inside else Path()
                stem = dated(path.stem).family
                parts = [*undated(inside[:-1]), f"{stem}{path.suffix}"]
                more = f"::{safe(ref.name)}" if self._is_named(ref) else ""
            self._families[ref] = f"{ref.kind}:{self._below(ref, parts)}{more}"
        return self._families[ref]

    def _is_named(self, ref: ArtifactRef) -> bool:
        kind = self._kinds.get(ref.kind)
        return kind is not None and kind.named

    def _inside(self, ref: ArtifactRef) -> tuple[str, ...]:
        return ref.path.relative_to(ref.root).parts if ref.path.is_relative_to(ref.root) else ref.path.parts[1:]

    def _below(self, ref: ArtifactRef, parts: Sequence[str]) -> str:
        return "/".join(safe(part) for part in (self.root(ref.root), *parts) if part)


def _families(platform: Artifacts) -> Superseded | None:
    """Return the families, None where they cannot be had: each check says so, and that must reach somebody all the same."""
    try:
        return platform.view(Superseded)
    except Exception:
        return None


def _told_apart(root: Path, others: set[Path]) -> str:
    """Return as many of a root's last directories as no other root ends in."""
    for number in range(1, len(root.parts)):
        tail = root.parts[-number:]
        if not any(other.parts[-number:] == tail for other in others if other != root):
            return "/".join(tail)
    return root.as_posix().lstrip("/")
