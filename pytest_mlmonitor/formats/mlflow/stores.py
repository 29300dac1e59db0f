"""The tracking stores of a platform, each read once for all kinds that take something of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.formats.mlflow.database_store import DamagedStore, read_database
from pytest_mlmonitor.formats.mlflow.file_store import read_files
from pytest_mlmonitor.formats.mlflow.store_marks import DATABASE
from pytest_mlmonitor.formats.mlflow.tracked import TrackingStore
from pytest_mlmonitor.formats.mlflow.tracking_database import NoDatabase, begins_like_one


class TrackingStores:
    """What was read of stores while the artifacts of a platform are read."""

    def __init__(self, _: Artifacts) -> None:
        self._known: dict[Path, TrackingStore | None] = {}

    def at(self, path: Path, files: Sequence[Path]) -> TrackingStore | None:
        """Return the store in a directory or a file, None where there is something else.

        Args:
            path: of it.
            files: every file below a root, sorted.
        """
        if path not in self._known:
            self._known[path] = _read(path, files)
        return self._known[path]


def _read(path: Path, files: Sequence[Path]) -> TrackingStore | None:
    if path.is_dir():
        return read_files(path, files)
    called = path.name == DATABASE
    if not called and not begins_like_one(path):
        return None
    try:
        found = read_database(path)
    except NoDatabase as error:
        return _broken(path, str(error)) if called or isinstance(error, DamagedStore) else None
    return found if found is not None or not called else _broken(path, "is an SQLite database of something else")


def _broken(path: Path, words: str) -> TrackingStore:
    message = f"{path.name} {safe(words)}"
    finding = Finding(Severity.ERROR, message, "MLflow's tracking database", None, None, shown(path))
    return TrackingStore(path, unreadable=(finding,), database=True)
