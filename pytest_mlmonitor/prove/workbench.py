"""A copy of the roots in a temporary directory, in which mutants are put and judged, one after the other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.inject.mutants.mutant import FileChanges
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader


class Workbench:
    """Copies of artifact roots, judged under one policy at one time with one reader process.

    Attributes:
        settings: the policy that holds here.
        now: the evaluation time.
        roots: the copies.
    """

    def __init__(self, place: Path, roots: Sequence[Path], settings: Settings, now: datetime) -> None:
        self.now = now
        self.roots = [place / "roots" / str(number) / root.name for number, root in enumerate(roots)]
        for root, copy in zip(roots, self.roots, strict=True):
            shutil.copytree(root, copy)
        self.settings = settings.model_copy(update={"artifacts": tuple(self.roots)})
        self._reader = IsolatedReader(settings.reader_memory_mib << 20)
        self._stash = place / "stash"
        self._stash.mkdir()

    def platform(self, settings: Settings | None = None) -> Platform:
        """Read what is there now, under the workbench's policy or another."""
        return Platform.of_policy(self.roots, settings or self.settings, self.now, self._reader)

    def judged(self, settings: Settings | None = None) -> RunRecord:
        """Judge what is there now, under the workbench's policy or another."""
        return judge(self.platform(settings))

    @contextmanager
    def holding(self, changes: FileChanges) -> Iterator[None]:
        """Hold a mutant while the context lasts; after it every file is as it was."""
        kept: list[tuple[Path, Path]] = []
        made: list[Path] = []
        try:
            for number, (path, content) in enumerate(changes.items()):
                modified = content.modified
                if path.exists():
                    modified = path.stat().st_mtime if modified is None else modified
                    kept.append((path, self._stash / str(number)))
                    os.replace(path, self._stash / str(number))
                if content.data is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    made.append(path)
                    path.write_bytes(content.data)
                    if modified is not None:
                        os.utime(path, (modified, modified))
            yield
        finally:
            for path in made:
                path.unlink(missing_ok=True)
            for path, stashed in kept:
                os.replace(stashed, path)

    def close(self) -> None:
        """End the reader process."""
        self._reader.close()
