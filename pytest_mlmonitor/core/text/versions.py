"""Versions of artifacts: which builds belong together, and which versions are equal."""

from __future__ import annotations

import re

from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant

_FAMILY = re.compile(r"(.+?)[_-]([0-9]{8}[_T-]?[0-9]{6}Z?)")


def family(dataset_name: str) -> str:
    """Return the family of builds a dataset belongs to: its name less a trailing build timestamp.

    >>> family("training_dataset_20260426_130148"), family("bikes")
    ('training_dataset', 'bikes')
    """
    match = _FAMILY.fullmatch(dataset_name)
    return match.group(1) if match else dataset_name


def is_instant(version: str) -> bool:
    """Return whether a version is a timestamp, as P2's are.

    >>> is_instant("2026-04-07T08:00:00Z"), is_instant("v3")
    (True, False)
    """
    try:
        parse_timestamp(version)
    except ValueError:
        return False
    return True


def version_key(version: str) -> str:
    """Return a form in which equal versions are equal: timestamps compare as instants, others as text.

    >>> version_key("2026-04-07T10:00:00+02:00"), version_key("v3")
    ('2026-04-07T08:00:00Z', 'v3')
    """
    try:
        return instant(parse_timestamp(version))
    except ValueError:
        return version
