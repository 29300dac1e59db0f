"""Rows of several versions of a table as the calendar is looked for in them: when, of which version, and what value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.tables.arrays.vectors import Floats, Rows, Times

ODD = 0.001
"""Share of the rows that may have another value than the rule says …"""

ODD_OF_CONSTANT = 0.02
"""… and as a share of the rows that have another value than the commonest: else a flag that is nearly never set follows every
rule (notes on drift statistics, section 6; the errors of a rule are g3 of Kivinen and Mannila 1995)."""

ODD_OF_VERSION = 0.01
"""Share of odd rows from which another version is no witness: it is broken, or was made by another rule."""

WITNESSES = 0.5
"""Share of the rows that must be of versions in which a rule holds that is learned from them."""

CYCLES = 3
"""How often something must have come again at least."""

_DECIMALS = 9
"""Values that differ less are one value."""

_LARGE = 1e6


@dataclass(frozen=True)
class Observations:
    """One feature in rows of several versions; rows without a value are left out.

    Attributes:
        times: event times, shape (n,).
        versions: of which version each row is, shape (n,), whole numbers from 0.
        values: the feature as numbers, shape (n,); None for words that stand for no numbers.
        codes: the feature as whole numbers from 0, one for each distinct value, shape (n,).
        judged: the versions that are compared: a rule must hold in each.
        words: whether the values are words.
    """

    times: Times
    versions: npt.NDArray[np.int64]
    values: Floats | None
    codes: npt.NDArray[np.int64]
    judged: tuple[int, ...]
    words: bool = False

    @classmethod
    def of_numbers(
        cls, times: Times, versions: npt.NDArray[np.int64], values: Floats, judged: Sequence[int]
    ) -> Observations:
        """Return observations of numbers; NaN is no value."""
        there = ~np.isnan(values)
        times, versions, values = times[there], versions[there], values[there].astype(np.float64)
        codes = np.unique(rounded(values, _DECIMALS), return_inverse=True)[1]
        return cls(times, versions, values, codes.astype(np.int64), tuple(judged))

    @classmethod
    def of_texts(
        cls, times: Times, versions: npt.NDArray[np.int64], values: Sequence[str | None], judged: Sequence[int]
    ) -> Observations:
        """Return observations of words; None is no value."""
        there = np.array([value is not None for value in values], np.bool_)
        words, codes = np.unique(np.array([v for v in values if v is not None], np.str_), return_inverse=True)
        meant = [number_of(word) for word in words.tolist()]
        numbers = np.array([np.nan if number is None else number for number in meant])
        known = len(meant) > 0 and None not in meant
        values_ = numbers[codes] if known else None
        return cls(times[there], versions[there], values_, codes.astype(np.int64), tuple(judged), words=True)

    def of(self, rows: Rows) -> Observations:
        """Return some of the rows."""
        values = None if self.values is None else self.values[rows]
        return replace(
            self, times=self.times[rows], versions=self.versions[rows], values=values, codes=self.codes[rows]
        )

    @property
    def usable(self) -> bool:
        """Whether there is a row of every version that is judged."""
        return len(self.times) > 0 and all(bool(np.any(self.versions == version)) for version in self.judged)

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The first and the last event time but for odd ones: one stray row makes no history."""
        odd = int(ODD * len(self.times))
        ordered = np.sort(self.times)
        return int(ordered[odd]), int(ordered[-1 - odd])

    @property
    def span(self) -> int:
        """The time between both :attr:`ends`, in microseconds."""
        return self.ends[1] - self.ends[0]

    def holds(self, odd: Rows) -> bool:
        """Return whether a rule with these odd rows holds: in all the rows, and in each version that is judged."""
        number = len(odd)
        constant = number - int(np.bincount(self.codes).max())
        wrong = int(odd.sum())
        return wrong <= ODD * number and wrong <= ODD_OF_CONSTANT * constant and constant > 0 and self.fits(odd)

    def fits(self, odd: Rows) -> bool:
        """Return whether a rule with these odd rows holds in each version that is judged."""
        return all(_share(odd[self.versions == version]) <= ODD for version in self.judged)

    def witnesses(self, odd: Rows) -> Rows:
        """Return the rows of the versions in which a rule with these odd rows holds; one that is broken says nothing of it."""
        rows = np.bincount(self.versions)
        shares = np.bincount(self.versions, odd) / np.maximum(rows, 1)
        return (shares <= ODD_OF_VERSION)[self.versions]


def rounded(values: Floats, decimals: int) -> Floats:
    """Return values to so many decimals; of large ones nothing is left to round."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: Floats = np.where(np.abs(values) < _LARGE, np.round(values, decimals), values)
    return found


def _share(odd: Rows) -> float:
    return float(odd.mean()) if len(odd) else 1.0


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_FLAGS = {
    **dict.fromkeys(("true", "yes", "y", "t", "weekend"), 1.0),
    **dict.fromkeys(("false", "no", "n", "f", "weekday", "workday"), 0.0),
}
_SEPARATORS = re.compile(r"(?<=\d)[-/_: T](?=\d)")
_DIGITS = 10
"""Digits of the longest number: an hour and its date."""

_SHORTEST = 3
"""Letters of the shortest abbreviation of a weekday or a month."""


def number_of(word: str) -> float | None:
    """Return the number that a word stands for, None for none: weekdays and months from 0, flags, digits, dates in digits.

    >>> number_of("Tue"), number_of("September"), number_of("weekend"), number_of("07"), number_of("rain")
    (1.0, 8.0, 1.0, 7.0, None)
    >>> number_of("2026-11-27")
    20261127.0
    """
    word = word.strip().lower().rstrip(".")
    if word in _FLAGS:
        return _FLAGS[word]
    for names in (_WEEKDAYS, _MONTHS):
        for number, name in enumerate(names):
            if len(word) >= _SHORTEST and name.startswith(word):
                return float(number)
    digits = _SEPARATORS.sub("", word)
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None
