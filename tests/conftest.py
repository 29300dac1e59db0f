"""What every test of the project shares."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import NotChecked

pytest_plugins = ["pytester"]

_TABLES = (Path(__file__).parent / "unit" / "tables", Path(__file__).parent / "services")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test of tables that could not be read: the plugin, which is loaded here too, makes that a skip in users' tests."""
    report = yield
    why = call.excinfo.value.__context__ if call.excinfo is not None else None
    if report.skipped and isinstance(why, NotChecked) and any(map(item.path.is_relative_to, _TABLES)):
        report.outcome, report.longrepr = "failed", f"{type(why).__name__}: {why}"
    return report
