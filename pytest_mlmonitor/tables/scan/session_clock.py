"""Which clock the embedded engine reads times without a zone by, where a query or a condition brings them to moments.

It would be the one of the machine: one contract over one file would hold in Berlin and be broken in Tokyo.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timezone

from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.profile import ParquetHead

UTC_CLOCK = "UTC"


def session_clock(contracts: Iterable[TableContract], head: ParquetHead) -> str:
    """Return the clock, as DuckDB's setting ``TimeZone`` spells it.

    It is the one of the timestamps without a zone, where contracts give all that they name the same one; else UTC.

    Args:
        contracts: those in force.
        head: which columns there are, and their types.
    """
    wall = {
        name
        for name, type_ in zip(head.names, head.types, strict=True)
        if type_.startswith("timestamp") and "tz=" not in type_
    }
    zones = {column.zone or UTC_CLOCK for one in contracts for column in one.columns if column.name in wall}
    return _spelled(zones.pop()) if len(zones) == 1 else UTC_CLOCK


def _spelled(name: str) -> str:
    """Return a zone's name; the engine knows offsets as ``GMT+02:00`` only."""
    zone = zone_of(name)
    if zone is UTC:
        return UTC_CLOCK
    if isinstance(zone, timezone):
        return f"GMT{zone.tzname(datetime(1970, 1, 1)).removeprefix('UTC') or '+00:00'}"
    return name.strip()
