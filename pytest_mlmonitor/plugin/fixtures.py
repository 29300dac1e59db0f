"""Fixtures for a person's own tests: one test function, run once for every artifact that was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_mlmonitor.core.artifact import ArtifactRef
    from pytest_mlmonitor.core.result import CheckResult
    from pytest_mlmonitor.datasets.model import Dataset
    from pytest_mlmonitor.inject import Kind
    from pytest_mlmonitor.links.platform import Platform

platform_key = pytest.StashKey["Platform"]()
FIXTURES = ("dataset", "training_run", "deployment", "training_report", "predictions")


def _artifact(request: pytest.FixtureRequest) -> Any:
    found = request.config.stash.get(platform_key, None)
    if found is None or not hasattr(request, "param"):
        pytest.fail(
            "no artifact root: run pytest --mlmonitor PATH, or set artifacts in [tool.mlmonitor] of pyproject.toml",
            pytrace=False,
        )
    return next(artifact for ref, artifact in found.artifacts if ref == request.param)


@pytest.fixture(scope="session")
def dataset(request: pytest.FixtureRequest) -> Any:
    """Every dataset below the artifact roots, one test each."""
    return _artifact(request)


@pytest.fixture(scope="session")
def training_run(request: pytest.FixtureRequest) -> Any:
    """Every training run below the artifact roots, one test each."""
    return _artifact(request)


@pytest.fixture(scope="session")
def deployment(request: pytest.FixtureRequest) -> Any:
    """Every deployment below the artifact roots, one test each."""
    return _artifact(request)


@pytest.fixture(scope="session")
def training_report(request: pytest.FixtureRequest) -> Any:
    """Every training report below the artifact roots, one test each."""
    return _artifact(request)


@pytest.fixture(scope="session")
def predictions(request: pytest.FixtureRequest) -> Any:
    """Every predictions file below the artifact roots, one test each."""
    return _artifact(request)


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Platform:
    """All artifacts of the run with the links between them: ``platform.runs(run_id)``, ``platform.dataset(name, version)``."""
    found = request.config.stash.get(platform_key, None)
    if found is None:
        pytest.fail("no artifact root: run pytest --mlmonitor PATH", pytrace=False)
    return found


@pytest.fixture
def inject_drift(tmp_path: Path) -> Iterator[Callable[..., Dataset]]:
    """Make drifted copies: ``inject_drift(dataset, kind, intensity=0.3, seed=0, columns=None)`` returns a later version.

    It is read by a platform of its own, where the original is the previous version of the family.
    """
    from pytest_mlmonitor.inject import drifted
    from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

    reader = IsolatedReader()
    numbers = count()

    def inject(
        dataset: Dataset, kind: Kind, intensity: float = 0.3, seed: int = 0, columns: Sequence[str] | None = None
    ) -> Dataset:
        directory = tmp_path / f"drifted-{next(numbers)}-{kind}"
        return drifted(dataset, directory, kind, intensity=intensity, seed=seed, columns=columns, reader=reader)

    yield inject
    reader.close()


@pytest.fixture
def check_contract() -> Callable[[Dataset, object], list[CheckResult]]:
    """Judge a dataset by a pandera schema or model of one's own: ``check_contract(dataset, Schema)``.

    The scan decides what it can in one pass, pandera the rest; a broken contract raises ``ContractViolation``. Contracts
    that are bound otherwise play no part.
    """

    def judge(dataset: Dataset, schema: object) -> list[CheckResult]:
        __tracebackhide__ = True
        from pytest_mlmonitor.datasets.checks.contract_terms import python_checks
        from pytest_mlmonitor.datasets.checks.table import rows
        from pytest_mlmonitor.datasets.checks.table import schema as columns
        from pytest_mlmonitor.links.platform import of_artifact

        own = replace(dataset, platform=of_artifact(dataset).with_schema(dataset, schema))
        results = []
        for check in (columns, rows, python_checks):  # no comprehension: its frame would stand in the traceback
            if check.applies(own):
                results.append(check(own))  # noqa: PERF401
        return results

    return judge


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize the artifact fixtures, unless the test's own conftest replaced them."""
    found = metafunc.config.stash.get(platform_key, None)
    if found is None:
        return
    patterns = [p for mark in metafunc.definition.iter_markers("artifact") for p in mark.args]
    for name in FIXTURES:
        if name in metafunc.fixturenames and _ours(metafunc, name):
            refs = [ref for ref, _ in found.artifacts if ref.kind == name]
            if patterns:
                refs = [ref for ref in refs if any(fnmatchcase(ref.name, p) for p in patterns)]
            metafunc.parametrize(name, refs, ids=_ids(refs), indirect=True, scope="session")


def _ours(metafunc: pytest.Metafunc, name: str) -> bool:
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if name in (re.split(r"\s*,\s*", names.strip()) if isinstance(names, str) else names):
            return False
    # There is no public way to ask which fixture a name stands for.
    definitions = getattr(metafunc, "_arg2fixturedefs", {}).get(name)
    return not definitions or definitions[-1].func.__module__ == __name__


def _ids(refs: Sequence[ArtifactRef]) -> list[str]:
    from pytest_mlmonitor.core.text.names import label

    names = [label(ref.name) for ref in refs]
    return [
        name if names.count(name) == 1 else f"{name}={label(str(ref.path.relative_to(ref.root)))}"
        for name, ref in zip(names, refs, strict=True)
    ]
