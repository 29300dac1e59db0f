"""Fixtures: a stranger's project with a copy of the sample platform in ``artifacts/``."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

from .sample import SAMPLE, Project

# pytester forgets every module that a run in this process imported: without these, each test would pay for them again.
for _module in (
    "pytest_mlmonitor.plugin.session",
    "pytest_mlmonitor.outputs.metrics.prometheus",
    "pytest_mlmonitor.data_contracts.adapters.odcs_file",
    "yaml",  # its C part does not survive a second import
    "pandera.pandas",
    "pytest_html.plugin",
    "jinja2",
):
    importlib.import_module(_module)
gc.freeze()  # every run of pytest ends with several full collections


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("MLMONITOR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "21600")


class _SharedReader:
    """Outlives the runs that use it: starting a process that reads parquet takes longer than everything else."""

    def __init__(self, reader: IsolatedReader) -> None:
        self.call = reader.call
        self.start = reader.start

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def _reader() -> Iterator[_SharedReader]:
    reader = IsolatedReader()
    yield _SharedReader(reader)
    reader.close()


@pytest.fixture(autouse=True)
def _one_reader(_reader: _SharedReader, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("plugin.session", "plugin.fixtures", "tables.reader.client"):
        monkeypatch.setattr(f"pytest_mlmonitor.{place}.IsolatedReader", lambda *_: _reader, raising=False)


@pytest.fixture
def new_project(pytester: pytest.Pytester) -> Callable[..., Project]:
    """Return a function that makes a project whose artifact root has a name of the test's choice."""

    def make(name: str = "artifacts") -> Project:
        return Project(pytester, Path(shutil.copytree(SAMPLE, pytester.path / name)))

    return make


@pytest.fixture
def project(new_project: Callable[..., Project]) -> Project:
    """A project with the sample platform in ``artifacts/``."""
    return new_project()


@pytest.fixture
def bundle(new_project: Callable[..., Project]) -> Project:
    """A project whose root holds one training run only: quick, where the kind does not matter."""
    made = new_project()
    made.keep("p4")
    return made
