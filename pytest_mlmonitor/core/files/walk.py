"""Walking a tree of files in sorted order, bounded, by names alone: nothing is opened and no link is followed.

Only the standard library: every pytest run with a directory argument looks into that directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MAX_ENTRIES = 5_000_000
"""Files and directories looked at below one root."""

MAX_DEPTH = 64


class DiscoveryLimit(ValueError):
    """A root is larger or deeper than the walk goes, or part of it may not be looked at; the message names it."""


@dataclass(frozen=True)
class Directory:
    """The names in one directory.

    Attributes:
        path: where it is.
        names: everything in it, sorted.
        files: the regular files among them, no links.
        directories: the directories, no links, sorted.
        root: where the walk began.
    """

    path: Path
    names: tuple[str, ...]
    files: frozenset[str]
    directories: tuple[str, ...]
    root: Path

    @cached_property
    def hidden(self) -> bool:
        """Whether it lies below something that is called with a leading dot."""
        return any(part.startswith(".") for part in self.path.relative_to(self.root).parts)

    @cached_property
    def paths(self) -> Mapping[str, Path]:
        """Where everything in it is that is no directory, by name in their order: whoever asks gets the same objects."""
        above, names = self.path, self.names
        if self.directories:
            directories = frozenset(self.directories)
            names = tuple(name for name in names if name not in directories)
        return {name: above / name for name in names}

    @property
    def regular_paths(self) -> Iterable[Path]:
        """Where the regular files in it are."""
        paths, files = self.paths, self.files
        return paths.values() if len(paths) == len(files) else (path for name, path in paths.items() if name in files)


def walk(
    root: Path, limit: int = MAX_ENTRIES, *, strict: bool = True, skip: frozenset[str] = frozenset({".git"})
) -> Iterator[Directory]:
    """Yield directories in sorted pre-order.

    Args:
        root: where to begin.
        limit: entries looked at.
        strict: whether to refuse what is too large, too deep or may not be listed; else the walk just ends there.
        skip: names of directories that are not entered.

    Raises:
        DiscoveryLimit: more than ``limit`` entries, deeper than ``MAX_DEPTH``, or a directory may not be listed.
    """
    seen = 0
    stack = [(root, 0)]
    while stack:
        directory, depth = stack.pop()
        files: list[str] = []
        directories: list[str] = []
        names: list[str] = []
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    names.append(entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        directories.append(entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
        except PermissionError as error:
            if strict:
                raise DiscoveryLimit(f"{directory} cannot be listed ({error.strerror})") from None
        except OSError:
            pass  # it went away while we walked: a platform that lives
        seen += len(names)
        names.sort()
        directories.sort()
        if seen > limit:
            if strict:
                raise DiscoveryLimit(f"{root} holds more than {limit:,} files; name a smaller root")
            return
        if depth == MAX_DEPTH and directories:
            if strict:
                raise DiscoveryLimit(f"{directory} is more than {MAX_DEPTH} directories deep; name a smaller root")
            directories = []
        yield Directory(directory, tuple(names), frozenset(files), tuple(directories), root)
        stack.extend((directory / name, depth + 1) for name in reversed(directories) if name not in skip)
