"""How classes and features are called, whatever format they were written in."""

from __future__ import annotations

FEATURES = "features"
"""The field of an entry that may hold the features, and the key among them."""


def class_name(value: object) -> str:
    """Return a class as text: 1, 1.0 and true are one class, in whatever format they were written."""
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
