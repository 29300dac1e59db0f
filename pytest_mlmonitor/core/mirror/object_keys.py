"""Keys of objects as paths of files: which can be none."""

from __future__ import annotations

import os
from collections.abc import Iterator

MAX_NAME = 255
"""Bytes of a name on common file systems."""


def no_file(key: str, above: set[str]) -> str | None:
    """Return why a key cannot be the path of a file; None where it can."""
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty, . or .. level"
    if "\0" in key:
        return "holds a NUL character"
    if any(len(os.fsencode(part)) > MAX_NAME for part in parts):
        return f"has a level of more than {MAX_NAME} bytes"
    return "is an object and a directory at once" if key in above else None


def parents(key: str) -> Iterator[str]:
    """Yield the directories above a key."""
    place = key.rfind("/")
    while place > 0:
        yield key[:place]
        place = key.rfind("/", 0, place)
