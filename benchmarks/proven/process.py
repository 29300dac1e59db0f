"""A process that makes sound data every day: what it writes, and the policy under which that is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST = datetime(2026, 11, 2, 3, tzinfo=UTC)
"""When the first build is made: a Monday, so that a week's end lies among the first six builds."""

Daily = Callable[[int, np.random.Generator], pa.Table]


def built_at(day: int) -> datetime:
    """Return when the build of a day is made."""
    return FIRST + timedelta(days=day)


def within(day: int) -> np.datetime64:
    """Return the midnight with which the day begins whose rows a build holds: the one before it is made."""
    return np.datetime64(f"{built_at(day - 1):%Y-%m-%d}", "us")


@dataclass(frozen=True)
class Table:
    """A table that is built anew every day.

    Attributes:
        name: its family.
        rows: makes those of a day.
        roles: of columns, as a source declares them.
    """

    name: str
    rows: Daily
    roles: dict[str, str]


@dataclass(frozen=True)
class Process:
    """What a platform holds.

    Attributes:
        words: what it is.
        write: writes what a day makes below a root.
        policy: the project's mlmonitor.toml.
        days: how many there are before the proof.
    """

    words: str
    write: Callable[[Path, int, np.random.Generator], None]
    policy: str
    days: int = 6


def of_tables(words: str, *tables: Table) -> Process:
    """Return the process that builds some tables every day."""

    def write(root: Path, day: int, draw: np.random.Generator) -> None:
        for table in tables:
            place = root / table.name / f"{built_at(day):%Y-%m-%d}"
            place.mkdir(parents=True)
            pq.write_table(table.rows(day, draw), place / "part.parquet")

    lines = ['freshness = "40h"']
    for table in tables:
        lines += [f"[source.{table.name}]", f'path = "{table.name}/{{version:%Y-%m-%d}}/part.parquet"']
        lines += ['built_at = "version"', *(f'{role} = "{column}"' for role, column in table.roles.items())]
    return Process(words, write, "\n".join(lines))
