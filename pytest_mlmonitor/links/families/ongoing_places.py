"""Whose history an artifact goes on with: that of its family, or one of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.links.families.artifact_places import ArtifactPlaces


def ongoing_places(platform: Artifacts, places: ArtifactPlaces, refs: Iterable[ArtifactRef]) -> dict[ArtifactRef, str]:
    """Return by which place artifacts go on from run to run.

    The newest version goes on where the one before it was: it has the place of the family. An older one that is still judged, since
    something live depends on it, and each of several of which nobody knows which is the newest, have places of their own.

    Args:
        platform: that was read.
        places: of its artifacts.
        refs: the artifacts that were judged.

    Returns:
        The places; none of an artifact that another one stands in for.
    """
    by_ref: dict[ArtifactRef, Any] = dict(platform.artifacts)
    heads = _Heads(platform, places)
    together: dict[str, list[ArtifactRef]] = {}
    found: dict[ArtifactRef, str] = {}
    for ref in refs:
        place = heads.place(ref, by_ref.get(ref))
        if place is not None:
            found[ref] = place
            together.setdefault(place, []).append(ref)
    for several in together.values():
        if len(several) > 1:
            found |= {ref: places.of(ref) for ref in several}
    return found


class _Heads:
    """The newest versions of families."""

    def __init__(self, platform: Artifacts, places: ArtifactPlaces) -> None:
        self._platform = platform
        self._places = places
        self._superseded = places.superseded
        newest = self._superseded.newest() if self._superseded is not None else ()
        self._newest = {family: one.ref for family, one, _ in newest}

    def place(self, ref: ArtifactRef, artifact: Any) -> str | None:
        if self._superseded is None or not hasattr(artifact, "ref"):
            return self._places.family(ref)
        if self._newest.get(self._superseded.family(artifact), ref) == ref:  # type: ignore[arg-type]
            return self._places.family(ref)
        if self._platform.settings_of(ref, artifact).superseded == "full" or self._is_judged(artifact):
            return self._places.of(ref)
        return None

    def _is_judged(self, artifact: Any) -> bool:
        assert self._superseded is not None
        try:
            return self._superseded.of(artifact) is None
        except Exception:  # a kind of somebody else: what a check of it said is an error, and must reach somebody
            return True
