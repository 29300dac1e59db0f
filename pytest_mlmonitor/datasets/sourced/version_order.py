"""Which version of its family a dataset of a source is: what puts it in order, and how else it may be written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.sources.sourced import Caught
from pytest_mlmonitor.core.text.words import instant

_UNTYPED = (None, "word")
"""Forms that say nothing of what a text means."""

_DAY = timedelta(days=1)


def order_of(version: Caught | None) -> Any:
    """Return what compares a version with those of its family by its form; None where its form says nothing."""
    return version.value if version is not None and version.form not in _UNTYPED else None


def version_text(version: Caught | None) -> str | None:
    """Return a version as links know it: a point in time as ISO-8601, anything else as it is written."""
    if version is None:
        return None
    if version.end is not None and version.end == version.value:
        return instant(version.value)
    return version.text


def spellings(version: Caught | None) -> tuple[str, ...]:
    """Return the other spellings of a version: what its path says, its first moment, its day (``2026-11-27``, ``20261127``)."""
    return tuple(one for one in dict.fromkeys(_spelled(version)) if one != version_text(version))


def _spelled(version: Caught | None) -> Iterator[str]:
    if version is None:
        return
    yield version.text
    start, end = version.value, version.end
    if isinstance(start, datetime) and end is not None:
        yield instant(start)
        if end - start == _DAY:
            yield f"{start:%Y-%m-%d}"
            yield f"{start:%Y%m%d}"
