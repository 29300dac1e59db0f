"""Nothing below an artifact root is read as configuration: refused with exit 4, or not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sample import SIDECAR, Project, assert_clean, error_text

EVIL = "open({feather!r}, 'w').close()\ndef test_evil(): pass\n"

CONFIGURATION = {
    "pytest.ini": "[pytest]\naddopts = -p evil_plugin\npythonpath = .\n",
    ".pytest.ini": "[pytest]\naddopts = -p evil_plugin\npythonpath = .\n",
    "tox.ini": "[pytest]\naddopts = -p evil_plugin\npythonpath = .\n",
    "setup.cfg": "[tool:pytest]\naddopts = -p evil_plugin\npythonpath = .\n",
    "pytest.toml": '[pytest]\naddopts = ["-p", "evil_plugin"]\npythonpath = ["."]\n',
    "pyproject.toml": '[tool.pytest]\naddopts = ["-p", "evil_plugin"]\npythonpath = ["."]\n',
}
POLICIES = {
    "pyproject.toml": "[tool.mlmonitor]\nartifacts = []\n",
    "mlmonitor.toml": "artifacts = []\n",
}


@pytest.fixture
def feather(project: Project) -> Path:
    """The file that exists when a planted module was imported."""
    feather = project.path / "feather"
    project.plant("evil_plugin.py", EVIL.format(feather=str(feather)))
    return feather


NAMED = {
    "--mlmonitor in two words": ("--mlmonitor", "artifacts"),
    "--mlmonitor path": ("--mlmonitor=artifacts", f"artifacts/{SIDECAR}"),
    "undeclared": ("artifacts",),
}
PASTED = (f"artifacts/{SIDECAR}::freshness",)
"""An id that ``pytest artifacts`` printed."""

ARGUMENTS = {**NAMED, "undeclared path": PASTED}


@pytest.mark.parametrize("args", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("name", CONFIGURATION)
def test_a_planted_pytest_configuration_is_refused(
    project: Project, feather: Path, name: str, args: tuple[str, ...]
) -> None:
    """Pytest obeys it before any plugin is asked (documented): but never is the run green."""
    project.plant(name, _quiet(name))
    result = project.run(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "unsafe: pytest's configuration was read from inside an artifact root" in error_text(result)
    assert "pytest -c pyproject.toml" in error_text(result)


@pytest.mark.parametrize("name", CONFIGURATION)
def test_a_planted_pytest_configuration_is_refused_for_a_pasted_id(project: Project, name: str) -> None:
    project.plant(name, _quiet(name))
    assert project.run(*PASTED).ret == pytest.ExitCode.USAGE_ERROR


HELD = {
    "one word": ("--mlmonitor=artifacts",),
    "an id in one word": (f"--mlmonitor=artifacts/{SIDECAR}::row_count",),
    "a root and an id": ("--mlmonitor=artifacts", f"--mlmonitor=artifacts/{SIDECAR}::row_count"),
}


@pytest.mark.parametrize("args", HELD.values(), ids=HELD)
@pytest.mark.parametrize("name", CONFIGURATION)
def test_what_is_said_in_one_word_is_never_where_pytest_looks_for_its_configuration(
    project: Project, feather: Path, name: str, args: tuple[str, ...]
) -> None:
    project.plant(name, CONFIGURATION[name].replace("-p evil_plugin", "-p no:mlmonitor"))
    project.edit(SIDECAR, row_count=1)
    result = project.run(*args)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert not feather.exists()


@pytest.mark.parametrize("name", CONFIGURATION)
def test_dash_c_closes_it(project: Project, feather: Path, name: str) -> None:
    project.policy("")
    project.plant(name, CONFIGURATION[name])
    result = project.run("-c", "pyproject.toml", "--mlmonitor=artifacts")
    assert_clean(result)
    assert not feather.exists()


@pytest.mark.parametrize("name", CONFIGURATION)
@pytest.mark.parametrize("args", [(), (".",)])
def test_the_projects_own_configuration_comes_first(
    project: Project, feather: Path, name: str, args: tuple[str, ...]
) -> None:
    project.policy('artifacts = ["artifacts"]', pytest_table='addopts = ["-ra"]')
    project.plant(name, CONFIGURATION[name])
    result = project.run(*args)
    assert_clean(result)
    assert not feather.exists()


@pytest.mark.parametrize("args", ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("name", POLICIES)
def test_a_planted_policy_cannot_switch_the_checks_off(project: Project, name: str, args: tuple[str, ...]) -> None:
    project.plant(name, POLICIES[name])
    project.plant("__init__.py", EVIL.format(feather=str(project.path / "feather")))
    result = project.run(*args)
    if result.ret != pytest.ExitCode.USAGE_ERROR:
        assert result.ret == 0
        assert result.parseoutcomes()["passed"] >= 1
        result.stdout.fnmatch_lines(["mlmonitor * · artifacts* · 1 dataset*"])
    assert not (project.path / "feather").exists()


@pytest.mark.parametrize("args", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("name", POLICIES)
def test_a_planted_policy_cannot_loosen_a_threshold(project: Project, name: str, args: tuple[str, ...]) -> None:
    project.plant(name, POLICIES[name].replace("artifacts = []", 'fail_on = "never"'))
    project.edit(SIDECAR, built_at="2026-04-20T00:00:00Z")
    assert project.run(*args).ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR)


def test_a_planted_policy_cannot_loosen_a_threshold_for_a_pasted_id(project: Project) -> None:
    project.plant("pyproject.toml", '[tool.mlmonitor]\nfail_on = "never"\n')
    project.edit(SIDECAR, built_at="2026-04-20T00:00:00Z")
    assert project.run(*PASTED).ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR)


@pytest.mark.parametrize(
    ("declared", "args", "name"),
    [
        (True, (), "pyproject.toml"),
        (True, (".",), "pyproject.toml"),
        (True, ("--mlmonitor=.",), "pyproject.toml"),
        (True, (), "mlmonitor.toml"),
        (True, (".",), "mlmonitor.toml"),
        (True, ("--mlmonitor=.",), "mlmonitor.toml"),
        (False, ("--mlmonitor=.",), "pyproject.toml"),
        (False, ("--mlmonitor=.",), "mlmonitor.toml"),
    ],
)
def test_a_planted_policy_where_you_stand(
    project: Project, monkeypatch: pytest.MonkeyPatch, declared: bool, args: tuple[str, ...], name: str
) -> None:
    if declared:
        project.policy('artifacts = ["artifacts"]')
    project.plant(name, POLICIES[name])
    feather = project.path / "feather"
    for planted in ("conftest.py", "test_evil.py", "__init__.py"):
        project.plant(planted, EVIL.format(feather=str(feather)))
    monkeypatch.chdir(project.root)
    project.run(*args)
    assert not feather.exists()


def test_a_broken_toml_in_the_root_is_no_matter_with_dash_c(project: Project) -> None:
    project.policy("")
    project.plant("pyproject.toml", "[tool.")
    project.plant("mlmonitor.toml", "[[[")
    assert_clean(project.run("-c", "pyproject.toml", "--mlmonitor=artifacts"))


def test_output_goes_never_into_a_root(project: Project) -> None:
    for out in ("artifacts", "artifacts/out", "artifacts/p2/../../artifacts/out"):
        result = project.check("--mlmonitor-out", out)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "lies inside an artifact root, which is never written to" in error_text(result)
    assert not (project.root / "out").exists()
    assert not (project.root / "results.json").exists()


def test_output_goes_not_through_a_link_into_a_root(project: Project) -> None:
    (project.path / "out").symlink_to("artifacts/p2")
    assert project.check("--mlmonitor-out", "out").ret == pytest.ExitCode.USAGE_ERROR


def _quiet(name: str) -> str:
    """Return a planted configuration that pytest itself does not stumble over."""
    return CONFIGURATION[name].replace("-p evil_plugin", "-q").replace('"-p", "evil_plugin"', '"-q"')
