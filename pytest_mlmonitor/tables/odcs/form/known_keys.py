"""Keys that the standard does not have: most are somebody's own, some are misspelt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import alike
from pytest_mlmonitor.tables.odcs.notes import Notes
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

NEAR = 0.75
"""How much of two words is alike (difflib's ratio) that may be one and the same: ``nmae`` and ``name`` just are."""

MAX_LOOKED_AT = 500
"""Unknown keys of one document that are compared with known ones, a third of a millisecond each."""


def near_key(key: str, known: Collection[str]) -> str | None:
    """Return the known key that ``key`` probably is: written in another case, with underscores, or with a slip.

    >>> near_key("primary_key", ["primaryKey"]), near_key("requried", ["required"]), near_key("owner", ["required"])
    ('primaryKey', 'required', None)
    """
    return next(iter(alike(key, known, 1, NEAR)), None)


def doubt_key(path: KeyPath, known: Collection[str], notes: Notes) -> bool:
    """Return whether the last key of ``path`` looks like a misspelt one of ``known``; if it does that is noted."""
    key = str(path[-1])
    notes.looked_at += 1
    near = near_key(key, known) if notes.looked_at <= MAX_LOOKED_AT else None
    if near is not None:
        notes.doubt(path, f"is no key of the standard and is not checked: is {quoted(near)} meant?", near, key)
    return near is not None


def unknown_keys(raw: Mapping[str, Any], known: Collection[str], path: KeyPath, notes: Notes) -> None:
    """Name every key of the mapping at ``path`` that is not one of ``known``."""
    for key in raw:
        if key not in known and not doubt_key((*path, key), known, notes):
            notes.leave((*path, key), "unknown key: not checked")


_KEYS: dict[Any, frozenset[str]] = {}


def keys_of(model: Any) -> frozenset[str]:
    """Return the keys of a model of ``open_data_contract_standard`` (a class)."""
    if model not in _KEYS:
        _KEYS[model] = frozenset(field.alias or key for key, field in model.model_fields.items())
    return _KEYS[model]
