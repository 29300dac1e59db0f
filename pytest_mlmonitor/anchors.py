"""Names by which artifacts are recognised: all that can be told without opening a file."""

from __future__ import annotations

from fnmatch import fnmatchcase

BUNDLE_MARKS = frozenset({"metrics.json", "model_uri.txt"})
"""Either makes its directory a training bundle; ``metadata.json`` alone does not (specification 1.2)."""

BUNDLE_FILES = BUNDLE_MARKS | {"metadata.json"}


def is_sidecar(name: str) -> bool:
    """Return whether a file name is that of a dataset sidecar: any ``*dataset_metadata*.json``."""
    return fnmatchcase(name, "*dataset_metadata*.json")


def is_contract(name: str) -> bool:
    """Return whether a file name is that of a data contract: ``*.odcs.yaml`` or ``*.odcs.yml``."""
    return name.endswith((".odcs.yaml", ".odcs.yml"))


def is_registry(name: str) -> bool:
    """Return whether a file name is that of a model registry's document."""
    return name in ("model_registry.json", "production_model.json") or fnmatchcase(name, "train_meta_v*.json")


def anchors(name: str, directory: str) -> str | None:
    """Return the built-in kind that a file is the anchor of by its own name, or None.

    A bundle is recognised by its directory (``BUNDLE_MARKS``), a serving tree by its sub-directories.

    Args:
        name: the file's name.
        directory: name of the directory it stands in.

    >>> anchors("training_dataset_20260426_130148.parquet", "output"), anchors("notes.txt", "output")
    ('dataset', None)
    """
    if name.startswith("."):
        return None  # what editors, notebooks and macOS leave behind; listed as unclaimed
    if is_sidecar(name) or fnmatchcase(name, "training_dataset_*.parquet"):
        return "dataset"
    if name == "training_metadata.json":
        return "training_run"
    if fnmatchcase(name, "metrics_[0-9]*_[0-9]*.json") or (
        directory == "models" and fnmatchcase(name, "metrics_*.json")
    ):
        return "training_report"
    if is_contract(name):
        return "data_contract"
    if is_registry(name):
        return "model_registry"
    if fnmatchcase(name, "*predictions*.parquet") or fnmatchcase(name, "*prediction*.jsonl"):
        return "predictions"
    return None
