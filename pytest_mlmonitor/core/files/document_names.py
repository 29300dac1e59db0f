"""Names of the documents that say what other files are; people also lay them into a table's own directory."""

from __future__ import annotations

from fnmatch import fnmatchcase


def is_sidecar(name: str) -> bool:
    """Return whether a file name is that of a dataset sidecar: any ``*dataset_metadata*.json``."""
    return fnmatchcase(name, "*dataset_metadata*.json")


def is_contract(name: str) -> bool:
    """Return whether a file name is that of a data contract: ``*.odcs.yaml`` or ``*.odcs.yml``."""
    return name.endswith((".odcs.yaml", ".odcs.yml"))
