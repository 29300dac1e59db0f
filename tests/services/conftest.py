"""Real programs judge the outputs; where they are not installed the tests say so, and in CI they must be there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.receiver import Receiver, receiving
from tests.turns import is_its_turn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.services.opened_report import PageOf
    from tests.services.servers import Servers

PLATFORM = Path(__file__).parents[2] / "contract_tests" / "platform"
NOW = "2026-04-26T14:00:37Z"


def program(name: str) -> str:
    """Return the path of an installed program; without it the test is skipped, or fails where it must be there."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{name} is not installed, but REQUIRE_SERVICES is set")
        pytest.skip(f"{name} is not installed")
    return found


def platform_program(name: str) -> str:
    """Return a program of the environment that ``make platforms`` makes (or of that in ``PLATFORMS_VENV``)."""
    directory = Path(os.environ.get("PLATFORMS_VENV") or Path(__file__).parents[2] / "build" / "platforms")
    found = directory / "bin" / name
    if not found.exists():
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{found} is not there, but REQUIRE_SERVICES is set: make platforms")
        pytest.skip(f"{name} is not installed: make platforms")
    return str(found)


def airflow_python() -> str:
    """Return Python of the environment that ``make airflow`` makes (or of that in ``AIRFLOW_VENV``)."""
    found = Path(os.environ.get("AIRFLOW_VENV") or Path(__file__).parents[2] / "build" / "airflow") / "bin" / "python"
    if not is_its_turn("airflow"):
        pytest.skip("Airflow is tried on another day: tests/turns.py, or make test-all")
    if not found.exists():
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{found} is not there, but REQUIRE_SERVICES is set and it is its turn: make airflow")
        pytest.skip("Airflow is not installed: make airflow")
    return str(found)


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Starts Prometheus and what belongs to it; everything is ended after the test."""
    from tests.services.servers import serving  # which needs this module

    with serving(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server that records requests and answers as it is told."""
    with receiving() as started:
        yield started


@pytest.fixture
def chromium() -> str:
    """The path of Chromium."""
    return program("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium; of a module, since Playwright keeps a loop of asyncio going as long as it lives."""
    from tests.services.opened_report import chromium_at

    with chromium_at(program("chromium")) as started:
        yield started


@pytest.fixture
def page_of(browser: Browser, tmp_path: Path) -> Iterator[PageOf]:
    """Opens documents of runs as reports; whatever a test does, none asks the network, throws, or opens a window."""
    from tests.services.opened_report import pages

    opens, opened = pages(browser, tmp_path)
    yield opens
    done = [(report.requests, report.errors, report.dialogs) for report in opened]
    for report in opened:
        report.page.context.close()
    assert done == [([], [], [])] * len(done)


@pytest.fixture
def promtool() -> str:
    """The path of Prometheus' own checker."""
    return program("promtool")


@pytest.fixture
def sample(pytester: pytest.Pytester) -> Path:
    """A copy of the sample platform that a test may break."""
    target = pytester.path / "artifacts"
    shutil.copytree(PLATFORM, target)
    return target


@pytest.fixture
def outputs(pytester: pytest.Pytester, sample: Path) -> Path:
    """The output directory of a run over ``sample``; made by calling :func:`check`."""
    return pytester.path / "out"


def check(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run pytest over ``artifacts`` into ``out``."""
    pytester.makefile(".toml", mlmonitor="freshness.max_age_seconds = 21600\n")
    return pytester.runpytest_subprocess(
        "--mlmonitor=artifacts", "--mlmonitor-now", NOW, "--mlmonitor-out", "out", *options
    )
