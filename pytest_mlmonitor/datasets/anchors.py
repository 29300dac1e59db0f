"""Names by which datasets are recognised."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path

from pytest_mlmonitor.core.files.document_names import is_sidecar

STORE_REGISTRY = "feature_registry.db"
"""What P3's feature store calls its registry."""

_STORED = frozenset({"offline", "online_snapshots"})


def store_mark(path: Path, files: Collection[str], directories: Collection[str]) -> Path | None:
    """Return by what a directory is a feature store, None where it is none."""
    if STORE_REGISTRY in files:
        return path / STORE_REGISTRY
    return path / "metadata" if "metadata" in directories and not _STORED.isdisjoint(directories) else None


def is_build(name: str) -> bool:
    """Return whether a file or directory name is that of a build with embedded metadata: ``training_dataset_*.parquet``."""
    return fnmatchcase(name, "training_dataset_*.parquet")


def is_anchor(name: str, directory: str) -> bool:
    """Return whether a dataset is recognised by the file ``name``, wherever it stands."""
    del directory
    return is_sidecar(name) or is_build(name)
