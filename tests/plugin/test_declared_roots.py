"""Roots are declared in pyproject.toml, mlmonitor.toml, the environment or on the command line; the later wins."""

from __future__ import annotations

import shutil

import pytest

from .sample import BUNDLE, NOW, Project, assert_clean, error_text, ids_of

EMPTY = "nowhere"


@pytest.fixture
def two(bundle: Project) -> Project:
    """A project with one training run in each of ``artifacts`` and ``other``."""
    shutil.copytree(bundle.root, bundle.path / "other")
    return bundle


def _roots(result: pytest.RunResult) -> set[str]:
    return {line.split("/")[0] for line in ids_of(result)}


def test_a_root_in_pyproject_is_checked_by_pytest_alone(two: Project) -> None:
    two.policy('artifacts = ["artifacts"]')
    result = two.run()
    assert_clean(result)
    result.stdout.fnmatch_lines([f"artifacts/{BUNDLE} .*s*"])


def test_one_root_may_be_a_plain_string(two: Project) -> None:
    two.policy('artifacts = "artifacts"')
    assert_clean(two.run())


def test_a_root_in_mlmonitor_toml_is_checked(two: Project) -> None:
    two.write("mlmonitor.toml", 'artifacts = ["other"]')
    assert _roots(two.run("--co", "-q")) == {"other"}


def test_a_root_in_the_environment_wins_over_the_file(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two.policy('artifacts = ["artifacts"]')
    monkeypatch.setenv("MLMONITOR_ARTIFACTS", "other")
    assert _roots(two.run("--co", "-q")) == {"other"}


def test_the_environment_names_several_roots_like_path(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_ARTIFACTS", "other:artifacts")
    assert _roots(two.run("--co", "-q")) == {"artifacts", "other"}


def test_the_option_wins_over_environment_and_file(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(two.root, two.path / "third")
    two.policy('artifacts = ["artifacts"]')
    monkeypatch.setenv("MLMONITOR_ARTIFACTS", "other")
    assert _roots(two.run("--mlmonitor=third", "--co", "-q")) == {"third"}


def test_the_option_is_repeatable(two: Project) -> None:
    assert _roots(two.run("--mlmonitor=artifacts", "--mlmonitor=other", "--co", "-q")) == {"artifacts", "other"}


def test_a_root_inside_another_is_checked_once(two: Project) -> None:
    result = two.run("--mlmonitor=artifacts", "--mlmonitor=artifacts/p4", "--mlmonitor=artifacts")
    assert_clean(result)


def test_the_option_alone_checks_just_that_root(two: Project) -> None:
    two.write("test_mine.py", "def test_mine(): assert False")
    result = two.run(
        "--mlmonitor=artifacts",
    )
    assert_clean(result)


def test_a_users_tests_alone_leave_the_artifacts_alone(two: Project) -> None:
    two.policy('artifacts = ["artifacts"]')
    two.write("tests/test_mine.py", "def test_mine(): pass")
    two.run("tests").assert_outcomes(passed=1)
    assert_clean(two.run())


def test_roots_in_the_file_are_relative_to_the_file(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two.policy('artifacts = ["artifacts"]')
    (two.path / "deep").mkdir()
    monkeypatch.chdir(two.path / "deep")
    assert_clean(two.run("-c", "../pyproject.toml"))


def test_roots_of_the_option_are_relative_to_where_you_stand(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two.policy("")
    (two.path / "deep").mkdir()
    monkeypatch.chdir(two.path / "deep")
    assert_clean(two.run("--mlmonitor=../artifacts"))


@pytest.fixture
def inner(two: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that is left for its sub-directory, with a policy of its own; the root lies outside."""
    two.write("inner/pyproject.toml", '[tool.pytest]\n[tool.mlmonitor]\nenvironment = ""\n')
    monkeypatch.chdir(two.path / "inner")
    return two


def test_the_policy_is_the_projects_also_for_a_root_outside_of_it(inner: Project) -> None:
    result = inner.run(
        "--mlmonitor=../artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"environment = '' in {inner.path / 'inner' / 'pyproject.toml'}" in error_text(result)


@pytest.mark.parametrize("arguments", [("--mlmonitor=../artifacts",), ("../artifacts",)])
def test_the_policy_is_the_projects_however_the_root_outside_is_named(
    inner: Project, arguments: tuple[str, ...]
) -> None:
    result = inner.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "environment = ''" in error_text(result)


def test_a_root_outside_the_project_has_pasteable_ids(inner: Project) -> None:
    inner.write("inner/pyproject.toml", "[tool.pytest]\n")
    found = ids_of(inner.run("--mlmonitor=../artifacts", "--co", "-q"))
    assert f"../artifacts/{BUNDLE}::readable" in found
    inner.run("--mlmonitor=../artifacts", f"../artifacts/{BUNDLE}::readable").assert_outcomes(passed=1)


@pytest.mark.parametrize("how", ["option", "environment", "pyproject", "mlmonitor.toml"])
def test_a_root_that_does_not_exist_is_a_usage_error(two: Project, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    origin = {
        "option": "--mlmonitor",
        "environment": "MLMONITOR_ARTIFACTS",
        "pyproject": str(two.path / "pyproject.toml"),
        "mlmonitor.toml": str(two.path / "mlmonitor.toml"),
    }[how]
    if how == "environment":
        monkeypatch.setenv("MLMONITOR_ARTIFACTS", EMPTY)
    elif how == "pyproject":
        two.policy(f'artifacts = ["artifacts", "{EMPTY}"]')
    elif how == "mlmonitor.toml":
        two.write("mlmonitor.toml", f'artifacts = ["{EMPTY}"]')
    result = two.run(*([f"--mlmonitor={EMPTY}"] if how == "option" else []))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = error_text(result)
    assert origin in said
    assert EMPTY in said
    assert "does not exist" in said


def test_a_root_that_is_a_file_is_a_usage_error(two: Project) -> None:
    result = two.run(
        f"--mlmonitor=artifacts/{BUNDLE}",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is not a directory" in error_text(result)


def test_a_policy_value_in_the_environment_wins_over_the_file(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two.edit(BUNDLE, model_version=None)  # a fallback, so a warning
    two.policy('artifacts = ["artifacts"]\nfail_on = "never"')
    assert two.run().ret == 0
    monkeypatch.setenv("MLMONITOR_FAIL_ON", "warning")
    assert two.run().ret == 1
    assert two.run("--mlmonitor-fail-on", "critical").ret == 0


def test_dash_c_chooses_the_policy(two: Project) -> None:
    two.policy('artifacts = ["artifacts"]')
    two.write("ci/pyproject.toml", '[tool.pytest]\n[tool.mlmonitor]\nartifacts = ["../other"]\n')
    assert _roots(two.run("-c", "ci/pyproject.toml", "--co", "-q", now=NOW)) == {".."}
