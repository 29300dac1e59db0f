"""A copy of the roots in a temporary directory, in which mutants are put and judged, one after the other."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.bounded_copy import BoundedCopies
from pytest_mlmonitor.prove.unchanged_tables import UnchangedTables


class Workbench:
    """Copies of artifact roots, judged under one policy at one time with one reader process.

    Attributes:
        settings: the policy that holds here.
        now: the evaluation time.
        roots: the copies.
        left: what was not copied, as (artifact, reason).
    """

    def __init__(
        self,
        place: Path,
        roots: Sequence[Path],
        settings: Settings,
        now: datetime | None = None,
        *,
        originals: BoundedCopies | None = None,
        refs: Set[ArtifactRef] | None = None,
    ) -> None:
        """Copy what a proof needs.

        Args:
            place: a directory, which is filled.
            roots: directories, absolute and without links; they are only read.
            settings: the policy.
            now: the evaluation time, aware; the clock's by default.
            originals: what lies below the roots, where it is read already; its reader is shared.
            refs: the artifacts that are judged together; all by default.
        """
        self.now = now or datetime.now(UTC)
        place = place.resolve()
        self._originals = list(roots)
        self.roots = [place / "roots" / str(at) / (root.name or "root") for at, root in enumerate(roots)]
        self._reader = originals.reader if originals is not None else UnchangedTables(settings.reader_memory_mib << 20)
        found = originals or BoundedCopies(roots, settings, self._reader)
        copies = dict(zip(roots, self.roots, strict=True))
        self.left = found.make(copies, found.every if refs is None else refs, alone=refs is None)
        # What documents say by absolute paths lies in the copy.
        rebase = {**settings.rebase, **{os.fspath(root): "." for root in self._originals}}
        self.settings = settings.model_copy(update={"artifacts": tuple(map(str, self.roots)), "rebase": rebase})
        self._stash = place / "stash"
        self._stash.mkdir()

    def platform(self, settings: Settings | None = None) -> Platform:
        """Read what is there now, under the workbench's policy or another."""
        return Platform.of_policy(self.roots, settings or self.settings, self.now, self._reader)

    def judged(self, settings: Settings | None = None) -> RunRecord:
        """Judge what is there now, under the workbench's policy or another."""
        return judge(self.platform(settings))

    def here(self, path: Path) -> Path:
        """Return where the copy of a path is; the path itself where it lies in no root."""
        pairs = zip(self._originals, self.roots, strict=True)
        return next((copy / path.relative_to(root) for root, copy in pairs if path.is_relative_to(root)), path)

    def original(self, path: Path) -> Path:
        """Return what a file or directory is a copy of."""
        for root, copy in zip(self._originals, self.roots, strict=True):
            if path.is_relative_to(copy):
                return root / path.relative_to(copy)
        return path

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
            self._reader.changed = frozenset(changes)
            yield
        finally:
            self._reader.changed = frozenset()
            for path in made:
                path.unlink(missing_ok=True)
            for path, stashed in kept:
                os.replace(stashed, path)
            for directory in sorted(directories, reverse=True):
                directory.rmdir()

    def close(self) -> None:
        """End the reader process."""
        self._reader.close()


@contextmanager
def workplace(roots: Sequence[Path], settings: Settings) -> Iterator[tuple[Path, BoundedCopies]]:
    """Hold a temporary directory and what lies below some roots, to make workbenches of in it.

    It is gone afterwards, also where somebody ends this process.

    Args:
        roots: directories, absolute and without links; they are only read.
        settings: the policy.
    """
    with _ended_in_order(), tempfile.TemporaryDirectory(prefix="mlmonitor-prove-", ignore_cleanup_errors=True) as place:
        reader = UnchangedTables(settings.reader_memory_mib << 20)
        try:
            yield Path(place), BoundedCopies(roots, settings, reader)
        finally:
            reader.close()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that what is temporary goes: a job that is cancelled leaves nothing.

    Raises:
        SystemExit: somebody ended this process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    ended: list[int] = []

    def end(number: int, _: object) -> None:
        ended.append(number)
        raise KeyboardInterrupt  # a check lets it through, which takes a SystemExit for an error of its own

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        if ended:
            raise SystemExit(128 + ended[0]) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


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
