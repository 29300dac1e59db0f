"""An artifact that no check could judge says so, and why, in the place of a number of checks."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.outputs.failing import words_of
from tests.unit.datasets.sourced.lakes import directory, lake, platform


def test_a_day_that_is_still_written_says_so(tmp_path: Path) -> None:
    (directory(lake(tmp_path, days=2)) / "_SUCCESS").unlink()
    said = {one.ref.name: words_of(one) for one in judge(platform(tmp_path, ready="_SUCCESS")).artifacts()}
    assert said["flights@2026-11-27"].startswith("not checked: not written to its end: it has no _SUCCESS yet")
    assert not said["flights@2026-11-26"].startswith("not checked")
