"""Days that there are, as a regular expression: no 31 April, and 29 February in leap years alone (Gregorian calendar, ISO 8601)."""

from __future__ import annotations

from collections.abc import Sequence

YEAR = "[0-9]{4}"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_OF_A_MONTH: tuple[dict[str, str], ...] = (
    {
        "MM": "(0[13578]|1[02])",
        "M": "([13578]|1[02])",
        "dd": "(0[1-9]|[12][0-9]|3[01])",
        "d": "([1-9]|[12][0-9]|3[01])",
    },
    {"MM": "(0[469]|11)", "M": "([469]|11)", "dd": "(0[1-9]|[12][0-9]|30)", "d": "([1-9]|[12][0-9]|30)"},
    {"MM": "02", "M": "2", "dd": "(0[1-9]|1[0-9]|2[0-8])", "d": "([1-9]|1[0-9]|2[0-8])"},
    {"MM": "02", "M": "2", "dd": "29", "d": "29", "yyyy": _LEAP},
)
_ANY = {"yyyy": YEAR, "MM": "(0[1-9]|1[0-2])", "M": "([1-9]|1[0-2])"} | {
    "dd": _OF_A_MONTH[0]["dd"],
    "d": _OF_A_MONTH[0]["d"],
}
DATE_FIELDS = frozenset(_ANY)
"""Fields of a date in a format: year, month and day with leading zeros or without."""


def real_days(pieces: Sequence[str]) -> str:
    r"""Return what matches the days that there are.

    Args:
        pieces: fields of :data:`DATE_FIELDS` in their order, and patterns of what stands between them. Where the month or the
            day is not among them nobody can say more than what a field may be.

    >>> import re
    >>> re.fullmatch(real_days(["dd", r"\.", "MM"]), "31.04") is None
    True
    """
    if not {"MM", "M"} & set(pieces) or not {"dd", "d"} & set(pieces):
        return "".join(_ANY.get(piece, piece) for piece in pieces)
    cases = ("".join((_ANY | month).get(piece, piece) for piece in pieces) for month in _OF_A_MONTH)
    return f"({'|'.join(cases)})"
