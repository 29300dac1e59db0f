"""A run that the machine refuses is one without a verdict, and no end of the watcher."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime
from pathlib import Path

from pytest_mlmonitor.integrations.suite_run import ProjectSuite
from pytest_mlmonitor.integrations.watch.watched_run import WatchedRun, watched_run


def run(project: Path, *, stopped: bool = False) -> WatchedRun | None:
    return watched_run(ProjectSuite(project), lambda: stopped, lambda: datetime.now(UTC), time.monotonic)


def test_a_machine_that_can_open_no_file_more(tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text('artifacts = ["lake"]\n')
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        ended = run(tmp_path)
        while_it_ends = run(tmp_path, stopped=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ended is not None and ended.outcome == "no_verdict"
    assert ended.reason.startswith("pytest could not be run: ") and ended.reason.endswith(": Too many open files")
    assert while_it_ends is None


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    ended = run(tmp_path / "gone")
    assert ended is not None and ended.outcome == "no_verdict"
    assert ended.reason == f"{tmp_path}/gone: is no directory: expected that of the policy"
