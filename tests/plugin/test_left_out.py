"""results.json says whether whoever started the run left something out, and what the project always selects."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json

OWN = "def test_mine(): pass\n"


def said(project: Project, *args: str) -> tuple[bool, list[str]]:
    """Return what a run of the declared root says it left out."""
    project.run("--mlmonitor-out", "out", *args)
    document = read_json(project.path / "out" / "results.json")
    return document["narrowed"], document["selection"]


@pytest.fixture
def declared(bundle: Project) -> Project:
    """A quick root that the policy declares, and a test beside it."""
    bundle.policy('artifacts = ["artifacts"]')
    bundle.write("tests/test_mine.py", OWN)
    return bundle


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["artifacts"],
        ["."],
        ["tests", "artifacts"],
        ["artifacts/p4"],
        ["-k", ""],
        ["-v", "--tb=short"],
        ["--mlmonitor=artifacts"],
    ],
    ids=" ".join,
)
def test_a_run_of_everything_is_not_narrowed(declared: Project, args: list[str]) -> None:
    assert said(declared, *args) == (False, [])


@pytest.mark.parametrize(
    "args",
    [
        ["-k", "contract"],
        ["-kcontract"],
        ["-m", "contract"],
        ["--lf"],
        ["--last-failed"],
        ["--sw"],
        ["--deselect", f"artifacts/{BUNDLE}::contract"],
        [f"artifacts/{BUNDLE}"],
        [f"artifacts/{BUNDLE}::contract"],
        ["tests"],
        ["artifacts", "tests/test_mine.py::test_mine"],
        ["--mlmonitor=artifacts/p4"],
        ["-o", "addopts=-m contract"],
    ],
    ids=" ".join,
)
def test_a_run_of_less_is_narrowed(declared: Project, args: list[str]) -> None:
    declared.plant("p4/notes.txt", "x")
    declared.plant("notes.txt", "x")
    assert said(declared, *args) == (True, [])


def test_paths_that_leave_nothing_out_do_not_narrow(project: Project) -> None:
    parts = sorted(f"artifacts/{path.name}" for path in project.root.iterdir())
    assert said(project, "--mlmonitor=artifacts", *parts) == (False, [])
    assert said(project, "--mlmonitor=artifacts", *parts[1:]) == (True, [])


def test_the_environment_narrows_too(declared: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-m 'contract or lineage'")
    assert said(declared) == (True, [])


def test_what_the_project_always_selects_is_its_selection(declared: Project) -> None:
    line = f"addopts = ['-m', 'not lineage', '--deselect', 'artifacts/{BUNDLE}::contract']"
    declared.policy('artifacts = ["artifacts"]', pytest_table=line)
    usual = ["-m 'not lineage'", f"--deselect artifacts/{BUNDLE}::contract"]
    assert said(declared) == (False, usual)
    assert said(declared, "--deselect", "tests/test_mine.py::test_mine") == (True, usual)
    assert said(declared, "-m", "lineage") == (True, usual[1:])


def test_paths_of_the_configuration_are_its_selection(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]', pytest_table="addopts = ['artifacts/p2']")
    assert said(project) == (False, ["artifacts/p2"])


def test_items_are_counted_before_and_after(declared: Project) -> None:
    assert said(declared)[0] is False
    whole = read_json(declared.path / "out" / "results.json")
    assert whole["collected"] == whole["selected"] == len(whole["results"]) + 1
    said(declared, "-m", "contract")
    part = read_json(declared.path / "out" / "results.json")
    assert part["collected"] == whole["collected"]
    assert part["selected"] == len(part["results"]) < part["collected"]


def test_items_are_counted_in_parallel_too(declared: Project) -> None:
    said(declared, "-m", "contract")
    declared.run_alone("-p", "xdist", "-n2", "--mlmonitor-out", "parallel", "-m", "contract")
    alone, parallel = (read_json(declared.path / name / "results.json") for name in ("out", "parallel"))
    keys = ("collected", "selected", "narrowed", "selection")
    assert {key: parallel[key] for key in keys} == {key: alone[key] for key in keys}


def test_it_says_where_the_policy_stands_and_who_overrode_it(
    declared: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "21600")
    monkeypatch.setenv("MLMONITOR_SEVERITY__CONTRACT", "critical")
    said(declared, "--mlmonitor-fail-on", "critical")
    assert read_json(declared.path / "out" / "results.json")["policy"] == {
        "file": "pyproject.toml",
        "overridden": {
            "freshness.max_age_seconds": "MLMONITOR_FRESHNESS__MAX_AGE_SECONDS",
            "severity.contract": "MLMONITOR_SEVERITY__CONTRACT",
            "out": "the command line",
            "fail_on": "the command line",
        },
    }


def test_without_a_policy_it_says_so(bundle: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", raising=False)
    policy = bundle.results()["policy"]
    assert policy["file"] is None
    assert policy["overridden"] == {"artifacts": "the command line", "out": "the command line"}


def test_one_id_of_many_is_all_that_is_said(project: Project) -> None:
    document = project.results(f"artifacts/{SIDECAR}::freshness")
    assert (document["narrowed"], document["collected"], document["selected"]) == (True, 1, 1)
    assert Path(document["results"][0]["path"]).name == Path(SIDECAR).name
