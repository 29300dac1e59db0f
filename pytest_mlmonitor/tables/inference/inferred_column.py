"""What a contract says of one column of some builds: its type, its limits, its values, how often it may be null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.tables.inference.column_names import CODES, OPEN, is_identifier, range_of_nature, tokens
from pytest_mlmonitor.tables.inference.description import MAX_VALUES, ColumnDescription, Shape
from pytest_mlmonitor.tables.inference.draft import DraftColumn
from pytest_mlmonitor.tables.inference.number_limits import is_flag, limits
from pytest_mlmonitor.tables.inference.shapes import in_common
from pytest_mlmonitor.tables.inference.share_limits import FAR, FEW_BUILDS, SURE, limit_seen, limit_unseen

PER_VALUE = 5
"""A value that occurs less often is no member of a set that is known."""

MOST_RARE = 0.05
"""The share of rows that may have a rare value of a set that is known."""

UNKNOWN_FEW, UNKNOWN = 5.0, 1.0
"""The least share of values that no build had which is allowed, in percent: with few builds, and with several."""


class InferredColumn:
    """One column, as all builds have it."""

    def __init__(
        self, name: str, known: Sequence[ColumnDescription], rows: Sequence[int], key: tuple[str, ...]
    ) -> None:
        """Take what every build has in a column, the rows of every build, and the key of the table."""
        self.name, self.known, self.rows, self.key = name, known, rows, key
        self.numbers = [one.numbers for one in known if one.numbers is not None and one.numbers.count]
        self.present = sum(rows) - sum(one.nulls + one.nan for one in known)

    def draft(self, roles: Mapping[str, str | None]) -> DraftColumn:
        """Return what the contract says of the column; ``roles`` are names of columns by role."""
        shape: Shape | None = self.known[0].shape
        for one in self.known[1:]:
            shape = shape and in_common(shape, one.shape)
        found = DraftColumn(self.name, shape)
        if shape is None:
            types = list(dict.fromkeys(one.type for one in self.known))
            found.hints.append(f"builds differ in its type: {', '.join(types)}")
        for role, name in roles.items():
            found.role = role if name == self.name else found.role
        if any(one.nan or one.infinite for one in self.known):
            found.nan = '"null"'
        self._nulls(found)
        if shape is not None and shape.logical in ("integer", "number"):
            self._numbers(found, whole=shape.logical == "integer")
        elif shape is not None and shape.logical == "string" and not self._set(found):
            self._lengths(found)
        elif shape is not None and shape.zoned:
            found.options["timezone"] = True
        found.observed = self._observed()
        if all(one.unique for one in self.known) and sum(self.rows) > 1 and self.name not in self.key:
            found.hints.append("unique: true # no build has a value twice")
        if found.role is None:
            self._suggest_role(found)
        return found

    def _nulls(self, found: DraftColumn) -> None:
        nulls = [one.nulls + one.nan for one in self.known]
        rows = sum(self.rows)
        if not rows or sum(nulls) == rows:
            return
        if all(one.declared for one in self.known) or self.name in self.key:
            found.required = not sum(nulls)
        if found.required:
            return
        counted = list(zip(nulls, self.rows, strict=True))
        usual: float | None
        if sum(nulls):
            limit, usual = limit_seen(counted, FAR), limit_seen(counted)
        else:
            limit, usual = limit_unseen(rows, len(self.known)), 0 if rows >= SURE else None
        if limit is not None:
            found.rules.append({"metric": "nullValues", **_at_most(limit)})
        if usual is not None and (limit is None or usual < limit):
            found.rules.append({"metric": "nullValues", **_at_most(usual), "severity": "warning"})

    def _numbers(self, found: DraftColumn, *, whole: bool) -> None:
        if not self.numbers or any(one.infinite for one in self.known):
            return
        ends = [float(n.minimum or 0) for n in self.numbers] + [float(n.maximum or 0) for n in self.numbers]
        natural = range_of_nature(self.name, min(ends), max(ends), whole=whole)
        if natural is None and whole and is_flag(self.name, self.numbers):
            found.rules.append(_values_rule([0, 1], 0))
            return
        if natural is None and ((whole and self._set(found)) or self._is_id(whole)):
            return
        low, high = limits(self.name, self.numbers)
        for word, bound in (("minimum", low), ("maximum", high)):
            if bound is not None:
                found.options[word] = int(bound) if bound == int(bound) and abs(bound) < 1e15 else bound

    def _is_id(self, whole: bool) -> bool:
        if is_identifier(self.name) or self.name in self.key:
            return True
        rising = all(numbers.rising and numbers.count > 1 for numbers in self.numbers)
        unique = all(one.unique for one in self.known)
        return whole and unique and (rising or self.present >= 1000)

    def _set(self, found: DraftColumn) -> bool:
        """Say which values there are, where they plausibly are all that there may be."""
        values, rare = self._known_values()
        if not values:
            return False
        words = set(tokens(self.name))
        if all(isinstance(value, str) and dated(value).stamp is not None for value in values):
            return False  # dates, of which the next build has others
        integer = not isinstance(next(iter(values)), str)
        if integer and not words & CODES:
            return False  # a count, which has neighbours
        listed = list(values)
        if words & OPEN and not words & CODES:
            found.hints.append(f"{count(len(listed), 'value')} so far; more are to be expected")
            return False
        least = UNKNOWN_FEW if len(self.known) < FEW_BUILDS else UNKNOWN
        rule = _values_rule(listed, max(least, limit_unseen(self.present, len(self.known)), rare))
        # Of a name that says nothing nobody knows whether its values are all that there are.
        found.rules.append(rule if words & CODES else {**rule, "severity": "warning"})
        return True

    def _known_values(self) -> tuple[dict[int | str, int], float]:
        """Return how often every value occurs, where they are few, and how many percent others like the rare ones may be.

        Values are known where hardly any row has one that is rare, or is not in every build: among rare ones are more than
        were seen.
        """
        counted: dict[int | str, int] = {}
        code = bool(set(tokens(self.name)) & CODES)
        for one in self.known:
            if one.values is None or (is_identifier(self.name) and not code) or self.name in self.key:
                return {}, 0
            for value, number in one.values.items():
                counted[value] = counted.get(value, 0) + number
        filled = [one.values for one in self.known if one.values]
        usual = {
            value
            for value, number in counted.items()
            if number >= max(PER_VALUE, self.present / 500) and all(value in values for values in filled)
        }
        rest = [(sum(n for v, n in values.items() if v not in usual), sum(values.values())) for values in filled]
        several = len(counted) > 1 or (self.present >= SURE and isinstance(next(iter(counted), 0), str))
        plausible = (
            usual
            and several
            and len(counted) <= MAX_VALUES
            and self.present >= 20 * len(counted)
            and sum(n for n, _ in rest) <= MOST_RARE * self.present
        )
        rare = limit_seen(rest) or 0 if any(n for n, _ in rest) else 0
        return (dict(sorted(counted.items())), rare) if plausible else ({}, 0)

    def _lengths(self, found: DraftColumn) -> None:
        if not self.numbers or self.present < 30:
            return
        low = min(int(numbers.minimum or 0) for numbers in self.numbers)
        _, high = limits("length", self.numbers)
        if low // 3:
            found.options["minLength"] = low // 3
        longest = max(int(numbers.maximum or 0) for numbers in self.numbers)
        if high is not None and longest:
            found.options["maxLength"] = max(int(high), 3 * longest)

    def _suggest_role(self, found: DraftColumn) -> None:
        words = tokens(self.name)
        target = words and (words[0] in ("target", "label") or words in (("y",), ("class",)))
        if target and self.known[-1].family in ("integer", "float", "boolean", "text"):
            found.hints.append("customProperties: [{property: mlmonitor.role, value: target}] # is it?")
        elif len(self.key) > 1 and self.name == self.key[0]:
            found.hints.append("customProperties: [{property: mlmonitor.role, value: entity}] # is it?")

    def _observed(self) -> str:
        rows = sum(self.rows)
        if not rows:
            return "nothing observed"
        nulls, nan = sum(one.nulls for one in self.known), sum(one.nan for one in self.known)
        parts = ["no null" if not nulls else "all null" if nulls == rows else _share(nulls, rows, "null")]
        if nan:
            parts.append(_share(nan, rows, "NaN"))
        if any(one.infinite for one in self.known):
            parts.append("infinite ones")
        lows = [n.minimum for n in self.numbers if n.minimum is not None]
        highs = [n.maximum for n in self.numbers if n.maximum is not None]
        if lows:
            of = " characters" if self.known[-1].family == "text" else ""
            parts.append(f"{_shown(min(lows))} … {_shown(max(highs))}{of}")
        times = [one.times for one in self.known if one.times is not None]
        if times:
            parts.append(f"{_shown(min(t[0] for t in times))} … {_shown(max(t[1] for t in times))}")
        values = {value for one in self.known for value in one.values or ()}
        if values and all(one.values is not None for one in self.known):
            parts.append(count(len(values), "value"))
        return f"observed: {', '.join(parts)}"


def _values_rule(values: Sequence[int | str], percent: float) -> dict[str, Any]:
    return {"metric": "invalidValues", "arguments": {"validValues": list(values)}, **_at_most(percent)}


def _at_most(percent: float) -> dict[str, Any]:
    percent = int(percent) if percent == int(percent) else percent
    return {"mustBeLessOrEqualTo": percent, "unit": "percent"} if percent else {"mustBe": 0}


def _share(number: int, rows: int, noun: str) -> str:
    percent = 100 * number / rows
    return f"{percent:.2g} % {noun}" if percent < 99.5 else f"{percent:.4g} % {noun}"


def _shown(value: Any) -> str:
    return instant(value) if isinstance(value, datetime) else f"{value:,}" if isinstance(value, int) else f"{value:g}"
