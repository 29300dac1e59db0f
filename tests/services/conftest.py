"""Real programs judge the outputs; where they are not installed the tests say so, and in CI they must be there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

PLATFORM = Path(__file__).parents[2] / "contract_tests" / "platform"
NOW = "2026-04-26T14:00:37Z"


def _program(name: str) -> str:
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


@pytest.fixture
def chromium() -> str:
    """The path of Chromium."""
    return _program("chromium")


@pytest.fixture
def promtool() -> str:
    """The path of Prometheus' own checker."""
    return _program("promtool")


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
