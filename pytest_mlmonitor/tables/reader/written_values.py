"""Plain values and the data classes of answers as JSON text, and back to the very same values: no type is lost, no code is run.

What a list, a tuple or a mapping holds stands behind a letter that says which it is. Whatever has no letter is refused, so that
nothing comes back as something that is only like it: a number of numpy is no float of Python.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.moments import TimeText

CLASSES = {
    **dict.fromkeys(("ParquetHead", "PartDifference", "TableProfile", "Failure", "Duplicates", "Summary"), "profile"),
    **dict.fromkeys(("SqlAnswer", "SelectedRows", "KeyJoin"), "profile"),
    **dict.fromkeys(("FeatureDrift", "ConceptDrift", "Later", "SharedBins"), "drift.feature_drift"),
    **dict.fromkeys(
        ("MissingKeys", "KeySample", "RepeatedKeys", "AbsentColumn", "UnlikeTypes"), "foreign_keys.key_answers"
    ),
    "OnlineRows": "foreign_keys.online_rows",
    "Scores": "scores.scores",
    "Taken": "drift.calendar.taken",
}
"""What answers are made of, and where it is."""

_NAMES: dict[type, tuple[str, ...]] = {}
_PLAIN = frozenset((str, int, float, bool, type(None)))


class NoWrittenForm(TypeError):
    """A value, or something in it, that would not come back as what it is."""


def written(value: object, *, key: bool = False) -> str:
    """Return a value as text.

    Args:
        value: what is written.
        key: whether it is never read back: then data classes of any kind are taken, and paths.

    Raises:
        NoWrittenForm: something in it has no form here.
    """
    return json.dumps(_encoded(value, key), separators=(",", ":"))


def read(text: str | bytes) -> Any:
    """Return the value that was written.

    Raises:
        ValueError: the text is not what :func:`written` makes.
    """
    try:
        return _decoded(json.loads(text))
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError, AttributeError) as error:
        raise ValueError(f"no answer: {type(error).__name__}: {error}") from None


def _encoded(value: object, key: bool) -> object:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, list) and kind is list:
        return ["l", *(each if type(each) in _PLAIN else _encoded(each, key) for each in value)]
    if isinstance(value, tuple) and kind is tuple:
        return ["t", *(each if type(each) in _PLAIN else _encoded(each, key) for each in value)]
    if isinstance(value, Mapping) and (kind is dict or key):
        return ["m", *(_encoded(each, key) for pair in value.items() for each in pair)]
    encode = _ENCODERS.get(kind)
    if encode is not None:
        return encode(value)
    if CLASSES.get(kind.__name__) is not None and kind is _class(kind.__name__):
        return ["c", kind.__name__, *(_encoded(getattr(value, name), key) for name in _names(kind))]
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return _array(value)
    if key and hasattr(kind, "__dataclass_fields__"):
        name = f"{kind.__module__}.{kind.__qualname__}"
        return ["c", name, *(_encoded(getattr(value, each), key) for each in _names(kind))]
    if key and isinstance(value, Path):
        return ["p", str(value)]
    raise NoWrittenForm(f"{kind.__module__}.{kind.__qualname__}")


def _names(kind: type[Any]) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in fields(kind) if one.compare)  # two that are equal are one question
    return _NAMES[kind]


@cache
def _class(name: str) -> type[Any]:
    found: type[Any] = getattr(importlib.import_module(f"pytest_mlmonitor.tables.{CLASSES[name]}"), name)
    return found


def _array(value: Any) -> object:
    if value.ndim != 1 or value.dtype.kind not in "iuf":
        raise NoWrittenForm(f"an array of {value.dtype} in {value.ndim} dimensions")
    return ["n", value.dtype.str, base64.b64encode(value.tobytes()).decode("ascii")]


def _moment(value: datetime) -> object:
    zone = value.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key and not _skipped(value):
        return ["Z", value.astimezone(UTC).isoformat(), zone.key]
    if value.fold or (value.tzinfo is not None and type(value.tzinfo) is not timezone):
        raise NoWrittenForm("a time of a zone with rules")  # which ISO 8601 does not name
    return ["T", value.isoformat()]


def _skipped(value: datetime) -> bool:
    """Return whether no clock of its zone ever showed a time, so that it is not the one of its moment."""
    try:
        back = value.astimezone(UTC).astimezone(value.tzinfo)
    except OverflowError:  # at the ends of Python's years
        return True
    return (back.replace(tzinfo=None), back.fold) != (value.replace(tzinfo=None), value.fold)


def _clock(value: time) -> object:
    if value.fold or value.tzinfo is not None:
        raise NoWrittenForm("a time of day in a zone")
    return ["H", value.isoformat()]


_ENCODERS: dict[type, Callable[[Any], object]] = {
    bytes: lambda value: ["b", base64.b64encode(value).decode("ascii")],
    Decimal: lambda value: ["d", str(value)],
    Fraction: lambda value: ["f", value.numerator, value.denominator],
    datetime: _moment,
    date: lambda value: ["D", value.isoformat()],
    time: _clock,
    timedelta: lambda value: ["E", value.days, value.seconds, value.microseconds],
    Severity: lambda value: ["s", int(value)],
    TimeText: lambda value: ["x", str(value)],
}


def _decoded(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    return _DECODERS[value[0]](value)


def _each(value: list[Any]) -> Any:
    return (each if type(each) in _PLAIN else _decoded(each) for each in value)


def _mapping(value: list[Any]) -> dict[Any, Any]:
    found = list(_each(value[1:]))
    return dict(zip(found[::2], found[1::2], strict=True))


def _object(value: list[Any]) -> Any:
    cls, parts = _class(value[1]), value[2:]
    if len(parts) != len(_names(cls)):
        raise ValueError(f"{value[1]} has {len(parts)} fields")
    return cls(*_each(parts))


def _values(value: list[Any]) -> Any:
    import numpy as np

    dtype = np.dtype(str(value[1]))
    if dtype.kind not in "iuf":
        raise ValueError(f"an array of {dtype}")
    return np.frombuffer(base64.b64decode(value[2], validate=True), dtype).copy()


_DECODERS: dict[str, Callable[[list[Any]], Any]] = {
    "l": lambda value: list(_each(value[1:])),
    "t": lambda value: tuple(_each(value[1:])),
    "m": _mapping,
    "c": _object,
    "n": _values,
    "b": lambda value: base64.b64decode(value[1], validate=True),
    "d": lambda value: Decimal(value[1]),
    "f": lambda value: Fraction(value[1], value[2]),
    "T": lambda value: datetime.fromisoformat(value[1]),
    "Z": lambda value: datetime.fromisoformat(value[1]).astimezone(ZoneInfo(value[2])),
    "D": lambda value: date.fromisoformat(value[1]),
    "H": lambda value: time.fromisoformat(value[1]),
    "E": lambda value: timedelta(value[1], value[2], value[3]),
    "s": lambda value: Severity(value[1]),
    "x": lambda value: TimeText(value[1]),
}
