"""Versions of artifacts: which builds belong together, and which versions are equal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant

_DAY = r"(?:19|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2])-[0-3][0-9]|(?:0[1-9]|1[0-2])[0-3][0-9])"
_MOMENT = rf"{_DAY}(?:[T_ -]?[0-2][0-9](?:[:-]?[0-5][0-9](?:[:-]?[0-5][0-9](?:[.][0-9]+)?)?)?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
_STAMPED = re.compile(rf"(?:^|[_.-]){_MOMENT}(?=$|[_.-])")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_LEVELS = (re.compile(r"0[1-9]|1[0-2]"), re.compile(r"0[1-9]|[12][0-9]|3[01]"), re.compile(r"[01][0-9]|2[0-3]"))
"""What stands below a year where a date is written over several levels of directories: month, day, hour."""

_PARTITION = re.compile(rf"([^=]+=)(?:{_MOMENT})|((?:year|month|day|hour|minute)=)[0-9]+", re.IGNORECASE)
_NUMBERS = re.compile(r"[vV]?([0-9]+(?:[.][0-9]+)*)")

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


def undated_name(name: str) -> str:
    """Return a name less the stamps and days in it, the name itself where it is nothing else.

    >>> undated_name("metrics_20260426_130148"), undated_name("log-2026-04-26"), undated_name("v3")
    ('metrics', 'log', 'v3')
    """
    return _STAMPED.sub("", name).strip("_.-") or name


def undated(parts: Sequence[str]) -> tuple[str, ...]:
    """Return the parts of a path less stamps, dates over several levels, and partition values that are a date or time.

    >>> undated(["data", "2026", "04", "26", "rides_20260426_130148"]), undated(["dt=2026-04-26", "city=berlin"])
    (('data', 'rides'), ('dt=', 'city=berlin'))
    """
    kept: list[str] = []
    rest = list(parts)
    while rest:
        part = rest.pop(0)
        levels = zip(rest, _LEVELS, strict=False)
        below = (
            sum(1 for _ in takewhile(lambda pair: pair[1].fullmatch(pair[0]), levels)) if _YEAR.fullmatch(part) else 0
        )
        partition = _PARTITION.fullmatch(part)
        if below:
            del rest[:below]
        elif partition is not None:
            kept.append(partition[1] or partition[2])
        else:
            kept.append(_STAMPED.sub("", part).strip("_.-") if _STAMPED.search(part) else part)
    return tuple(part for part in kept if part)


def numbers_of(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a version, by which versions are in order; None for one that is written otherwise.

    >>> numbers_of("v1.10.0"), numbers_of("draft")
    ((1, 10, 0), None)
    """
    match = _NUMBERS.fullmatch(version.strip())
    return tuple(map(int, match[1].split("."))) if match else None
