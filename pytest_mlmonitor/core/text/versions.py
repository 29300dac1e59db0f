"""Versions of artifacts: which builds belong together, and which versions are equal."""

from __future__ import annotations

import re

from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant

_NUMBERS = re.compile(r"[vV]?([0-9]+(?:[.][0-9]+)*)")


def family(name: str) -> str:
    """Return the family of builds that a dataset belongs to: its name less the date or time in it, to the month.

    A year alone does not tell builds apart: ``sales_2025`` is a dataset of its own.

    >>> family("training_dataset_20260426_130148"), family("bikes-2026-04-26"), family("sales_2025")
    ('training_dataset', 'bikes', 'sales_2025')
    """
    found = dated(name)
    return name if found.stamp is None or found.stamp.precision == "year" else found.family or name


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


def numbers_of(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a version, by which versions are in order; None for one that is written otherwise.

    >>> numbers_of("v1.10.0"), numbers_of("draft")
    ((1, 10, 0), None)
    """
    match = _NUMBERS.fullmatch(version.strip())
    return tuple(map(int, match[1].split("."))) if match else None
