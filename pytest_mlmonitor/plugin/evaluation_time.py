"""The time as of which a run judges."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.text.times import parse_timestamp

EARLIEST_YEAR = 1970
"""Of an evaluation time: nothing was monitored before, and looking back from year 1 leaves the calendar."""


def evaluation_time(text: str | None) -> datetime:
    """Return the time that ``--mlmonitor-now`` names, the clock's without it; UTC.

    Raises:
        PolicyError: it is no time, has no zone, or lies before anything was monitored.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        now = parse_timestamp(text)
    except ValueError as error:
        raise PolicyError(f"--mlmonitor-now {error}; expected e.g. 2026-04-07T10:06:00Z") from None
    if now.year < EARLIEST_YEAR:
        raise PolicyError(f"--mlmonitor-now {text} lies before {EARLIEST_YEAR}; expected e.g. 2026-04-07T10:06:00Z")
    return now
