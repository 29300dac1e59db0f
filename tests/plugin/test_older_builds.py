"""A root's older builds do not keep the gate red; what the policy accepts is a sound reference (specification 2)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.datasets.plain import BUILT, column, put, table
from tests.unit.support import NOW

ROWS = 300


def build(root: Path, days_ago: int, level: float = 0.0, *, nulls: bool = False) -> None:
    built_at = BUILT - timedelta(days=days_ago)
    start = built_at.replace(tzinfo=None) - timedelta(hours=8)
    km = np.random.default_rng(days_ago).permutation(np.linspace(level - 2.0, level + 2.0, ROWS)).tolist()
    made = table(
        ROWS,
        at=column([start + timedelta(seconds=30 * i) for i in range(ROWS)], pa.timestamp("us")),
        km=column([None] * 150 + km[150:] if nulls else km, pa.float64()),
    )
    put(root, made, built_at=built_at)


def run(pytester: pytest.Pytester, policy: str = "", *arguments: str) -> pytest.RunResult:
    pytester.makepyprojecttoml(f"[tool.mlmonitor]\nartifacts = ['data']\nfreshness.max_age_seconds = 7200\n{policy}")
    return pytester.runpytest("--mlmonitor-now", NOW.isoformat(), "-p", "no:cacheprovider", *arguments)


def test_old_bad_builds_are_warnings_and_the_newest_decides(pytester: pytest.Pytester) -> None:
    data = pytester.path / "data"
    build(data, 3, nulls=True)
    build(data, 2)
    build(data, 1)
    build(data, 0)
    result = run(pytester)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*null*superseded by trips@*"])
    build(data, 0, nulls=True)
    assert run(pytester).ret == 1


def test_that_an_older_build_is_old_is_no_news(pytester: pytest.Pytester) -> None:
    data = pytester.path / "data"
    for days_ago in (3, 2, 1, 0):
        build(data, days_ago)
    result = run(pytester)
    assert result.ret == 0
    lines = [line for line in result.outlines if line.startswith("ok ")]
    assert len(lines) == 4
    assert not [line for line in lines if "STALE" in line or "superseded" in line]


def test_the_policy_asks_for_full_severity(pytester: pytest.Pytester) -> None:
    data = pytester.path / "data"
    build(data, 1, nulls=True)
    build(data, 0)
    assert run(pytester, "superseded = 'full'\n").ret == 1
    assert run(pytester, "superseded = 'never'\n").ret == 4


def test_the_day_after_a_drift_is_green_and_the_drift_was_said(pytester: pytest.Pytester) -> None:
    data = pytester.path / "data"
    for days_ago, level in ((4, 0), (3, 0), (2, 0), (1, 5)):
        build(data, days_ago, level)
    yesterday = (NOW - timedelta(days=1)).isoformat()
    assert run(pytester, "", "--mlmonitor-now", yesterday).ret == 1
    build(data, 0)
    result = run(pytester)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*km drifted*")


def test_the_selection_does_not_change_the_reference(pytester: pytest.Pytester) -> None:
    data = pytester.path / "data"
    for days_ago, level in ((4, 0), (3, 0), (2, 0), (1, 5), (0, 0)):
        build(data, days_ago, level)
    newest = next((pytester.path / "data").glob(f"trips_{BUILT:%Y%m%d}*_dataset_metadata.json"))
    result = run(pytester, "", str(newest), "-k", "drift", "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*drift*PASSED*"])


def test_an_accepted_drift_is_a_reference_at_once(pytester: pytest.Pytester) -> None:
    data = pytester.path / "data"
    for days_ago, level in ((4, 0), (3, 0), (2, 0), (1, 5), (0, 5)):
        build(data, days_ago, level)
    assert run(pytester).ret == 1
    day = BUILT - timedelta(days=1)
    accept = "".join(
        f"\n[[tool.mlmonitor.accept]]\nartifact = 'dataset:trips@{day.isoformat()}'\ncheck = '{check}'\n"
        "until = 2026-04-30\nreason = 'the sensor was replaced'\n"
        for check in ("drift", "value_ranges")
    )
    assert run(pytester, accept).ret == 0
