"""Values of columns that a contract classifies, as far as whoever repairs the rows may see them.

A report is published by CI jobs, so that a mask may give away no more than which record is meant: the last characters of what
looks like an identifier, and nothing of anything else. A name, a diagnosis, an address, a sum of money or a date would be read
from its end.
"""

from __future__ import annotations

import re

from pytest_mlmonitor.tables.profile import REDACTED

MASK = "••••"
"""Stands for a value of which nothing is shown, and for the beginning of one whose end is."""

LEFT = 4
"""Characters at the end of an identifier that are shown."""

LEAST = 8
"""Characters of the shortest text of which any are shown: at most half of one."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.-]*")
_FIGURES = re.compile(r"[0-9.:TZ+-]*[.:TZ+-][0-9.:TZ+-]*")
"""A time, a number with a fraction, a telephone number, a social security number in groups."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]*")


def masked(value: object) -> str:
    """Return what is shown in the place of a classified value: a mask, behind it at most the last four characters.

    Those are shown of a text of eight characters or more that looks like an identifier: letters, digits and ``_ : . -`` only, the
    last four with a digit among them, and neither a date nor a number with a fraction. That a value is null is not said either.

    >>> masked("c_10044417"), masked("Jane.Doe"), masked("1984-05-17"), masked(10044417)
    ('••••4417', '••••', '••••', '••••')
    """
    if not isinstance(value, str) or value == REDACTED or len(value) < LEAST:
        return MASK
    end = value[-LEFT:]
    plain = _IDENTIFIER.fullmatch(value) and end.isalnum() and any(map(str.isdigit, end))
    dated = _FIGURES.fullmatch(value) or _DAY.fullmatch(value) or _YEAR.fullmatch(end)
    return f"{MASK}{end}" if plain and not dated else MASK
