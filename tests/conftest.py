"""What every test of the project shares."""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import NotChecked
from tests.turns import todays

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


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem() -> Generator[None, object, object]:
    """Leave out the cases of a test whose turn it is not today."""
    made = yield
    return todays(made) if isinstance(made, list) and all(isinstance(one, pytest.Item) for one in made) else made


_SOCKETS: list[socket.socket] = []
"""Of pytest-rerunfailures: one for every pytest that runs in this process."""

with suppress(ImportError):
    import pytest_rerunfailures

    class ServerThatCanEnd(pytest_rerunfailures.ServerStatusDB):  # type: ignore[misc]
        """It listens until its process ends, and here a thousand runs share one process."""

        def __init__(self) -> None:
            super().__init__()
            _SOCKETS.append(self.sock)

        def run_server(self) -> Any:
            with suppress(OSError):
                super().run_server()

    pytest_rerunfailures.ServerStatusDB = ServerThatCanEnd


@pytest.fixture(autouse=True)
def sockets_of_inner_runs_are_closed() -> Iterator[None]:
    outer = len(_SOCKETS)
    yield
    for opened in _SOCKETS[outer:]:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)
        opened.close()
    del _SOCKETS[outer:]
