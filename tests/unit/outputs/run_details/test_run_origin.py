"""Where a run comes from: in words that hold no secret, and links that lead nowhere but to the web."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.record_details import CiLink, RunOrigin
from pytest_mlmonitor.core.text.redaction import conceal
from pytest_mlmonitor.outputs.run_details.run_origin import command_line, policy_keys, run_origin
from tests.unit.outputs.ci.test_ci_services import GITHUB
from tests.unit.outputs.run_details.test_git_checkout import git, head

POLICY = """
[project]
name = "payments-ml"

[tool.mlmonitor]
environment = "prod"
drift.psi_error = 0.3
freshness = "26h"
quality.min_rows = 10
alerts.slack.url_env = "SLACK_URL"

[tool.mlmonitor.source.customers]
path = "customers/{version}/x.parquet"
"""


def origin(home: Path, environ: dict[str, str] | None = None, policy: str = POLICY) -> RunOrigin:
    file = home / "pyproject.toml"
    file.write_text(policy)
    return run_origin(load(file), home, ["artifacts"], ["artifacts"], environ or {})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "payments"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def test_a_project_has_the_name_of_its_package_or_of_its_directory(project: Path) -> None:
    assert origin(project).project == "payments-ml"
    assert origin(project, policy="[tool.mlmonitor]\n").project == "payments"
    assert origin(project, policy="project = 3\n[tool.mlmonitor]\n").project == "payments"


def test_commit_and_branch_of_a_checkout(project: Path) -> None:
    git(project, "init", "-q", "-b", "main")
    git(project, "commit", "-q", "--allow-empty", "-m", "first")
    found = origin(project)
    assert (found.commit, found.branch, found.commit_url) == (head(project), "main", None)
    git(project, "remote", "add", "origin", "https://me:secret@github.com/acme/bikes")
    assert origin(project).commit_url == f"https://github.com/acme/bikes/commit/{head(project)}"


def test_a_ci_service_says_the_branch_of_a_commit_without_one(project: Path) -> None:
    git(project, "init", "-q", "-b", "main")
    git(project, "commit", "-q", "--allow-empty", "-m", "first")
    git(project, "checkout", "-q", "--detach")
    own = {**GITHUB, "GITHUB_SHA": head(project)}
    found = origin(project, own)
    assert (found.branch, found.commit_url) == ("main", f"https://github.com/acme/bikes/commit/{head(project)}")
    assert found.ci == CiLink("GitHub Actions", "nightly #3", "https://github.com/acme/bikes/actions/runs/17")
    elsewhere = origin(project, GITHUB)
    assert (elsewhere.commit, elsewhere.branch, elsewhere.commit_url) == (head(project), None, None)


def test_without_a_checkout_the_ci_service_says_the_commit(project: Path) -> None:
    found = origin(project, GITHUB)
    assert (found.commit, found.branch) == (GITHUB["GITHUB_SHA"], "main")
    hostile = {**GITHUB, "GITHUB_SHA": "<script>", "GITHUB_SERVER_URL": "javascript:alert(1)//"}
    found = origin(project, hostile)
    assert (found.commit, found.commit_url) == (None, None)
    assert found.ci == CiLink("GitHub Actions", "nightly #3", None)


def test_keys_that_are_not_the_default_stand_with_value_default_and_place(project: Path) -> None:
    found = {one.key: (one.origin, one.value, one.default, one.file, one.line) for one in origin(project).policy}
    assert found == {
        "drift.psi_error": ("file", "0.3", "0.2", "pyproject.toml", 7),
        "freshness.max_age_seconds": ("file", "93600", "1800", "pyproject.toml", 8),
        "alerts.slack.url_env": ("file", "SLACK_URL", None, "pyproject.toml", 10),
        "source.customers.path": ("file", "customers/{version}/x.parquet", None, "pyproject.toml", 13),
    }


def test_keys_of_variables_and_options_say_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_DRIFT__PSI_ERROR", "0.4")
    file = project / "pyproject.toml"
    file.write_text(POLICY)
    found = {one.key: (one.origin, one.value, one.file) for one in policy_keys(load(file, {"fail_on": "warning"}))}
    assert found["drift.psi_error"] == ("environment", "0.4", "MLMONITOR_DRIFT__PSI_ERROR")
    assert found["fail_on"] == ("option", "warning", "the command line")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ([], "pytest"),
        (["artifacts", "-k", "not slow"], "pytest artifacts -k 'not slow'"),
        (["--api-token", "abc", "-q"], "pytest --api-token '***' -q"),
        (["--api-token=abc"], "pytest '--api-token=***'"),
        (["--mlmonitor-push=https://me:pw@gate/"], "pytest '--mlmonitor-push=***'"),
        (["--x", "ghp_abcdef"], "pytest --x '***'"),
        (["--note=hunter2-hunter2"], "pytest '--note=***'"),
        (["p" * 5000], f"pytest {'p' * 1993}"),
    ],
)
def test_a_command_holds_no_secret_and_has_an_end(words: list[str], command: str) -> None:
    restore = conceal(["hunter2-hunter2"])
    try:
        assert command_line(words) == command
    finally:
        restore()


def test_versions_are_of_what_judges(project: Path) -> None:
    assert {"python", "pytest", "pytest-mlmonitor", "pyarrow"} <= origin(project).versions.keys()
