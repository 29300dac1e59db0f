"""Known formats of other platforms, found without a word in any policy: as an argument, as a root, and beside one's tests."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.external_reports.samples import DRIFT, QUALITY, drifted, put_drift, put_quality

NOW = "--mlmonitor-now=2026-04-26T14:00:37Z"


def test_the_directory_of_reports_is_a_root(pytester: pytest.Pytester) -> None:
    put_drift(pytester.path, DRIFT)
    put_quality(pytester.path, QUALITY)
    result = pytester.runpytest_inprocess("artifacts", NOW)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*2 external reports*"])
    assert pytester.runpytest_inprocess("artifacts/drift_reports", NOW).ret == 0


def test_a_report_that_says_drift_fails_the_run(pytester: pytest.Pytester) -> None:
    put_drift(pytester.path, drifted())
    result = pytester.runpytest_inprocess("artifacts", NOW)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*drift report of 20260418_220902 (2026-04-26T12:00:00Z) says drift in 1 of 2 features: age*"]
    )


def test_a_report_that_is_too_old_fails_the_run(pytester: pytest.Pytester) -> None:
    put_drift(pytester.path, DRIFT)
    result = pytester.runpytest_inprocess("artifacts", "--mlmonitor-now=2026-04-27T01:00:00Z")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*STALE: the drift report of 20260418_220902*is 12 h 59 min old, allowed 12 h*"])


def test_beside_tests_reports_are_nobodys_data(pytester: pytest.Pytester) -> None:
    put_drift(pytester.path, drifted())
    pytester.makepyfile("def test_mine(): pass")
    assert pytester.runpytest_inprocess(".", NOW).ret == 0


def test_around_them_one_line_says_what_to_type(pytester: pytest.Pytester) -> None:
    put_drift(pytester.path, DRIFT)
    pytester.runpytest_inprocess(".", NOW).stdout.fnmatch_lines(["*mlmonitor: *--mlmonitor=artifacts*"])


def test_a_feature_store_is_a_root(pytester: pytest.Pytester) -> None:
    home = pytester.path / "data"
    (home / "metadata").mkdir(parents=True)
    (home / "offline" / "v").mkdir(parents=True)
    database(home / "metadata" / "feature_registry.db")
    result = pytester.runpytest_inprocess("data", NOW)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*the last materialization of feature view 'v' v1 ended 'failed'*"])


def database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE feature_views (name TEXT, version TEXT)")
    connection.execute(
        "CREATE TABLE materializations (name TEXT, version TEXT, run_id TEXT, status TEXT, storage_path TEXT, created_at TEXT)"
    )
    connection.execute("INSERT INTO feature_views VALUES ('v', 'v1')")
    connection.execute("INSERT INTO materializations VALUES ('v', 'v1', 'r', 'failed', '', '2026-04-26 13:00:00')")
    connection.commit()
    connection.close()
