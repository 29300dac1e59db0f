"""pandera's built-in checks as fields of a contract's :class:`~pytest_mlmonitor.tables.contract.table.Column`.

Only where the scan decides every row as pandas does; the reasons for an exception are in :class:`NotTheSame`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.core.text.shown_values import value_text
from pytest_mlmonitor.tables.contract.prose.phrases import cut
from pytest_mlmonitor.tables.contract.table import Value
from pytest_mlmonitor.tables.pandera.dtypes import ValueKind
from pytest_mlmonitor.tables.regex.python import Untranslatable, in_re2, literal

EXACT_INTEGERS = 2**53
"""Up to here every integer is a double."""

_SLOTS = {
    "greater_than_or_equal_to": ("minimum", "min_value"),
    "greater_than": ("above", "min_value"),
    "less_than_or_equal_to": ("maximum", "max_value"),
    "less_than": ("below", "max_value"),
}
ROW_WISE = frozenset(
    {*_SLOTS, "equal_to", "not_equal_to", "in_range", "isin", "notin", "str_matches", "str_contains", "str_startswith"}
    | {"str_endswith", "str_length"}
)
"""Built-in checks that judge every value by itself, so that pandera may run them batch by batch."""

Fields = dict[str, Any]


class NotTheSame(ValueError):
    """The scan would not decide the check exactly as pandas does; the message says why."""


def built_in(check: Any) -> str | None:
    """Return which of pandera's built-in checks ``check`` is, None for a function of the user's."""
    function = getattr(check, "_check_fn", None)
    if not (type(function).__name__ == "Dispatcher" and type(function).__module__.startswith("pandera.")):
        return None
    return str(getattr(function, "__name__", "")) or None


def fields_of(check: Any, kind: ValueKind | None) -> Fields:
    """Return the fields of a contract's column that say what ``check`` says of values of that kind.

    Raises:
        NotTheSame: there are none, or none that are certain to be the same.
    """
    name = built_in(check)
    if name is None:
        raise NotTheSame("is a function")
    if check.element_wise or check.groupby is not None:
        raise NotTheSame("is applied in groups" if check.groupby is not None else "is applied element by element")
    if not check.ignore_na:
        raise NotTheSame("also judges nulls")
    if kind is None:
        raise NotTheSame("is on a column of no fixed type")
    given: dict[str, Any] = dict(check._check_kwargs)
    try:
        if name.startswith("str_"):
            return _text(name, given, kind)
        if name in _SLOTS:
            slot, argument = _SLOTS[name]
            return {slot: _bound(given[argument], kind, slot)}
        if name == "in_range":
            low = "minimum" if given.get("include_min", True) else "above"
            high = "maximum" if given.get("include_max", True) else "below"
            return {low: _bound(given["min_value"], kind, low), high: _bound(given["max_value"], kind, high)}
        if name == "equal_to":
            return {"values": (_member(given["value"], kind),)}
        if name == "not_equal_to":
            return {"forbidden": (_member(given["value"], kind),)}
        if name == "isin":
            return {"values": _set(given["allowed_values"], kind)}
        if name == "notin":
            return {"forbidden": _set(given["forbidden_values"], kind)}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotTheSame(str(error)) from None
    raise NotTheSame("looks at the whole column")


def _text(name: str, given: dict[str, Any], kind: ValueKind) -> Fields:
    if kind != "text":
        raise NotTheSame("is for strings")
    if name in ("str_matches", "str_contains"):
        try:
            pattern = in_re2(given["pattern"], start=name == "str_matches")
        except Untranslatable as reason:
            raise NotTheSame(f"has a pattern that {reason}") from None
        said = "matches" if name == "str_matches" else "contains a match of"
        return {"pattern": pattern, "pattern_words": f"text that {said} {cut(_source(given['pattern']))}"}
    if name in ("str_startswith", "str_endswith"):
        if not isinstance(given["string"], str):
            raise NotTheSame("has several strings")
        text = literal(given["string"])
        said = "starts" if name == "str_startswith" else "ends"
        words = f"text that {said} with {value_text(given['string'])}"
        return {"pattern": rf"\A{text}" if said == "starts" else rf"{text}\z", "pattern_words": words}
    if name == "str_length":
        exact = given.get("exact_value")
        low, high = (exact, exact) if exact is not None else (given.get("min_value"), given.get("max_value"))
        found = {slot: bound for slot, bound in (("min_length", low), ("max_length", high)) if bound is not None}
        if not found or not all(type(bound) is int and abs(bound) < EXACT_INTEGERS for bound in found.values()):
            raise NotTheSame("has bounds that are no integers")
        return found
    raise NotTheSame("is not known")


def _source(pattern: Any) -> str:
    """Return a regular expression as its author wrote it, compiled or not."""
    return str(getattr(pattern, "pattern", pattern))


def _bound(value: Any, kind: ValueKind, slot: str) -> Value:
    plain = _plain(value, kind)
    if kind == "boolean":
        raise NotTheSame("orders booleans")
    if kind == "integer" and isinstance(plain, float):
        # x ≥ 0.5 and x ≥ 1 are the same of integers.
        return math.ceil(plain) if slot in ("minimum", "below") else math.floor(plain)
    return plain


def _set(values: Iterable[Any], kind: ValueKind) -> tuple[Value, ...]:
    # Nulls are not judged, so that one in the set does not matter.
    there = [value for value in values if not (value is None or (isinstance(value, float) and math.isnan(value)))]
    members = [_member(value, kind) for value in there]
    if not members:
        raise NotTheSame("has an empty set")
    if kind in ("naive time", "zoned time") and any(isinstance(m, datetime) and m.microsecond for m in members):
        raise NotTheSame("has times that a coarser column would round")
    return tuple(sorted(set(members), key=lambda member: (str(type(member)), member)))


def _member(value: Any, kind: ValueKind) -> Any:
    plain = _plain(value, kind)
    if kind == "integer" and isinstance(plain, float):
        if not plain.is_integer():
            raise NotTheSame("has a fraction where the column has integers")
        return int(plain)
    return plain


def _plain(value: Any, kind: ValueKind) -> Value:
    """Return a value of the check as the contract holds it.

    Raises:
        NotTheSame: pandas compares it otherwise than by its value.
    """
    if (
        type(value).__module__ == "numpy"
        and hasattr(value, "item")
        and kind in ("integer", "float", "float32", "boolean")
    ):
        value = value.item()
    if kind == "text" and type(value) is str:
        return value
    if kind == "boolean" and type(value) is bool:
        return value
    if kind in ("naive time", "zoned time") and isinstance(value, datetime):
        return _moment(value, kind)
    if kind in ("integer", "float", "float32") and type(value) in (int, float):
        return _number(value, kind)
    raise NotTheSame(f"compares with a {type(value).__name__}")


def _moment(value: Any, kind: ValueKind) -> datetime:
    if type(value).__name__ == "NaTType" or (hasattr(value, "nanosecond") and value.nanosecond):
        raise NotTheSame("has a time in nanoseconds, or none")
    if (value.tzinfo is None) != (kind == "naive time"):
        raise NotTheSame("has a time with a zone where the column has none, or the other way round")
    python: datetime = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return python if kind == "naive time" else python.astimezone(UTC)


def _number(value: int | float, kind: ValueKind) -> int | float:
    if not math.isfinite(value):
        raise NotTheSame("has a bound that is not finite")
    limit = 2**63 if kind == "integer" and isinstance(value, int) else EXACT_INTEGERS
    if (kind == "integer" or isinstance(value, int)) and not -limit < value < limit:
        raise NotTheSame("has a number that is rounded when it is compared")
    if kind == "float32":
        if abs(value) > 3e38 or struct.unpack("f", struct.pack("f", value))[0] != value:
            raise NotTheSame("has a number that single precision rounds")
        return float(value)
    return value
