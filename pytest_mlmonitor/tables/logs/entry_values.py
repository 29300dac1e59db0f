"""Values of entries, whoever wrote them, as arrays: numbers, times, classes, probabilities."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of_number, parse_timestamp
from pytest_mlmonitor.tables.arrays.vectors import Floats, Times
from pytest_mlmonitor.tables.logs.log_entries import ABSENT, Batch

NO_TIME = np.iinfo(np.int64).min
"""Stands for a time that is missing or cannot be read."""

RowFlags = npt.NDArray[np.bool_]

_SECOND = 10**6


def picked(batch: Batch, names: Sequence[str]) -> tuple[str | None, list[Any]]:
    """Return the name by which a field goes in a batch, and its values: of each entry under the first name that it has."""
    there = [name for name in names if name in batch.columns]
    if not there:
        return None, [ABSENT] * len(batch.numbers)
    found = batch.columns[there[0]]
    for name in there[1:]:
        found = [other if one is ABSENT else one for one, other in zip(found, batch.columns[name], strict=True)]
    return there[0], found


def alone(values: list[Any]) -> list[Any]:
    """Return values as they are but for lists of one, such as ``predict`` returns for one row: the one stands for the list."""
    return (
        [one[0] if type(one) is list and len(one) == 1 else one for one in values]
        if list in map(type, values)
        else values
    )


def is_missing(value: object) -> bool:
    """Return whether a value says nothing: absent, null, NaN or blank."""
    if value is None or value is ABSENT:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return isinstance(value, float) and math.isnan(value)


def numbers(values: Sequence[Any]) -> Floats:
    """Return values as float64, NaN for what is no number; truth values are none."""
    types = set(map(type, values))
    if types <= {float}:
        return np.asarray(values, np.float64)
    return np.asarray([_number(value) for value in values], np.float64)


def _number(value: object) -> float:
    if type(value) is float:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf  # an integer beyond any float
    return math.nan


def times(values: Sequence[Any]) -> tuple[Times, RowFlags]:
    """Return times as microseconds since 1970 in UTC, and whether each was written without a zone.

    ISO 8601, whatever Arrow calls a timestamp, and numbers since 1970, whose size says the unit.
    """
    found = np.full(len(values), NO_TIME, np.int64)
    naive = np.zeros(len(values), np.bool_)
    for i, value in enumerate(values):
        if isinstance(value, str):
            moment = _moment(value)
            if moment is None:
                continue
        elif isinstance(value, datetime):
            moment = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            since_1970 = microseconds_of_number(value)
            found[i] = NO_TIME if since_1970 is None else since_1970
            continue
        else:
            continue
        if moment.tzinfo is None:
            naive[i] = True
            moment = moment.replace(tzinfo=UTC)
        since = moment - EPOCH
        found[i] = (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds
    return found, naive


_SHORTEST = len("2026-04-07T08:00:00")


def _moment(text: str) -> datetime | None:
    """Return the time that a text says, without a zone where it has none; None for no time."""
    try:
        if len(text) >= _SHORTEST and text[10] in "T ":
            return datetime.fromisoformat(text)  # the usual form, sooner
    except ValueError:
        pass
    try:
        return parse_timestamp(text, naive_is_utc=True)
    except ValueError:
        return None


class TextCodes:
    """Numbers of texts, of which only so many are kept apart."""

    MOST = 10_000

    def __init__(self) -> None:
        """Know no text yet."""
        self.names: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        """Return the number of a text, which is kept; beyond the most all others share one."""
        found = self._codes.get(name)
        if found is None:
            if len(self.names) > self.MOST:
                return self.MOST
            found = self._codes[name] = len(self.names)
            self.names.append(name if found < self.MOST else "(other)")
        return found


def classes(values: Sequence[Any], words: TextCodes) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return classes as numbers, NaN for text and for nothing, and as numbers of texts, -1 for numbers and for nothing."""
    numeric = np.full(len(values), np.nan)
    coded = np.full(len(values), -1, np.int32)
    for i, value in enumerate(values):
        if isinstance(value, str):
            text = value.strip()
            if text:
                coded[i] = words.code(text)
        elif isinstance(value, bool):
            numeric[i] = value
        else:
            number = _number(value)
            if math.isfinite(number):
                numeric[i] = number
    return numeric, coded


def members(value: object) -> Any:
    """Return an object or array, also one that stands in a text as JSON; anything else as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def probabilities(value: object) -> tuple[list[str] | None, list[Any]] | None:
    """Return the classes, where they are named, and their probabilities; None for what is no such thing."""
    value = members(value)
    if isinstance(value, Mapping):
        named = {str(name): one for name, one in value.items() if one is not None}
        return list(named), list(named.values())
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):  # what predict_proba returns for one row
            value = value[0]
        return None, value
    return None
