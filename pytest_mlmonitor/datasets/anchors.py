"""Names by which datasets are recognised."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pytest_mlmonitor.core.files.document_names import is_sidecar


def is_build(name: str) -> bool:
    """Return whether a file or directory name is that of a build with embedded metadata: ``training_dataset_*.parquet``."""
    return fnmatchcase(name, "training_dataset_*.parquet")


def is_anchor(name: str, directory: str) -> bool:
    """Return whether a dataset is recognised by the file ``name``, wherever it stands."""
    del directory
    return is_sidecar(name) or is_build(name)
