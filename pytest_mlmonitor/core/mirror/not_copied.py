"""Objects of a remote root that are called like an artifact and could not be copied: nothing of them is judged, which is said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.mirror.remote_root import COPY, REFUSED
from pytest_mlmonitor.core.text.names import bare, shown, url_of

_TABLES = (".parquet", ".parq")


def not_copied(root: Path, adapters: Sequence[Adapter]) -> Iterator[tuple[ArtifactRef, Finding]]:
    """Yield what stands for such an object, and the finding about it.

    Args:
        root: the copy of a remote root; of any other directory nothing is said.
        adapters: who recognises artifacts by their names; tables count whoever does.
    """
    for key, why in _refused(root).items():
        *above, name = key.rstrip("/").split("/")
        place = Path(root, *(part for part in above if part not in ("", ".", "..")))
        found = Directory(place, (name,), frozenset((name,)), (), root)
        fallback = adapters[0].kind if name.endswith(_TABLES) else None
        kind = next((adapter.kind for adapter in adapters if any(adapter.marks(found))), fallback)
        if kind is not None:
            words = f"{bare(key, 200)} {bare(why, 300)}: it was not copied, and nothing of it is checked"
            finding = Finding(Severity.ERROR, words, "an object that can be read", location=shown(root))
            yield ArtifactRef(kind, place / name, bare(key, 200), root), finding


def _refused(root: Path) -> dict[str, str]:
    if root.name != COPY or url_of(root) is None:
        return {}
    try:
        stored = json.loads((root.parent / REFUSED).read_bytes())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}
