"""Names by which a DVC repository is recognised: standard library only."""

from __future__ import annotations

from collections.abc import Collection

LOCK, PIPELINE, PARAMS = "dvc.lock", "dvc.yaml", "params.yaml"

POINTER = ".dvc"
"""The end of the name of a document that says what one tracked file holds."""


def is_pipeline(files: Collection[str]) -> bool:
    """Return whether the files of a directory make it one in which a pipeline ran."""
    return LOCK in files
