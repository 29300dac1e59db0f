"""lineage/openlineage-YYYY-MM-DD.ndjson beside the platform's own form, and where --mlmonitor-lineage puts both."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from .sample import BUNDLE, NOW, SIDECAR, Project, error_text

DAY = "2026-04-26"


@pytest.fixture(autouse=True)
def _no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "CIRCLECI", "OPENLINEAGE_PARENT_ID"):
        monkeypatch.delenv(name, raising=False)


def events(directory: Path) -> list[dict[str, Any]]:
    text = (directory / f"openlineage-{DAY}.ndjson").read_text(encoding="ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def jobs(made: list[dict[str, Any]]) -> list[str]:
    return [f"{one['job']['name'].partition('.')[0]} {one['eventType']}" for one in made]


def test_every_run_tells_what_was_built_trained_deployed_and_checked(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    made = events(project.path / "out" / "lineage")
    assert jobs(made) == [
        "dataset_build START",
        "dataset_build COMPLETE",
        "training START",
        "training COMPLETE",
        "serving START",
        "serving RUNNING",
        "checks START",
        "checks COMPLETE",
    ]
    facets = made[-1]["run"]["facets"]
    assert len(facets["test"]["tests"]) == len(project.ids())
    assert facets["mlmonitor_check_run"]["counts"]["fail"] == 0
    schema = made[1]["outputs"][0]["facets"]["schema"]["fields"]
    assert schema[0] == {"name": "station_id", "type": "string", "ordinal_position": 1}


def test_the_newest_version_is_the_one_that_checks_take_for_it(pytester: pytest.Pytester) -> None:
    """No version says when it was built: they are put in order as people count."""
    for version in ("v9", "v11", "v10"):
        path = pytester.path / "lake" / f"users-{version}.parquet"
        path.parent.mkdir(exist_ok=True)
        write_table(pa.table({"id": [1, 2], "label": [0, 1]}), path)
    pytester.makefile(".toml", mlmonitor='artifacts = ["lake"]\n[source.users]\npath = "users-{version}.parquet"')
    shown = pytester.run(Path(sys.executable).with_name("mlmonitor"), "lineage", "users")
    assert shown.ret == 0
    assert shown.outlines[0].startswith("dataset users@v11 ")
    pytester.runpytest_inprocess("--mlmonitor-out=out", "--mlmonitor-now", NOW)
    inputs = events(pytester.path / "out" / "lineage")[-1]["inputs"]
    (judged,) = [one for one in inputs if "version" in one.get("facets", {})]
    assert judged["facets"]["version"]["datasetVersion"] == "v11"


def test_processes_tell_of_a_build_what_one_process_tells(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nout = "out"\nfreshness.max_age_seconds = 21600')
    project.run_alone("-n2")
    first = events(project.path / "out" / "lineage")
    assert "schema" in first[1]["outputs"][0]["facets"]
    project.run_alone()
    assert jobs(events(project.path / "out" / "lineage")[len(first) :]) == ["checks START", "checks COMPLETE"]


def test_a_second_run_appends_its_own_events_alone(bundle: Project) -> None:
    bundle.check("--mlmonitor-out", "out")
    first = events(bundle.path / "out" / "lineage")
    bundle.check("--mlmonitor-out", "out")
    second = events(bundle.path / "out" / "lineage")
    assert second[: len(first)] == first
    assert jobs(second[len(first) :]) == ["checks START", "checks COMPLETE"]
    assert second[-1]["run"]["runId"] != first[-1]["run"]["runId"]


def test_a_torn_line_is_closed_off_and_told_again(bundle: Project) -> None:
    bundle.check("--mlmonitor-out", "out")
    path = bundle.path / "out" / "lineage" / f"openlineage-{DAY}.ndjson"
    first, rest = path.read_text(encoding="ascii").split("\n", 1)
    path.write_text(f"{rest}{first[:100]}", encoding="ascii")
    bundle.check("--mlmonitor-out", "out")
    lines = path.read_text(encoding="ascii").splitlines()
    assert lines.count(first) == 1 and lines.count(first[:100]) == 1


def test_a_run_that_fails_says_why(bundle: Project) -> None:
    bundle.edit(BUNDLE, run_id="another")
    bundle.check("--mlmonitor-out", "out")
    last = events(bundle.path / "out" / "lineage")[-1]
    assert last["eventType"] == "FAIL"
    assert "another" in last["run"]["facets"]["errorMessage"]["message"]


def test_a_run_that_is_stopped_is_aborted(bundle: Project) -> None:
    bundle.edit(BUNDLE, run_id="another")
    bundle.check("--mlmonitor-out", "out", "-x")
    assert events(bundle.path / "out" / "lineage")[-1]["eventType"] == "ABORT"


def test_the_command_line_puts_both_forms_elsewhere(bundle: Project) -> None:
    result = bundle.check("--mlmonitor-lineage", "elsewhere")
    assert result.ret == 0 and not (bundle.path / "out").exists()
    assert sorted(path.name for path in (bundle.path / "elsewhere").iterdir()) == [
        f"lineage-{DAY}.ndjson",
        f"openlineage-{DAY}.ndjson",
    ]
    bundle.check("--mlmonitor-out", "out", "--mlmonitor-lineage", "elsewhere")
    assert not (bundle.path / "out" / "lineage").exists()
    assert len(events(bundle.path / "elsewhere")) == 6


def test_none_is_no_lineage(bundle: Project) -> None:
    result = bundle.check("--mlmonitor-out", "out", "--mlmonitor-lineage", "none")
    assert result.ret == 0
    assert not (bundle.path / "out" / "lineage").exists() and not (bundle.path / "none").exists()
    result.stdout.fnmatch_lines(["*results, metrics, report in out/"])


def test_the_policy_switches_it_off_and_the_command_line_on_again(bundle: Project) -> None:
    bundle.policy('artifacts = ["artifacts"]\nout = "out"\nlineage = false')
    assert bundle.run("-c", "pyproject.toml").ret == 0
    assert not (bundle.path / "out" / "lineage").exists()
    assert bundle.run("-c", "pyproject.toml", "--mlmonitor-lineage", "elsewhere").ret == 0
    assert len(events(bundle.path / "elsewhere")) == 4


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("artifacts/lineage", "lies inside an artifact root"),
        ("", "is empty"),
        ("s3://bucket/lineage", "expected a URL with http"),
        ("http://", "expected a URL with http"),
        ("http://user:hunter2-hunter2@marquez:5000", "a secret stands in this URL"),
    ],
    ids=["root", "empty", "storage", "no-host", "secret"],
)
def test_a_place_that_cannot_be_is_a_usage_error(bundle: Project, place: str, said: str) -> None:
    result = bundle.check(f"--mlmonitor-lineage={place}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in error_text(result) and "hunter2" not in error_text(result)
    assert not (bundle.root / "lineage").exists()


def test_a_place_that_cannot_be_written_fails_the_run(bundle: Project) -> None:
    (bundle.path / "elsewhere").write_text("a file", encoding="utf-8")
    result = bundle.check("--mlmonitor-out", "out", "--mlmonitor-lineage", "elsewhere")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["mlmonitor: cannot write*elsewhere*"])
    results = json.loads((bundle.path / "out" / "results.json").read_text(encoding="utf-8"))
    assert (results["exit_status"], results["complete"]) == (3, False)


def test_only_the_controller_tells_of_a_run_in_several_processes(bundle: Project) -> None:
    result = bundle.run_alone(f"--mlmonitor={bundle.root.name}", "--mlmonitor-out", "out", "-n2")
    assert result.ret == 0
    assert jobs(events(bundle.path / "out" / "lineage"))[-2:] == ["checks START", "checks COMPLETE"]
    assert len(events(bundle.path / "out" / "lineage")) == 4


def test_who_started_the_run_is_its_parent_and_a_wrong_name_is_said(
    bundle: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = "0190e7c0-7a3c-7d4e-8f00-2a2b3c4d5e6f"
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/dag.check/{identity}")
    bundle.check("--mlmonitor-out", "out")
    assert events(bundle.path / "out" / "lineage")[-1]["run"]["facets"]["parent"]["run"]["runId"] == identity
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", "dag.check")
    result = bundle.check("--mlmonitor-out", "out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["mlmonitor: lineage: OPENLINEAGE_PARENT_ID is not NAMESPACE/JOB/UUID*"])


def test_a_variable_that_is_not_set_is_said_and_nothing_is_sent(
    bundle: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINEAGE_URL", raising=False)
    bundle.policy('artifacts = ["artifacts"]\nout = "out"\nlineage.url_env = "LINEAGE_URL"')
    result = bundle.run("-c", "pyproject.toml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["mlmonitor: lineage: lineage.url_env names LINEAGE_URL, which is not set"])


def test_without_a_place_of_its_own_a_run_keeps_what_was_not_sent_beside_its_state(bundle: Project) -> None:
    bundle.policy('artifacts = ["artifacts"]\nlineage.url = "http://127.0.0.1:1"')
    result = bundle.run("-c", "pyproject.toml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["mlmonitor: lineage: 127.0.0.1:1 could not be reached: 4 events *.mlmonitor/lineage*"])
    assert len(events(bundle.path / ".mlmonitor" / "lineage")) == 4
    assert not (bundle.path / ".mlmonitor" / "lineage" / f"lineage-{DAY}.ndjson").exists()


def test_a_state_that_cannot_be_written_fails_no_run_and_the_loss_is_said(bundle: Project) -> None:
    bundle.policy('artifacts = ["artifacts"]\nlineage.url = "http://127.0.0.1:1"')
    bundle.write(".mlmonitor/lineage", "a file")
    result = bundle.run("-c", "pyproject.toml")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["mlmonitor: lineage: * 4 events were not taken, and nothing keeps them (--mlmonitor-out*"]
    )


def test_nothing_that_sends_is_loaded_where_nothing_is_sent(bundle: Project) -> None:
    bundle.write(
        "conftest.py",
        "import sys\n\ndef pytest_unconfigure():\n"
        "    print('LOADED', *sorted({'openlineage', 'requests', 'urllib3', 'ssl', 'http.client'} & set(sys.modules)))\n",
    )
    os.environ["OPENLINEAGE_URL"] = "http://127.0.0.1:1"
    try:
        result = bundle.run_alone(f"--mlmonitor={bundle.root.name}", "--mlmonitor-out", "out", "-p", "no:html")
    finally:
        del os.environ["OPENLINEAGE_URL"]
    assert result.ret == 0 and "lineage:" not in result.stdout.str()
    loaded = next(line for line in result.outlines if line.startswith("LOADED"))
    assert not {"openlineage", "requests"} & set(loaded.split())


def test_the_extra_is_named_where_it_is_not_installed(bundle: Project) -> None:
    bundle.write(
        "conftest.py",
        "import sys\n\nsys.modules['openlineage'] = None\n",
    )
    result = bundle.run_alone(
        f"--mlmonitor={bundle.root.name}", "--mlmonitor-out", "out", "--mlmonitor-lineage", "http://127.0.0.1:1"
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*lineage: openlineage-python is not installed: pip install*4 events*kept in out/lineage*"]
    )


def mlmonitor(project: Project, *args: str) -> pytest.RunResult:
    return project.pytester.run(Path(sys.executable).with_name("mlmonitor"), *args)


def test_the_chain_of_an_artifact_in_both_directions(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]')
    result = mlmonitor(project, "lineage", "dataset:training_dataset", "--now", NOW)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "dataset training_dataset_20260426_130148@2026-04-26T13:01:48+00:00  artifacts/p2/dataset_metadata.json",
            "  came from: it names nothing that it came from",
            "  what came from it:",
            "    training_run * (lightgbm_default v1-lgbm-20260426)  artifacts/p4/*  was trained on it",
            "      deployment dep-2026-04-16-linked  *  serves it (see above)",
        ]
    )
    (chain,) = json.loads(mlmonitor(project, "lineage", "deployment:dep-*", "--json").stdout.str())
    roles = {(one["distance"], one["role"], one["far"]["kind"]) for one in chain["upstream"]}
    assert roles == {(1, "serves", "training_run"), (1, "trained_on", "dataset"), (2, "trained_on", "dataset")}
    assert chain["downstream"] == []


def test_what_checks_follow_beside_links_is_in_the_chain(project: Project) -> None:
    result = mlmonitor(project, "lineage", "metrics_20260426_131236", "--root", "artifacts")
    result.stdout.fnmatch_lines(["    reports on a model of dataset training_dataset_20260426_130148@*"])


def test_a_link_that_leads_nowhere_says_why(bundle: Project) -> None:
    result = mlmonitor(bundle, "lineage", "lightgbm_default", "--root", "artifacts")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["    trained on dataset training_dataset_20260426_130148@*: *under artifacts*"])


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["bike_demnd", "--root", "artifacts"], 1, "no such artifact under artifacts"),
        (["lightgbm_defautl", "--root", "artifacts"], 1, "near names: lightgbm_default"),
        (["lightgbm_default"], 2, "name the directory with --root DIR"),
        (["dataset:", "--root", "artifacts"], 2, "expected"),
        (["x", "--root", "nowhere"], 1, "nowhere: does not exist"),
    ],
    ids=["none", "near", "no-root", "no-name", "no-directory"],
)
def test_a_name_that_means_nothing(bundle: Project, args: list[str], status: int, said: str) -> None:
    result = mlmonitor(bundle, "lineage", *args)
    assert result.ret == status
    assert said in result.stderr.str() and len(result.errlines) == 1


def test_a_file_of_an_artifact_stands_for_it(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]')
    result = mlmonitor(project, "lineage", f"artifacts/{SIDECAR}")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["dataset training_dataset*", "*deployment dep-2026-04-16-linked*"])


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["out"], 2, "no server: name one with --url"),
        (["--url", "http://127.0.0.1:1"], 2, "no directory"),
        (["nowhere", "--url", "http://127.0.0.1:1"], 3, "nowhere: no such directory"),
        (
            ["out", "--url", "http://127.0.0.1:1"],
            1,
            "0 events sent to 127.0.0.1:1, 4 left: 127.0.0.1:1 could not be reached",
        ),
        (["out", "--url", "http://127.0.0.1:1", "--dry-run"], 0, "4 events would be sent to 127.0.0.1:1"),
        (["out", "--url", "ftp://127.0.0.1"], 2, "expected a URL with http"),
        (["out", "--url", "http://u:hunter2-hunter2@127.0.0.1:1"], 2, "a secret stands in this URL"),
    ],
    ids=["no-server", "no-place", "gone", "away", "dry", "scheme", "secret"],
)
def test_events_that_cannot_be_sent_again(bundle: Project, args: list[str], status: int, said: str) -> None:
    bundle.check("--mlmonitor-out", "out")
    result = mlmonitor(bundle, "replay-lineage", *args)
    text = result.stdout.str() + result.stderr.str()
    assert (result.ret, said in text, "hunter2" in text) == (status, True, False), text
