"""A job of Dagster runs the suite once, makes the six assets, and says every check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pytest_mlmonitor.integrations.dagster.asset_names import RESULT_ASSETS
from tests.unit.integrations.dagster.conftest import TwoRuns
from tests.unit.integrations.dagster.watched import (
    DATASET,
    DEPLOYMENT,
    POLICY,
    REPORT,
    RUN,
    downstream_of,
    execute,
    make_project,
    replaying,
    watched,
)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def number(metadata: object, name: str) -> float:
    return metadata[name].value  # type: ignore[index, no-any-return]


def rows(metadata: object, name: str) -> list[dict[str, object]]:
    return [dict(record.data) for record in metadata[name].records]  # type: ignore[index]


# A platform that is well.


def test_a_run_makes_the_six_assets_and_every_check(runs: TwoRuns) -> None:
    assert runs.well.result.success
    assert set(RESULT_ASSETS) <= set(runs.well.made)
    colours = runs.well.colours()
    assert {name for name, colour in colours.items() if colour == "ERROR"} == set()
    assert colours[f"{DATASET}: freshness"] == colours[f"{DEPLOYMENT}: health"] == colours[f"{RUN}: lineage"] == "green"
    assert {"contract", "reconcile", "freshness", "quality", "drift"} <= {
        name.split(": ")[1] for name in colours if name.startswith(DATASET)
    }
    assert colours["validation_result: suite"] == colours["validation_result: contract_tests"] == "green"


def test_what_was_not_checked_is_no_green_check(runs: TwoRuns) -> None:
    drift = runs.well.checks[f"{DATASET}: drift"]
    assert (drift.passed, drift.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert drift.description.startswith("not checked: no reference")
    assert number(drift.metadata, "passed") == 0 and number(drift.metadata, "not checked") == 3
    assert len(rows(drift.metadata, "not checked, and why")) == 3
    quality = runs.well.checks[f"{DATASET}: quality"]
    assert quality.passed and quality.description == "2 checks passed, 1 not checked"


def test_assets_say_what_the_reference_said(runs: TwoRuns) -> None:
    made = {name: runs.well.made[name].metadata for name in RESULT_ASSETS}
    results = json.loads(runs.results_of_well.read_text())
    assert number(made["validation_result"], "passed") == results["counts"]["pass"] > 50
    assert number(made["freshness_result"], "freshness_seconds") == 3529.0
    assert [row["status"] for row in rows(made["freshness_result"], "datasets")] == ["FRESH"]
    assert len(rows(made["dataset_lineage"], "edges")) == number(made["dataset_lineage"], "links") == 3
    assert {row["role"] for row in rows(made["training_lineage"], "edges")} == {"trained_on", "serves"}
    (health,) = rows(made["serving_health_state"], "deployments")
    assert (health["status"], health["detail"]) == ("healthy", "all checks passed")
    assert "p95" in {row["what"] for row in rows(made["serving_metrics_raw"], "metrics")}
    assert Path(made["validation_result"]["report"].value).is_file()  # type: ignore[arg-type]


def test_figures_and_limits_stand_beside_a_check(runs: TwoRuns) -> None:
    freshness = runs.well.checks[f"{DATASET}: freshness"].metadata
    assert number(freshness, "freshness_threshold_seconds") == 21600
    (age,) = rows(freshness, "values and limits")
    assert (age["what"], age["value"], age["limit"], age["limit of"]) == (
        "age",
        3529.0,
        10800.0,
        "freshness.warn_after",
    )
    assert number(runs.well.checks[f"{DEPLOYMENT}: health"].metadata, "latency_p95_ms") < 100


def test_freshness_policies_have_the_limits_of_the_policy(runs: TwoRuns) -> None:
    for defs in (runs.before, watched(runs.project_after(runs.results_of_well))):  # before the first run, and after one
        policy = defs.resolve_asset_graph().get(dg.AssetKey(DATASET.split("/"))).freshness_policy
        assert policy is not None and policy.fail_window.to_timedelta().total_seconds() == 21600  # type: ignore[attr-defined]


# The same platform with faults.


def test_every_fault_is_red_where_it_belongs(runs: TwoRuns) -> None:
    colours, checks = runs.broken.colours(), runs.broken.checks
    assert runs.broken.result.success, "without a gate findings end no run"
    assert colours[f"{DATASET}: reconcile"] == "ERROR" and "row_count" in checks[f"{DATASET}: reconcile"].description
    assert colours[f"{DEPLOYMENT}: health"] == "WARN" and "p95=700.0ms" in checks[f"{DEPLOYMENT}: health"].description
    assert colours[f"{REPORT}: contract"] == colours[f"{DATASET}: freshness"] == "green"
    assert colours["validation_result: suite"] == "ERROR"
    (finding,) = [one for one in rows(checks[f"{DATASET}: reconcile"].metadata, "findings") if "row_count" in str(one)][
        :1
    ]
    assert finding["severity"] == "error" and "dataset_metadata.json" in str(finding["location"])


def test_tests_of_people_have_a_check_of_their_own(runs: TwoRuns) -> None:
    own = runs.broken.checks["validation_result: contract_tests"]
    assert (own.passed, own.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert own.description.startswith("failed: contracts.test_own::test_of_nothing; also ")
    said = [str(row["message"]) for row in rows(own.metadata, "findings")]
    assert any("<b>many\\x1b[31m" in one for one in said), "what would move a terminal is escaped"


def test_what_is_new_since_the_definitions_is_said(runs: TwoRuns) -> None:
    new = runs.broken.checks["validation_result: undeclared_artifacts"]
    assert (new.passed, new.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "dataset rides: contract" in new.description and "reload the code location" in new.description
    names = {
        spec.key.to_user_string()
        for spec in watched(runs.project_after(runs.results_of_broken)).resolve_all_asset_specs()
    }
    assert "dataset/rides" in names, "loaded again, it has an asset"


def test_a_version_is_new_once(runs: TwoRuns) -> None:
    assert DATASET in runs.well.made and RUN in runs.well.made
    assert runs.well.made[DATASET].tags["dagster/data_version"].startswith("training_dataset_20260426_130148@")
    assert DATASET not in runs.broken.made and RUN not in runs.broken.made
    assert DATASET in runs.broken.seen


# A gate.


@pytest.mark.parametrize("gate", [True, False])
def test_a_gate_keeps_what_lies_downstream_from_running(
    gate: bool, runs: TwoRuns, instance: dg.DagsterInstance
) -> None:
    python = replaying(runs.project_after(runs.results_of_broken), runs.results_of_broken, 1)
    with downstream_of(DATASET, watched(runs.project, gate=gate, python=python)) as (defs, ran):
        executed = execute(defs, instance, "all_of_it")
    assert executed.result.success is not gate
    assert ran == ([] if gate else ["features"])


def test_warnings_and_what_is_not_checked_block_nothing(runs: TwoRuns, instance: dg.DagsterInstance) -> None:
    python = replaying(runs.project_after(runs.results_of_well), runs.results_of_well, 0)
    with downstream_of(DATASET, watched(runs.project, gate=True, python=python)) as (defs, ran):
        executed = execute(defs, instance, "all_of_it")
    assert executed.colours()[f"{DATASET}: drift"] == "WARN"
    assert executed.result.success and ran == ["features"]


def test_a_family_that_is_gone_is_no_green_check(runs: TwoRuns, instance: dg.DagsterInstance) -> None:
    project = runs.project_after(runs.results_of_broken)  # which has rides
    defs = watched(project, python=replaying(project, runs.results_of_well, 0))
    gone = execute(defs, instance).checks["dataset/rides: contract"]
    assert (gone.passed, gone.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert gone.description.startswith("not checked: this run found no such artifact")


def test_a_stale_version_is_no_news_to_a_freshness_policy(
    runs: TwoRuns, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """Dagster counts from when it is told: a build that is too old already would be fresh for hours."""
    told = json.loads(runs.results_of_well.read_text())
    (freshness,) = [one for one in told["results"] if one["nodeid"].endswith("json::freshness")]
    finding = {"severity": "error", "message": "STALE: built 7 h ago, allowed 6 h", "expected": None, "actual": None}
    finding |= {"column": None, "location": None, "accepted": None}
    freshness |= {"status": "fail", "severity": "error", "findings": [finding]}
    old = tmp_path / "old.json"
    old.write_text(json.dumps({**told, "exit_status": 1}))
    executed = execute(watched(runs.project_after(old), python=replaying(runs.project, old, 1)), instance)
    assert executed.colours()[f"{DATASET}: freshness"] == "ERROR"
    assert DATASET not in executed.made and DATASET in executed.seen and RUN in executed.made
    assert [row["status"] for row in rows(executed.made["freshness_result"].metadata, "datasets")] == ["STALE"]


def changed(results: Path, to: Path, **values: object) -> Path:
    """Write results again with other values."""
    to.write_text(json.dumps({**json.loads(results.read_text()), **values}))
    return to


def test_what_a_narrowed_run_left_out_is_not_said_to_be_gone(
    runs: TwoRuns, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    told = json.loads(runs.results_of_well.read_text())
    artifacts = [{**one, "version": "1\x1b[31m"} if one["kind"] == "dataset" else one for one in told["artifacts"]]
    part = changed(runs.results_of_well, tmp_path / "part.json", narrowed=True, artifacts=artifacts)
    for not_checked, passed in (("warn", False), ("pass", True)):
        project = runs.project_after(runs.results_of_broken)  # which has rides
        executed = execute(watched(project, python=replaying(project, part, 0), not_checked=not_checked), instance)
        left_out = executed.checks["dataset/rides: contract"]
        assert left_out.passed is passed
        assert left_out.description == "not checked: this run judged a part only, and not this"
        version = (executed.made | executed.seen)[DATASET].tags["dagster/data_version"]
        assert version.endswith("@1\\x1b[31m"), "what would move a terminal is escaped"


def test_a_run_that_could_judge_nothing_is_not_green(
    runs: TwoRuns, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    told = json.loads(runs.results_of_well.read_text())
    counts = {**dict.fromkeys(told["counts"], 0), "not_checked": 2}
    nothing = changed(runs.results_of_well, tmp_path / "nothing.json", counts=counts)
    project = runs.project_after(runs.results_of_well)
    suite = execute(watched(project, python=replaying(project, nothing, 0)), instance).checks[
        "validation_result: suite"
    ]
    assert (suite.passed, suite.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert suite.description == "nothing could be judged: 2 checks not checked"


JUNIT = '<testsuites><testsuite><testcase classname="test_own" name="test_it"><failure/></testcase></testsuite></testsuites>'


@pytest.mark.parametrize(
    ("junit", "words"),
    [
        (JUNIT, "failed: test_own::test_it"),
        ("", "a test of your own failed, for pytest ended with 1 and no check says why: see what it printed"),
    ],
)
def test_a_test_of_a_person_is_heard_where_outputs_are_not_kept(
    junit: str, words: str, runs: TwoRuns, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    (tmp_path / "junit.xml").write_text(junit)
    red = changed(runs.results_of_well, tmp_path / "red.json", exit_status=1)
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\nfor word; do out="${{word#--mlmonitor-out=}}"; done\n'
        f'cp {red} "$out/results.json"; cp {tmp_path}/junit.xml "$out"; exit 1\n'
    )
    python.chmod(0o755)
    own = execute(watched(tmp_path, python=python), instance).checks["validation_result: contract_tests"]
    assert (own.passed, own.severity, own.description) == (False, dg.AssetCheckSeverity.ERROR, words)


def test_a_part_of_the_checks_is_one_run_too(runs: TwoRuns, instance: dg.DagsterInstance) -> None:
    project = runs.project_after(runs.results_of_broken)
    defs = watched(project, python=replaying(project, runs.results_of_broken, 1))
    key = dg.AssetCheckKey(dg.AssetKey(DATASET.split("/")), "reconcile")
    mine = dg.define_asset_job("mine", dg.AssetSelection.checks(key))
    executed = execute(dg.Definitions.merge(defs, dg.Definitions(jobs=[mine])), instance, "mine")
    assert set(executed.checks) == {f"{DATASET}: reconcile"} and "validation_result" not in executed.made


# No verdict.


def attempts(project: Path) -> int:
    file = project / "attempts"
    return len(file.read_text().splitlines()) if file.exists() else 0


def ends(project: Path, command: str) -> Path:
    """Return an interpreter that counts its runs, and ends so."""
    python = project / "python"
    python.write_text(f"#!/bin/sh\necho x >> {project}/attempts\n{command}\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("command", "tries", "words"),
    [
        ("exit 2", 1, "pytest was interrupted (exit status 2)"),
        ("exit 3", 2, "pytest broke down, or could not write its outputs (exit status 3)"),
        ("echo a disk is full; exit 3", 2, "a disk is full"),
        ("exit 4", 1, "pytest was called wrongly, or the policy cannot be used (exit status 4)"),
        ("exit 5", 1, "pytest found no artifact, or nothing was selected (exit status 5)"),
        ("kill -9 $$", 2, "pytest was killed by SIGKILL"),
        ("exit 0", 1, "pytest ended with 0 and wrote no "),
    ],
)
def test_no_verdict_is_a_failure_and_tried_again_where_that_may_help(
    command: str, tries: int, words: str, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    (tmp_path / "mlmonitor.toml").write_text(POLICY)
    (tmp_path / "artifacts").mkdir()
    defs = watched(tmp_path, python=ends(tmp_path, command), retry_policy=dg.RetryPolicy(max_retries=1, delay=0))
    executed = execute(defs, instance)
    assert not executed.result.success and executed.checks == {} and executed.made == {}
    assert attempts(tmp_path) == tries
    (failure,) = executed.events("STEP_FAILURE")
    assert words in str(failure.step_failure_data.user_failure_data)


def test_an_empty_platform_and_a_wrong_policy_are_loaded_and_fail(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text(POLICY)
    (tmp_path / "artifacts").mkdir()
    empty = execute(watched(tmp_path), instance)
    (failure,) = empty.events("STEP_FAILURE")
    assert "found no artifact" in str(failure.step_failure_data.user_failure_data) and empty.checks == {}
    (tmp_path / "mlmonitor.toml").write_text("freshnes = 3\n")
    wrong = execute(watched(tmp_path), instance)
    (failure,) = wrong.events("STEP_FAILURE")
    assert "freshnes" in str(failure.step_failure_data.user_failure_data)


def test_results_that_say_other_than_pytest_are_no_verdict(runs: TwoRuns, instance: dg.DagsterInstance) -> None:
    """A hook that failed after they were written, or a second run between pytest and us."""
    project = runs.project_after(runs.results_of_well)
    executed = execute(watched(project, python=replaying(project, runs.results_of_well, 1)), instance)
    (failure,) = executed.events("STEP_FAILURE")
    assert "pytest ended with 1, but " in str(failure.step_failure_data.user_failure_data) and executed.checks == {}


def test_results_of_a_newer_version_are_no_verdict(runs: TwoRuns, instance: dg.DagsterInstance, tmp_path: Path) -> None:
    newer = tmp_path / "newer.json"
    newer.write_text(runs.results_of_well.read_text().replace('"schema_version": 2', '"schema_version": 3', 1))
    executed = execute(
        watched(runs.project_after(runs.results_of_well), python=replaying(runs.project, newer, 0)), instance
    )
    (failure,) = executed.events("STEP_FAILURE")
    assert "written by a newer pytest_mlmonitor" in str(failure.step_failure_data.user_failure_data)


def test_a_run_beside_another_says_so(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """Two schedulers: the output directory is one run's at a time."""
    from pytest_mlmonitor.core.files.run_lock import hold

    project = make_project(tmp_path / "project")
    out = project / ".mlmonitor" / "dagster"
    out.mkdir(parents=True)
    lock = hold(out)
    try:
        executed = execute(watched(project), instance)
    finally:
        lock.release()
    (failure,) = executed.events("STEP_FAILURE")
    assert "another run has been writing into it since" in str(failure.step_failure_data.user_failure_data)
