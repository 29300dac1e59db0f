"""Names by which training runs and training reports are recognised."""

from __future__ import annotations

import os
from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path

BUNDLE_MARKS = frozenset({"metrics.json", "model_uri.txt"})
"""Either makes its directory a training bundle; ``metadata.json`` alone does not (specification 1.2)."""

BUNDLE_FILES = BUNDLE_MARKS | {"metadata.json"}

_OWNERS = ("dvc.yaml", "dvc.lock", "MLmodel")
"""Files that say whose everything beside and below them is: DVC's, an MLflow model's."""


def is_bundle(files: Collection[str], directory: Path, root: Path) -> bool:
    """Return whether the files of a directory make it a training bundle, by names alone.

    Every tool calls its figures ``metrics.json``: alone, that is none where another tool's mark stands (specification 8), and
    elsewhere only if it holds what P4 writes, which shows when it is opened.
    """
    if BUNDLE_MARKS.isdisjoint(files):
        return False
    return not is_alone(files) or not _is_owned(directory, root)


def is_alone(files: Collection[str]) -> bool:
    """Return whether nothing beside ``metrics.json`` says that a directory is a training bundle."""
    return "metrics.json" in files and "model_uri.txt" not in files and "metadata.json" not in files


def _is_owned(directory: Path, root: Path) -> bool:
    """Return whether a directory below ``root`` is another tool's: MLflow's, DVC's, or a version of a Kedro dataset."""
    if "mlruns" in directory.parts or "metrics.json" in directory.parts:
        return True
    above = [directory, *(parent for parent in directory.parents if parent.is_relative_to(root))]
    if any(os.path.lexists(one / name) for one in above for name in _OWNERS):
        return True
    # A tracking directory may be called anything; a run in it has its artifacts beside what describes it.
    return any(one.name == "artifacts" and os.path.lexists(one.parent / "meta.yaml") for one in above)


def is_flat(name: str) -> bool:
    """Return whether a file name is that of a run described by one document."""
    return name == "training_metadata.json"


def is_report(name: str, directory: str) -> bool:
    """Return whether a training report is recognised by the file ``name`` in a directory of that name."""
    return fnmatchcase(name, "metrics_[0-9]*_[0-9]*.json") or (
        directory == "models" and fnmatchcase(name, "metrics_*.json")
    )


def is_anchor(name: str, directory: str) -> bool:
    """Return whether a training run or a training report is recognised by the file ``name`` alone."""
    return is_flat(name) or is_report(name, directory)
