"""A scan that takes long says how far it is: nobody should wonder whether a run hangs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core import under_way
from pytest_mlmonitor.plugin import progress_line
from pytest_mlmonitor.plugin.progress_line import ScanProgress
from pytest_mlmonitor.tables.reader import isolated
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
                said("scanning", path, done, 4000)
            said("scanning", path, 1, 1)
        return call(function, path, *arguments, **options)

    reader.call = slow
"""


class Screen:
    """What a terminal reporter is to the progress: a place to write."""

    def __init__(self, isatty: bool, fullwidth: int = 80) -> None:
        self.isatty = isatty
        self._tw = SimpleNamespace(fullwidth=fullwidth)
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
        tell("scanning", FILE, done, total)
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


def test_a_total_that_is_not_known_has_the_time_that_passed() -> None:
    assert said(False, (12, 0)) == [("newline", ""), ("line", "scanning trips.parquet: 12 s so far")]


def test_where_there_is_no_screen_lines_have_ten_seconds_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now)
    screen = Screen(isatty=False)
    config: Any = Config(screen)
    tell = ScanProgress(config)
    for number in range(25):  # each file takes a second and a half, and is another one
        tell("scanning", Path(f"/data/{number}.parquet"), 1, 4)
        tell("scanning", Path(f"/data/{number}.parquet"), 1, 1)
        now += 1.5
    lines = [text for kind, text in screen.written if kind == "line"]
    assert [line.split()[1] for line in lines] == [f"{number}.parquet:" for number in (0, 7, 14, 21)]


@pytest.mark.parametrize("width", [40, 80])
def test_a_line_that_is_rewritten_never_wraps(width: int) -> None:
    screen = Screen(isatty=True, fullwidth=width)
    config: Any = Config(screen)
    ScanProgress(config)("scanning", Path("/data", "x" * 100), 1, 4)
    words = screen.written[-1][1]
    assert len(words) == width - 1 and words.endswith("…")


def test_bytes_are_said_in_words() -> None:
    screen = Screen(isatty=False)
    config: Any = Config(screen)
    ScanProgress(config)("hashing", Path("/data/model.bin"), 600_000_000, 2_400_000_000, "bytes")
    assert screen.written[-1][1] == "hashing model.bin: 25 % of 2.4 GB"


@pytest.mark.parametrize("isatty", [True, False])
def test_who_asked_for_quiet_has_it(isatty: bool) -> None:
    assert said(isatty, (1, 4), verbosity=-2) == []
    assert said(isatty, (1, 4), verbosity=-1) != []


def test_without_a_terminal_nothing_is_said() -> None:
    config: Any = Config(None)
    ScanProgress(config)("scanning", FILE, 1, 4)


def test_a_name_cannot_break_the_terminal() -> None:
    screen = Screen(isatty=False)
    config: Any = Config(screen)
    ScanProgress(config)("scanning", Path("/data/a\x1b[31m\nb.parquet"), 1, 4)
    assert "\x1b" not in screen.written[-1][1] and "\n" not in screen.written[-1][1]


def test_a_run_shows_the_line(project: Project) -> None:
    project.keep("p2")
    project.write("conftest.py", SLOW)
    result = project.check()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["scanning training_dataset_20260426_130148.parquet: 25 % of 4,000 rows (*)"])
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


CHECKS = """
import time
from pathlib import Path

from pytest_mlmonitor import check
from pytest_mlmonitor.core import under_way
from pytest_mlmonitor.plugin import progress_line

under_way.FIRST_SECONDS = progress_line.LINE_SECONDS = 0.0

@check("dataset", category="quality")
def long_one(dataset, settings):
    with under_way.UnderWay("hashing", Path("/data/model.bin"), 4_000_000) as work:
        work.advance(1_000_000)
    return []

def pytest_mlmonitor_checks():
    return [long_one]
"""


def test_the_line_says_for_which_check(project: Project) -> None:
    project.keep("p2")
    project.write("conftest.py", CHECKS)
    result = project.run_alone("--mlmonitor=artifacts", "-k", "long_one")
    result.stdout.fnmatch_lines(["hashing model.bin: 25 % of 4 MB (long_one)"])


def test_nobody_hears_of_a_run_that_is_over(project: Project) -> None:
    project.keep("p2")
    before = under_way.listen(None)
    try:
        project.check()
        assert under_way.listen(None) is None
    finally:
        under_way.listen(before)


def test_serving_windows_that_are_read_and_joined_are_said(project: Project) -> None:
    project.keep("p5")
    heard = said_by_a_run(project)
    assert {"reading serving windows in", "joining serving windows in", "reading what lies in"} <= set(heard)


def said_by_a_run(project: Project) -> list[str]:
    """Return what a run tells of, each once."""
    project.write(
        "conftest.py",
        """
from pytest_mlmonitor.core import under_way
from pytest_mlmonitor.plugin import progress_line

under_way.FIRST_SECONDS = 0.0
told = []
original = progress_line.ScanProgress.__call__

def pytest_configure(config):
    progress_line.ScanProgress.__call__ = lambda self, doing, *more: told.append(doing)

def pytest_unconfigure(config):
    progress_line.ScanProgress.__call__ = original
    print("told " + "|".join(dict.fromkeys(told)))
""",
    )
    line = next(line for line in project.run_alone("--mlmonitor=artifacts").outlines if line.startswith("told "))
    return line.removeprefix("told ").split("|")


def test_a_call_that_says_nothing_of_itself_has_the_time_that_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child starts in more than a hundredth of a second: whoever waits for its first answer hears of it."""
    monkeypatch.setattr(isolated, "TICK_SECONDS", 0.001)
    heard: list[tuple[str, Path, int, int]] = []
    reader = IsolatedReader()
    reader.progress = lambda *said: heard.append(said)
    pq.write_table(pa.table({"x": range(200_000)}), tmp_path / "x.parquet")
    try:
        reader.call("head", tmp_path / "x.parquet")
    finally:
        reader.close()
    assert heard[0] == ("reading", tmp_path / "x.parquet", 0, 0)
    assert heard[-1] == ("reading", tmp_path / "x.parquet", 1, 1)
