"""The graph of a platform: the links that artifacts say of themselves, resolved once, in both directions (specification 2.7 and 8).

A link may name an artifact by several things at once. The strongest that is known leads to it, and all others that are known must
agree. It dangles only where artifacts of its kind have what it says at all; otherwise nothing can be said of it.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.foreign_paths import ForeignPath, foreign_path
from pytest_mlmonitor.core.known_by import ORDER, By, Link, Saying, digest_form
from pytest_mlmonitor.links.identities.digests import FORMS, Digests
from pytest_mlmonitor.links.identities.known_artifacts import KnownArtifacts, account, distinct_artifacts, form_of
from pytest_mlmonitor.tables.reader.client import TableReader

EdgeState = Literal["found", "dangling", "not_held", "unclear"]
"""Whether a link leads to an artifact, leads nowhere, is by what no artifact of that kind has, or may mean several."""


@dataclass(frozen=True)
class Disagreement:
    """Something by which a link names another artifact than the one that it leads to.

    Attributes:
        by: what it is.
        said: as the link says it.
        theirs: what the artifact itself has, as people write it.
    """

    by: By
    said: str
    theirs: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """A link that is resolved.

    Attributes:
        source: the artifact that says it.
        link: the link.
        targets: what it leads to: several where documents describe one thing, such as a bundle and a flat document.
        state: what became of it.
        by: what led there, or what leads nowhere; None where nothing did.
        disagreements: what else it says, and does not lead there.
        path: the path that it says, related to the roots; None without one.
    """

    source: Any
    link: Link
    targets: tuple[Any, ...]
    state: EdgeState
    by: By | None = None
    disagreements: tuple[Disagreement, ...] = ()
    path: ForeignPath | None = None

    @property
    def role(self) -> str:
        """What the other artifact is to this one."""
        return self.link.role


class Closure:
    """The links of every artifact that could be read; versions that are times compare as instants."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._digests = platform.view(Digests)
        self._kinds: dict[str, KnownArtifacts] = {}
        self._of: dict[ArtifactRef, list[Edge]] = {}
        self._to: dict[ArtifactRef, list[Edge]] = {}
        kinds = platform.kinds
        known = [(ref, a) for ref, a in platform.artifacts if ref.kind in kinds and getattr(a, "legible", True)]
        for ref, artifact in known:
            held = self._kinds.setdefault(ref.kind, KnownArtifacts())
            held.legible.append(artifact)
            for one in kinds[ref.kind].known_by(artifact):
                held.add(artifact, one.sort, one.key, one.text)
        self._give(known)
        for ref, artifact in known:
            self._of[ref] = [self.resolved(artifact, link) for link in _distinct(kinds[ref.kind].links(artifact))]
            for edge in self._of[ref]:
                for target in edge.targets:
                    self._to.setdefault(target.ref, []).append(edge)

    def of(self, artifact: Any) -> list[Edge]:
        """Return the links that an artifact says of itself, each once."""
        return self._of.get(artifact.ref, [])

    def to(self, artifact: Any) -> list[Edge]:
        """Return the links that lead to an artifact."""
        return self._to.get(artifact.ref, [])

    def resolved(self, source: Any, link: Link) -> Edge:
        """Return what becomes of a link that ``source`` says; all versions of what it names where it names none."""
        held = self._kinds.get(link.kind) or KnownArtifacts()
        path = self._path(source, link)
        sayings = self._sayings(link, path)
        results = [(saying, self._found(held, link, saying)) for saying in sayings]
        if link.digest is not None:
            results = self._with_digest(held, link, results)
        leading = [(saying, found) for saying, found in results if found and self._is_one(held, link, saying, found)]
        targets, by = _strongest(leading, [found for _, found in results if found])
        if targets:
            wrong = tuple(self._disagreements(held, results, targets))
            return Edge(source, link, targets, "found", by, wrong, path)
        if any(found for _, found in results):
            # What is ambiguous by its name is none of those where the path that goes with it leads to nothing.
            gone = any(saying.by == "path" and found == [] for saying, found in results)
            return Edge(source, link, (), "dangling" if gone else "unclear", "path" if gone else None, (), path)
        missing = next((saying.by for saying, found in results if found is not None), None)
        if missing is None and self._is_unread(link, held):
            missing = "name"
        return Edge(source, link, (), "not_held" if missing is None else "dangling", missing, (), path)

    def versions(self, link: Link) -> list[str]:
        """Return the versions that there are of what a link names."""
        known = [self._platform.kinds[link.kind].called(one) for one in self.called(link)]
        return [called[1] for called in known if called is not None and called[1] is not None]

    def called(self, link: Link) -> list[Any]:
        """Return the artifacts, of whatever version, that have the name of what a link names."""
        held = self._kinds.get(link.kind) or KnownArtifacts()
        return list(held.by.get("name", {}).get((link.name, None), ())) if link.name is not None else []

    def _give(self, known: Iterable[tuple[ArtifactRef, Any]]) -> None:
        """Note what artifacts say that others are called: a registry's aliases are those of runs."""
        given = []
        for ref, artifact in known:
            for one, link in self._platform.kinds[ref.kind].gives(artifact):
                # Resolved before any is noted, so that none hangs on the order of the artifacts.
                given.append((one, link.kind, self.resolved(artifact, link).targets))
        for one, kind, targets in given:
            held = self._kinds.setdefault(kind, KnownArtifacts())
            held.by.setdefault(one.sort, {}).setdefault(one.key, [])
            for target in targets:
                held.add(target, one.sort, one.key, one.text)

    def _path(self, source: Any, link: Link) -> ForeignPath | None:
        if link.path is None:
            return None
        ref: ArtifactRef = source.ref
        rebase = self._platform.settings.rebase
        return foreign_path(link.path, ref.path.parent, ref.root, self._platform.roots, rebase)

    def _sayings(self, link: Link, path: ForeignPath | None) -> list[Saying]:
        sayings = list(link.sayings())
        if path is not None and path.related:
            sayings.append(Saying("path", "path", path.places, path.text))
        return sorted(sayings, key=lambda saying: ORDER.index(saying.by))

    def _found(self, held: KnownArtifacts, link: Link, saying: Saying) -> list[Any] | None:
        """Return what is known by what a link says; None where no artifact of the kind has anything of that sort."""
        known = held.by.get(saying.sort)
        if not known:
            return None
        if saying.sort == "path":
            return self._at(held, saying)
        if saying.sort == "digest" and not any(form_of(key) == form_of(saying.keys[0]) for key in known):
            return None
        present = [key for key in saying.keys if key in known]
        if present and not any(known[key] for key in present):
            return None  # a registry knows it, and nothing under the roots is what it means
        found = distinct_artifacts(one for key in present for one in known[key])
        if saying.sort == "commit":
            return held.of_commit(found, saying)
        if saying.by == "name" and not found:
            return held.without_version(link.name, saying)
        if _names_all_versions(saying, link) and not found:
            return None  # a name alone is what somebody calls something
        if _names_all_versions(saying, link) and link.rows is not None:
            return [one for one in found if self._rows(one) == link.rows] or found
        return found

    def _is_one(self, held: KnownArtifacts, link: Link, saying: Saying, found: Sequence[Any]) -> bool:
        """Return whether what a link says means one thing: a name may be that of several documents, other things may not."""
        if _names_all_versions(saying, link):
            rows = link.rows
            return len(found) == 1 and (
                held.is_whole(found[0], link.name) or (rows is not None and self._rows(found[0]) == rows)
            )
        return saying.sort == "name" or len({account(one) for one in found}) == 1

    def _rows(self, artifact: Any) -> int | None:
        """Return how many rows data have: as their metadata claim, else as the file says."""
        claimed: int | None = getattr(artifact, "row_count", None)
        if claimed is None and getattr(artifact, "data_path", None) is not None:
            with suppress(NotChecked):
                return self._platform.view(TableReader).head(artifact.data_path).rows
        return claimed

    def _at(self, held: KnownArtifacts, saying: Saying) -> list[Any] | None:
        """Return the artifacts whose file, or whose directory, a path names; None for a file that belongs to none."""
        known = held.by["path"]
        exact = distinct_artifacts(one for key in saying.keys for one in known.get(key, ()))
        if exact:
            return exact
        below = distinct_artifacts(one for key in saying.keys if isinstance(key, Path) for one in held.below(key))
        if below:
            return below
        return None if any(isinstance(key, Path) and os.path.lexists(key) for key in saying.keys) else []

    def _with_digest(
        self, held: KnownArtifacts, link: Link, results: list[tuple[Saying, list[Any] | None]]
    ) -> list[tuple[Saying, list[Any] | None]]:
        """Return the results with what the digest leads to: digests of files are taken where nothing says them.

        Of what else the link leads to first, and only where it leads nowhere of all.
        """
        digest = digest_form(link.digest or "")
        if digest is None or digest[0] not in FORMS:
            return results
        by_digest = next((found for saying, found in results if saying.by == "digest"), None)
        if by_digest:
            return results
        others = distinct_artifacts(one for saying, found in results if saying.by != "digest" for one in found or ())
        if not self._have_taken(held, others, digest[0]):
            return results
        found = held.by.get("digest", {}).get(digest, [])
        return [(saying, list(found) if saying.by == "digest" else other) for saying, other in results]

    def _have_taken(self, held: KnownArtifacts, some: Sequence[Any], form: str) -> bool:
        """Take the digests of some artifacts' files, of all where they are none; return whether any has one now.

        All are gone through once, however many links lead nowhere.
        """
        if some:
            return sum(self._take(held, one, form) for one in some) > 0
        if form not in held.taken:
            held.taken[form] = sum(self._take(held, one, form) for one in held.legible) > 0
        return held.taken[form]

    def _take(self, held: KnownArtifacts, artifact: Any, form: str) -> bool:
        """Take the digests of an artifact's files where nothing says one of that form; return whether it has one now."""
        own = held.of.get(artifact.ref, {})
        if any(form_of(key) == form for key in own.get("digest", ())):
            return True
        taken = False
        for file in [key for key in own.get("path", ()) if isinstance(key, Path)]:
            value = self._digests.of(file, form)
            if value is not None:
                held.add(artifact, "digest", (form, value), f"{form}:{value}")
                taken = True
        return taken

    def _disagreements(
        self, held: KnownArtifacts, results: Iterable[tuple[Saying, list[Any] | None]], targets: Sequence[Any]
    ) -> Iterator[Disagreement]:
        refs = {target.ref for target in targets}
        for saying, found in results:
            if found and any(one.ref in refs for one in found):
                continue
            theirs = [held.of.get(target.ref, {}).get(saying.sort, {}) for target in targets]
            own = {key: text for one in theirs for key, text in one.items()}
            if saying.sort == "digest":
                own = {key: text for key, text in own.items() if form_of(key) == form_of(saying.keys[0])}
            if own and (found is not None or saying.sort == "path"):
                yield Disagreement(saying.by, saying.text, tuple(dict.fromkeys(own.values())))

    def _is_unread(self, link: Link, held: KnownArtifacts) -> bool:
        """Return whether artifacts of a kind could not be read, so that one of them may be what a link names."""
        if link.name is None and link.uri is None:
            return False
        every = len(self._platform.of_kind(link.kind, broken=True))
        return self._platform.holds(link.kind) and every > len(held.legible)


def _names_all_versions(saying: Saying, link: Link) -> bool:
    """Return whether a name stands for a version, and does not say for which."""
    return saying.by == "name" and link.one and link.version is None


def _strongest(
    leading: Sequence[tuple[Saying, list[Any]]], every: Sequence[list[Any]]
) -> tuple[tuple[Any, ...], By | None]:
    """Return what the strongest leads to; what all have in common where each alone may mean several."""
    if leading:
        saying, found = leading[0]
        return tuple(found), saying.by
    if len(every) > 1:
        common = [one for one in every[0] if all(any(one.ref == other.ref for other in found) for found in every[1:])]
        if len({account(one) for one in common}) == 1:
            return tuple(common), None
    return (), None


def _distinct(links: Iterable[Link]) -> list[Link]:
    """Return the links without those that say again what one before them says."""
    found: dict[Link, Link] = {}
    for link in links:
        found.setdefault(link.said, link)
    return list(found.values())
