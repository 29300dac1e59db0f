"""Names by which a tracking store of MLflow is recognised: standard library only, the plugin's front door asks, too."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

STORES = ("mlruns", "mlartifacts")
"""What MLflow calls the directory of its file store, and that of the artifacts of a server."""

DATABASE = "mlflow.db"
"""What MLflow calls its database where nobody says otherwise."""

DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")

RUN_ID = re.compile("[0-9a-f]{32}")
EXPERIMENT_ID = re.compile("[0-9]+")
VERSION = re.compile("version-[0-9]+")

META = "meta.yaml"
_OF_RUNS = frozenset({"metrics", "params", "tags", "artifacts"})


def top_of_store(path: Path, files: Collection[str], directories: Collection[str]) -> Path | None:
    """Return the directory of the store that a directory is, or is a part of, by its names; None where it is neither.

    Args:
        path: of the directory.
        files: names in it of what is no directory.
        directories: names in it of directories.
    """
    if path.name in STORES or (".trash" in directories and any(map(EXPERIMENT_ID.fullmatch, directories))):
        return path
    if META not in files:
        return None
    if any(map(RUN_ID.fullmatch, directories)):  # an experiment
        return path.parent
    a_run = RUN_ID.fullmatch(path.name) is not None or len(_OF_RUNS.intersection(directories)) > 2
    a_model = path.parent.name == "models" and any(map(VERSION.fullmatch, directories))
    return path.parent.parent if a_run or a_model else None


def is_top(path: Path, files: Collection[str], directories: Collection[str]) -> bool:
    """Return whether a directory is itself what MLflow calls ``mlruns``, whatever it is called."""
    return path.name != STORES[1] and top_of_store(path, files, directories) == path


def may_be_database(name: str) -> bool:
    """Return whether a file may hold a store by its name; what is in it decides."""
    return name.endswith(DATABASE_SUFFIXES)
