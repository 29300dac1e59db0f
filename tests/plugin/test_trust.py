"""Nothing below an artifact root is executed, whatever lies there and however pytest is called."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .sample import NOW, SIDECAR, Project, assert_clean

PYTHON = ("conftest.py", "__init__.py", "test_evil.py", "evil_test.py", "p2/conftest.py", "p2/__init__.py")
"""Stock pytest imports each of them in ``pytest artifacts``."""

DOCTESTS = ("test_doc.txt", "p2/test_doc.txt")
HARMLESS_NAMES = ("__init__.py", "p2/__init__.py", "setup.py", "evil.py", *DOCTESTS)
"""What does not make an undeclared directory refused."""


class Canaries:
    """Planted files that leave a feather behind when they are executed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.feathers = project.path / "feathers"
        self.feathers.mkdir()

    def plant(self, *names: str, root: Path | None = None) -> None:
        for name in names:
            path = (root or self.project.root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            feather = self.feathers / name.replace("/", "_")
            code = f"open({str(feather)!r}, 'w').close()"
            text = f">>> {code}\n" if name.endswith(".txt") else f"{code}\ndef test_evil(): {code}\n"
            path.write_text(text)

    @property
    def executed(self) -> list[str]:
        return sorted(path.name for path in self.feathers.iterdir() if path.is_file())


@pytest.fixture
def canaries(project: Project) -> Canaries:
    return Canaries(project)


DECLARED = {
    "pytest": (),
    "pytest .": (".",),
    "pytest artifacts": ("artifacts",),
    "pytest artifacts/p2": ("artifacts/p2",),
    "pytest path::check": (f"artifacts/{SIDECAR}::freshness",),
    "pytest a planted test": ("artifacts/test_evil.py",),
    "pytest a planted test by id": ("artifacts/test_evil.py::test_evil",),
    "pytest a planted doctest": ("artifacts/test_doc.txt",),
    "pytest --doctest-modules": ("--doctest-modules", "--doctest-glob=*.txt"),
    "pytest tests artifacts": ("tests", "artifacts"),
    "pytest tests": ("tests",),
    "pytest --co": ("--co",),
    "pytest --import-mode=importlib": ("--import-mode=importlib", "artifacts"),
    "pytest --keep-duplicates": ("--keep-duplicates", ".", "artifacts"),
    "pytest --pyargs": ("--pyargs", "artifacts"),
    "pytest --confcutdir": ("--confcutdir=artifacts", "artifacts"),
    "pytest --mlmonitor": ("--mlmonitor", "artifacts"),
    "pytest --mlmonitor=": ("--mlmonitor=artifacts",),
    "pytest --mlmonitor=id": (f"--mlmonitor=artifacts/{SIDECAR}::freshness",),
    "pytest --mlmonitor path::check": ("--mlmonitor=artifacts", f"artifacts/{SIDECAR}::freshness"),
    "pytest --mlmonitor .": ("--mlmonitor=artifacts", "."),
}


@pytest.mark.parametrize("args", DECLARED.values(), ids=DECLARED)
def test_nothing_in_a_declared_root_is_executed(project: Project, canaries: Canaries, args: tuple[str, ...]) -> None:
    project.policy('artifacts = ["artifacts"]')
    project.write("tests/test_mine.py", "def test_mine(): pass")
    canaries.plant(*PYTHON, *DOCTESTS)
    project.run(*args)
    assert canaries.executed == []


@pytest.mark.parametrize("args", [("--mlmonitor=artifacts",), ("-c", "/dev/null", "--mlmonitor=artifacts")])
def test_nothing_in_a_root_of_the_option_is_executed(
    project: Project, canaries: Canaries, args: tuple[str, ...]
) -> None:
    canaries.plant(*PYTHON, *DOCTESTS)
    result = project.run(*args)
    assert_clean(result)
    assert canaries.executed == []


@pytest.mark.parametrize(
    "args",
    [
        ("artifacts",),
        (f"artifacts/{SIDECAR}",),
        (f"artifacts/{SIDECAR}::freshness",),
        ("artifacts/p2",),
        ("artifacts", "tests"),
        ("--doctest-modules", "artifacts"),
    ],
)
def test_nothing_in_an_undeclared_root_is_executed(project: Project, canaries: Canaries, args: tuple[str, ...]) -> None:
    project.write("tests/test_mine.py", "def test_mine(): pass")
    canaries.plant(*HARMLESS_NAMES)
    project.run(*args)
    assert canaries.executed == []


@pytest.mark.parametrize("name", PYTHON[:1] + PYTHON[2:5])
@pytest.mark.parametrize("args", [("artifacts",), ("artifacts", "tests")])
def test_an_undeclared_root_with_python_is_refused_before_it_is_imported(
    project: Project, canaries: Canaries, name: str, args: tuple[str, ...]
) -> None:
    project.write("tests/test_mine.py", "def test_mine(): pass")
    canaries.plant(name)
    assert project.run(*args).ret == pytest.ExitCode.USAGE_ERROR
    assert canaries.executed == []


@pytest.mark.parametrize("argument", [f"artifacts/{SIDECAR}", f"artifacts/{SIDECAR}::freshness"])
def test_python_beside_a_named_manifest_is_not_executed(project: Project, canaries: Canaries, argument: str) -> None:
    canaries.plant(*PYTHON)
    project.run(argument)
    assert canaries.executed == []


INSIDE = {
    "pytest": (),
    "pytest .": (".",),
    "pytest p2": ("p2",),
    "pytest path::check": ("p2/dataset_metadata.json::freshness",),
    "pytest test_evil.py": ("test_evil.py",),
    "pytest --mlmonitor .": ("--mlmonitor=.",),
    "pytest --mlmonitor . p2": ("--mlmonitor=.", "p2"),
}


@pytest.mark.parametrize("args", INSIDE.values(), ids=INSIDE)
def test_standing_inside_a_declared_root(
    project: Project, canaries: Canaries, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    project.policy('artifacts = ["artifacts"]')
    canaries.plant(*PYTHON, *DOCTESTS)
    monkeypatch.chdir(project.root)
    project.run(*args)
    assert canaries.executed == []
    assert not (project.root / ".pytest_cache").exists()


def test_standing_inside_an_undeclared_root(
    project: Project, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries.plant(*PYTHON, *DOCTESTS)
    monkeypatch.chdir(project.root)
    assert project.run(".").ret == pytest.ExitCode.USAGE_ERROR
    assert canaries.executed == []


def test_nothing_is_executed_by_workers(project: Project, canaries: Canaries) -> None:
    pytest.importorskip("xdist")
    project.policy('artifacts = ["artifacts"]')
    canaries.plant(*PYTHON, *DOCTESTS)
    result = project.run_alone("-n", "2", "--dist", "loadfile", ".")
    assert_clean(result)
    assert canaries.executed == []


def test_nothing_is_executed_in_a_process_of_its_own(project: Project, canaries: Canaries) -> None:
    canaries.plant(*PYTHON, *DOCTESTS)
    result = project.run_alone(
        "--mlmonitor=artifacts",
    )
    assert_clean(result)
    assert canaries.executed == []


@pytest.mark.parametrize("args", [(), (".",), ("test_data",), ("--mlmonitor=test_data",), ("--co",)])
def test_a_root_called_like_tests_is_refused_or_left_alone(
    new_project: Callable[..., Project], args: tuple[str, ...]
) -> None:
    """Pytest imports ``test*/conftest.py`` of the directory it starts in, before it asks anybody."""
    project = new_project("test_data")
    project.policy('artifacts = ["test_data"]')
    canaries = Canaries(project)
    canaries.plant(*PYTHON, *DOCTESTS)
    result = project.run(*args)
    assert canaries.executed == []
    if result.ret == pytest.ExitCode.USAGE_ERROR:
        assert "remove it, or run with --noconftest" in result.stderr.str()
    else:
        assert result.ret == 0


def test_a_root_called_like_tests_deeper_down(new_project: Callable[..., Project]) -> None:
    project = new_project("tests/test_data")
    project.policy('artifacts = ["tests/test_data"]')
    project.write("tests/test_mine.py", "def test_mine(): pass")
    canaries = Canaries(project)
    canaries.plant(*PYTHON, *DOCTESTS)
    for args in ((), ("tests",), ("tests/test_mine.py",), (".",)):
        project.run(*args)
        assert canaries.executed == [], args


def test_the_parent_of_a_root_called_like_tests(new_project: Callable[..., Project]) -> None:
    """The root's own child directory ``test*`` is below what pytest looks at from the root."""
    project = new_project()
    project.policy('artifacts = ["artifacts"]')
    canaries = Canaries(project)
    canaries.plant("test_models/conftest.py", "tests/conftest.py")
    for args in ((), (".",), ("artifacts",), ("artifacts/p2",), ("--mlmonitor=artifacts")):
        project.run(*args)
        assert canaries.executed == [], args


def test_the_users_own_conftest_above_the_root_still_counts(project: Project, canaries: Canaries) -> None:
    project.policy('artifacts = ["artifacts"]')
    canaries.plant("conftest.py", root=project.path)
    project.run()
    assert canaries.executed == ["conftest.py"]


@pytest.mark.parametrize("link", ["p2/linked", "linked"])
def test_links_out_of_the_root_are_not_followed(project: Project, canaries: Canaries, link: str) -> None:
    outside = project.path.parent / f"{project.path.name}-outside"
    canaries.plant("test_outside.py", "conftest.py", root=outside)
    (outside / "dataset_metadata.json").write_text("{}")
    (project.root / link).symlink_to(outside)
    result = project.check()
    assert canaries.executed == []
    result.stdout.fnmatch_lines(["linked is a link to *, and is not followed: nothing behind it is checked.*"])
    assert result.parseoutcomes()["failed"] == 1


def test_a_link_named_like_an_anchor_is_not_followed_and_said(project: Project) -> None:
    secret = project.write("secret.json", '{"dataset_name": "top secret"}')
    (project.root / "p2" / "linked_dataset_metadata.json").symlink_to(secret)
    result = project.check("-v")
    assert "top secret" not in result.stdout.str()
    assert "linked_dataset_metadata.json" in result.stdout.str()


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param('["artifacts"]'),
        pytest.param('["tests", "artifacts"]'),
        pytest.param('["art*"]'),
        pytest.param('["artifacts/p2"]'),
        '["."]',
    ],
)
def test_testpaths_that_name_a_declared_root(project: Project, canaries: Canaries, paths: str) -> None:
    project.policy('artifacts = ["artifacts"]', pytest_table=f"testpaths = {paths}")
    project.write("tests/test_mine.py", "def test_mine(): pass")
    canaries.plant(*PYTHON, *DOCTESTS)
    project.run()
    assert canaries.executed == []


def test_testpaths_that_name_a_root_of_the_option(project: Project, canaries: Canaries) -> None:
    project.policy("", pytest_table='testpaths = ["artifacts", "tests"]')
    project.write("tests/test_mine.py", "def test_mine(): pass")
    canaries.plant(*PYTHON, *DOCTESTS)
    project.run(
        "--mlmonitor=artifacts",
    )
    assert canaries.executed == []


def test_the_cache_and_the_rootdir_stay_outside(project: Project) -> None:
    for args in (("artifacts",), ("--mlmonitor=artifacts",), (f"artifacts/{SIDECAR}",), ("artifacts/p2",)):
        result = project.run(*args, "-v")
        assert result.ret == 0
        result.stdout.fnmatch_lines([f"rootdir: {project.path}"])
    assert not list(project.root.rglob(".pytest_cache"))
    assert not list(project.root.rglob("__pycache__"))
    assert (project.path / ".pytest_cache").is_dir()


def test_checking_changes_nothing_below_the_root(project: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.root.rglob("*")}
    project.check("--mlmonitor-out", "out")
    assert {path: path.stat().st_mtime_ns for path in project.root.rglob("*")} == before


def test_modules_where_you_stand_are_not_imported(project: Project) -> None:
    """``python -m pytest`` and ``PYTHONPATH=.`` put the current directory, here a root, on the import path."""
    feather = project.path / "feather"
    for name in ("pydantic.py", "prometheus_client.py"):
        project.plant(name, f"open({str(feather)!r}, 'w')\nraise SystemExit('planted')\n")
    for command in ([sys.executable, "-m", "pytest"], ["env", "PYTHONPATH=.", sys.executable, "-P", "-m", "pytest"]):
        done = subprocess.run(
            [*command, "--mlmonitor=.", "--mlmonitor-now", NOW],
            cwd=project.root, capture_output=True, text=True, check=False,
            env={**os.environ, "MLMONITOR_FRESHNESS__MAX_AGE_SECONDS": "21600"},
        )  # fmt: skip
        assert not feather.exists()
        assert done.returncode == 0, done.stdout + done.stderr
