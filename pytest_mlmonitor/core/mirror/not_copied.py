"""Objects of a remote root that belong to an artifact, or are called like one, and could not be copied: that is said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.mirror.remote_root import COPY, REFUSED
from pytest_mlmonitor.core.sources.gathering import Gathering
from pytest_mlmonitor.core.sources.source_plan import SourcePlan
from pytest_mlmonitor.core.text.names import bare, shown, url_of

_TABLES = (".parquet", ".parq")


def not_copied(
    root: Path, adapters: Sequence[Adapter], sources: Sequence[SourcePlan]
) -> Iterator[tuple[ArtifactRef, Finding]]:
    """Yield what stands for such an object, and the finding about it.

    Args:
        root: the copy of a remote root; of any other directory nothing is said.
        adapters: who recognises artifacts by their names; tables count whoever does.
        sources: what the policy declares.
    """
    keys, claimed = _refused(root)
    for key, why in keys.items():
        *above, name = key.rstrip("/").split("/")
        place = Path(root, *(part for part in above if part not in ("", ".", "..")))
        found = Directory(place, (name,), frozenset((name,)), (), root)
        kind = _declared_kind(found, sources) or next(
            (adapter.kind for adapter in adapters if any(adapter.marks(found))), None
        )
        if kind is None and (key in claimed or name.endswith(_TABLES)):
            kind = "dataset"
        if kind is not None:
            words = f"{bare(key, 200)} {bare(why, 300)}: it was not copied, and nothing of it is checked"
            finding = Finding(Severity.ERROR, words, "an object that can be read", location=shown(root))
            yield ArtifactRef(kind, place / name, bare(key, 200), root), finding


def _declared_kind(found: Directory, sources: Sequence[SourcePlan]) -> str | None:
    """Return the kind of the source whose path a name fits."""
    gathering = Gathering(found.root, sources)
    path = found.root
    for name in found.path.relative_to(found.root).parts:
        gathering.left_of(Directory(path, (name,), frozenset(), (name,), found.root))
        path /= name
    gathering.left_of(found)
    return next((sources[match.plan].source.kind for match in gathering.matches), None)


def _refused(root: Path) -> tuple[dict[str, str], frozenset[str]]:
    if root.name != COPY or url_of(root) is None:
        return {}, frozenset()
    try:
        stored = json.loads((root.parent / REFUSED).read_bytes())
        return dict(stored["keys"]), frozenset(stored["claimed"])
    except (OSError, ValueError, TypeError, KeyError):
        return {}, frozenset()
