"""Fixtures for a person's own tests: one test function, run once for every artifact that was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_mlmonitor.core.artifact import ArtifactRef
    from pytest_mlmonitor.core.result import CheckResult
    from pytest_mlmonitor.datasets.model import Dataset
    from pytest_mlmonitor.inject import DriftKind
    from pytest_mlmonitor.kinds import Platform

platform_key = pytest.StashKey["Platform"]()
FIXTURES = (
    ("dataset", "dataset"),
    ("training_run", "training run"),
    ("deployment", "deployment"),
    ("training_report", "training report"),
    ("predictions", "predictions file"),
    ("external_report", "report of another tool"),
)
"""The fixtures of the built-in kinds, as their rows say (a test compares), and what each gives: known in every pytest run, where
loading the rows would take longer than all else that the plugin does."""


def artifact_fixtures(named: Iterable[tuple[str, str]]) -> ModuleType:
    """Return a plugin of fixtures that give the artifacts of a kind one by one.

    Args:
        named: the name of each, and what it calls one artifact.
    """
    made = ModuleType(f"{__name__}.artifacts")  # of no other object does pytest take fixtures that are plain functions
    for name, what in named:
        setattr(made, name, _fixture(name, what))
    return made


def _fixture(name: str, what: str) -> Any:
    def artifact(request: pytest.FixtureRequest) -> Any:
        found = request.config.stash.get(platform_key, None)
        if found is None or not hasattr(request, "param"):
            pytest.fail(
                "no artifact root: run pytest --mlmonitor=PATH, or set artifacts in [tool.mlmonitor] of pyproject.toml",
                pytrace=False,
            )
        return found.artifact(request.param)

    artifact.__name__ = name
    artifact.__doc__ = f"Every {what} below the artifact roots, one test each."
    return pytest.fixture(scope="session", name=name)(artifact)


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Platform:
    """All artifacts of the run with the links between them: ``platform.runs(run_id)``, ``platform.dataset(name, version)``."""
    found = request.config.stash.get(platform_key, None)
    if found is None:
        pytest.fail("no artifact root: run pytest --mlmonitor=PATH", pytrace=False)
    return found


@pytest.fixture
def inject_drift(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Dataset]]:
    """Make drifted copies: ``inject_drift(dataset, kind, intensity=0.3, seed=0, columns=None)`` returns a later version.

    It is read by a platform of its own, where the original is the previous version of the family.
    """
    from pytest_mlmonitor.core.policy.settings import Settings
    from pytest_mlmonitor.inject import drifted
    from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

    found = request.config.stash.get(platform_key, None)
    settings = found.settings if found is not None else Settings()
    reader = IsolatedReader(settings.reader_memory_mib << 20)
    numbers = count()

    def inject(
        dataset: Dataset, kind: DriftKind, intensity: float = 0.3, seed: int = 0, columns: Sequence[str] | None = None
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
        from pytest_mlmonitor.core.context import context_of
        from pytest_mlmonitor.datasets.checks.contract_terms import python_checks
        from pytest_mlmonitor.datasets.checks.table import rows
        from pytest_mlmonitor.datasets.checks.table import schema as columns
        from pytest_mlmonitor.links.in_force import Contracts
        from pytest_mlmonitor.tables.reader.client import TableReader

        known = context_of(dataset)
        platform = known.platform
        contracts = platform.view(Contracts).instead(dataset, schema)
        own = platform.replacing(Contracts, contracts, keep=(TableReader,)).context(dataset.ref)
        results = []
        for check in (columns, rows, python_checks):  # no comprehension: its frame would stand in the traceback
            if check.concerns(dataset, own):
                results.append(check(dataset, context=own))  # noqa: PERF401
        return results

    return judge


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize the artifact fixtures, unless the test's own conftest replaced them."""
    found = metafunc.config.stash.get(platform_key, None)
    if found is None:
        return
    from pytest_mlmonitor.core.text.globs import matcher

    patterns = [matcher(pattern) for mark in metafunc.definition.iter_markers("artifact") for pattern in mark.args]
    for kind in found.kinds.values():
        name = kind.fixture
        if name is not None and name in metafunc.fixturenames and _ours(metafunc, name):
            refs = [ref for ref, _ in found.artifacts if ref.kind == kind.name and found.judges(ref)]
            if patterns:
                refs = [ref for ref in refs if any(matches(ref.name) for matches in patterns)]
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
    times = Counter(names)
    return [
        name if times[name] == 1 else f"{name}={label(str(ref.path.relative_to(ref.root)))}"
        for name, ref in zip(names, refs, strict=True)
    ]
