"""Names that say of when they are, said of another time."""

from __future__ import annotations

from datetime import timedelta

from pytest_mlmonitor.core.text.stamps import dated

_FORMS = (
    *("%Y%m%d_%H%M%S", "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S", "%Y%m%d-%H%M%S", "%Y%m%d%H", "%Y%m%d"),
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H-%M-%SZ", "%Y-%m-%dT%H-%M-%S", "%Y-%m-%d_%H-%M-%S"),
    *("%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%HZ", "%Y-%m-%dT%H", "%Y-%m-%d", "%Y_%m_%d", "%Y.%m.%d"),
)
"""How stamps are written in names, those that occur."""


def stamp_moved(name: str, by: timedelta) -> str | None:
    """Return a name whose stamp is of another time, in the form in which it is written; None where it has none that is known.

    >>> stamp_moved("orders_20260401_120000.parquet", timedelta(days=-1)), stamp_moved("orders", timedelta(days=-1))
    ('orders_20260331_120000.parquet', None)
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or "-" in suffix or suffix.isdecimal():
        stem, dot, suffix = name, "", ""
    stamp = dated(stem).stamp
    if stamp is None or stamp.start is None:
        return None
    for form in _FORMS:
        if stamp.start.strftime(form) == stamp.text:
            head, _, tail = stem.rpartition(stamp.text)
            return f"{head}{(stamp.start + by).strftime(form)}{tail}{dot}{suffix}"
    return None
