"""What runs on from version to version, and what only moved: by the courses of a column in its versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.tables.drift.running.courses import Course, courses, epoch_near
from pytest_mlmonitor.tables.drift.running.runs_on import RunsOn, runs_on

ROWS = 400
START = datetime(2026, 11, 20, tzinfo=UTC)
RANDOM = np.random.default_rng(11)


def _counted(day: int) -> Any:
    return 1 + day * 1000 + np.arange(ROWS)


def _lines(day: int) -> Any:
    return 1 + day * 500 + np.arange(ROWS) // 3


def _shuffled(day: int) -> Any:
    return RANDOM.permutation(_counted(day))


def _load(day: int) -> Any:
    return np.full(ROWS, 100 + day)


def _total(day: int) -> Any:
    return np.cumsum(np.full(ROWS, 0.25)) + day * 100


def _window(day: int) -> Any:
    return 1 + day * 100 + np.arange(ROWS)


def _level(day: int) -> Any:
    return RANDOM.normal(size=ROWS)


GROWING = {
    "counted": _counted,
    "lines of orders": _lines,
    "in no order": _shuffled,
    "of a load": _load,
    "a running total": _total,
    "a rolling window": _window,
}


@pytest.fixture
def course(tmp_path: Path) -> Any:
    def made(values: Any, times: Any = None) -> Course:
        path = tmp_path / "t.parquet"
        columns = {"v": values} if times is None else {"v": values, "ts": times}
        pq.write_table(pa.table(columns), path)
        return courses(path, ["v"], None if times is None else "ts")["v"]

    return made


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_runs_on_and_in_another_unit_it_does_not(name: str, course: Any) -> None:
    versions = [course(GROWING[name](day)) for day in range(4)]
    shown = runs_on(versions[:2], [versions[2]], versions[3])
    assert shown is not None
    assert shown.certain
    for factor in (1000, 60, -1):
        wrong = course(GROWING[name](3) * factor)
        assert runs_on(versions[:2], [versions[2]], wrong) is None, factor


@pytest.mark.parametrize("days", [2, 3, 4])
def test_what_moves_once_does_not_run_on(days: int, course: Any) -> None:
    versions = [course(np.arange(60)) for _ in range(days)] + [course(np.arange(60) + 100)]
    assert runs_on(versions[:-2], [versions[-2]], versions[-1]) is None
    versions = [course(_level(day)) for day in range(days)] + [course(_level(0) + 20)]
    assert runs_on(versions[:-2], [versions[-2]], versions[-1]) is None


def test_two_versions_are_too_few_but_for_one_that_begins_where_the_other_ends(course: Any) -> None:
    def found(later: Any, *, named: bool = False) -> RunsOn | None:
        return runs_on([], [course(np.arange(60))], course(later), named=named)

    assert found(np.arange(60) + 60) == RunsOn("from 0 … 59 to 60 … 119", certain=True)
    assert found(np.arange(60) + 100) == RunsOn("from 0 … 59 to 100 … 159", certain=False)
    assert runs_on([], [course(_load(0))], course(_load(1))) is None
    assert runs_on([], [course(_load(0))], course(_load(1)), named=True) == RunsOn("from 100 to 101", certain=False)
    assert runs_on([], [course(_load(0))], course(_load(1) * 1000), named=True) is None


def test_times_in_numbers_are_known_by_the_event_time_and_by_their_unit(course: Any) -> None:
    def of(day: int, per_second: int, **late: int) -> Course:
        times = [START + timedelta(days=day, minutes=i) for i in range(60)]
        return course([int(t.timestamp() * per_second) for t in times], [t - timedelta(**late) for t in times])

    shown = runs_on([], [of(0, 1000)], of(1, 1000, hours=2))
    assert shown is not None
    assert shown.certain
    assert runs_on([], [of(0, 1)], of(1, 1000)) is None
    assert runs_on([], [of(0, 1)], of(1, 1, days=40)) != shown
    bare = course([int((START + timedelta(minutes=i)).timestamp()) for i in range(60)])
    assert epoch_near(bare, (START + timedelta(days=1)).timestamp()) == "s"
    assert epoch_near(bare, (START + timedelta(days=9)).timestamp()) is None


def test_a_text_of_its_own_in_every_version(course: Any) -> None:
    loads = [course([f"load-{day}"] * 40) for day in range(3)]
    shown = runs_on(loads[:1], loads[1:2], loads[2])
    assert shown is not None
    assert shown.certain
    assert runs_on([loads[0]], [loads[0]], loads[2]) is None
    assert runs_on([], [loads[0]], loads[1]) is None


def test_what_is_left_of_a_finding() -> None:
    said = Finding(Severity.ERROR, "order drifted", column="order")
    certain, unsure = (
        RunsOn("from 1 to 2", certain=True).excused(said),
        RunsOn("from 1 to 2", certain=False).excused(said),
    )
    assert (certain.severity, unsure.severity) == (Severity.INFO, Severity.WARNING)
    assert certain.message == "order runs on: from 1 to 2. By its figures alone: order drifted"
    assert unsure.message.startswith("order drifted. At most a warning: it seems to run on (from 1 to 2)")
