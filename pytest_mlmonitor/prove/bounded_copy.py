"""A copy of roots that is never larger than a proof needs: large tables are sampled, old versions and old records left out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.prove.newest_artifacts import NewestRecords, left_files
from pytest_mlmonitor.prove.sampled_tables import sampled_tables
from pytest_mlmonitor.prove.unchanged_tables import UnchangedTables

WHOLE_FILES = 2_000
WHOLE_BYTES = 64 << 20
"""A platform that is not larger than this is copied with all its versions."""

LARGE = 16 << 20
"""Bytes of a file of which a proof does not need to read all: a log keeps its end, a model its size."""

LINES = (".jsonl", ".ndjson", ".log")


class BoundedCopies:
    """What lies below some roots, to be copied group by group; originals are only read.

    Attributes:
        platform: the original artifacts.
        reader: the process that opens data files.
        every: all artifacts.
    """

    def __init__(self, roots: Sequence[Path], settings: Settings, reader: UnchangedTables) -> None:
        self.reader = reader
        self.platform = NewestRecords.of_policy(roots, settings, None, reader)
        self.every = frozenset(ref for ref, _ in self.platform.artifacts)
        self._everything = [path for discovery in self.platform.discoveries for path in _files(discovery)]
        found = ((artifact, getattr(artifact, "data_path", None)) for _, artifact in self.platform.artifacts)
        self._tables = {path for _, path in found if path is not None}
        self._opened = self._tables.union(*(_opened(self.platform, *one) for one in self.platform.artifacts))

    def make(self, copies: Mapping[Path, Path], refs: Set[ArtifactRef], *, alone: bool) -> list[tuple[str, str]]:
        """Copy what a proof needs of some artifacts.

        Args:
            copies: the roots, and what each is copied to.
            refs: the artifacts.
            alone: whether there is no other group: then a small platform is copied with all its versions.

        Returns:
            What is left out, with the reason.
        """
        sample = sampled_tables(self.platform, refs)
        left: set[Path] = set(sample.left)
        own: set[Path] = set()
        few = len(self._everything) <= WHOLE_FILES and _bytes(self._everything, sample.files) <= WHOLE_BYTES
        if not (alone and few):
            unneeded, own = left_files(self.platform, refs)
            left |= unneeded
        for copy in copies.values():
            copy.mkdir(parents=True)
        for path in self._everything:
            there = _there(path, copies)
            if path in sample.files or there is None or _is_below(path, left, own - sample.left):
                continue
            kept = self._tables if path.suffix in LINES else self._opened
            whole = path in kept or any(above in kept for above in path.parents)
            with suppress(OSError):  # it went away, or may not be read: what needs it says so
                _copy(path, there, whole)
        for path, content in sample.files.items():
            there = _there(path, copies)
            if there is not None:
                _write(path, there, content)
        return sample.reasons


def _files(discovery: Discovery) -> Iterator[Path]:
    """Yield the regular files of a root that are read, with the newest of its records."""
    yield from sorted(discovery.regular)
    for records in (discovery.records, discovery.unread_records):
        for directory, names in records.items():
            yield from (path for name in names if not (path := directory / name).is_symlink())


def _opened(platform: NewestRecords, ref: ArtifactRef, artifact: Any) -> Iterator[Path]:
    """Yield the files that are opened for an artifact: its own, and those that checks of it look into."""
    yield ref.path
    yield from getattr(artifact, "documents", ())
    sourced = platform.found_as.get(ref)
    if sourced is not None:
        yield from sourced.files
        yield from sourced.documents
    form = ref.kind, platform.read_by.get(ref)
    adapter = next((one for one in platform.adapters if (one.kind, one.format) == form), None)
    if adapter is not None:
        yield from adapter.opens(artifact)


def _bytes(files: Iterable[Path], without: Mapping[Path, Any]) -> int:
    total = 0
    for path in files:
        if path not in without:
            with suppress(OSError):
                total += path.stat().st_size
    return total


def _there(path: Path, copies: Mapping[Path, Path]) -> Path | None:
    return next((copy / path.relative_to(root) for root, copy in copies.items() if path.is_relative_to(root)), None)


def _is_below(path: Path, left: set[Path], own: set[Path]) -> bool:
    """Return whether a file is left out: it, or a directory that it lies in, and nothing nearer to it is needed."""
    for one in (path, *path.parents):
        if one in own:
            return False
        if one in left:
            return True
    return False


def _copy(path: Path, there: Path, whole: bool) -> None:
    """Copy a file with its times; of a large one that is no table, and of one that nobody opens, what a proof needs.

    A copy and no hard link: that would change the original's ctime, by which others know whether it changed.
    """
    there.parent.mkdir(parents=True, exist_ok=True)
    found = path.stat(follow_symlinks=False)
    if whole or found.st_size <= LARGE:
        shutil.copy2(path, there, follow_symlinks=False)
        return
    with open(path, "rb") as source, open(there, "wb") as copy:
        if path.suffix in LINES:
            source.seek(-LARGE, os.SEEK_END)
            source.readline()  # the rest of a line that begins before
            shutil.copyfileobj(source, copy)
        else:  # sized by us, never opened: a hole costs no disk
            copy.truncate(found.st_size)
    os.utime(there, ns=(found.st_atime_ns, found.st_mtime_ns))


def _write(path: Path, there: Path, content: FileContent) -> None:
    if content.data is None:
        there.unlink(missing_ok=True)
        return
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes(content.data)
    if not path.exists():
        return  # the first commit of a log that was cleaned up to a checkpoint
    found = path.stat()
    os.utime(there, ns=(found.st_atime_ns, found.st_mtime_ns))
