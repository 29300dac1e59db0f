"""Lengths of time as people write them in a policy: ``26h``, ``1d12h``."""

from __future__ import annotations

import re

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""Seconds of every unit; a month and a year have no one length, so they are none."""

DURATION = "a length of time: numbers with a unit (s, m, h, d, w), such as '26h' or '1d12h'"

_PART = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([smhdw])", re.ASCII)
_FORM = re.compile(rf"{_PART.pattern}(?: ?{_PART.pattern})*", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?", re.ASCII)


def parse_duration(text: str) -> float:
    """Return a length of time in seconds.

    Args:
        text: one or more of number and unit, each unit once: ``s``, ``m`` (minutes), ``h``, ``d``, ``w``.

    Raises:
        ValueError: the text has another form, or a number stands without its unit.

    >>> parse_duration("26h"), parse_duration("1d12h"), parse_duration("90 s")
    (93600.0, 129600.0, 90.0)
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        raise ValueError(f"{text} has no unit: expected {DURATION}")
    parts = _PART.findall(text) if _FORM.fullmatch(text) else []
    units = [unit for _, unit in parts]
    if not units or len(set(units)) < len(units):
        raise ValueError(f"expected {DURATION}")
    return float(sum(float(number) * SECONDS[unit] for number, unit in parts))
