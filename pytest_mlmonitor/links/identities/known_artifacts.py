"""The artifacts of one kind, by everything that links may name them by."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.known_by import WHOLE, Saying, Sort, same_commit


class KnownArtifacts:
    """The artifacts of one kind, by everything that they can be found by."""

    def __init__(self) -> None:
        self.by: dict[Sort, dict[Hashable, list[Any]]] = {}
        self.of: dict[ArtifactRef, dict[Sort, dict[Hashable, str]]] = {}
        self.legible: list[Any] = []
        self.taken: dict[str, bool] = {}
        self._below: dict[Path, list[Any]] | None = None

    def add(self, artifact: Any, sort: Sort, key: Hashable, text: str) -> None:
        """Note that an artifact is known by something."""
        own = self.of.setdefault(artifact.ref, {}).setdefault(sort, {})
        if key not in own:
            own[key] = text
            self.by.setdefault(sort, {}).setdefault(key, []).append(artifact)

    def without_version(self, name: str | None, saying: Saying) -> list[Any]:
        """Return what has a name where nothing of that name has a version, and none that is another than is said."""
        names = dict.fromkeys([name, *(key[0] for key in saying.keys if isinstance(key, tuple))])
        found = distinct_artifacts(one for each in names for one in self.by.get("name", {}).get((each, None), []))
        if not all(any(self.is_whole(one, each) for each in names) for one in found):
            return []
        said = {key[1] for key in saying.keys if isinstance(key, tuple)}
        return [one for one in found if said == {None} or not (own := self._versions(one)) or own & said]

    def _versions(self, artifact: Any) -> set[Hashable]:
        keys = self.of[artifact.ref]["name"]
        return {key[1] for key in keys if isinstance(key, tuple) and key[1] not in (None, WHOLE)}

    def of_commit(self, found: Iterable[Any], saying: Saying) -> list[Any]:
        """Return those of some artifacts whose commit begins like one that is said, or the other way round."""
        (key,) = saying.keys
        return [one for one in found if same_commit(self.of[one.ref]["commit"][key], saying.text)]

    def is_whole(self, artifact: Any, name: str | None) -> bool:
        """Return whether a name alone means one version of an artifact: it has no other, or the name says which."""
        own = self.of[artifact.ref]["name"]
        return (name, WHOLE) in own or not any(
            isinstance(key, tuple) and key[0] == name and key[1] is not None for key in own
        )

    def below(self, directory: Path) -> list[Any]:
        """Return the artifacts of which files lie below a directory."""
        if self._below is None:
            self._below = {}
            for key, artifacts in self.by.get("path", {}).items():
                for above in key.parents if isinstance(key, Path) else ():
                    self._below.setdefault(above, []).extend(artifacts)
        return list({one.ref: one for one in self._below.get(directory, ())}.values())


def account(artifact: Any) -> Hashable:
    """Return what documents of one run have in common; of anything else it itself."""
    run_id = getattr(artifact, "run_id", None)
    ref: ArtifactRef = artifact.ref
    return ref if run_id is None else (ref.kind, run_id)


def form_of(key: Hashable) -> object:
    """Return the form of a digest."""
    return key[0] if isinstance(key, tuple) else None


def distinct_artifacts(artifacts: Iterable[Any]) -> list[Any]:
    """Return each of some artifacts once."""
    return list({one.ref: one for one in artifacts}.values())
