"""Trees of files of records, one a line, met on a walk: there may be a million of them, so they are noted by their names alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.files.record_files import called_like_records, is_record_file
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.unfollowed import Unfollowed, leads_astray

if TYPE_CHECKING:
    from pytest_mlmonitor.core.discover import Discovery


class RecordTrees:
    """The trees of one walk.

    A tree of which a declared source takes records is none: what the source leaves are files like any other.
    """

    def __init__(self, result: Discovery, recognised: dict[Path, list[Adapter]], unfollowed: Unfollowed) -> None:
        self._result = result
        self._recognised = recognised
        self._unfollowed = unfollowed
        self._tree: tuple[Path, Adapter] | None = None
        self._sourced: set[Path] = set()

    def begins(self, found: Directory, marks: Sequence[tuple[Adapter, Mark]]) -> bool:
        """Note a directory that is a tree of records, and return whether it is one."""
        for reader, mark in marks:
            if mark.takes == "records":
                self._tree = found.path, reader
                for part in _parts(found.path):
                    self._result.records[part], self._result.unread_records[part] = [], []
                self._recognised.setdefault(mark.path, []).append(reader)
                self._unfollowed.in_tree(reader, found)
                return True
        return False

    def holds(self, found: Directory, *, sourced: bool) -> bool:
        """Note a directory that lies in a tree, and return whether it does.

        Args:
            found: what sources leave of it.
            sourced: whether they take something.
        """
        if self._tree is None or not found.path.is_relative_to(self._tree[0]):
            return False
        tree, reader = self._tree
        if sourced and _part_with(tree, found.path) is not None:
            self._sourced.add(tree)
        self._note(found, tree)
        self._unfollowed.in_tree(reader, found)
        return True

    def end(self) -> None:
        """Put the records in order, and give up the trees of which sources take some."""
        result = self._result
        for tree in self._sourced:
            for part in _parts(tree):
                files = [part / name for name in result.records.pop(part)]
                result.files += files
                result.regular.update(path for path in files if not path.is_symlink())
                result.claimed.difference_update(part / name for name in result.unread_records.pop(part))
                self._recognised.pop(part, None)
        for names in result.records.values():
            names.sort(key=lambda name: name.split("/"))

    def _note(self, found: Directory, tree: Path) -> None:
        """Note the files of one directory: records by their relative names, the rest as files."""
        result, part = self._result, _part_with(tree, found.path)
        inside = found.path.relative_to(part).as_posix() if part is not None else ""
        prefix = "" if inside in ("", ".") else f"{inside}/"
        records = result.records[part] if part is not None else None
        directories = frozenset(found.directories)
        if records is not None and len(found.files) == len(found.names) and all(map(is_record_file, found.names)):
            records += [prefix + name for name in found.names]  # nearly every directory of a tree
            return
        for name in found.names:
            if name in directories:
                continue
            regular = name in found.files
            if records is not None and is_record_file(name):  # noqa: SIM102
                # Of a link to a record inside the root nothing is said: the record is found where it really is.
                if regular or leads_astray(found.path / name, result.root):
                    records.append(prefix + name)
                    continue
            path = found.path / name
            result.files.append(path)
            if regular:
                result.regular.add(path)
                if part is not None and called_like_records(name):
                    result.unread_records[part].append(prefix + name)
                    result.claimed.add(path)  # its tree says so


def _parts(tree: Path) -> tuple[Path, Path]:
    return tree / "metrics", tree / "events"


def _part_with(tree: Path, path: Path) -> Path | None:
    """Return which of the two parts of a tree a directory lies in, None for neither."""
    return next((part for part in _parts(tree) if path.is_relative_to(part)), None)
