"""What a contract asks for, in the words of messages: ranges, sets, forms, limits. The one place that says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.shown_values import value_text
from pytest_mlmonitor.core.text.words import within
from pytest_mlmonitor.tables.contract.table import Column, Limit, Value, plain

_SET_LENGTH = 60
_PATTERN_LENGTH = 80


def bound_text(value: Value, type_: str = "") -> str:
    """Return a value of a contract as a column of the Arrow type ``type_`` holds it: a date has no time, what has no zone none."""
    if isinstance(value, datetime):
        if type_ and "tz=" not in type_ and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if type_.startswith("date") and midnight else value.isoformat(sep=" ")
    if isinstance(value, str):
        return value_text(value)
    text = plain(value)
    return text.removesuffix("+00:00") if type_ and "tz=" not in type_ else text


def bounds_in_words(column: Column, type_: str = "", *, times: bool = False) -> str:
    """Return the range that a contract allows, e.g. ``0 to 1``, ``more than 0``, ``2026-01-01 or later``."""
    low, above, high, below = (
        None if bound is None else bound_text(bound, type_)
        for bound in (column.minimum, column.above, column.maximum, column.below)
    )
    if low is not None and high is not None and above is None and below is None:
        return f"{low} to {high}"
    forms = ("{} or later", "after {}", "{} or earlier", "before {}")
    if not times:
        forms = ("at least {}", "more than {}", "at most {}", "less than {}")
    said = [
        form.format(bound) for form, bound in zip(forms, (low, above, high, below), strict=True) if bound is not None
    ]
    return " and ".join(said)


def values_in_words(values: Sequence[Value], type_: str = "") -> str:
    """Return a set of values: ``'new' or 'paid'``, ``one of 'a', 'b', 'c' and 57 more``."""
    texts = [bound_text(value, type_) for value in values]
    if len(texts) <= 2:
        return " or ".join(texts) or "no value"
    return f"one of {within(texts, _SET_LENGTH)}"


def matches(pattern: str) -> str:
    """Return what a regular expression asks for, as its author wrote it."""
    return f"text that matches {cut(pattern)}"


def cut(text: str) -> str:
    """Return a text of a contract inside a sentence; of a long one its beginning, and how long it is."""
    whole = safe(text)
    return whole if len(whole) <= _PATTERN_LENGTH else f"{whole[: _PATTERN_LENGTH - 1]}… ({len(text):,} characters)"


def valid_in_words(column: Column, type_: str = "", *, times: bool = False) -> str:
    """Return what makes a value of a column valid: its range, its values, its form."""
    parts = [bounds_in_words(column, type_, times=times)]
    if column.values is not None:
        parts.append(values_in_words(column.values, type_))
    if column.forbidden:
        parts.append(f"anything but {values_in_words(column.forbidden, type_)}")
    if column.pattern is not None:
        parts.append(column.pattern_words or matches(column.pattern))
    return " and ".join(part for part in parts if part)


def limit_in_words(limit: Limit, *, none: str = "0") -> str:
    """Return what a figure must be: ``less than 5 %``, ``between 1,000 and 2,000``; ``none`` is said of 0."""
    bounds = [_bound_of_figure(bound) for bound in limit.bounds]
    unit = " %" if limit.percent else ""
    first, last = bounds[0], bounds[-1]
    if limit.relation == "==":
        if limit.bounds[0] is True or limit.bounds[0] is False:
            return first
        return none if limit.bounds[0] == 0 else f"exactly {first}{unit}"
    return {
        "!=": f"anything but {first}{unit}",
        "<": f"less than {first}{unit}",
        "<=": f"at most {first}{unit}",
        ">": f"more than {first}{unit}",
        ">=": f"at least {first}{unit}",
        "between": f"{first} to {last}{unit}",
        "not between": f"less than {first} or more than {last}{unit}",
    }[limit.relation]


_MAX_EXACT = 2**53


def _bound_of_figure(number: Any) -> str:
    return str(number).lower() if isinstance(number, bool) else figure_text(number)


def figure_text(number: int | float | Decimal) -> str:
    """Return a figure exactly; a whole one with separators of thousands, unless it is a float that stands for many."""
    if isinstance(number, int) or (-_MAX_EXACT <= number <= _MAX_EXACT and number == int(number)):
        return f"{int(number):,}"
    return plain(number)
