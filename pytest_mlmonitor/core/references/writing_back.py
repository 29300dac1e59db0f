"""One of our values as theirs: what :mod:`.conversion` makes of it again, written as another value of the field is."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from typing import Any

from pytest_mlmonitor.core.references.conversion import Unfit, conversion
from pytest_mlmonitor.core.references.units import DURATIONS, EPOCHS, SHARES

_NEAR = 2e-6
"""Seconds, or shares of a value, by which what is read again may differ: a float of seconds since 1970 is no more exact."""


def as_theirs(ours: Any, known: Any, form: str, unit: str | None, zone: tzinfo = UTC) -> Any:
    """Return what a field of theirs holds that says one of our values.

    Args:
        ours: times aware, durations and shares in the unit of the field's name.
        known: what the field holds now, whose type and form is kept.
        form: what the field holds (:data:`~pytest_mlmonitor.core.references.units.FieldForm`).
        unit: behind the reference, None without.
        zone: of times that name none.

    Raises:
        Unfit: it cannot be written in that form.

    >>> as_theirs(120.0, 0.5, "milliseconds", "s"), as_theirs(7, "3", "count", None)
    (0.12, '7')
    >>> as_theirs(datetime(2026, 4, 26, 12, tzinfo=UTC), "2026-04-26T13:00:00Z", "time", None)
    '2026-04-26T12:00:00Z'
    """
    if form == "any" or ours is None:
        return ours
    if form == "text":
        return ours if isinstance(known, str) else type(known)(ours)
    made = _time(ours, known, unit, zone) if form == "time" else _figure(ours, known, form, unit)
    again = conversion(form, unit, zone)(made)
    apart = abs((again - ours).total_seconds()) if form == "time" else abs(again - ours) / max(abs(ours), 1.0)
    if apart > _NEAR:
        raise Unfit(f"cannot say {ours} in the form of {known!r}", str(known))
    return made


def _time(ours: datetime, known: Any, unit: str | None, zone: tzinfo) -> Any:
    if unit in EPOCHS:
        per_second = EPOCHS[unit]
        if isinstance(known, float) or (isinstance(known, str) and "." in known):
            return type(known)(ours.timestamp() * per_second)
        return type(known)(round(ours.timestamp() * 10**6) * per_second // 10**6)
    if unit is not None:
        text = ours.astimezone(zone).strftime(unit)
        return type(known)(text)
    if isinstance(known, datetime):
        return ours.astimezone(known.tzinfo or zone).replace(tzinfo=known.tzinfo)
    if not isinstance(known, str):
        raise Unfit(f"is {known!r}, no text", "an ISO-8601 time")
    return _iso(ours, known.strip(), zone)


def _iso(ours: datetime, known: str, zone: tzinfo) -> str:
    named_utc = known.endswith(("Z", "z"))
    try:
        before = datetime.fromisoformat(known)
    except ValueError:
        before = datetime.now(UTC)
    wall = ours.astimezone(before.tzinfo or zone)
    text = (wall if before.tzinfo is not None else wall.replace(tzinfo=None)).isoformat("T" if "T" in known else " ")
    return f"{text.removesuffix('+00:00')}{known[-1]}" if named_utc else text


def _figure(ours: float, known: Any, form: str, unit: str | None) -> Any:
    number: float = ours
    if form in ("milliseconds", "seconds"):
        own = "ms" if form == "milliseconds" else "s"
        number = ours * DURATIONS[unit or own] / DURATIONS[own]
    elif form == "share":
        number = ours * SHARES[unit or "share"]
    if form == "count" or (isinstance(known, int) and number == math.floor(number)):
        number = round(number)
    return str(number) if isinstance(known, str) else number
