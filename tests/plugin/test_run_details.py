"""What results.json says of a run beside its results: what artifacts are, what was made from what, where the run comes from."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.outputs.results import read_results

from .sample import DATASET, FLAT_RUN, Project

POLICY = 'out = "out"\nartifacts = ["artifacts"]\nfreshness = "6h"\ncontact = "#data"'


def results(project: Project, *args: str, alone: bool = False) -> dict[str, Any]:
    (project.run_alone if alone else project.run)(*args)
    document: Any = read_results(project.path / "out" / "results.json", gate=False)
    return document


def edges(document: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    ids = {one["id"]: one["kind"] for one in document["artifacts"]}
    return {(ids[one["from"]], ids[one["to"]], one["role"], one["state"]) for one in document["edges"]}


SOUND = {
    ("dataset", "training_run", "trained_on", "ok"),
    ("training_run", "deployment", "serves", "ok"),
    ("dataset", "training_report", "reports_on", "ok"),
}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_artifacts_say_what_they_are_and_were_made_from(project: Project, workers: tuple[str, ...]) -> None:
    project.policy(POLICY)
    found = results(project, *workers, alone=True)
    (data,) = [one for one in found["artifacts"] if one["kind"] == "dataset"]
    assert (data["family"], data["contact"]) == ("training_dataset", "#data")
    assert dict(data["facts"])["rows"] == "1,076"
    assert edges(found) == SOUND
    (model,) = found["models"]
    kinds = {one["id"]: one["kind"] for one in found["artifacts"]}
    assert (model["name"], model["live"]) == ("lightgbm_default", True)
    assert sorted((kinds[one["id"]], one["role"]) for one in model["artifacts"]) == [
        ("dataset", "fed_by"),
        ("deployment", "deployment"),
        ("training_run", "training_run"),
        ("training_run", "training_run"),
    ]
    assert {kinds[one["artifact"]] for one in model["metrics"]} == {"training_run"}
    assert model["metrics"][0]["metrics"]["rmse"] == pytest.approx(0.2932, abs=1e-4)
    told = {one["key"]: ({kinds[id_] for id_ in one["artifacts"]}, one["value"]) for one in model["policy"]}
    assert told["freshness.max_age_seconds"] == ({"dataset"}, "21600")
    assert told["contact"] == ({"dataset", "deployment", "training_run"}, "#data")


def test_a_link_that_leads_nowhere_is_broken_by_the_check_that_says_so(project: Project) -> None:
    project.policy(POLICY)
    project.edit(FLAT_RUN, input_dataset_version="2026-04-20T13:01:48+00:00")
    found = results(project)
    (broken,) = [one for one in found["edges"] if one["state"] == "broken"]
    assert (broken["role"], broken["check"]) == ("trained_on", "dataset_link")
    assert DATASET in broken["reason"]


def test_a_run_says_where_it_comes_from(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI_", "GITLAB_"))]:
        monkeypatch.delenv(name)
    project.policy(POLICY)
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=project.path, check=True)
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_JOB_NAME", 'mon"><script>itor')
    monkeypatch.setenv("CI_JOB_ID", "7")
    monkeypatch.setenv("CI_JOB_URL", "javascript:alert(1)")
    run = results(project, "-v")["run"]
    assert (run["branch"], run["commit"], run["commit_url"]) == ("trunk", None, None)
    assert run["ci"] == {"service": "GitLab CI", "label": 'mon"><script>itor #7', "url": None}
    assert run["command"].startswith("pytest ") and run["command"].endswith(" -v")
    assert run["roots"] == ["artifacts"]
    assert {one["key"]: (one["value"], one["line"]) for one in run["policy"] if one["origin"] == "file"} == {
        "contact": ("#data", 5),
        "out": ("out", 2),
    }


def test_a_kind_of_ones_own_tells_its_facts(project: Project) -> None:
    project.policy(POLICY)
    project.plant("card.json", json.dumps({"author": "me\u202e"}))
    project.write(
        "conftest.py",
        """
import json
from pytest_mlmonitor import Finding, Kind, check

@check("card", category="quality")
def has_author(card, context):
    yield from ()

def pytest_mlmonitor_kinds(config):
    def facts(card, context):
        yield "author", card["author"]
    return [Kind("card", ("card.json",), lambda ref: json.loads(ref.path.read_text()), facts=facts,
                 titled=lambda card: ("the card", "1"))]

def pytest_mlmonitor_checks(config):
    return [has_author]
""",
    )
    (card,) = [one for one in results(project)["artifacts"] if one["kind"] == "card"]
    assert (card["family"], card["version"]) == ("the card", "1")
    ((name, words),) = card["facts"]
    assert name == "author" and words.startswith("me") and "\u202e" not in words
    assert Path(card["path"]).name == "card.json"
