"""Versions of artifacts: which builds belong together, and which versions are equal."""

from __future__ import annotations

import re

from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant

_V = re.compile(r"^[vV](?=[0-9])")
_NUMBERED = re.compile(r"[vV]?[0-9]+(?:[.][0-9]+)*(?:-|$)")


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


def version_form(version: str) -> str:
    """Return a form in which equal versions of models are equal: ``v3`` = ``V3`` = 3, timestamps as instants.

    >>> version_form("v3"), version_form("2026-04-07T10:00:00+02:00")
    ('3', '2026-04-07T08:00:00Z')
    """
    return version_key(_V.sub("", version.strip()))


VersionOrder = tuple[tuple[int, int | str], ...]
"""A version as something that sorts: numbers as numbers, other parts as text behind them."""

_END, _PRE_RELEASE = (0, ""), (-1, "")
"""What ends a version, and what stands in its place before the words of a pre-release: ``1.0-rc < 1.0 < 1.0.1``."""

_MAX_DIGITS = 18


def version_order(version: str) -> VersionOrder:
    """Return a form in which versions are in order.

    >>> version_order("v1.9.0") < version_order("1.10.0-rc.1") < version_order("1.10.0") < version_order("draft")
    True
    """
    release, dash, pre = version_key(version.strip()).lstrip("vV").partition("-")
    parts = [_part(part) for part in release.split(".")]
    return (*parts, _PRE_RELEASE, *(_part(part) for part in re.split("[.-]", pre)), _END) if dash else (*parts, _END)


def is_numbered(version: str) -> bool:
    """Return whether a version begins with a number, so that it is known which one is the newer.

    >>> is_numbered("v1.10.0"), is_numbered("2.0.0-rc.1"), is_numbered("draft")
    (True, True, False)
    """
    return _NUMBERED.match(version.strip()) is not None


def _part(text: str) -> tuple[int, int | str]:
    number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return (1, int(text)) if number else (2, text)
