"""Times as text: ISO-8601 timestamps and the stamps of file names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pytest_mlmonitor.core.text.names import quoted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAMP = re.compile(r"[0-9]{8}_[0-9]{6}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

WIDEST_ZONE = timedelta(hours=14)
"""What a clock shows at most before UTC (Line Islands, UTC+14): a time without a zone lies in the future only beyond it."""

_MICROSECOND = timedelta(microseconds=1)

_SINCE_1970 = ((1e8, 1e11, 10**6), (1e11, 1e14, 10**3), (1e14, 1e17, 1), (1e17, 1e20, 0))
"""Numbers from here to there (the years 1973 to 5138) are seconds, milli-, micro- or nanoseconds: how many microseconds one is."""


def microseconds_of(moment: datetime) -> int:
    """Return an aware time as whole microseconds since 1970, rounded down.

    >>> microseconds_of(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - EPOCH) // _MICROSECOND


def microseconds_of_number(value: float) -> int | None:
    """Return a number since 1970, whose size says its unit, in microseconds; None for one that is no time.

    >>> microseconds_of_number(1775000000), microseconds_of_number(1775000000000), microseconds_of_number(7)
    (1775000000000000, 1775000000000000, None)
    """
    for least, most, factor in _SINCE_1970:
        if least <= value < most:
            return int(value * factor) if factor else int(value) // 1000
    return None


def parse_stamp(text: str) -> datetime:
    """Return a ``YYYYMMDD_HHMMSS`` stamp as a UTC datetime.

    Raises:
        ValueError: the text has another form, or is no possible date.

    >>> parse_stamp("20260426_130148").isoformat()
    '2026-04-26T13:01:48+00:00'
    """
    if not STAMP.fullmatch(text):
        raise ValueError("not of the form YYYYMMDD_HHMMSS")
    try:
        return datetime.strptime(text, "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"no possible date and time ({error})") from None


def stamp_of(text: str | None) -> datetime | None:
    """Return a stamp ``YYYYMMDD_HHMMSS`` as a UTC datetime, None for text that is none.

    >>> stamp_of("20260426_130148")
    datetime.datetime(2026, 4, 26, 13, 1, 48, tzinfo=datetime.timezone.utc)
    """
    try:
        return parse_stamp(text) if text else None
    except ValueError:
        return None


def day_of(text: str) -> datetime | None:
    """Return the start of a day ``YYYY-MM-DD`` in UTC, None for text that is none.

    >>> day_of("2026-04-26")
    datetime.datetime(2026, 4, 26, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if DAY.fullmatch(text) else None
    except ValueError:
        return None


# Date, time and zone are separate groups so that a missing zone is told apart from text that is no time at all.
_ISO = re.compile(
    rf"({DAY.pattern}|[0-9]{{8}}(?=[Tt]))[Tt ]"
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?|[0-9]{4}(?:[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r"([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
TIMESTAMP = "an ISO-8601 timestamp with a zone, such as 2026-04-07T08:00:00Z"


class NaiveTimestamp(ValueError):
    """The text is a timestamp without a zone."""


def parse_timestamp(text: str, *, naive_is_utc: bool = False) -> datetime:
    """Return an ISO-8601 text as an aware UTC datetime.

    Raises:
        NaiveTimestamp: there is no zone and ``naive_is_utc`` is false.
        ValueError: ``text`` is no timestamp.

    >>> parse_timestamp("2026-04-07T10:00:00+02:00").isoformat()
    '2026-04-07T08:00:00+00:00'
    >>> parse_timestamp("2026-04-07T10:00:00")
    Traceback (most recent call last):
        ...
    pytest_mlmonitor.core.text.times.NaiveTimestamp: is '2026-04-07T10:00:00', without a time zone
    """
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(f"is {quoted(text)}, no timestamp")
    date, time, zone = match.groups()
    if zone is None and not naive_is_utc:
        raise NaiveTimestamp(f"is {quoted(text)}, without a time zone")
    try:
        moment = datetime.fromisoformat(f"{date}T{time.replace(',', '.')}{(zone or 'Z').upper()}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is {quoted(text)}, no possible date and time ({error})") from None
