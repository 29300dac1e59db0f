"""Probabilities of all classes beside a prediction: they add up to 1, and the class predicted is the likeliest of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.arrays.vectors import Floats
from pytest_mlmonitor.tables.logs.entry_values import is_missing, numbers, probabilities
from pytest_mlmonitor.tables.logs.faults import Faults
from pytest_mlmonitor.tables.logs.log_entries import Batch
from pytest_mlmonitor.tables.scores.class_names import class_name

TOLERANCE = 0.02
"""How far from 1 rounded probabilities may add up: three of them with one digit behind the point may be 0.99 or 1.01, and
ten with two digits hardly more."""

TIE = 1e-9

TWO = 2
"""Two classes may be told apart at any threshold; of more the likeliest is predicted."""

SEVERAL = 3
"""So many predictions against the likelier of two classes, all on one side of a threshold, show that there is one; of fewer
nobody knows, and they are a warning."""

MOST = 4_096
"""Contrary predictions and classes that are kept apart."""


class Probabilities:
    """The probabilities of a log.

    A list does not say which class is which. Whole numbers from 0 on are places in it; other classes stand where most of their
    predictions have the likeliest place, if each has a place of its own.
    """

    def __init__(self) -> None:
        """None was seen yet."""
        self._likeliest: Counter[tuple[str, int]] = Counter()  # of lists: class predicted, place
        self._first: dict[tuple[str, int], tuple[list[int], str]] = {}
        self._length = 0
        self._named: list[tuple[int, str]] = []  # of objects: what contradicts
        self._contrary = 0
        self._two = True
        self._least: dict[str, float] = {}  # of two classes: the least probability with which each is predicted

    def add(
        self, name: str, values: Sequence[Any], predicted: Sequence[Any], batch: Batch, faults: Faults
    ) -> list[float]:
        """Take probabilities in; return that of the class predicted by each entry (else of the likeliest), NaN without."""
        found: list[float] = []
        for number, value, chosen in zip(batch.numbers, values, predicted, strict=True):
            found.append(self._one(name, number, value, chosen, faults))
        return found

    def _one(self, name: str, number: int, value: object, chosen: object, faults: Faults) -> float:
        read = probabilities(value)
        if read is None:
            return math.nan
        classes, given = read
        shares: list[float] = numbers(given).tolist()
        if len(shares) < TWO:
            return math.nan
        if any(not 0 <= share <= 1 for share in shares):
            wrong = next(one for one, share in zip(given, shares, strict=True) if not 0 <= share <= 1)
            message = f"{name} holds {quoted(wrong)}: expected numbers in 0..1"
            faults.add([number], name, message, "numbers in 0..1", quoted(wrong))
            return math.nan
        total = math.fsum(shares)
        if abs(total - 1) > TOLERANCE:
            message = f"{name} add up to {total:.4g}: expected probabilities of all classes, which add up to 1"
            faults.add([number], name, message, "a sum of 1", f"{total:.6g}")
        elif not is_missing(chosen) and isinstance(chosen, str | int | float):
            name_of_it = class_name(chosen)
            if classes is None and len(shares) == TWO and name_of_it in ("0", "1"):
                classes = ["0", "1"]
            return self._compare(number, name_of_it, classes, shares)
        return max(shares)

    def _compare(self, number: int, chosen: str, classes: list[str] | None, shares: list[float]) -> float:
        """Note what contradicts; return the probability of the class ``chosen``, where it has a place, else the greatest."""
        most = max(shares)
        if classes is None:
            self._length = max(self._length, len(shares))
            key = (chosen, shares.index(most))
            if chosen.isdecimal() and int(chosen) < len(shares) and shares[int(chosen)] >= most - TIE:
                key = (chosen, int(chosen))
            if key in self._likeliest or len(self._likeliest) < MOST:
                self._likeliest[key] += 1
                lines, _ = self._first.setdefault(key, ([], f"{most:.4g}"))
                if len(lines) < MOST:
                    lines.append(number)
            return most
        names = [class_name(one) for one in classes]
        if chosen not in names:
            return most  # another name for the class
        mine = shares[names.index(chosen)]
        self._two = self._two and len(shares) == TWO
        if self._two:
            self._least[chosen] = min(mine, self._least.get(chosen, mine))
        if mine < most - TIE:
            self._contrary += 1
            if len(self._named) < MOST:
                likelier = names[shares.index(most)]
                self._named.append(
                    (number, f"{quoted(chosen, 40)} with {mine:.4g}, but {quoted(likelier, 40)} has {most:.4g}")
                )
        return mine

    def judge(self, name: str, column: str, faults: Faults) -> None:
        """Note the predictions that their probabilities contradict."""
        by_threshold = self._by_threshold()
        if self._contrary and not (by_threshold and self._contrary >= SEVERAL):
            lines = [number for number, _ in self._named]
            severity = Severity.WARNING if by_threshold else Severity.ERROR
            self._note(lines, self._named[0][1], name, column, faults, severity)
        wrong = self._out_of_place()
        if wrong:
            lines = sorted(line for key in wrong for line in self._first[key][0])
            first = min(wrong, key=lambda key: self._first[key][0][0])
            what = f"{quoted(first[0], 40)}, but place {first[1]} is the likeliest with {self._first[first][1]}"
            self._note(lines, what, name, column, faults)

    @staticmethod
    def _note(
        lines: list[int], what: str, name: str, column: str, faults: Faults, severity: Severity = Severity.ERROR
    ) -> None:
        expected = f"the likeliest class of {name}"
        message = f"{column} is {what} in {safe(name)}: expected the likeliest class"
        faults.add(lines, column, message, expected, what, severity=severity)

    def _by_threshold(self) -> bool:
        """Return whether two classes are told apart at another threshold than one half."""
        # A class is predicted from a threshold of its probability on, the other one wherever it has more than the rest.
        return self._two and sum(self._least.values()) >= len(self._least) - 1 - TIE

    def _out_of_place(self) -> list[tuple[str, int]]:
        """Return the pairs of class and likeliest place that contradict."""
        classes = {chosen for chosen, _ in self._likeliest}
        if not classes:
            return []
        total = self._likeliest.total()
        if all(one.isdecimal() and int(one) < self._length for one in classes):
            wrong = [key for key in self._likeliest if int(key[0]) != key[1]]
            if 2 * sum(self._likeliest[key] for key in wrong) <= total:
                return wrong
        places: dict[str, int] = {}
        for (chosen, place), _ in self._likeliest.most_common():
            places.setdefault(chosen, place)
        wrong = [key for key in self._likeliest if places[key[0]] != key[1]]
        own = len(set(places.values())) == len(places)
        few = sum(self._likeliest[key] for key in wrong) <= total / 10
        return wrong if own and few else []


def as_object(batch: Batch, prefixes: Sequence[str]) -> tuple[str | None, list[Any]]:
    """Return columns such as ``probability_class_0`` and ``…_1`` as one object an entry, by what follows the prefix."""
    for prefix in prefixes:
        names = [name for name in batch.columns if name.startswith(prefix) and len(name) > len(prefix)]
        if len(names) >= TWO:
            columns: Mapping[str, list[Any]] = {name[len(prefix) :]: batch.columns[name] for name in names}
            rows = zip(*columns.values(), strict=True)
            return f"{prefix}*", [
                None if any(is_missing(one) for one in row) else dict(zip(columns, row, strict=True)) for row in rows
            ]
    return None, []


def meant(chosen: Floats, confidence: Floats, *, named: bool) -> tuple[Floats, bool]:
    """Return confidences, and whether they are probabilities of class 1.

    Of two classes a number may be the probability of one of them, or of the one that was predicted. It is that of one where a
    threshold tells the classes apart: whatever has that class has as much as whatever has the other, or more, and some lie
    below one half. Where the classes are not called 0 and 1 the probabilities of the one are returned as those of the class
    predicted.

    Args:
        chosen: the class predicted, a number for each; NaN for none.
        confidence: NaN for none.
        named: whether they are called confidences, which decides what values leave open.
    """
    there = np.isfinite(confidence) & np.isfinite(chosen)
    found = np.unique(chosen[there])
    if not 0 < len(found) <= TWO:
        return confidence, False
    plain = bool(np.all((found == 0) | (found == 1)))
    if len(found) == 1:
        low = confidence[there] < 1 / 2
        return confidence, plain and bool(low.all() if found[0] == 0 else not named and low.any())
    for one, other in ((found[1], found[0]), (found[0], found[1])):
        mine, theirs = confidence[there & (chosen == one)], confidence[there & (chosen == other)]
        told = mine.min() >= theirs.max() and theirs.min() < 1 / 2
        if plain and one == 1:
            return confidence, bool(told or (not named and min(mine.min(), theirs.min()) < 1 / 2))
        if told:
            return np.where(chosen == one, confidence, 1 - confidence), False
    return confidence, False
