"""What is called like an artifact and is not read: links, pipes, sockets, devices, and directories that only a link leads to.

Nothing is followed and nothing opened. Where a link leads is looked at by names alone, bounded, to say whether something is missed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.files.record_files import is_record_file
from pytest_mlmonitor.core.files.walk import Directory, walk
from pytest_mlmonitor.core.text.names import quoted

GLANCE = 20_000
"""Entries looked at behind all links of a root together."""

Suspect = tuple[Adapter, Path, tuple[Path, ...]]
"""Who would recognise something, its anchor, and the names of which none is a regular file."""


class Unfollowed:
    """What one walk met and did not enter.

    Attributes:
        suspects: anchors that are no regular files; whether something is missed is known when everything was walked.
        refused: directories behind links, and what is called like one: (kind, path, what it is).
    """

    def __init__(self, root: Path, adapters: Sequence[Adapter], roots: Sequence[Path]) -> None:
        self.suspects: list[Suspect] = []
        self.refused: list[tuple[str, Path, str]] = []
        self._root = root
        self._adapters = adapters
        self._roots = (root, *roots)
        self._left = GLANCE

    def note(self, found: Directory, marks: Sequence[tuple[Adapter, Mark]]) -> None:
        """Note what a directory holds that is neither a regular file nor a directory.

        Args:
            found: the directory.
            marks: what adapters recognise in it as it is.
        """
        odd = odd_names(found)
        if not odd:
            return
        behind = {name: target for name in odd if (target := _directory_behind(found.path / name)) is not None}
        for name in odd:
            if name.startswith("."):
                continue
            adapter = self._called(name)
            if name in behind:
                adapter = (
                    None
                    if self._is_walked(behind[name])
                    else adapter or self._found_behind(found.path / name, behind[name])
                )
            if adapter is not None:
                self.refused.append((adapter.kind, found.path / name, described(found.path / name)))
        known = {(mark.path, mark.takes) for _, mark in marks}
        for adapter, mark in self._marks(as_if_followed(found, odd, behind)):
            if (mark.path, mark.takes) in known:
                continue
            if mark.takes == "records":
                self._parts(adapter, found, odd, behind)
            else:
                own = tuple(found.path / name for name in odd if name in mark.own) or (mark.path,)
                self.suspects.append((adapter, mark.path, own))

    def in_tree(self, adapter: Adapter, found: Directory) -> None:
        """Note links in a tree of records that lead to records elsewhere."""
        for name in odd_names(found):
            path = found.path / name
            target = _directory_behind(path)
            if target is not None and not self._is_walked(target) and self._records_behind(path, target):
                self.refused.append((adapter.kind, path, described(path)))

    def in_store(self, adapter: Adapter, found: Directory) -> None:
        """Note links in a store, to experiments and runs that lie elsewhere."""
        for name in odd_names(found):
            path = found.path / name
            target = _directory_behind(path)
            if target is not None and not self._is_walked(target):
                self.refused.append((adapter.kind, path, described(path)))

    def _parts(self, adapter: Adapter, found: Directory, odd: Sequence[str], behind: dict[str, Path]) -> None:
        """Refuse the parts of a tree by which it would be one."""
        for name in odd:
            path, target = found.path / name, behind.get(name)
            alone = as_if_followed(found, [name], behind)
            if all(mark.takes != "records" for mark in adapter.marks(alone)) or (target and self._is_walked(target)):
                continue
            if path not in {one for _, one, _ in self.refused}:
                self.refused.append((adapter.kind, path, described(path)))

    def _marks(self, found: Directory) -> Iterator[tuple[Adapter, Mark]]:
        for adapter in self._adapters:
            for mark in adapter.marks(found):
                yield adapter, mark

    def _called(self, name: str) -> Adapter | None:
        """Return the adapter that recognises a directory of that name."""
        return next((a for a in self._adapters if any(fnmatchcase(name, one) for one in a.directories)), None)

    def _is_walked(self, target: Path) -> bool:
        """Return whether a directory lies where a walk of this run goes, so that it is read there."""
        return any(
            target.is_relative_to(root) and not any(part.startswith(".") for part in target.relative_to(root).parts)
            for root in self._roots
        )

    def _found_behind(self, link: Path, target: Path) -> Adapter | None:
        for found in self._behind(link, target):
            for adapter in self._adapters:
                if adapter.store(found) is not None or next(iter(adapter.marks(found)), None) is not None:
                    return adapter
        return None

    def _records_behind(self, link: Path, target: Path) -> bool:
        return any(is_record_file(name) for found in self._behind(link, target) for name in found.files)

    def _behind(self, link: Path, target: Path) -> Iterator[Directory]:
        """Yield the directories behind a link as if they lay where it stands."""
        for found in walk(target, max(self._left, 1), strict=False):
            self._left -= len(found.names)
            if found.hidden or self._is_walked(found.path):
                continue
            yield replace(found, path=link / found.path.relative_to(target), root=self._root)


def odd_names(found: Directory) -> list[str]:
    """Return the names in a directory that are neither regular files nor directories."""
    if len(found.names) == len(found.files) + len(found.directories):  # nearly every directory
        return []
    regular = found.files.union(found.directories)
    return [name for name in found.names if name not in regular]


def as_if_followed(found: Directory, odd: Sequence[str], behind: dict[str, Path]) -> Directory:
    """Return a directory with these names as what they stand for: a pipe, or a link to nothing, may stand for either."""
    files = {name for name in odd if name not in behind}
    directories = {name for name in odd if not (found.path / name).is_file()}
    return replace(found, files=found.files | files, directories=tuple(sorted({*found.directories, *directories})))


def described(path: Path) -> str:
    """Return what a name stands for, in words: ``a link to 'x'``, ``a pipe``."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return f"a link to {quoted(os.readlink(path))}" + ("" if path.exists() else ", where nothing is")
    except OSError:
        return "nothing that can be looked at"
    kinds = (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((word for is_kind, word in kinds if is_kind(mode)), "no regular file")


def _directory_behind(path: Path) -> Path | None:
    """Return the directory that a link leads to, without links."""
    try:
        return path.resolve(strict=True) if path.is_symlink() and path.is_dir() else None
    except (OSError, RuntimeError):
        return None


def leads_astray(path: Path, root: Path) -> bool:
    """Return whether something that is no regular file is not a link to a file inside the root either."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return True
    return not (path.is_symlink() and target.is_relative_to(root) and target.is_file())
