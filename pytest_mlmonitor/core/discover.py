"""Finding artifacts, first step: a sorted, bounded walk that asks every adapter what it recognises by names alone.

Nothing is opened. Links are never followed, whatever they point to; what they name inside the root is found where it really is.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.walk import Directory, walk
from pytest_mlmonitor.core.kept_stores import outside_stores
from pytest_mlmonitor.core.record_trees import RecordTrees
from pytest_mlmonitor.core.sources.gathering import Gathering
from pytest_mlmonitor.core.sources.source_plan import SourcePlan
from pytest_mlmonitor.core.unfollowed import Unfollowed, leads_astray


@dataclass(frozen=True)
class Found:
    """An artifact that was recognised, and who did: the first adapter reads it, the next ones where it declines.

    Its kind is that of the first; an adapter of another kind that reads it in the end says so.
    """

    ref: ArtifactRef
    adapters: tuple[Adapter, ...]


@dataclass
class Discovery:
    """What a root holds.

    Attributes:
        root: absolute, without links.
        found: what adapters recognised, sorted.
        files: every regular file, link or other entry that is no directory, sorted.
        claimed: those that belong to an artifact.
        named: those of them that a document or a table claims, whoever else declines them.
        regular: those that are regular files, no links.
        records: the files of records of trees of them (``*.jsonl``, rotated or compressed) by directory (``metrics``,
            ``events``), relative to it and in read order. There may be a million of them: they are among none of the others.
        unread_records: regular files there that are called like records in a form that is not read, likewise.
        bundles: what belongs to a bundle beside its anchor, by that: nobody's, where all who recognised it decline it.
        tables: directories that an adapter recognised as one table each.
        sources: that the policy declares.
        gathering: what they take.
    """

    root: Path
    found: list[Found] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    claimed: set[Path] = field(default_factory=set)
    named: set[Path] = field(default_factory=set)
    regular: set[Path] = field(default_factory=set)
    records: dict[Path, list[str]] = field(default_factory=dict)
    refused: list[tuple[ArtifactRef, str]] = field(default_factory=list)
    unread_records: dict[Path, list[str]] = field(default_factory=dict)
    bundles: dict[Path, set[Path]] = field(default_factory=dict)
    tables: set[Path] = field(default_factory=set)
    sources: Sequence[SourcePlan] = ()
    gathering: Gathering = field(init=False)

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.root, self.sources)

    def decline(self, path: Path) -> None:
        """Count what was recognised at ``path`` as nobody's: it is something else after all."""
        own = {one.ref.path for one in self.found} if path in self.bundles else set()
        left = {path, *(self.bundles.pop(path, set()) - own)} - self.named
        self.claimed -= left.difference(*self.bundles.values())

    def claim(self, described: Iterable[Path], kind: str) -> None:
        """Count what documents name as theirs: files, and everything in directories that are one table each.

        What a document names is described by it and no artifact of that kind by itself. Parquet files in such a directory are
        its parts, whatever they are called.
        """
        paths = set(described)
        directories = paths - self.regular

        def part(path: Path) -> bool:
            return bool(directories) and not directories.isdisjoint(path.parents)

        def left(one: Found) -> Found | None:
            """Return what was recognised without the adapters to whose kind the path is described."""
            path = one.ref.path
            if path.suffix == ".parquet" and part(path):
                return None
            if path not in paths:
                return one
            others = tuple(a for a in one.adapters if a.kind != kind or a.names_others)
            return Found(replace(one.ref, kind=others[0].kind), others) if others else None

        named = paths.union(*map(self._below, directories))
        if not named.isdisjoint(self.claimed):  # whatever was recognised there is claimed
            self.found = [one for one in map(left, self.found) if one is not None]
        self.named |= named
        self.claimed |= named

    def take(self, paths: Iterable[Path]) -> None:
        """Count what a declared source found as its own, with everything in directories that are one table each."""
        own = set(paths)
        directories = own - self.regular
        above = {
            path for directory in {path.parent for path in directories} for path in (directory, *directory.parents)
        }
        # A table of which a source takes parts is the source's.
        own |= {one for one in self.tables if one in above or not own.isdisjoint(self._below(one))}
        self.found = [one for one in self.found if one.ref.path not in own]
        taken = own.union(*map(self._below, directories))
        self.named |= taken
        self.claimed |= taken

    def files_of(self, paths: Iterable[Path]) -> set[Path]:
        """Return the regular files among paths, and below those that are directories."""
        wanted = set(paths)
        return wanted.intersection(self.regular).union(*map(self._below, wanted - self.regular))

    def _below(self, directory: Path) -> Iterator[Path]:
        """Yield the files below a directory: they lie together in the sorted list, so thousands of tables are no product."""
        for path in islice(self.files, bisect(self.files, directory), None):
            if not path.is_relative_to(directory):
                return
            yield path

    def add(self, adapter: Adapter, mark: Mark) -> None:
        """Note what an adapter recognised once the documents that name others were read."""
        if mark.takes == "table":
            self.claim([mark.path], adapter.kind)
        self.claimed.add(mark.path)
        self.found.append(Found(ArtifactRef(adapter.kind, mark.path, mark.path.stem, self.root), (adapter,)))


def discover(
    root: Path, adapters: Sequence[Adapter], roots: Sequence[Path] = (), sources: Sequence[SourcePlan] = ()
) -> Discovery:
    """Return every artifact below ``root``.

    Args:
        root: a directory; resolved first, so a root may itself be a link.
        adapters: in the order in which they are asked; the first one that recognises a file takes it.
        roots: those of the run, without links: what lies in another one is read there.
        sources: that the policy declares: what they take no adapter is asked about.

    Raises:
        DiscoveryLimit: see :func:`~pytest_mlmonitor.core.files.walk.walk`.
    """
    root = root.resolve()
    result = Discovery(root, sources=sources)
    unfollowed = Unfollowed(root, adapters, roots)
    recognised: dict[Path, list[Adapter]] = {}
    bundle: Path | None = None
    table: Path | None = None
    trees = RecordTrees(result, recognised, unfollowed)
    for whole in outside_stores(walk(root), result, adapters, recognised, unfollowed):
        found = result.gathering.left_of(whole)
        if trees.holds(found, sourced=found is not whole):
            continue
        paths = whole.paths.values()
        result.files.extend(paths)
        result.regular.update(whole.regular_paths)
        marks = [(adapter, mark) for adapter in adapters for mark in adapter.marks(found)]
        if trees.begins(found, marks):
            continue
        if bundle is not None and not found.path.is_relative_to(bundle.parent):
            bundle = None
        inside = table is not None and found.path.is_relative_to(table)
        if found.hidden and not inside:
            marks = []
        elif not inside:
            bundle = next((mark.path for _, mark in marks if mark.takes == "bundle"), bundle)
            # In a bundle everything is the model's.
            if bundle is not None:
                marks = [pair for pair in marks if pair[1].takes != "table"]
            elif any(mark.takes == "table" for _, mark in marks):
                table, inside = found.path, True
        if inside:
            result.claimed.update(paths)
            marks = [(a, m) for a, m in marks if a.names_others or (m.takes == "table" and m.path == table)]
        if not inside and not found.hidden:
            unfollowed.note(found, marks)
        _note_marks(result, found, marks, recognised, unfollowed)
        if bundle is not None:  # the rest of a bundle is its model: sized, never opened
            belonging = result.bundles.setdefault(bundle, set())
            belonging.update(path for path in paths if _may_be_read(path, found, root))
    result.claimed.update(*result.bundles.values())
    trees.end()
    _note_unread(result, unfollowed, recognised)
    result.found = sorted((_found(path, by, root) for path, by in recognised.items()), key=lambda one: one.ref)
    result.files.sort()
    return result


def _found(path: Path, adapters: list[Adapter], root: Path) -> Found:
    return Found(ArtifactRef(adapters[0].kind, path, path.stem, root), tuple(dict.fromkeys(adapters)))


def _may_be_read(path: Path, found: Directory, root: Path) -> bool:
    """Return whether a name stands for something of its own: of a link to a file inside the root nothing is said here."""
    return path.name in found.files or leads_astray(path, root)


def _note_marks(
    result: Discovery,
    found: Directory,
    marks: Sequence[tuple[Adapter, Mark]],
    recognised: dict[Path, list[Adapter]],
    unfollowed: Unfollowed,
) -> None:
    """Note what is recognised in a directory: by whom, and what belongs to it."""
    own = {name for _, mark in marks for name in mark.own if mark.takes == "bundle"}
    if not marks:  # nearly every directory
        return
    directories = frozenset(found.directories)
    places = (found.path / name for name in found.names if name in own and name not in directories)
    result.claimed.update(path for path in places if _may_be_read(path, found, result.root))
    for adapter, mark in marks:
        alone = mark.takes == "file"
        if alone and (mark.path.name in own or mark.path.name in directories):
            continue
        if alone and not _may_be_read(mark.path, found, result.root):
            unfollowed.suspects.append((adapter, mark.path, (mark.path,)))
            continue
        recognised.setdefault(mark.path, []).append(adapter)
        if alone:
            result.claimed.add(mark.path)
        elif mark.takes == "table":
            result.tables.add(mark.path)


def _note_unread(result: Discovery, unfollowed: Unfollowed, recognised: dict[Path, list[Adapter]]) -> None:
    """Note what is missed of what is no regular file: its reader, or a finding, will say so."""
    for adapter, anchor, own_paths in unfollowed.suspects:
        if not all(_is_read_elsewhere(path, result) for path in own_paths):
            recognised.setdefault(anchor, []).append(adapter)
            result.claimed.update(own_paths)
    for kind, path, what in unfollowed.refused:
        result.refused.append((ArtifactRef(kind, path, path.stem, result.root), what))
        result.claimed.add(path)


def _is_read_elsewhere(path: Path, result: Discovery) -> bool:
    """Return whether a link leads to a file that belongs to an artifact where it really is."""
    try:
        return path.resolve(strict=True) in result.claimed
    except (OSError, RuntimeError):
        return False
