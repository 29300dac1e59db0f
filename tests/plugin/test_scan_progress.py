"""A scan that takes long says how far it is: nobody should wonder whether a run hangs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.plugin.progress_line import ScanProgress
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.scan import progress

from .sample import Project

FILE = Path("/data/trips.parquet")
SLOW = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    # as if the first scan took longer than it does
    reader = session.config.pluginmanager.getplugin("mlmonitor-active").platform.reader
    said = reader.progress
    call = reader.call

    def slow(function, path, *arguments, **options):
        if function == "scan":
            for done in (1000, 2000):
                said(path, done, 4000)
            said(path, 1, 1)
        return call(function, path, *arguments, **options)

    reader.call = slow
"""


class Screen:
    """What a terminal reporter is to the progress: a place to write."""

    def __init__(self, isatty: bool) -> None:
        self.isatty = isatty
        self.written: list[tuple[str, str]] = []

    def ensure_newline(self) -> None:
        self.written.append(("newline", ""))

    def line(self, text: str) -> None:
        self.written.append(("line", text))

    def rewrite(self, text: str, *, erase: bool = False) -> None:
        assert erase
        self.written.append(("rewrite", text))


class Config:
    """A pytest config with a terminal and nothing else."""

    def __init__(self, screen: Screen | None, verbosity: int = 0) -> None:
        self.pluginmanager = self
        self.screen, self.verbosity = screen, verbosity

    def getplugin(self, name: str) -> Screen | None:
        return self.screen if name == "terminalreporter" else None

    def get_verbosity(self) -> int:
        return self.verbosity


def said(isatty: bool, *steps: tuple[int, int], verbosity: int = 0) -> list[tuple[str, str]]:
    screen = Screen(isatty)
    config: Any = Config(screen, verbosity)
    tell = ScanProgress(config)
    for done, total in steps:
        tell(FILE, done, total)
    return screen.written


def test_on_a_screen_one_line_is_rewritten_and_gone_at_the_end() -> None:
    assert said(True, (1000, 4000), (2000, 4000), (1, 1)) == [
        ("newline", ""),
        ("rewrite", "scanning trips.parquet: 25 % of 4,000 rows"),
        ("rewrite", "scanning trips.parquet: 50 % of 4,000 rows"),
        ("rewrite", ""),
    ]


def test_the_next_scan_starts_a_line_of_its_own() -> None:
    twice = said(True, (1, 4), (1, 1), (1, 4), (1, 1))
    assert [kind for kind, _ in twice] == ["newline", "rewrite", "rewrite"] * 2


def test_where_there_is_no_screen_a_scan_has_a_line_now_and_then() -> None:
    assert said(False, (1000, 4000), (2000, 4000), (1, 1)) == [
        ("newline", ""),
        ("line", "scanning trips.parquet: 25 % of 4,000 rows"),
    ]


def test_a_scan_that_was_quick_says_nothing() -> None:
    assert said(True, (1, 1)) == [] and said(False, (1, 1)) == []


def test_a_total_that_is_not_known_has_no_share() -> None:
    assert said(False, (-1, 0)) == [("newline", ""), ("line", "scanning trips.parquet: … of 0 rows")]


@pytest.mark.parametrize("isatty", [True, False])
def test_who_asked_for_quiet_has_it(isatty: bool) -> None:
    assert said(isatty, (1, 4), verbosity=-2) == []
    assert said(isatty, (1, 4), verbosity=-1) != []


def test_without_a_terminal_nothing_is_said() -> None:
    config: Any = Config(None)
    ScanProgress(config)(FILE, 1, 4)


def test_a_name_cannot_break_the_terminal() -> None:
    screen = Screen(isatty=False)
    config: Any = Config(screen)
    ScanProgress(config)(Path("/data/a\x1b[31m\nb.parquet"), 1, 4)
    assert "\x1b" not in screen.written[-1][1] and "\n" not in screen.written[-1][1]


def test_a_run_shows_the_line(project: Project) -> None:
    project.keep("p2")
    project.write("conftest.py", SLOW)
    result = project.check()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["scanning training_dataset_20260426_130148.parquet: 25 % of 4,000 rows"])
    assert "scanning" not in project.check("-q", "-q").stdout.str()


def test_the_reader_passes_the_word_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan reports every batch; the word is passed on when it is time."""
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    progress.listen(lambda done, total: heard.append((done, total)))
    try:
        progress.report(1, 4)
        progress.report(2, 4)
    finally:
        progress.listen(None)
    progress.report(3, 4)
    assert heard == [(1, 4), (2, 4)]
    assert IsolatedReader().progress is None
