"""Names by which training runs and training reports are recognised."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

BUNDLE_MARKS = frozenset({"metrics.json", "model_uri.txt"})
"""Either makes its directory a training bundle; ``metadata.json`` alone does not (specification 1.2)."""

BUNDLE_FILES = BUNDLE_MARKS | {"metadata.json"}


def is_bundle(files: Collection[str]) -> bool:
    """Return whether the files of a directory make it a training bundle."""
    return not BUNDLE_MARKS.isdisjoint(files)


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
