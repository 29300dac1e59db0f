"""A secret that the policy names stands in nothing that a run shows or writes, wherever it came from."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from .sample import Project, error_text, read_json

SECRETS = {
    "SLACK_HOOK": "http://127.0.0.1:9/services/T0CANARY1/B0/canary-of-slack-1",
    "TEAMS_HOOK": "http://127.0.0.1:9/invoke?sp=1&sig=canary-of-teams-2",
    "PAGER_KEY": "canary-of-pager-3",
    "DB": "postgresql://me:canary-of-db%2F4@127.0.0.1:9/db",
    "PUSH_USER": "canary-user-5",
    "PUSH_PASSWORD": "canary\"of<push>&'6\\",
    "MAIL_PASSWORD": "canär-of-mail-7",
    "HOOK_TOKEN": "canary-8",
}
CANARIES = ("canary", "canär", "canar\\u")
"""What of them may be left nowhere, however it is written."""

POLICY = """
artifacts = ["artifacts"]
fail_on = "warning"
alerts.slack.url_env = "SLACK_HOOK"
alerts.teams.url_env = "TEAMS_HOOK"
alerts.pagerduty.routing_key_env = "PAGER_KEY"
alerts.smtp = {host = "127.0.0.1", port = 9, to = ["a@b.example"], user_env = "PUSH_USER", password_env = "MAIL_PASSWORD"}
alerts.routes.warning = []
alerts.routes.error = []
alerts.routes.critical = []
metrics.push_user_env = "PUSH_USER"
metrics.push_password_env = "PUSH_PASSWORD"
retrain.webhook.token_env = "HOOK_TOKEN"
alerts.apprise.urls_env = "DB"
"""

TEST = """
import logging, os, sys, warnings
import pytest

SECRETS = [os.environ[name] for name in {names!r}]

def test_prints(dataset):
    for value in SECRETS:
        print("out", value, repr(value))
        print("err", value, file=sys.stderr)
        logging.getLogger("x").warning("log %s", value)
        warnings.warn("warning " + value)
    assert not SECRETS, "assertion " + " ".join(SECRETS)

def test_raises():
    try:
        raise KeyError(SECRETS[2])
    except KeyError:
        logging.getLogger("x").exception("an error")
        raise RuntimeError(f"it broke: {{SECRETS}}")

@pytest.mark.parametrize("value", SECRETS)
def test_parameter(value):
    pytest.skip("skipped " + value)

@pytest.fixture
def broken():
    raise OSError(SECRETS[0])

def test_setup(broken): ...
"""


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def found(text: str) -> list[str]:
    """Return the canaries in a text, also as URLs, HTML and Python write them."""
    plain = html.unescape(html.unescape(unquote(text)))
    plain = plain.replace("\\u00e4", "ä").replace("\\\\", "\\")
    return [line[max(0, line.find(one) - 60) :][:200] for one in CANARIES for line in plain.splitlines() if one in line]


def everything(project: Project, *more: Path) -> Iterator[tuple[str, str]]:
    for path in [*sorted((project.path / "out").rglob("*")), *more]:
        if path.is_file():
            yield str(path), path.read_text(encoding="utf-8", errors="replace")


def plant(project: Project) -> None:
    """Let the secrets stand in documents, values and paths of artifacts."""
    project.policy(POLICY, pytest_table='testpaths = ["test_mine.py", "artifacts"]')
    project.write("test_mine.py", TEST.format(names=list(SECRETS)))
    for i, value in enumerate(SECRETS.values()):
        name = quote(value, safe="ä-")
        project.edit("p2/dataset_metadata.json", **{f"extra_{i}": value, "dataset_name": f"data of {value}"})
        project.plant(
            f"p2/{name}/dataset_metadata.json", json.dumps({"dataset_name": value, "path": f"{value}.parquet"})
        )
        project.plant(f"p2/{name}.json", json.dumps({"key": value}))
        project.plant(f"p4/artifacts/{i}/metadata.json", json.dumps({"run_id": value, "status": value}))
        project.plant(f"p4/artifacts/{i}/metrics.json", json.dumps({value: 1, "r2": value}))
    project.edit_lines(
        "p5/artifacts/serving/metrics", model_version=SECRETS["PAGER_KEY"], endpoint=SECRETS["PAGER_KEY"]
    )


@pytest.mark.parametrize("more", [(), ("-n2",), ("-vv", "-rA", "--showlocals", "--color=yes"), ("--tb=native", "-s")])
def test_it_stands_in_no_output(
    project: Project, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(project)
    summary = tmp_path / "summary"
    summary.touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    files = [project.path / name for name in ("own.xml", "own.html", "own.log")]
    result = project.run_alone(
        "--mlmonitor-out=out",
        f"--junit-xml={files[0]}",
        *(() if "-s" in more else (f"--html={files[1]}", "--self-contained-html")),
        f"--log-file={files[2]}",
        "--log-file-level=DEBUG",
        *more,
    )
    assert result.ret == 1, result.stdout.str() + result.stderr.str()
    said = result.stdout.str() + result.stderr.str()
    if "-s" in more:  # what a test prints past pytest nobody can look through
        said = "\n".join(line for line in said.splitlines() if "out " not in line and "err " not in line)
    assert found(said) == []
    assert "***" in said
    assert summary.read_text()
    for name, text in everything(project, summary, *files):
        assert (name, found(text)) == (name, [])
    document = read_json(project.path / "out" / "results.json")
    assert document["complete"]
    reasons = [entry["reason"] or "" for entry in document["results"]]
    assert any("it broke" in reason or "***" in reason for reason in reasons)


def test_it_stands_in_no_report_of_a_module_that_cannot_be_imported(project: Project) -> None:
    plant(project)
    project.write("test_mine.py", "import os\nraise RuntimeError(os.environ['PAGER_KEY'])")
    result = project.run_alone("--mlmonitor-out=out", "-rA")
    said = result.stdout.str() + result.stderr.str()
    assert "RuntimeError: ***" in said
    assert found(said) == []
    assert [found(text) for _, text in everything(project)] == [[]] * len(list(everything(project)))


def test_it_stands_in_no_internal_error(project: Project) -> None:
    plant(project)
    project.write(
        "conftest.py", "import os\ndef pytest_runtest_setup(item):\n    assert os.environ['PAGER_KEY'] == 1\n"
    )
    project.write(
        "conftest.py", "import os\ndef pytest_runtestloop():\n    raise ValueError(os.environ['PAGER_KEY'])\n"
    )
    result = project.run_alone("--mlmonitor-out=out")
    said = result.stdout.str() + result.stderr.str()
    assert result.ret == 3
    assert "INTERNALERROR> ValueError: ***" in said
    assert found(said) == []


def test_what_a_policy_without_secrets_shows_is_shown_as_it_is(project: Project) -> None:
    plant(project)
    project.policy('artifacts = ["artifacts"]', pytest_table='testpaths = ["test_mine.py", "artifacts"]')
    assert "canary-of-pager-3" in project.run_alone().stdout.str()


def test_a_variable_that_holds_nothing_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    text = POLICY.replace('"TEAMS_HOOK"', '"SHORT"')
    project.policy(f'{text}\nalerts.discord.url_env = "NO_SUCH"\nalerts.webhook = false')
    monkeypatch.delenv("PAGER_KEY")
    monkeypatch.setenv("SHORT", "abc")
    monkeypatch.setenv("PAGER_KEY_FILE", "/nowhere")
    result = project.run("--mlmonitor-out=out")
    said = [line for line in result.outlines if line.startswith("mlmonitor: ")]
    for words in (
        "PAGER_KEY is not set, and the file that PAGER_KEY_FILE names cannot be used: No such file or directory",
        "NO_SUCH is not set",
        "secrets: alerts.teams.url_env = SHORT holds 3 characters: too few to be told from other words",
    ):
        assert len([line for line in said if words in line]) == 1, said
    assert "SLACK_HOOK" not in " ".join(said)
    assert result.ret == 0
    problems = [one["problem"] for one in read_json(project.path / "out" / "results.json")["exports"]]
    assert sum("SHORT holds 3 characters" in (one or "") for one in problems) == 1


def test_a_variable_of_a_sender_that_had_nothing_to_send_is_said_all_the_same(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nretrain.webhook = {url = "http://127.0.0.1:9/", token_env = "NO_SUCH"}')
    result = project.run("--mlmonitor-out=out")
    assert [line for line in result.outlines if "NO_SUCH is not set" in line]
    assert result.ret == 0


def test_a_run_that_judges_a_part_says_nothing_of_it(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nalerts.discord.url_env = "NO_SUCH"')
    assert "secrets" not in project.run("-k", "freshness").stdout.str()


def test_a_wrong_policy_shows_none(project: Project) -> None:
    project.policy(f"artifacts = ['artifacts']\nalerts.slack.url_env = '{SECRETS['SLACK_HOOK']}'")
    result = project.run_alone("--mlmonitor-out=out")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "alerts.slack.url_env = *** in " in error_text(result)
    assert found(result.stdout.str() + result.stderr.str()) == []
