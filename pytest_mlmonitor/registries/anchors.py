"""Names by which model registries are recognised."""

from __future__ import annotations

from fnmatch import fnmatchcase


def is_anchor(name: str, directory: str) -> bool:
    """Return whether a file name is that of a model registry's document, wherever it stands."""
    del directory
    return name in ("model_registry.json", "production_model.json", "promotion_audit.log") or fnmatchcase(
        name, "train_meta_v*.json"
    )
