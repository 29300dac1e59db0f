"""The allowed value that a refused one nearly is."""

from __future__ import annotations

from pytest_mlmonitor.tables.contract.prose.unlike import unlike
from pytest_mlmonitor.tables.contract.table import Column
from pytest_mlmonitor.tables.profile import REDACTED, Failure


def nearest(failure: Failure, allowed: Column | None) -> str:
    """Return in what the first value that is none of those allowed differs from one of them, nothing where none is near it."""
    if allowed is None or allowed.values is None or allowed.redacted or not failure.sample:
        return ""
    value = failure.sample[0][2]
    if not isinstance(value, str) or value == REDACTED or value in allowed.values:
        return ""
    return unlike(value, allowed.values)
