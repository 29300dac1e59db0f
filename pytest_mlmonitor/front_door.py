"""What is asked in every pytest run with a directory argument: does it hold artifacts, does it hold tests?

Only the standard library, and of each kind only the names by which it is recognised.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.files.document_names import is_contract
from pytest_mlmonitor.core.files.walk import Directory, walk
from pytest_mlmonitor.data_contracts import anchors as data_contracts
from pytest_mlmonitor.datasets import anchors as datasets
from pytest_mlmonitor.predictions import anchors as predictions
from pytest_mlmonitor.registries import anchors as registries
from pytest_mlmonitor.serving import anchors as serving
from pytest_mlmonitor.training import anchors as training

GLANCE_ENTRIES = 50_000
"""Entries looked at to see whether an undeclared directory holds artifacts."""

_NEVER_COLLECTED = frozenset({".git", ".tox", ".venv", "venv", "node_modules", "__pycache__", "site-packages"})
_SUFFIXES = (".json", ".jsonl", ".parquet")


def is_anchor(name: str, directory: str) -> bool:
    """Return whether an artifact is recognised by the file ``name`` in a directory called ``directory``."""
    if name.startswith("."):
        return False  # what editors, notebooks and macOS leave behind
    kinds = (datasets, training, data_contracts, registries, predictions)
    return any(kind.is_anchor(name, directory) for kind in kinds)


def root_of(file: Path) -> Path:
    """Return the root of an artifact whose file is named alone: what lies in ``models/`` starts from the directory above."""
    return file.parent.parent if file.parent.name == "models" else file.parent


def has_anchor(directory: Path) -> bool:
    """Return whether a bounded walk below ``directory`` meets an anchor of a built-in kind."""
    return any(map(_bears_anchor, _glance(directory)))


def data_below(directory: Path) -> Path | None:
    """Return a table, or a tracking directory of MLflow, that a bounded walk below ``directory`` meets first; else None."""
    for found in _glance(directory):
        tables = sorted(name for name in found.names if name.endswith((".parquet", ".parq", ".jsonl")))
        if tables:
            return found.path / tables[0]
        if found.path.name == "mlruns":
            return found.path
    return None


def serving_tree(directory: Path) -> Path | None:
    """Return the serving tree that ``directory`` is, or is the ``metrics`` or ``events`` directory of; else None."""
    for candidate in (directory, directory.parent) if directory.name in ("metrics", "events") else (directory,):
        found = next(walk(candidate, GLANCE_ENTRIES, strict=False), None)
        if found is not None and serving.is_tree(found.path, found.directories):
            return candidate
    return None


def collectable_python(directory: Path) -> Path | None:
    """Return a file below ``directory`` that pytest would import (conftest.py, test_*.py, *_test.py), or None."""
    for found in _glance(directory):
        for name in found.names:
            if name == "conftest.py" or (
                name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
            ):
                return found.path / name
    return None


def _bears_anchor(found: Directory) -> bool:
    if training.is_bundle(found.files) or serving.is_tree(found.path, found.directories):
        return True
    documents = [name for name in found.names if name.endswith(_SUFFIXES)]
    # Many projects keep a registry beside their code: it alone makes no directory an artifact root.
    if any(is_anchor(name, found.path.name) and not registries.is_anchor(name, "") for name in documents):
        return True
    return any(map(is_contract, found.names)) and any(name.endswith(".parquet") for name in documents)


def _glance(directory: Path) -> Iterator[Directory]:
    """Walk what pytest itself would collect in."""
    return walk(directory, GLANCE_ENTRIES, strict=False, skip=_NEVER_COLLECTED)
