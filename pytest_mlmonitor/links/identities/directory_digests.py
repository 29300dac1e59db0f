"""Digests of what a pipeline wrote down, each file read once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.formats.dvc.directory_lists import digest_of_list
from pytest_mlmonitor.formats.dvc.ignored import Ignored
from pytest_mlmonitor.links.identities.digests import Digests

MAX_FILES = 100_000
MAX_BYTES = 64 << 30
"""Of all files together that one run looks at: half a minute a GB where nothing is remembered."""

_OWN = frozenset({".git", ".hg", ".dvc", ".dvcignore"})
_STEP = 1 << 20


class TooMuch(Exception):
    """A digest would take too long; the message says what is too much."""


class RecordedDigests:
    """The digests of files and directories as a pipeline writes them down; each file is read once."""

    def __init__(self, platform: Artifacts) -> None:
        self._digests = platform.view(Digests)
        self._left = MAX_BYTES

    def of_file(self, path: Path) -> str | None:
        """Return the md5 of a file; None where it cannot be read.

        Raises:
            TooMuch: so much was looked at before that this would be too much.
        """
        try:
            self._left -= path.stat().st_size
        except OSError:
            return None
        if self._left < 0:
            raise TooMuch(f"more than {MAX_BYTES >> 30} GiB")
        return self._digests.of(path, "md5")

    def of_text(self, path: Path) -> str | None:
        """Return the md5 of a file with one form of line ends, as DVC took it of text before its third version."""
        digest = hashlib.md5(usedforsecurity=False)
        held = b""
        try:
            with open_regular(path) as file:
                while part := file.read(_STEP):
                    part = held + part
                    held = part[-1:] if part.endswith(b"\r") else b""
                    digest.update(part[: len(part) - len(held)].replace(b"\r\n", b"\n"))
        except (OSError, Refused):
            return None
        digest.update(held)
        return digest.hexdigest()

    def of_directory(self, path: Path, root: Path) -> str | None:
        """Return the digest of a directory with its suffix ``.dir``; None where something in it cannot be read.

        What a ``.dvcignore`` in it or above it leaves out is no part of it.

        Args:
            path: of the directory.
            root: that files behind links must lie in: caches are often linked to.

        Raises:
            TooMuch: it holds too many files, or too large ones.
        """
        entries: dict[str, str] = {}
        ignored = Ignored(path, root)
        for directory, names, files in os.walk(path):
            here = Path(directory)
            names[:] = sorted(name for name in names if name not in _OWN and not ignored.leaves_out(here / name, True))
            for name in files:
                if name in _OWN or ignored.leaves_out(here / name, False):
                    continue
                if len(entries) == MAX_FILES:
                    raise TooMuch(f"more than {MAX_FILES:,} files")
                file = Path(directory, name)
                target = file.resolve() if file.is_symlink() else file
                if not target.is_relative_to(root) or (md5 := self.of_file(target)) is None:
                    return None
                entries[file.relative_to(path).as_posix()] = md5
        return digest_of_list(entries)
