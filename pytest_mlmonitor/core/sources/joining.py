"""What a declared source found and what a document says of the same data are one artifact."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.kind import Kind

ReadArtifact = tuple[ArtifactRef, Any]
"""An artifact under its reference."""


def with_sourced(
    described: Sequence[ReadArtifact], sourced: Sequence[ReadArtifact], kinds: Mapping[str, Kind]
) -> list[ReadArtifact]:
    """Return artifacts that documents describe and those of declared sources, each thing once.

    Args:
        described: what documents that name others gave, in order.
        sourced: what declared sources gave.
        kinds: they say how two of theirs are joined.
    """
    places = Counter((ref.kind, place) for ref, one in sourced for place in _places(ref, one))
    by_place = {
        (ref.kind, place): (ref, one)
        for ref, one in sourced
        for place in _places(ref, one)
        if places[ref.kind, place] == 1  # of several versions in one directory nobody knows which is meant
    }
    joined: dict[ArtifactRef, ReadArtifact] = {}
    left: list[ReadArtifact] = []
    for ref, one in described:
        kind, data = kinds.get(ref.kind), getattr(one, "data_path", None)
        known = by_place.get((ref.kind, os.fspath(data))) if isinstance(data, Path) else None
        made = kind.joined(known[1], one) if known is not None and kind is not None and known[0] not in joined else None
        if known is not None and made is not None:
            joined[known[0]] = known[0], made
        else:
            left.append((ref, one))
    return [*left, *(joined.get(ref, (ref, one)) for ref, one in sourced)]


def _places(ref: ArtifactRef, artifact: Any) -> set[str]:
    data = getattr(artifact, "data_path", None)
    return {os.fspath(ref.path), *([os.fspath(data)] if isinstance(data, Path) else [])}
