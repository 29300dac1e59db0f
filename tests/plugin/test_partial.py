"""A run that judges a part of the platform says so, and leaves the record of the whole alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json

POLICY = 'artifacts = ["artifacts"]\nout = "out"'

PARTS = [
    ("-k", "freshness"),
    ("-m", "dataset"),
    ("-m", "freshness"),
    ("--deselect", f"artifacts/{SIDECAR}::freshness"),
    (f"artifacts/{SIDECAR}",),
    (f"artifacts/{SIDECAR}::freshness",),
    ("artifacts/p2", "artifacts/p4"),
    ("--mlmonitor=artifacts/p2",),
    ("--splits", "2", "--group", "2"),
    ("-k", "nothing_is_called_so"),
    ("--setup-plan",),
    ("tests",),
    ("tests", f"artifacts/{SIDECAR}"),
]

HOOK = """
def pytest_addoption(parser):
    parser.addoption("--every-second", action="store_true")

def pytest_collection_modifyitems(config, items):
    if {when}:
        {tell}
        items[:] = items[1::2]
"""
TELL = "config.hook.pytest_deselected(items=items[::2])"


@pytest.fixture
def whole(project: Project) -> Project:
    """A project whose platform was judged as a whole, and tests of its own."""
    project.policy(POLICY)
    project.write("tests/test_mine.py", "def test_mine(): pass\n")
    assert project.run().ret == 0
    return project


def kept(project: Project) -> dict[str, bytes]:
    """Return what lies in the output directory but for the log of lineage."""
    return {one.name: one.read_bytes() for one in (project.path / "out").iterdir() if one.is_file()}


def document(project: Project, *args: str, out: str = "part") -> dict[str, Any]:
    project.run("--mlmonitor-out", out, *args)
    return read_json(project.path / out / "results.json")


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {f"{one['kind']} {one['path'].removeprefix('artifacts/')}": one["verdict"] for one in document["artifacts"]}


@pytest.mark.parametrize("arguments", PARTS, ids=" ".join)
def test_it_leaves_the_record_of_the_whole(whole: Project, arguments: tuple[str, ...]) -> None:
    before, log = kept(whole), sorted((whole.path / "out" / "lineage").iterdir())[0].read_bytes()
    whole.run(*arguments)
    assert kept(whole) == before
    assert sorted((whole.path / "out" / "lineage").iterdir())[0].read_bytes() == log


@pytest.mark.parametrize("arguments", PARTS[::3], ids=" ".join)
def test_also_where_it_fails(whole: Project, arguments: tuple[str, ...]) -> None:
    """Findings, and policies that cannot be read, take nothing back."""
    before = kept(whole)
    whole.edit(SIDECAR, row_count=7, feature_count=3)
    whole.run(*arguments)
    whole.policy(f"{POLICY}\nfreshnes = 1")
    assert whole.run(*arguments).ret == pytest.ExitCode.USAGE_ERROR
    assert kept(whole) == before


@pytest.mark.parametrize("arguments", PARTS, ids=" ".join)
def test_where_the_command_line_says_it_is_written_as_a_part(whole: Project, arguments: tuple[str, ...]) -> None:
    before = kept(whole)
    made = document(whole, *arguments)
    assert (made["narrowed"], made["complete"]) == (True, True)
    assert kept(whole) == before
    assert made["left_out"] or arguments == ("--setup-plan",)
    assert 'mlmonitor_run_success{environment="local"} 0.0' in (whole.path / "part" / "metrics.prom").read_text()


def test_checks_that_were_left_out_make_a_verdict_partial(whole: Project) -> None:
    made = document(whole, "-m", "freshness")
    assert verdicts(made) == {f"dataset {SIDECAR}": "partial"}
    ran = {one["nodeid"] for one in made["results"]}
    assert ran == {one for one in whole.ids() if one.endswith("freshness")}
    assert made["left_out"] == sorted(set(whole.ids()) - ran)


def test_an_artifact_that_is_judged_in_full_is_not_partial(whole: Project) -> None:
    assert verdicts(document(whole, f"artifacts/{SIDECAR}")) == {f"dataset {SIDECAR}": "ok"}
    made = verdicts(document(whole, "--deselect", f"artifacts/{SIDECAR}::freshness"))
    assert made.pop(f"dataset {SIDECAR}") == "partial"
    assert set(made.values()) == {"ok"}


def test_partial_hides_no_failure_and_every_warning(whole: Project) -> None:
    whole.edit(SIDECAR, surplus=1)
    assert verdicts(document(whole, "-k", "dataset and contract")) == {f"dataset {SIDECAR}": "partial"}
    result = whole.run("-k", "dataset and contract")
    result.stdout.fnmatch_lines(["PARTIAL dataset *checks left out; *surplus*"])
    whole.edit(SIDECAR, row_count=7)
    assert verdicts(document(whole, "-k", "row_count or freshness")) == {f"dataset {SIDECAR}": "failed"}


def test_the_terminal_says_that_it_was_a_part(whole: Project) -> None:
    result = whole.run("-k", "freshness")
    result.stdout.fnmatch_lines(["PARTIAL dataset *  * checks left out"])
    result.stdout.fnmatch_lines(
        ["*a part of what the roots hold was judged, nothing is written (--mlmonitor-out DIR does)"]
    )
    assert "a part of" not in whole.run().stdout.str()


def test_arguments_outside_of_the_roots_leave_them_unjudged_and_say_so(whole: Project) -> None:
    before = kept(whole)
    result = whole.run("tests")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["mlmonitor: artifacts not checked: *"])
    assert kept(whole) == before
    for arguments in ((".",), ("tests", "artifacts")):
        assert "not checked: the" not in whole.run(*arguments).stdout.str()


def test_what_the_project_always_selects_leaves_nothing_out(project: Project) -> None:
    project.policy(POLICY, pytest_table="addopts = ['-m', 'not freshness']")
    assert project.run().ret == 0
    made = read_json(project.path / "out" / "results.json")
    assert (made["narrowed"], made["selection"], made["left_out"]) == (False, ["-m 'not freshness'"], [])
    assert set(verdicts(made).values()) == {"ok"}
    part = document(project, f"artifacts/{SIDECAR}")
    assert verdicts(part) == {f"dataset {SIDECAR}": "ok"}
    assert not any(nodeid.startswith(f"artifacts/{SIDECAR}::") for nodeid in part["left_out"])
    assert verdicts(document(project, "-k", "rows"))[f"dataset {SIDECAR}"] == "partial"


@pytest.mark.parametrize("tell", [TELL, "pass"])
def test_a_hook_that_always_takes_checks_out(bundle: Project, tell: str) -> None:
    """Nobody knows that it always does: what was left out is said, and the run is recorded."""
    bundle.policy(POLICY)
    bundle.write("conftest.py", HOOK.format(when="True", tell=tell))
    assert bundle.run().ret == 0
    made = read_json(bundle.path / "out" / "results.json")
    assert (made["narrowed"], made["complete"], set(verdicts(made).values())) == (False, True, {"partial"})
    assert len(made["left_out"]) + len(made["results"]) == len(bundle.ids()) * 2 + 1


@pytest.mark.parametrize("tell", [TELL, "pass"])
def test_an_option_of_another_plugin_that_takes_checks_out(bundle: Project, tell: str) -> None:
    bundle.policy(POLICY)
    bundle.write("conftest.py", HOOK.format(when="config.getoption('--every-second')", tell=tell))
    assert bundle.run().ret == 0
    before = kept(bundle)
    assert bundle.run("--every-second").ret == 0
    assert kept(bundle) == before
    made = document(bundle, "--every-second")
    assert (made["narrowed"], set(verdicts(made).values())) == (True, {"partial"})


def test_options_of_others_that_take_nothing_out_change_nothing(bundle: Project) -> None:
    bundle.policy(POLICY)
    bundle.write("conftest.py", HOOK.format(when="False", tell="pass"))
    assert bundle.run("--every-second").ret == 0
    made = read_json(bundle.path / "out" / "results.json")
    assert (made["narrowed"], made["complete"], set(verdicts(made).values())) == (False, True, {"ok"})


def test_a_run_that_is_stopped_is_incomplete(whole: Project) -> None:
    whole.edit(SIDECAR, row_count=7)
    assert whole.run("-x").ret == 1
    made = read_json(whole.path / "out" / "results.json")
    assert (made["narrowed"], made["complete"]) == (False, False)


def test_a_run_in_parallel_says_the_same(bundle: Project) -> None:
    bundle.policy(POLICY, pytest_table="addopts = ['-m', 'not lineage']")
    (alone,) = (document(bundle, "-k", "contract or chronology", out="alone"),)
    result = bundle.run_alone("-n2", "-k", "contract or chronology", "--mlmonitor-out", "parallel")
    assert result.ret == 0
    parallel = read_json(bundle.path / "parallel" / "results.json")
    assert parallel["left_out"] == alone["left_out"]
    assert verdicts(parallel) == verdicts(alone)


def test_a_full_record_in_the_environment_is_left_alone(whole: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole.policy('artifacts = ["artifacts"]')
    monkeypatch.setenv("MLMONITOR_OUT", str(whole.path / "out"))
    before = kept(whole)
    whole.run(f"artifacts/{BUNDLE}")
    assert kept(whole) == before
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k finite")
    whole.run()
    assert kept(whole) == before


def test_an_output_directory_of_addopts_is_no_word_of_the_command_line(whole: Project) -> None:
    whole.policy('artifacts = ["artifacts"]', pytest_table="addopts = ['--mlmonitor-out', 'out']")
    before = kept(whole)
    whole.run("-k", "finite")
    assert kept(whole) == before
    assert not Path(whole.path / "part").exists()
