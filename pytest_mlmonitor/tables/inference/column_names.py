"""What a column's name says of its values, for somebody who knows nothing else: ids, shares, clocks, what has no sign.

A name decides nothing against the data: a range of nature is proposed only where every value lies in it.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTIFIERS = _words(
    "id ids uid uuid guid key pk sk fk sku ean upc isbn iban imei vin ssn serial hash md5 sha sha256 checksum token zip "
    "zipcode postcode postal phone fips geoid rowid index idx seq sequence offset "
)
SIGNED = _words(
    "temp temperature celsius fahrenheit delta diff difference change chg balance net profit pnl margin return returns "
    "growth trend anomaly residual resid error err z zscore norm normalized scaled standardized embedding lat latitude lon "
    "lng long longitude x y elevation altitude alt logit log coef gain sentiment bias corr correlation skew adjustment drift "
    "slope dewpoint pc pca component "
)
UNSIGNED = _words(
    "price cost fee fees qty quantity count cnt num number total size length len width height depth weight age duration "
    "distance dist km miles meters capacity population stock inventory bikes docks speed velocity revenue sales salary "
    "wage tax tip fare area volume ratio share fraction prob proba probability percent percentage pct rate visits "
    "clicks views impressions orders items units users sessions seconds minutes hours days day week year ms bytes kb mb rainfall "
    "precipitation humidity pressure rooms bedrooms bathrooms amount payment spend usage consumption kwh mileage "
)
SHARES = _words("share fraction prob proba probability probabilities confidence ")
CODES = _words(
    "status state type kind gender sex currency class label target flag level grade priority severity direction side mode "
    "weekday dow season segment tier stage phase outcome result response method code y is has was "
)
FLAGS = _words("is has was target flag label ")
OPEN = _words(
    "product category sku city town country region province county state district brand model campaign source channel store "
    "shop user customer client vendor seller merchant supplier station sensor device host browser os version release tag "
    "tags topic keyword name title author url path email domain airport airline route carrier team player item article "
)
"""Sets that grow in the nature of things."""

_ROWS = frozenset(("row", "record", "event", "transaction", "txn", "message", "request", "trace", "primary"))
_EVENT_TIMES = _words("event observed obs occurred occurrence timestamp ts time datetime at date created ")
_CLOCKS: dict[tuple[str, ...], tuple[int, int]] = {
    ("hour",): (0, 23), ("hour", "of", "day"): (0, 23), ("hr",): (0, 23), ("minute",): (0, 59), ("second",): (0, 59),
    ("month",): (1, 12), ("month", "of", "year"): (1, 12), ("dom",): (1, 31), ("day", "of", "month"): (1, 31), ("day",): (0, 366),
    ("dayofmonth",): (1, 31), ("doy",): (1, 366), ("day", "of", "year"): (1, 366), ("dayofyear",): (1, 366),
    ("quarter",): (1, 4), ("week", "of", "year"): (1, 53), ("weekofyear",): (1, 53), ("isoweek",): (1, 53),
}  # fmt: skip
_DEGREES: dict[tuple[str, ...], tuple[int, int]] = {
    ("lat",): (-90, 90), ("latitude",): (-90, 90), ("lon",): (-180, 180), ("lng",): (-180, 180), ("longitude",): (-180, 180),
    ("sin",): (-1, 1), ("cos",): (-1, 1), ("corr",): (-1, 1), ("correlation",): (-1, 1),
}  # fmt: skip
_WEEKDAYS: tuple[tuple[str, ...], ...] = (
    ("weekday",),
    ("dow",),
    ("day", "of", "week"),
    ("dayofweek",),
    ("isoweekday",),
)


def tokens(name: str) -> tuple[str, ...]:
    """Return the words of a name, in small letters.

    >>> tokens("customerID"), tokens("ft_hour_of_day"), tokens("IsOpen2")
    (('customer', 'id'), ('ft', 'hour', 'of', 'day'), ('is', 'open', '2'))
    """
    return tuple(word.lower() for word in _TOKEN.findall(name))


def is_identifier(name: str) -> bool:
    """Return whether a name is that of an id.

    >>> is_identifier("station_id"), is_identifier("order_key"), is_identifier("paid"), is_identifier("id_count")
    (True, True, False, False)
    """
    words = tokens(name)
    return bool(words) and words[-1] in IDENTIFIERS


def is_row_identifier(name: str, table: str) -> bool:
    """Return whether a name is that of the id of a row, and not of something that rows are about.

    >>> is_row_identifier("order_id", "shop_orders"), is_row_identifier("uuid", "x"), is_row_identifier("user_id", "orders")
    (True, True, False)
    """
    *words, last = tokens(name) or ("",)
    about = {word.removesuffix("s") for word in tokens(table)}
    return last in IDENTIFIERS and (not words or words[-1].removesuffix("s") in about or words[-1] in _ROWS)


def event_time_rank(name: str) -> int:
    """Return how much a name is that of the time at which what a row tells happened; 0 for not at all."""
    words = tokens(name)
    late = {
        "cutoff",
        "end",
        "updated",
        "modified",
        "ingested",
        "ingestion",
        "loaded",
        "load",
        "processed",
        "expires",
        "label",
    }
    if late & set(words):
        return 0
    return sum(word in _EVENT_TIMES for word in words) + 2 * bool({"event", "obs", "observed", "occurred"} & set(words))


def range_of_nature(name: str, low: float, high: float, *, whole: bool) -> tuple[int, int] | None:
    """Return the range that values of this name have by nature, where ``low`` to ``high`` lies in it.

    >>> range_of_nature("ft_hour", 3, 22, whole=True), range_of_nature("day_of_week", 1, 7, whole=True)
    ((0, 23), (1, 7))
    >>> range_of_nature("hours", 1, 7, whole=True), range_of_nature("p_share", 0.1, 0.7, whole=False)
    (None, (0, 1))
    """
    words = tokens(name)
    for known in _WEEKDAYS if whole else ():
        if words[-len(known) :] == known and low >= 0 and high <= 7:
            return (0, 6) if low < 1 and high <= 6 else (1, 7) if high > 6 and low >= 1 else (0, 7)
    for known, (first, last) in ({**_CLOCKS, **_DEGREES} if whole else _DEGREES).items():
        if words[-len(known) :] == known and first <= low and high <= last:
            return first, last
    return (0, 1) if SHARES & set(words) and low >= 0 and high <= 1 else None
