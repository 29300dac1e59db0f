"""Times as they stand in the store: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

from pytest_mlmonitor.core.store.database import Damage
from pytest_mlmonitor.core.text.times import EPOCH


def moment_of(stored: object) -> datetime:
    """Return a time that was stored.

    Raises:
        Damage: it is none.
    """
    if not isinstance(stored, int):
        raise Damage(f"{stored!r} is no time")
    try:
        return EPOCH + timedelta(microseconds=stored)
    except OverflowError:
        raise Damage(f"{stored!r} is no time") from None


def day_of(moment: datetime) -> int:
    """Return the day of a time: days since 1970, UTC."""
    return (moment - EPOCH) // timedelta(days=1)
