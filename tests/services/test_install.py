"""The ways of installing: from a checkout, and from a wheel that was built of it. In an empty environment each runs the demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGE = ("pytest_mlmonitor", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
DEMO = ("contract_tests", "conftest.py", "pyproject.toml")


def _run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MLMONITOR_"))}
    environment["PIP_CONSTRAINT"] = str(CHECKOUT / "constraints.txt")
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def _copied(names: tuple[str, ...], target: Path) -> Path:
    target.mkdir()
    leave = shutil.ignore_patterns("__pycache__", ".mlmonitor")
    for name in names:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=leave)
        else:
            shutil.copy(source, target)
    return target


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the package is built of."""
    if not os.environ.get("REQUIRE_SERVICES"):
        pytest.skip("installs the package and what it needs from an index: set REQUIRE_SERVICES=1")
    return _copied(PACKAGE, tmp_path / "checkout")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """The programs of an empty environment."""
    venv.create(tmp_path / "environment", with_pip=True)
    return tmp_path / "environment" / "bin"


def _demo(environment: Path, tmp_path: Path) -> dict[str, object]:
    demo = _copied(DEMO, tmp_path / "demo")
    printed = _run(environment / "pytest", "contract_tests", "--mlmonitor-out", "out", cwd=demo)
    assert "0 failed" not in printed
    found: dict[str, object] = json.loads((demo / "out" / "results.json").read_text())
    return found


@pytest.mark.slow(turn=0)
def test_a_checkout_can_be_installed_and_runs_the_demo(checkout: Path, environment: Path, tmp_path: Path) -> None:
    _run(environment / "pip", "install", "--quiet", "--disable-pip-version-check", checkout, cwd=tmp_path)
    found = _demo(environment, tmp_path)
    assert (found["complete"], found["exit_status"]) == (True, 0)
    assert "describe" in _run(environment / "mlmonitor", "--help", cwd=tmp_path)
    listed = json.loads(_run(environment / "pip", "list", "--format", "json", cwd=tmp_path))
    heavy = {"pyspark", "deltalake", "pyiceberg", "scipy", "mypy", "mlflow", "dvc"}
    assert heavy.isdisjoint(one["name"].lower() for one in listed)


@pytest.mark.slow(turn=1)
def test_a_wheel_holds_every_file_and_runs_the_demo(checkout: Path, environment: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    _run(environment / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, checkout, cwd=tmp_path)
    (wheel,) = wheels.glob("pytest_mlmonitor-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("pytest_mlmonitor/")}
    there = (p for p in (checkout / "pytest_mlmonitor").rglob("*") if p.is_file())
    assert packed == {p.relative_to(checkout).as_posix() for p in there}
    _run(environment / "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=tmp_path)
    shutil.rmtree(checkout)
    found = _demo(environment, tmp_path)
    assert (found["complete"], found["exit_status"]) == (True, 0)
