"""A value of theirs as what our field holds: times, durations, shares, counts, numbers, texts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from pytest_mlmonitor.core.references.units import (
    DURATIONS,
    EPOCHS,
    FORM_WORDS,
    SHARES,
    from_epoch,
    is_likely,
    likely_epoch,
    precision,
)
from pytest_mlmonitor.core.text.shown_values import value_text
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant

INT64 = 2**63
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_OFFSET = re.compile(r"(.*:[0-9.]+) ?([+-][0-9]{2}:?[0-9]{2})(?: [A-Z]{2,5})?", re.DOTALL)
_NAMED_UTC = re.compile(r"(.*[0-9]) ?(?:UTC|GMT|Z)", re.DOTALL)
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")

Convert = Callable[[Any], Any]
"""Returns a value of theirs (never None) as ours; raises :class:`Unfit`."""


class Unfit(ValueError):
    """A value is not what the field holds.

    Attributes:
        words: what is wrong, to stand after the name of our field: ``is 'x', no number``.
        expected: what the field holds.
        unit: the unit that the reference should have, where one is likely.
    """

    def __init__(self, words: str, expected: str, unit: str | None = None, reading: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.expected = expected
        self.unit = unit
        self.reading = reading


def conversion(form: str, unit: str | None, zone: tzinfo = UTC) -> Convert:
    """Return what makes our value of theirs.

    Args:
        form: what the field holds (:data:`~pytest_mlmonitor.core.references.units.FieldForm`).
        unit: as it is written in the reference, None without.
        zone: of times that name none.

    >>> conversion("milliseconds", "s")(0.12), conversion("share", "percent")(97), conversion("text", None)(3)
    (120.0, 0.97, '3')
    """
    if form == "time":
        return _time(unit, zone)
    if form in ("milliseconds", "seconds"):
        own = "ms" if form == "milliseconds" else "s"
        return _measure(form, DURATIONS[own], DURATIONS[unit or own])
    if form == "share":
        return _share(SHARES[unit or "share"])
    return {"count": _count, "number": _number, "text": _text}.get(form, _as_it_is)


def end_of(value: Any, unit: str | None, moment: datetime, zone: tzinfo = UTC) -> datetime | None:
    """Return the end of what a time stands for that is no instant: of a day, an hour; None for an instant.

    Args:
        value: as it is written.
        unit: behind the reference.
        moment: what was made of it, the beginning.
        zone: whose days they are.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return _later(moment, "day", zone)
    if unit in EPOCHS or not isinstance(value, str | int):
        return None
    if unit is None:
        return _later(moment, "day", zone) if isinstance(value, str) and _DAY.fullmatch(value.strip()) else None
    return _later(moment, precision(unit), zone)


def _later(moment: datetime, exactness: str, zone: tzinfo) -> datetime | None:
    """Return the end of the year, month, day or hour that begins at a moment; None for an instant."""
    if exactness == "time":
        return None
    try:
        if exactness == "hour":
            return moment + timedelta(hours=1)
        wall = moment.astimezone(zone).replace(tzinfo=None)
        if exactness == "day":
            wall += timedelta(days=1)
        elif exactness == "month":
            wall = (wall.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            wall = wall.replace(year=wall.year + 1)
        return wall.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):  # in the last year that Python knows
        return None


def _time(unit: str | None, zone: tzinfo) -> Convert:
    if unit is None:
        return lambda value: _iso(value, zone)
    if unit in EPOCHS:
        return lambda value: _epoch(value, unit)
    form = unit

    def of_form(value: Any) -> datetime:
        if type(value) is int and not isinstance(value, bool):
            value = str(value)  # 20261127
        if not isinstance(value, str):
            raise Unfit(f"is {_said(value)}: expected a text like {form}", f"a time like {form}")
        try:
            moment = datetime.strptime(value.strip(), form)
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Unfit(f"is {_said(value)}, no time like {form}", f"a time like {form}") from None

    return of_form


_ISO_EXPECTED = "an ISO-8601 time"


def _iso(value: Any, zone: tzinfo) -> datetime:
    if type(value) is str:
        try:
            # The quick way: most texts are whole.
            moment = datetime.fromisoformat(value)
            if len(value) > 16 and value[4] == "-":
                moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        return _iso_slowly(value.strip(), zone)
    if isinstance(value, datetime):
        return (value if value.tzinfo is not None else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise _number_for_time(value)
    raise Unfit(f"is {_said(value)}: expected {_ISO_EXPECTED}", _ISO_EXPECTED)


def _iso_slowly(text: str, zone: tzinfo) -> datetime:
    if _NUMBER.fullmatch(text) and not (_DAY.fullmatch(text) and _day(text, zone)):
        raise _number_for_time(float(text) if not _WHOLE.fullmatch(text) else int(text), text)
    day = _day(text, zone) if _DAY.fullmatch(text) else None
    if day is not None:
        return day
    if (offset := _OFFSET.fullmatch(text)) is not None:
        plain = offset[1] + offset[2]
    else:
        plain = f"{named[1]}Z" if (named := _NAMED_UTC.fullmatch(text)) is not None else text
    for form in (text, plain):
        try:
            return parse_timestamp(form)
        except ValueError:
            pass
    try:
        return parse_timestamp(text, naive_is_utc=True).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        form = "%d/%b/%Y:%H:%M:%S %z" if "/" in text else "%Y-%m-%d %H:%M:%S"
        raise Unfit(f"is {_said(text)}, no ISO-8601 time: say its form, as in … in {form}", _ISO_EXPECTED) from None


def _day(text: str, zone: tzinfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number_for_time(value: float, written: str | None = None) -> Unfit:
    number = written if written is not None else value_text(value)
    what = "a number" if written is None else "a number in quotes"
    likely = likely_epoch(value)
    if likely is None:
        return Unfit(f"is {number}, {what}: say its unit (epoch_s, epoch_ms, epoch_us, epoch_ns)", _ISO_EXPECTED)
    return Unfit(f"is {number}, {what}: say its unit", _ISO_EXPECTED, likely[0], instant(likely[1]))


def _epoch(value: Any, unit: str) -> datetime:
    expected = f"a time in {unit}"
    if type(value) is not int and type(value) is not float:
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            text = value.strip()
            value = int(text) if _WHOLE.fullmatch(text) else float(text)
        else:
            raise Unfit(f"is {_said(value)}: expected {expected}", expected)
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit(f"is {_said(value)}: expected {expected}", expected)
    moment = from_epoch(value, unit)
    if moment is None or not is_likely(moment):
        likely = likely_epoch(value)
        if likely is not None:
            would = "beyond the year 9999" if moment is None else f"in the year {moment.year}"
            raise Unfit(f"is {value_text(value)}, and {unit} puts it {would}", expected, likely[0], instant(likely[1]))
        if moment is None:
            raise Unfit(f"is {value_text(value)}, no possible time in {unit}", expected)
    return moment


def _figure(value: Any, expected: str) -> float:
    """Return a number that a text may hold, too: servers write every value of their logs in quotes."""
    kind = type(value)
    if kind is float or kind is int:
        number: float = value
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        number = int(text) if _WHOLE.fullmatch(text) else float(text)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        raise Unfit(f"is {_said(value)}: expected {expected}", expected)
    if type(number) is float and not math.isfinite(number):
        raise Unfit(f"is {_said(number)}: expected {expected}", expected)
    return number


def _measure(form: str, own: int, theirs: int) -> Convert:
    expected = f"{FORM_WORDS[form]}, at least 0"

    def measure(value: Any) -> float:
        number = _finite(_figure(value, expected), expected)
        if number < 0:
            raise Unfit(f"is {_said(value)}: expected {expected}", expected)
        return number if own == theirs else number * own / theirs

    return measure


def _share(all_of_it: int) -> Convert:
    expected = "a share from 0 to 1" if all_of_it == 1 else "a percentage from 0 to 100"

    def share(value: Any) -> float:
        number = _finite(_figure(value, expected), expected)
        if not 0 <= number <= all_of_it:
            unit = "percent" if all_of_it == 1 and 1 < number <= 100 else None
            raise Unfit(f"is {_said(value)}: expected {expected}", expected, unit, f"{number / 100:g}" if unit else "")
        return number / all_of_it

    return share


def _count(value: Any) -> int:
    expected = "a whole number, at least 0"
    number = _figure(value, expected)
    if number < 0 or number != number // 1:
        raise Unfit(f"is {_said(value)}: expected {expected}", expected)
    if number >= INT64:
        raise Unfit(f"is {_said(value)}, beyond 64 bits: expected {expected}", expected)
    return int(number)


def _number(value: Any) -> float:
    return _finite(_figure(value, "a finite number"), "a finite number")


def _finite(number: float, expected: str) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer of 400 digits
        raise Unfit(f"is {_said(number)}, beyond every float: expected {expected}", expected) from None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value if value.strip() else None  # blank is absent
    if isinstance(value, bool) or not isinstance(value, int | float | date):
        raise Unfit(f"is {_said(value)}: expected a text", "a text")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit(f"is {_said(value)}: expected a text", "a text")
    if isinstance(value, datetime):
        return instant(value)
    return str(value)


def _as_it_is(value: Any) -> Any:
    return value


def _said(value: Any) -> str:
    """Return a value with what it is, where that is not plain to see."""
    if isinstance(value, dict):
        return f"an object ({value_text(value)})"
    return f"a list ({value_text(value)})" if isinstance(value, list | tuple) else value_text(value)
