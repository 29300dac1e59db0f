"""Projects that ``mlmonitor init`` writes, in a child process as a stranger starts it, and runs of them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

LAST = date(2026, 11, 27)
NOW = "2026-11-28T19:00:00Z"


def mlmonitor(project: Path, *words: str | Path, columns: int = 200) -> subprocess.CompletedProcess[str]:
    """Run the command in a directory, without a terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLMONITOR_", "PYTEST_"))}
    code = "from pytest_mlmonitor.commands.app import main; main()"
    command = [sys.executable, "-P", "-c", code, *map(str, words)]
    home = str(Path(__file__).parents[2])
    return subprocess.run(
        command, cwd=project, env={**kept, "PYTHONPATH": home, "COLUMNS": str(columns)}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=300, check=False,
    )  # fmt: skip


@dataclass
class Verdict:
    """What a run of a project said.

    Attributes:
        status: the exit status.
        failed: the findings of severity error and higher, as ``artifact check: message``.
        warned: those of severity warning.
        artifacts: (kind, name) of what was judged.
    """

    status: int
    failed: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    artifacts: list[tuple[str, str]] = field(default_factory=list)


def verdict(project: Path, root: str, now: str = NOW) -> Verdict:
    """Judge what a written project judges: the path that pytest drives, without starting one for every fault."""
    settings = load(project / "mlmonitor.toml")
    platform = Platform.of_policy([project / root], settings, datetime.fromisoformat(now), _reader())
    record = judge(platform, base=project)
    found = Verdict(record.exit_status or 0)
    found.artifacts = [(ref.kind, ref.name) for ref, _ in platform.artifacts]
    for _, result in record.results:
        if result.status == "error":
            found.failed.append(f"{result.ref.name} {result.check}: {result.reason}")
        for finding in result.findings:
            line = f"{result.ref.name} {result.check}: {finding.message}"
            if finding.severity >= Severity.ERROR:
                found.failed.append(line)
            elif finding.severity == Severity.WARNING:
                found.warned.append(line)
    return found


@cache
def _reader() -> IsolatedReader:
    return IsolatedReader()


def flights(day: date) -> pa.Table:
    """Return a day of flights, about as many as on every other one, without any id."""
    chosen = np.random.default_rng(day.toordinal())
    rows = int(chosen.normal(900, 40))
    minutes = np.sort(chosen.integers(300, 1439, rows))
    distance = chosen.choice([187, 544, 733, 1089, 1400, 2475], rows)
    missing = chosen.random(rows) < 0.02
    midnight = np.datetime64(day, "us")
    return pa.table(
        {
            "year": pa.array([day.year] * rows, pa.int64()),
            "month": pa.array([day.month] * rows, pa.int64()),
            "day": pa.array([day.day] * rows, pa.int64()),
            "dep_time": pa.array(minutes // 60 * 100 + minutes % 60, pa.int64()),
            "dep_delay": pa.array(np.round(chosen.gamma(2.0, 8.0, rows) - 8), pa.float64(), mask=missing),
            "carrier": pa.array(chosen.choice(["UA", "AA", "DL", "B6", "EV"], rows, p=[0.3, 0.2, 0.2, 0.2, 0.1])),
            "flight": pa.array(chosen.integers(1, 6000, rows), pa.int64()),
            "origin": pa.array(chosen.choice(["EWR", "JFK", "LGA"], rows)),
            "air_time": pa.array(np.round(distance / 8 + chosen.normal(20, 6, rows)), pa.float64(), mask=missing),
            "distance": pa.array(distance, pa.int64()),
            "load": pa.array([f"run-{day.toordinal()}"] * rows),
            "loaded_s": pa.array((day.toordinal() - 719163) * 86_400 + minutes * 60, pa.int64()),
            "time_hour": pa.array(midnight + (minutes // 60 * 3600 * 10**6).astype("timedelta64[us]")),
        }
    )


def days(number: int, last: date = LAST) -> list[date]:
    """Return so many days, the last one last."""
    return [last - timedelta(days=back) for back in reversed(range(number))]


def day_file(lake: Path, day: date) -> Path:
    """Return the file of a day."""
    return lake / "flights" / f"dt={day}" / "part-0.parquet"


def write_day(lake: Path, day: date) -> Path:
    """Write a sound day."""
    path = day_file(lake, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(flights(day), path)
    return path


def a_day_later(now: str = NOW) -> str:
    """Return the same time of the next day."""
    return (datetime.fromisoformat(now) + timedelta(days=1)).isoformat()
