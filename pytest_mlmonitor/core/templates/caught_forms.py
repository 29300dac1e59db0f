"""Forms of what a placeholder catches (``%Y-%m-%d``, ``int``, ``semver``, ``word``, ``epoch_s``): what fits, and what it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property, lru_cache
from typing import Any

from pytest_mlmonitor.core.text.stamps import Precision, spanned
from pytest_mlmonitor.core.text.versions import version_order

WORDS = ("int", "semver", "word", "epoch_s", "epoch_ms", "epoch_us")
"""The forms that are no times of strftime."""

LETTERS = "YmdHMSfjyzb"
"""Of strftime, those that a form may have, ``%%`` beside them."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_SEMVER = r"[vV]?[0-9]+(?:\.[0-9]+){0,3}(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?"
_SHORT_SEMVER = r"[vV]?[0-9]+?(?:\.[0-9]+?){0,3}?(?:-[0-9A-Za-z.-]{1,64}?)??(?:\+[0-9A-Za-z.-]{1,64}?)??"
_FIXED = {
    "Y": "(?!0000)[0-9]{4}",
    "y": "[0-9]{2}",
    "b": f"(?i:{'|'.join(_MONTHS)})",
    "z": r"(?:[Zz]|[+-](?:0[0-9]|1[0-4])(?::|%3[Aa])?[0-5][0-9])",
}
_DIGITS = {
    "m": "(?:0[1-9]|1[0-2]|(?<![0-9])[1-9](?![0-9]))",
    "d": "(?:0[1-9]|[12][0-9]|3[01]|(?<![0-9])[1-9](?![0-9]))",
    "H": "(?:[01][0-9]|2[0-3]|(?<![0-9])[0-9](?![0-9]))",
    **dict.fromkeys("MS", "(?:[0-5][0-9]|(?<![0-9])[0-9](?![0-9]))"),
    "j": "(?:[0-9]{3}|(?<![0-9])[0-9]{1,2}(?![0-9]))",
    "f": "[0-9]{1,6}(?![0-9])",
}
"""Fewer digits only where none stands beside them: ``month=4``, but ``20260401``."""

_SURE_DAY = "(?:0[1-9]|1[0-9]|2[0-8])"
"""A day that every month has."""


@dataclass(frozen=True)
class Meaning:
    """What a caught text means.

    Attributes:
        value: what compares with its like: an aware datetime, the beginning of what a time stands for; an int; a tuple; a text.
        end: of a time, the end of what it stands for: of a day, an hour; ``value`` for an instant.
    """

    value: Any
    end: datetime | None = None


@dataclass(frozen=True)
class CaughtForm:
    """A form.

    Attributes:
        text: as it is written.
        parts: regular expressions, one a level of directories that it spans. From one place on, a text of one length at most fits.
        lazy: the regular expression that prefers short texts; None where ``parts`` say where a text ends.
        is_time: whether it says a time.
        means: what a text that fits means in a time zone; None where it is no possible time.
        certain: the regular expression of texts that are possible times without a look into the calendar; None where nobody can
            say.
        width: of a time whose texts of that many letters are in the order of what they mean; 0 where none are.
    """

    text: str
    parts: tuple[str, ...]
    lazy: str | None
    is_time: bool
    means: Callable[[str, tzinfo], Meaning | None] = field(compare=False, repr=False)
    certain: str | None = None
    width: int = 0

    def is_possible(self, text: str) -> bool:
        """Return whether a text that has this form is a time that there is: no month has 32 days."""
        return (self._certain is not None and self._certain(text) is not None) or self.means(text, UTC) is not None

    @cached_property
    def _certain(self) -> Callable[[str], object] | None:
        return re.compile(self.certain).fullmatch if self.certain is not None else None


@lru_cache(maxsize=1024)
def form_of(text: str) -> CaughtForm:
    """Return the form that a text names.

    Raises:
        ValueError: it is none; the message says what is allowed.

    >>> form_of("%Y-%m-%d").means("2026-11-27", UTC).end.isoformat(), form_of("int").means("007", UTC).value
    ('2026-11-28T00:00:00+00:00', 7)
    """
    if text == "int":
        return CaughtForm(text, ("[0-9]+",), "[0-9]+?", False, lambda caught, _: Meaning(_number(caught)))
    if text == "semver":
        return CaughtForm(text, (_SEMVER,), _SHORT_SEMVER, False, lambda caught, _: Meaning(version_order(caught)))
    if text == "word":
        return CaughtForm(text, (r"[^\W_]+",), r"[^\W_]+?", False, lambda caught, _: Meaning(caught))
    if text in _EPOCHS:
        scale = _EPOCHS[text]
        certain = f"[0-9]{{1,{9 + len(str(scale))}}}"
        return CaughtForm(text, ("[0-9]+",), "[0-9]+?", True, lambda caught, _: _epoch(caught, scale), certain)
    if "%" not in text:
        raise ValueError(f"{text!r} is no form; allowed: {', '.join(WORDS)}, or a time as in %Y-%m-%d")
    return _time_form(text)


def _number(text: str) -> int:
    return int(text[:4000])


def _epoch(text: str, scale: int) -> Meaning | None:
    try:
        seconds, rest = divmod(int(text), scale)
        moment = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest * 1_000_000 // scale)
    except (ValueError, OverflowError, OSError):
        return None
    return Meaning(moment, moment)


def _time_form(text: str) -> CaughtForm:
    tokens = _tokens(text)
    letters = [token for token, directive in tokens if directive]
    twice = next((letter for letter in letters if letters.count(letter) > 1), None)
    if twice is not None:
        raise ValueError(f"{text!r} has %{twice} twice")
    if not {"Y", "y"} & set(letters):
        raise ValueError(f"{text!r} says no year (%Y): write one placeholder for all of a time, as in %Y-%m-%d/%H")
    if {"Y", "y"} <= set(letters) or {"m", "b"} <= set(letters) or ("j" in letters and {"m", "b", "d"} & set(letters)):
        raise ValueError(f"{text!r} says a part of its time twice")
    finer = (("d", {"m", "b"}), ("H", {"d", "j"}), ("M", {"H"}), ("S", {"M"}), ("f", {"S"}))
    for letter, needs in finer:
        if letter in letters and not needs & set(letters):
            raise ValueError(f"{text!r} has %{letter} without {' or '.join(f'%{one}' for one in sorted(needs))}")
    whole, named = _expressions(tokens)
    parts = tuple(whole.split("/"))
    if any(not part for part in parts):
        raise ValueError(f"{text!r} has an empty level")
    read = re.compile(named)
    precision: Precision = (
        "time"
        if "M" in letters
        else "hour"
        if "H" in letters
        else "day"
        if "d" in letters or "j" in letters
        else "month"
        if "m" in letters or "b" in letters
        else "year"
    )

    @lru_cache(maxsize=65_536)
    def means(caught: str, zone: tzinfo) -> Meaning | None:
        match = read.fullmatch(caught)
        return _span(match.groupdict(), precision, zone) if match is not None else None

    certain = whole.replace(_DIGITS["d"], _SURE_DAY) if "d" in letters else None
    return CaughtForm(text, parts, None, True, means, certain, _width(tokens))


def _width(tokens: list[tuple[str, bool]]) -> int:
    """Return how long the texts are that are in the order of what they mean: all digits, from the year on to what is finest."""
    letters = "".join(letter for letter, directive in tokens if directive)
    if letters not in ("Y", "Ym", "Ymd", "YmdH", "YmdHM", "YmdHMS", "YmdHMSf", "Yj", "YjH", "YjHM", "YjHMS", "YjHMSf"):
        return 0
    widths = {"Y": 4, "j": 3, "f": 6}
    return sum(widths.get(letter, 2) if directive else 1 for letter, directive in tokens)


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Return the letters of directives and the literal characters of a form, and which are which."""
    tokens: list[tuple[str, bool]] = []
    rest = iter(text)
    for character in rest:
        if character != "%":
            tokens.append((character, False))
            continue
        letter = next(rest, "")
        if letter == "%":
            tokens.append(("%", False))
        elif letter and letter in LETTERS:
            tokens.append((letter, True))
        else:
            allowed = " ".join(f"%{one}" for one in LETTERS)
            raise ValueError(f"%{letter} in {text!r} is not read; allowed: {allowed}")
    return tokens


def _expressions(tokens: list[tuple[str, bool]]) -> tuple[str, str]:
    """Return the regular expression of a form, and the one with a group a directive."""
    plain: list[str] = []
    named: list[str] = []
    for letter, directive in tokens:
        expression = (_FIXED.get(letter) or _DIGITS[letter]) if directive else re.escape(letter)
        plain.append(expression)
        named.append(f"(?P<{letter}>{expression})" if directive else expression)
    return "".join(plain), "".join(named)


def _span(said: dict[str, str | None], precision: Precision, zone: tzinfo) -> Meaning | None:
    """Return what the directives of a form say together."""

    def number(letter: str, default: int) -> int:
        return int(said.get(letter) or default)

    try:
        year = number("Y", 0) if said.get("Y") else _full_year(number("y", 0))
        name = said.get("b")
        month = _MONTHS.index(name.lower()) + 1 if name else number("m", 1)
        written = said.get("z")
        zone = _offset(written) if written else zone
        fraction = int((said.get("f") or "0").ljust(6, "0"))
        start = datetime(year, month, number("d", 1), number("H", 0), number("M", 0), number("S", 0), fraction, zone)
        if said.get("j"):
            start = datetime(year, 1, 1, start.hour, start.minute, start.second, fraction, zone) + timedelta(
                days=number("j", 1) - 1
            )
            if start.year != year:
                return None
        end = spanned("", start, precision).end
        return Meaning(start.astimezone(UTC), end.astimezone(UTC) if end is not None else None)
    except (ValueError, OverflowError):
        return None


def _full_year(two: int) -> int:
    """As strptime and POSIX read it: 69 to 99 are of the last century."""
    return two + (1900 if two >= 69 else 2000)


def _offset(text: str) -> timezone:
    digits = re.sub("[^0-9]", "", text.replace("%3A", "").replace("%3a", ""))
    if not digits:
        return UTC
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return timezone(-offset if text[0] == "-" else offset)
