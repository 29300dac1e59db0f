"""Daily parquet of a stranger: what ``mlmonitor init`` writes is green on sound days, later ones too, and red on faults."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from .init_projects import LAST, NOW, a_day_later, day_file, days, flights, mlmonitor, verdict, write_day


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was written beside eight days of flights."""
    project = tmp_path_factory.mktemp("lake") / "project"
    for day in days(8):
        write_day(project / "lake", day)
    done = mlmonitor(project, "init", "lake", "--yes", "--now", NOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 failed   exit 0" in done.stdout
    return project


@pytest.fixture
def project(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "project"))


def test_the_days_it_was_written_for_are_green(project: Path) -> None:
    found = verdict(project, "lake")
    assert (found.status, found.failed) == (0, [])
    assert ("dataset", f"flights@{LAST}") in found.artifacts


def test_the_next_days_are_green_too(project: Path) -> None:
    now = NOW
    for back in range(1, 6):  # into the next month
        now = a_day_later(now)
        write_day(project / "lake", LAST + timedelta(days=back))
        found = verdict(project, "lake", now)
        assert (found.status, found.failed) == (0, [])


def _replaced(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


FAULTS: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "a lost column": (lambda t: t.drop_columns(["carrier"]), "carrier"),
    "nulls": (
        lambda t: _replaced(
            t, "origin", pc.if_else(pc.equal(t["origin"], "JFK"), pa.scalar(None, pa.string()), t["origin"])
        ),
        "origin",
    ),
    "a unit": (lambda t: _replaced(t, "distance", pc.multiply(t["distance"], 1000)), "distance"),
    "rows twice": (lambda t: pa.concat_tables([t, t.slice(0, 90)]), "repeats an earlier row"),
    "half a day": (lambda t: t.slice(0, t.num_rows // 2), "rows"),
    "another type": (lambda t: _replaced(t, "flight", t["flight"].cast(pa.string())), "flight"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_newest_day_is_red(project: Path, fault: str) -> None:
    change, named = FAULTS[fault]
    pq.write_table(change(flights(LAST)), day_file(project / "lake", LAST))
    found = verdict(project, "lake")
    assert found.status == 1
    assert any(named in line for line in found.failed), found.failed


def test_a_day_that_does_not_come_is_red(project: Path) -> None:
    shutil.rmtree(day_file(project / "lake", LAST).parent)
    found = verdict(project, "lake")
    assert found.status == 1 and any("STALE" in line for line in found.failed)


def test_an_unfinished_day_is_left_alone(project: Path) -> None:
    path = project / "lake" / "flights" / "dt=2026-11-28.tmp" / "part-0.parquet"
    path.parent.mkdir()
    path.write_bytes(b"PAR1 half of it")
    assert verdict(project, "lake").status == 0
