"""What of a platform a mutant's verdict needs: the newest versions of each family, and what they are linked with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.discover import Discovery, discover
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.superseded import Superseded

VERSIONS = 5
"""Of a family: the newest, and those before it by which drift and volume are judged."""

FAMILIES = 50
"""Artifacts of a kind of which mutants are made."""

RECORD_FILES = 240
"""Files of a tree of records: of one a minute the newest four hours."""

RECORD_BYTES = 16 << 20
"""Bytes of a tree of records, where more than one file has them."""


class NewestRecords(Platform):
    """A platform of whose trees of records, which may hold a million files, only the newest are read."""

    @staticmethod
    def discover(*args: Any) -> Discovery:
        """Return what a root holds, without old records."""
        discovery = discover(*args)
        for directory, names in discovery.records.items():
            discovery.records[directory] = _newest(directory, names)
        return discovery


def _newest(directory: Path, names: Sequence[str]) -> list[str]:
    """Return the newest files, in read order: their paths are times."""
    room, kept = RECORD_BYTES, 0
    for name in reversed(names[-RECORD_FILES:]):
        try:
            room -= (directory / name).stat().st_size
        except OSError:
            pass  # it went away while we looked: a platform that lives
        if room < 0 and kept:
            break
        kept += 1
    return list(names[len(names) - kept :])


def older_versions(platform: Artifacts) -> set[ArtifactRef]:
    """Return the artifacts with a newer version, by what is said of them.

    Whether their rows can be read is not asked, as it is where one stands in for another: that is a scan of every table.
    """
    superseded = platform.view(Superseded)
    newest = {one.ref for _, one, _ in superseded.newest()}
    return {one.ref for members in superseded.families() for one in members} - newest


def newest_artifacts(platform: Artifacts, wanted: Sequence[Selector] = ()) -> set[ArtifactRef]:
    """Return the artifacts that a proof needs: the newest versions, what links lead to from these, and what says how to judge.

    Args:
        platform: everything that was read.
        wanted: of which artifacts mutants are made; all without any.
    """
    closure, older = platform.view(Closure), older_versions(platform)
    waiting: list[Any] = []
    held: Counter[str] = Counter()
    known: set[ArtifactRef] = set()
    families = {members[-1].ref: members for members in platform.view(Superseded).families()}
    for ref, artifact in platform.artifacts:
        if not platform.kinds[ref.kind].data or not isinstance(artifact, Artifact):
            known.add(ref)
            continue
        if ref in older:
            continue
        meant = not wanted or any(one.matches(platform.identity(ref, artifact)) for one in wanted)
        held[ref.kind] += meant
        if meant and held[ref.kind] <= FAMILIES:
            waiting += families.get(ref, [artifact])[-VERSIONS:]
            # What was made of it, or speaks of it: of that the newest only.
            sources = [edge.source for edge in closure.to(artifact)]
            waiting += [one for one in sources if one.ref not in older][-FAMILIES:]
    while waiting:
        artifact = waiting.pop()
        if artifact.ref not in known:
            known.add(artifact.ref)
            waiting += (target for edge in closure.of(artifact) for target in edge.targets)
    return known


def left_files(platform: Platform, kept: Set[ArtifactRef]) -> tuple[set[Path], set[Path]]:
    """Return the files and directories of artifacts that a proof does not need, and those of the ones that it does."""
    around = Counter(above for ref, _ in platform.artifacts for above in ref.path.parents)
    own: set[Path] = set()
    others: set[Path] = set()
    for ref, artifact in platform.artifacts:
        (own if ref in kept else others).update(_files(platform, ref, artifact, around))
    return others - own, own


def _files(platform: Platform, ref: ArtifactRef, artifact: Any, around: Counter[Path]) -> Iterable[Path]:
    """Yield the files and directories that belong to one artifact."""
    yield ref.path
    yield from getattr(artifact, "documents", ())
    data = getattr(artifact, "data_path", None)
    if isinstance(data, Path):
        yield data
    if around[ref.path.parent] == 1 and ref.path.parent != ref.root:
        yield ref.path.parent  # a directory of its own: a bundle, a run
    for discovery in platform.discoveries:
        yield from discovery.bundles.get(ref.path, ())
    sourced = platform.found_as.get(ref)
    if sourced is not None:
        yield from sourced.files
        yield from sourced.documents
