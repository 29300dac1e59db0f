"""A copy of the roots in a temporary directory, in which mutants are put and judged, one after the other."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pytest_mlmonitor.core.files.walk import walk
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader


class Workbench:
    """Copies of artifact roots, judged under one policy at one time with one reader process.

    Attributes:
        settings: the policy that holds here.
        now: the evaluation time.
        roots: the copies.
    """

    def __init__(self, place: Path, roots: Sequence[Path], settings: Settings, now: datetime | None = None) -> None:
        """Copy what lies below the roots.

        Args:
            place: an empty directory.
            roots: directories, absolute and without links; they are only read.
            settings: the policy.
            now: the evaluation time, aware; the clock's by default.
        """
        self.now = now or datetime.now(UTC)
        place = place.resolve()
        self._originals = list(roots)
        self.roots = [place / "roots" / str(number) / (root.name or "root") for number, root in enumerate(roots)]
        for root, copy in zip(roots, self.roots, strict=True):
            _copy(root, copy)
        # What documents say by absolute paths lies in the copy.
        rebase = {**settings.rebase, **{os.fspath(root): "." for root in roots}}
        self.settings = settings.model_copy(update={"artifacts": tuple(map(str, self.roots)), "rebase": rebase})
        self._reader = IsolatedReader(settings.reader_memory_mib << 20)
        self._stash = place / "stash"
        self._stash.mkdir()

    def platform(self, settings: Settings | None = None) -> Platform:
        """Read what is there now, under the workbench's policy or another."""
        return Platform.of_policy(self.roots, settings or self.settings, self.now, self._reader)

    def judged(self, settings: Settings | None = None, *, platform: Platform | None = None) -> RunRecord:
        """Judge what is there now, under the workbench's policy or another; ``platform`` where it is read already."""
        return judge(platform if platform is not None else self.platform(settings))

    def told(self, text: str) -> str:
        """Return words about the copy as words about what it is a copy of."""
        for root, copy in zip(self._originals, self.roots, strict=True):
            text = text.replace(shown(copy), shown(root))
        return text

    def is_as_before(self, changes: FileChanges) -> bool:
        """Return whether a mutant's files hold what is there already, at the same time of change."""
        return all(_holds(path, content) for path, content in changes.items())

    @contextmanager
    def holding(self, changes: FileChanges) -> Iterator[None]:
        """Hold a mutant while the context lasts; after it every file is as it was.

        Raises:
            ValueError: a file lies outside the copies.
        """
        for path in changes:
            if not any(path.is_relative_to(root) and ".." not in path.parts for root in self.roots):
                raise ValueError(f"{path}: lies outside of the copies")
        kept: list[tuple[Path, Path]] = []
        made: list[Path] = []
        directories: list[Path] = []
        try:
            for number, (path, content) in enumerate(changes.items()):
                modified = content.modified
                if path.exists():
                    modified = path.stat().st_mtime if modified is None else modified
                    kept.append((path, self._stash / str(number)))
                    os.replace(path, self._stash / str(number))
                if content.data is None:
                    continue
                directories += [one for one in path.parents if not one.exists()]
                path.parent.mkdir(parents=True, exist_ok=True)
                modified = _newest(path.parent) if modified is None else modified
                made.append(path)
                path.write_bytes(content.data)
                if modified is not None:
                    os.utime(path, (modified, modified))
            yield
        finally:
            for path in made:
                path.unlink(missing_ok=True)
            for directory in sorted(directories, reverse=True):
                directory.rmdir()
            for path, stashed in kept:
                os.replace(stashed, path)

    def close(self) -> None:
        """End the reader process."""
        self._reader.close()


@contextmanager
def workbench(roots: Sequence[Path], settings: Settings, now: datetime | None = None) -> Iterator[Workbench]:
    """Hold a workbench in a temporary directory, which is gone afterwards, also where somebody ends this process."""
    with _ended_in_order(), tempfile.TemporaryDirectory(prefix="mlmonitor-prove-", ignore_cleanup_errors=True) as place:
        bench = Workbench(Path(place), roots, settings, now)
        try:
            yield bench
        finally:
            bench.close()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that what is temporary goes: a job that is cancelled leaves nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _copy(root: Path, copy: Path) -> None:
    """Copy regular files with their times; links, pipes and devices are left out, and nothing of ours is a link to the original."""
    copy.mkdir(parents=True)
    for directory in walk(root):
        there = copy / directory.path.relative_to(root)
        there.mkdir(exist_ok=True)
        for name in directory.files:
            # A copy and no hard link: that would change the original's ctime, by which others know whether it changed.
            shutil.copy2(directory.path / name, there / name, follow_symlinks=False)


def _holds(path: Path, content: FileContent) -> bool:
    """Return whether a file is as a mutant has it."""
    if content.data is None or not path.is_file():
        return content.data is None and not path.exists()
    found = path.stat()
    if content.modified not in (None, found.st_mtime) or found.st_size != len(content.data):
        return False
    return path.read_bytes() == content.data


def _newest(directory: Path) -> float | None:
    """Return when the newest file in a directory was modified, None where it holds none."""
    with os.scandir(directory) as entries:
        return max((one.stat().st_mtime for one in entries if one.is_file()), default=None)
