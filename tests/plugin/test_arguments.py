"""What a word of the command line is: judged, run, or refused; never passed over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .sample import SIDECAR, Project, assert_clean, error_text

FEATHER = "open({!r}, 'w').close()\ndef test_evil(): pass\n"


@pytest.fixture
def two(project: Project) -> Project:
    """A project with ``artifacts`` and ``broken``, each a platform; in the second a conftest.py was planted."""
    shutil.copytree(project.root, project.path / "broken")
    project.write("broken/conftest.py", FEATHER.format(str(project.path / "feather")))
    return project


def executed(project: Project) -> bool:
    return (project.path / "feather").exists()


LEFT_UNREAD = {
    "after": ("--mlmonitor=artifacts", "broken"),
    "before": ("broken", "--mlmonitor=artifacts"),
    "two words": ("--mlmonitor", "artifacts", "broken"),
    "spelled": ("--mlmonitor=artifacts", "./broken/../broken/"),
    "beside the root": ("--mlmonitor=artifacts", "artifacts", "broken"),
    "a part": ("--mlmonitor=artifacts", "broken/p2"),
    "with names": ("--mlmonitor=artifacts", "broken::row_count"),
    "a manifest": ("--mlmonitor=artifacts", f"broken/{SIDECAR}"),
    "an id": ("--mlmonitor=artifacts", f"broken/{SIDECAR}::row_count"),
    "a table": ("--mlmonitor=artifacts", "broken/p2/output/training_dataset_20260426_130148.parquet"),
    "around": ("--mlmonitor=artifacts", "."),
    "a link": ("--mlmonitor=artifacts", "link"),
    "a package": ("--mlmonitor=artifacts", "--pyargs", "broken"),
    "a module of a package": ("--mlmonitor=artifacts", "--pyargs", "broken.p2"),
    "arguments in a file": ("--mlmonitor=artifacts", "@words"),
    "-c": ("-c", os.devnull, "--mlmonitor=artifacts", "broken"),
    "--rootdir": ("--rootdir=broken", "--mlmonitor=artifacts", "broken"),
    "several roots": ("--mlmonitor=artifacts/p2", "--mlmonitor=artifacts/p4", "broken"),
    "a directory of nothing": ("--mlmonitor=artifacts", "empty"),
}


@pytest.mark.parametrize("how", ["option", "policy", "environment"])
@pytest.mark.parametrize("words", LEFT_UNREAD.values(), ids=LEFT_UNREAD)
def test_what_nothing_would_read_is_refused(
    two: Project, words: tuple[str, ...], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (two.path / "link").symlink_to("broken")
    (two.path / "empty").mkdir()
    two.write("words", "broken\n")
    if how == "policy":
        two.policy('artifacts = ["artifacts"]')
    elif how == "environment":
        monkeypatch.setenv("MLMONITOR_ARTIFACTS", "artifacts")
    if how != "option":
        words = tuple(word for word in words if "mlmonitor" not in word and word != "artifacts")
        if "-c" in words:
            words = ("-c", "pyproject.toml", "broken") if how == "policy" else words
    result = two.run(*words)
    said = error_text(result)
    assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stdout.str()
    assert "mlmonitor: " in said
    assert not executed(two)
    assert "evaluated at" not in result.stdout.str()


def test_the_directory_above(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (two.path / "inner").mkdir()
    monkeypatch.chdir(two.path / "inner")
    assert two.run("--mlmonitor=../artifacts", "..").ret == pytest.ExitCode.USAGE_ERROR
    assert not executed(two)


def test_in_the_variable_of_options(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "broken")
    assert two.run("--mlmonitor=artifacts").ret == pytest.ExitCode.USAGE_ERROR
    assert not executed(two)


def test_with_workers(two: Project) -> None:
    result = two.run_alone("-n2", "--mlmonitor=artifacts", "broken")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert not executed(two)


def test_the_message_has_the_command_that_checks_both(two: Project) -> None:
    (two.path / "broken" / "conftest.py").unlink()
    said = error_text(two.run("--mlmonitor=artifacts", "broken"))
    assert "broken holds no test, and lies outside the artifact roots of this run (artifacts)" in said
    command = said.partition("check both: pytest ")[2].partition(";")[0].split()
    assert command == ["--mlmonitor=artifacts", "--mlmonitor=broken"]
    assert_clean(two.run(*command))


def test_the_message_names_the_policy(two: Project) -> None:
    two.policy('artifacts = ["artifacts"]')
    said = error_text(two.run("broken"))
    assert f"add broken to artifacts in {two.path / 'pyproject.toml'}" in said
    assert "--mlmonitor=broken" in said


def test_tests_beside_the_roots_are_run(two: Project) -> None:
    two.write("tests/test_own.py", "def test_own(): pass")
    shutil.copytree(two.root, two.path / "tests" / "fixtures" / "platform")
    two.policy('artifacts = ["artifacts"]')
    two.run("tests").assert_outcomes(passed=1)
    assert two.run("tests", "-q", "--mlmonitor=artifacts", "-k", "test_own").parseoutcomes()["passed"] == 1


def test_a_planted_module_among_artifacts_makes_no_code_of_them(two: Project) -> None:
    two.write("broken/test_evil.py", FEATHER.format(str(two.path / "feather")))
    assert two.run("--mlmonitor=artifacts", "broken").ret == pytest.ExitCode.USAGE_ERROR
    assert not executed(two)


def test_modules_with_doctests_are_tests_where_they_are_collected(two: Project) -> None:
    two.write("src/shapes.py", '"""\n>>> 1 + 1\n2\n"""\n')
    assert two.run("--mlmonitor=artifacts", "src").ret == pytest.ExitCode.USAGE_ERROR
    result = two.run("--mlmonitor=artifacts", "--doctest-modules", "src")
    assert_clean(result)


def test_file_names_of_tests_are_those_of_the_project(two: Project) -> None:
    two.policy('artifacts = ["artifacts"]', pytest_table='python_files = ["check_*.py"]')
    two.write("src/check_own.py", "def test_own(): pass")
    two.run("src").assert_outcomes(passed=1)


def test_no_argument_is_refused_where_nothing_is_a_root(two: Project) -> None:
    two.policy("artifacts = []")
    two.write("broken/conftest.py", "")
    for words in (("broken",), ("--mlmonitor=artifacts", "broken"), (".",)):
        assert two.run(*words).ret in (0, 5), words


# Code projects.


@pytest.fixture
def code(pytester: pytest.Pytester, new_project: Callable[..., Project]) -> Project:
    """A project of code, with one test."""
    project = new_project("sample")
    project.root.rename(pytester.path.parent / f"{pytester.path.name}-sample")
    project.write("tests/test_own.py", "def test_own(): pass")
    return project


def sample(project: Project) -> Path:
    return project.path.parent / f"{project.path.name}-sample"


FIXTURES = {
    "tests/metrics.json": "{}",
    "tests/data/metrics.json": "{}",
    "tests/sample_prediction.jsonl": '{"prediction": 1}\n',
    "tests/fixtures/deep/sample_prediction.jsonl": '{"prediction": 1}\n',
    "tests/fixtures/dataset_metadata.json": "{}",
    "tests/models/training_metadata.json": "{}",
}


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("args", [("tests",), (".",), ()])
def test_a_fixture_that_is_called_like_an_artifact_breaks_no_project(
    code: Project, name: str, args: tuple[str, ...]
) -> None:
    code.write(name, FIXTURES[name])
    if "models" in name:
        code.write("tests/models/test_models.py", "def test_models(): pass")
    result = code.run(*args)
    assert result.ret == 0, error_text(result)
    (line,) = [line for line in result.outlines if line.startswith("mlmonitor: ")]
    assert name in line
    assert "artifacts = [] in [tool.mlmonitor] of pyproject.toml" in line
    code.policy("artifacts = []")
    result = code.run(*args)
    assert result.ret == 0
    assert "mlmonitor:" not in result.stdout.str()


def test_what_the_line_says_can_be_done(code: Project) -> None:
    shutil.copytree(sample(code), code.path / "tests" / "fixtures" / "platform")
    result = code.run("tests")
    result.assert_outcomes(passed=1)
    (line,) = [line for line in result.outlines if line.startswith("mlmonitor: ")]
    option = line.partition("--mlmonitor=")[2].split()[0]
    assert option == "tests/fixtures"
    assert_clean(code.run(f"--mlmonitor={option}", "tests/test_own.py"))


def test_where_the_artifacts_are_too_near_it_is_refused(code: Project) -> None:
    shutil.copytree(sample(code) / "p2", code.path / "tests" / "p2")
    for args in (("tests",), ("tests/",)):
        result = code.run(*args)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "tests holds artifacts, but also Python that pytest would import" in error_text(result).replace(
            "/ ", " "
        )
    assert code.run(".").ret == 0, "two levels down"
    assert code.run().ret == 0


def test_a_module_in_a_bundle_is_never_collected(code: Project) -> None:
    bundle = code.path / "tests" / "fixtures" / "runs" / "run_1"
    bundle.mkdir(parents=True)
    for name in ("metadata.json", "metrics.json"):
        (bundle / name).write_text("{}")
    for name in ("conftest.py", "test_evil.py", "sub/test_evil.py"):
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_text(FEATHER.format(str(code.path / "feather")))
    for args in ((), ("tests",), (".",)):
        code.run(*args).assert_outcomes(passed=1)
        assert not executed(code)
    (code.path / "tests" / "test_own.py").unlink()
    assert code.run("tests").ret == pytest.ExitCode.USAGE_ERROR, "no test module is left"


def test_a_module_below_a_root_is_refused_by_name(code: Project) -> None:
    code.write("tests/metrics.json", "{}")
    result = code.run("--mlmonitor=tests", "tests/test_own.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "tests is data in this run" in error_text(result)


def test_where_you_stand_is_the_argument(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.plant("conftest.py", "")
    monkeypatch.chdir(project.root)
    assert project.run().ret == pytest.ExitCode.USAGE_ERROR
    (project.root / "conftest.py").unlink()
    assert_clean(project.run())


def test_nobody_looks_around_who_only_asks_for_help(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.plant("conftest.py", "")
    monkeypatch.chdir(project.root)
    assert project.run("--help").ret == 0


# Roots that are not there.


@pytest.mark.parametrize("where", ["policy", "environment"])
def test_tests_run_before_the_first_artifact_is_written(
    code: Project, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "policy":
        code.policy('artifacts = ["notyet"]')
    else:
        monkeypatch.setenv("MLMONITOR_ARTIFACTS", "notyet")
    result = code.run("tests")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["mlmonitor: *artifact root *notyet does not exist"])
    for args in ((), (".",), ("notyet",), ("notyet/x.json::freshness",)):
        result = code.run(*args)
        assert result.ret == pytest.ExitCode.USAGE_ERROR, args
        assert "notyet does not exist" in error_text(result), args


@pytest.mark.parametrize("where", ["option", "argument", "policy", "environment"])
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://bucket/data", "cannot be listed: the server cannot be reached"),
        ("https://example.org/data", "https:// is not read; allowed: a directory, s3://…, gs://…, file://…"),
        ("file:///srv/nowhere", "cannot be listed: there is no such directory"),
    ],
)
def test_a_root_that_is_a_url(code: Project, where: str, url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    args = {"option": [f"--mlmonitor={url}"], "argument": [url]}.get(where, [])
    if where == "policy":
        code.policy(f'artifacts = ["{url}"]')
    elif where == "environment":
        monkeypatch.setenv("MLMONITOR_ARTIFACTS", f"tests:{url}")
    result = code.run(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert url in error_text(result)
    assert words in error_text(result)


# Files of a policy that are named.


@pytest.mark.parametrize("name", ["ci/strict.toml", "mlmonitor.toml"])
def test_a_policy_that_is_named(project: Project, name: str) -> None:
    root = os.path.relpath(project.root, (project.path / name).parent)
    project.write(name, f'[tool.mlmonitor]\nartifacts = ["{root}"]\nenvironment = "named"\n')
    result = project.run("-c", name, "--mlmonitor-out", "out")
    assert_clean(result)
    assert '"environment": "named"' in (project.path / "out" / "results.json").read_text()


def test_keys_beside_the_table_are_no_policy(project: Project) -> None:
    project.write("mlmonitor.toml", '[freshness]\nerror_after = "1h"\n[tool.mlmonitor]\nartifacts = ["artifacts"]\n')
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "freshness in" in error_text(result)
    assert "stands outside of [tool.mlmonitor]" in error_text(result)
