"""Which checks of which artifacts the positional arguments ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef, Kind
from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.text.names import label
from pytest_mlmonitor.plugin.trust import Selection

_Asked = tuple[int, tuple[str, ...]]
"""The number of an argument, and the names that stand after its ``::``."""


class Narrowing:
    """The positional arguments inside the roots, looked up by anchor and first name: thousands of pasted ids stay cheap.

    Attributes:
        matched: the numbers of the arguments that asked for any check so far.
    """

    def __init__(self, selections: Sequence[Selection]) -> None:
        """Without ``selections`` everything is wanted."""
        self._selections = selections
        self._indexes: dict[tuple[Kind, Path], dict[str, list[_Asked]]] = {}
        self.matched: set[int] = set()

    def wanted(self, ref: ArtifactRef, checks: list[Check]) -> list[Check]:
        """Return those of ``checks`` that are asked for of ``ref``."""
        if not self._selections:
            return checks
        names: set[str] = set()
        for i, parts in self._asked(ref, checks):
            found = [check.name for check in checks if not parts or (check.name,) == parts]
            if found:
                self.matched.add(i)
                names.update(found)
        return [check for check in checks if check.name in names]

    def _asked(self, ref: ArtifactRef, checks: list[Check]) -> Iterator[_Asked]:
        """Yield the arguments that may speak of ``ref``, with the names after that of the artifact itself."""
        index = self._index(ref)
        yield from index.get("", ())
        own = label(ref.name) if ref.kind == "deployment" else None
        if own is not None:
            for i, parts in index.get(own, ()):
                yield i, parts[1:]
        for check in checks:
            if check.name != own:
                yield from index.get(check.name, ())

    def _index(self, ref: ArtifactRef) -> dict[str, list[_Asked]]:
        """Return the arguments that cover the anchor of ``ref`` by their first name, ``""`` for those without."""
        key = (ref.kind, ref.path)
        if key not in self._indexes:
            index: dict[str, list[_Asked]] = {}
            for i, selection in enumerate(self._selections):
                if _covers(selection.path, ref):
                    index.setdefault(selection.parts[0] if selection.parts else "", []).append((i, selection.parts))
            self._indexes[key] = index
        return self._indexes[key]


def _covers(path: Path, ref: ArtifactRef) -> bool:
    if path == ref.path or path in ref.path.parents:
        return True
    if ref.kind == "deployment":  # any file or directory of the tree stands for the tree
        return path.is_relative_to(ref.path.parent)
    return ref.kind == "training_run" and ref.path.name == "metadata.json" and path.parent == ref.path.parent
