"""`[[tool.mlmonitor.overrides]]`: what holds for one artifact holds everywhere it is asked for."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from .sample import DATASET, DEPLOYMENT_ID, LAST_WINDOW, RUN_ID, SERVING, SIDECAR, Project, error_text, read_json

ROOTS = 'artifacts = ["artifacts"]\n'


def override(artifact: str, *lines: str) -> str:
    return "\n".join((f'[[tool.mlmonitor.overrides]]\nartifact = "{artifact}"', *lines, ""))


def results_of(project: Project, *args: str, ret: int | None = None) -> dict[str, Any]:
    run = project.run("--mlmonitor-out", "out", *args)
    assert ret is None or run.ret == ret, run.stdout.str() + error_text(run)
    return read_json(project.path / "out" / "results.json")


def result(found: dict[str, Any], check: str, kind: str | None = None) -> dict[str, Any]:
    (one,) = (r for r in found["results"] if r["check"] == check and kind in (None, r["kind"]))
    return dict(one)


def of_kind(found: dict[str, Any], kind: str, category: str) -> list[dict[str, Any]]:
    return [r for r in found["results"] if r["kind"] == kind and r["category"] == category]


@pytest.mark.parametrize(
    "artifact",
    [
        DATASET,
        "training_dataset",
        "dataset:training_*",
        f"{DATASET}.parquet",
        f"{DATASET}@2026-04-26T13:01:48+00:00",
        "training_dataset@2026-04-26T13:01:48Z",
        "*@2026-04-26T13:01:48Z",
    ],
)
def test_the_age_of_a_dataset_by_name_family_file_and_version(project: Project, artifact: str) -> None:
    project.policy(ROOTS + override(artifact, 'freshness = "30m"'))
    found = result(results_of(project, ret=1), "freshness")
    assert found["severity"] == "error"
    assert "STALE: built 58 min 49 s ago, allowed 30 min" in found["findings"][0]["message"]


def test_an_override_beats_the_environment_which_is_global(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "60")
    project.policy(ROOTS + override(DATASET, 'freshness = "6h"'))
    found = results_of(project)
    assert result(found, "freshness")["status"] == "pass"


def test_a_run_asks_how_old_its_dataset_may_be_of_the_dataset(project: Project) -> None:
    project.policy(ROOTS + override("dataset:*", 'freshness = "5m"') + override("training_run:*", 'freshness = "9d"'))
    found = results_of(project)
    links = [r for r in found["results"] if r["check"] == "dataset_link" and r["kind"] == "training_run"]
    assert links
    assert all("allowed 5 min" in r["findings"][0]["message"] for r in links)


SECTIONS = [
    ("freshness", "dataset", ["freshness"]),
    (
        "quality",
        "dataset",
        ["duplicate_rate", "enough_rows", "null_rates", "outliers", "positive_rate", "value_ranges"],
    ),
    ("drift", "dataset", ["concept_drift", "drift", "target_drift"]),
    ("serving", "deployment", ["serving_health"]),
    ("drift", "deployment", ["skew"]),
    ("performance", "training_run", ["metrics_finite"]),
    ("promotion", "training_run", ["promotion"]),
]


@pytest.mark.parametrize(("section", "kind", "checks"), SECTIONS)
def test_a_section_is_off_for_one_kind(project: Project, section: str, kind: str, checks: list[str]) -> None:
    file = project.policy(ROOTS + override(f"{kind}:*", f"{section} = false"))
    found = results_of(project)
    off = [r for r in found["results"] if (r["reason"] or "").startswith("switched off")]
    assert {r["kind"] for r in off} == {kind}
    assert {r["check"] for r in off} >= set(checks) & {r["check"] for r in found["results"]}
    assert off
    for one in off:
        assert one["status"] == "not_checked"
        assert one["reason"] == f"switched off: {section} = false in overrides[0] of {file}"


@pytest.mark.parametrize("section", ["freshness", "quality", "drift", "serving", "performance", "promotion"])
def test_a_section_is_off_for_all(project: Project, section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")  # a limit that somebody sets wants its check
    file = project.policy(f"{ROOTS}{section} = false")
    reasons = {r["reason"] for r in results_of(project)["results"] if (r["reason"] or "").startswith("switched off")}
    assert reasons == {f"switched off: {section} = false in {file}"}


def test_quality_does_not_switch_off_what_a_contract_says(project: Project) -> None:
    project.policy(ROOTS + override("dataset:*", "quality = false", "freshness = false"))
    found = results_of(project)
    assert result(found, "rows", "dataset")["status"] == "pass"
    assert result(found, "point_in_time")["status"] == "pass"


def test_limits_of_serving_are_of_one_deployment(project: Project) -> None:
    project.deploy(["other"])
    project.policy(ROOTS + override(f"deployment:{DEPLOYMENT_ID}", "serving.latency_p95_ms = 1"))
    healths = {r["artifact"]: r for r in results_of(project)["results"] if r["check"] == "serving_health"}
    assert "p95=" in healths[DEPLOYMENT_ID]["findings"][0]["message"]
    assert not any("p95=" in finding["message"] for finding in healths["other"]["findings"])


def test_what_windows_are_read_by_is_of_one_deployment(project: Project) -> None:
    """The length of a window decides while lines are read, not afterwards."""
    project.deploy(["other"])
    project.policy(ROOTS + override("other", "serving.expected_window_seconds = 30"))
    found = {r["artifact"]: r for r in results_of(project, ret=1)["results"] if r["check"] == "window_times"}
    assert found[DEPLOYMENT_ID]["status"] == "pass"
    assert found["other"]["findings"][0]["expected"] == "window_end == window_start + 30 s"


def test_a_check_that_is_switched_on_for_one_deployment_has_one_item(project: Project) -> None:
    project.deploy(["other"])
    project.policy(ROOTS + override("other", "serving.busy_requests = 5"))
    items = [r["artifact"] for r in results_of(project)["results"] if r["check"] == "lost_windows"]
    assert items == ["other"]


def test_severity_decides_whether_the_run_fails(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.policy(ROOTS + override(DATASET, 'severity.row_count = "warning"'))
    found = results_of(project, ret=0)
    assert result(found, "row_count", "dataset")["severity"] == "warning"


def test_the_gate_of_a_run_and_of_its_registry(project: Project) -> None:
    project.plant(
        "models/model_registry.json",
        json.dumps({"model_name": "m", "versions": [{"version": "v1", "run_id": RUN_ID, "stage": "Production"}]}),
    )
    project.policy(ROOTS + override(RUN_ID, "promotion.max_rmse = 0.0001"))
    told = [r for r in results_of(project)["results"] if r["check"] == "promotion" and r["kind"] == "training_run"]
    assert any("0.0001" in str(finding) for r in told for finding in r["findings"]), told


def test_a_person_s_own_test_gets_the_policy_of_the_artifact(project: Project) -> None:
    project.policy(ROOTS + override("training_dataset", 'freshness = "30m"'))
    project.write(
        "test_mine.py",
        "from pytest_mlmonitor import freshness\n\n\ndef test_fresh(dataset):\n    freshness(dataset)\n",
    )
    result = project.run("test_mine.py")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*STALE: built 58 min 49 s ago, allowed 30 min*"])


def test_owner_and_runbook_are_of_the_artifact(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    book = "https://wiki/bikes?<b>"
    project.policy(f'owner = "platform"\n{ROOTS}' + override(DATASET, 'owner = "meteo"', f'runbook = "{book}"'))
    run = project.run("--mlmonitor-out", "out")
    found = read_json(project.path / "out" / "results.json")["artifacts"]
    assert {(a["kind"], a["owner"], a["runbook"]) for a in found if a["kind"] in ("dataset", "deployment")} == {
        ("dataset", "meteo", book),
        ("deployment", "platform", None),
    }
    run.stdout.fnmatch_lines([f"*owner meteo · runbook {book}"])
    page = (project.path / "out" / "pytest.html").read_text()
    assert "owner meteo · runbook https://wiki/bikes?&lt;b&gt;" in page
    assert "bikes?<b>" not in page


def test_columns_of_the_policy_stand_in_the_place_of_the_artifact_s(project: Project) -> None:
    project.policy(ROOTS + override(DATASET, 'target = "no_such"', 'entity = "station_id"'))
    found = result(results_of(project, ret=1), "named_columns")
    assert "no_such" in found["findings"][0]["message"]
    assert "target (overrides[0] of " in found["findings"][0]["message"]


def test_a_column_that_the_policy_names_is_looked_for_in_data_without_metadata(project: Project) -> None:
    project.write("contracts/c.yaml", CONTRACT)
    (project.root / "p2" / "output" / f"{DATASET}.parquet").rename(project.root / "rides.parquet")
    project.policy(ROOTS + override("rides", 'contract = "contracts/c.yaml"', 'event_ts = "no_such"'))
    named = [r for r in results_of(project)["results"] if r["check"] == "named_columns" and r["artifact"] == "rides"]
    assert named[0]["findings"][0]["message"].startswith("event_ts (overrides[0] of ")


CONTRACT = """\
kind: DataContract
apiVersion: v3.1.0
id: rides
version: 1.0.0
status: active
schema:
  - name: anything
    customProperties:
      - {property: mlmonitor.extra, value: allow}
    properties:
      - name: ft_capacity
        logicalType: number
        logicalTypeOptions: {maximum: 1}
"""


@pytest.mark.parametrize("artifact", [DATASET, "dataset:training_*", "*"])
def test_a_contract_is_bound_by_an_override(project: Project, artifact: str) -> None:
    project.write("contracts/c.yaml", CONTRACT)
    project.policy(ROOTS + override(artifact, 'contract = "contracts/c.yaml"'))
    found = result(results_of(project, ret=1), "rows", "dataset")
    assert "ft_capacity is above 1" in found["findings"][0]["message"]


def test_a_contract_of_an_override_makes_a_dataset_of_a_file(project: Project) -> None:
    project.write("contracts/c.yaml", CONTRACT)
    (project.root / "p2" / "output" / f"{DATASET}.parquet").rename(project.root / "rides.parquet")
    project.policy(ROOTS + override("rides", 'contract = "contracts/c.yaml"'))
    found = results_of(project, ret=1)
    rows = [r for r in found["results"] if r["check"] == "rows" and r["artifact"] == "rides"]
    assert "ft_capacity is above 1" in rows[0]["findings"][0]["message"]


def test_the_narrower_contract_goes_before(project: Project) -> None:
    project.write("contracts/c.yaml", CONTRACT)
    project.write("contracts/wide.yaml", CONTRACT.replace("maximum: 1", "maximum: 1000000"))
    project.policy(
        f'{ROOTS}contracts.training_dataset = "contracts/wide.yaml"\n'
        + override(DATASET, 'contract = "contracts/c.yaml"')
    )
    assert "above 1 in" in result(results_of(project, ret=1), "rows", "dataset")["findings"][0]["message"]


def test_a_schema_is_bound_by_an_override(project: Project) -> None:
    project.write(
        "shop_schemas.py",
        "import pandera.pandas as pa\nRides = pa.DataFrameSchema({'ft_capacity': pa.Column(checks=pa.Check.le(1))})\n",
    )
    project.policy(
        ROOTS + override("training_dataset", 'contract = "shop_schemas:Rides"'), pytest_table='pythonpath = ["."]'
    )
    found = result(results_of(project, ret=1), "python_checks", "dataset")
    assert "ft_capacity" in found["findings"][0]["message"]


@pytest.mark.parametrize(
    ("contract", "told"),
    [("no.yaml", "no.yaml"), ("no_module:X", "no_module"), ("contracts/two.yaml", "describes no table called")],
)
def test_a_contract_that_cannot_be_used_is_a_usage_error(project: Project, contract: str, told: str) -> None:
    table = CONTRACT[CONTRACT.index("  - name: anything") :]
    project.write("contracts/two.yaml", CONTRACT + table.replace("anything", "other"))
    project.policy(ROOTS + override(DATASET, f'contract = "{contract}"'))
    run = project.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    assert told in error_text(run)
    assert "Traceback" not in error_text(run)


def unbound(project: Project, *args: str) -> dict[str, Any]:
    return result(results_of(project, *args), "sources_bind")


@pytest.mark.parametrize(
    ("artifact", "near"),
    [
        ("trainig_dataset", "there are training_dataset"),
        ("TRAINING_DATASET", "there are training_dataset"),
        ("deployment:training_dataset", "there is a dataset of that name"),
        ("training_dataset@2026-04-27T13:01:48Z", "it has the version 2026-04-26T13:01:48+00:00"),
        ("dataset:zzz", "there are training_dataset"),
    ],
)
def test_an_override_that_binds_to_nothing_is_an_error_that_names_what_is_near(
    project: Project, artifact: str, near: str
) -> None:
    project.policy(ROOTS + override("*", 'owner = "o"') + override(artifact, 'owner = "x"'))
    found = unbound(project)
    assert (found["kind"], found["severity"], found["artifact"]) == ("policy", "error", "pyproject.toml")
    (finding,) = found["findings"]
    assert finding["message"].startswith(f"overrides[1]: no artifact under the roots is called '{artifact}'; ")
    assert near in finding["message"]


def test_a_key_that_such_artifacts_have_not_is_a_warning(project: Project) -> None:
    entry = override(
        "deployment:*", 'event_ts = "x"', "promotion = false", "serving.latency_p95_ms = 900", 'owner = "o"'
    )
    project.policy(ROOTS + entry + override("*", "promotion.max_rmse = 9", 'event_ts = "obs_ts"'))
    found = unbound(project)
    assert found["severity"] == "warning"
    assert [f["message"].split(":")[0] for f in found["findings"]] == [
        "overrides[0].event_ts",
        "overrides[0].promotion",
    ]


def test_a_severity_of_a_check_that_such_artifacts_have_not_is_a_warning(project: Project) -> None:
    entry = override("dataset:*", 'severity = {freshness = "warning", serving_health = "info"}')
    project.policy(ROOTS + entry)
    (finding,) = unbound(project)["findings"]
    assert finding["severity"] == "warning"
    assert finding["message"].startswith("overrides[0].severity.serving_health: says nothing of dataset:*: ")


def test_it_is_information_where_the_command_left_roots_out_or_narrowed_the_run(project: Project) -> None:
    project.write("more/README", "")
    project.policy('artifacts = ["artifacts", "more"]\n' + override("no_such", 'owner = "x"'))
    assert project.run("-q").ret == 1
    for args in (
        ("--mlmonitor=artifacts",),
        ("-k", "sources_bind"),
        ("--mlmonitor=artifacts", "-k", "sources_bind"),
    ):
        found = unbound(project, *args)
        assert (found["status"], found["severity"]) == ("pass", "info"), args


def test_parallel_workers_say_the_same(project: Project) -> None:
    pytest.importorskip("xdist")
    project.policy(
        ROOTS + override(DATASET, 'freshness = "30m"', 'owner = "meteo"') + override("no_such", 'owner = "x"')
    )
    project.run_alone("-n", "2", "--mlmonitor-out", "out")
    found = read_json(project.path / "out" / "results.json")
    assert result(found, "freshness")["severity"] == "error"
    assert result(found, "sources_bind")["severity"] == "error"
    assert {a["owner"] for a in found["artifacts"]} == {None, "meteo"}


def test_no_policy_without_entries_has_no_item(project: Project) -> None:
    project.policy(ROOTS)
    assert not [line for line in project.ids() if "pyproject" in line]


def test_what_upstream_names_cannot_hang_the_run(project: Project) -> None:
    window = (project.root / LAST_WINDOW).read_text().splitlines()[0]
    hostile = window.replace(DEPLOYMENT_ID, "a" * 3000)
    project.append(f"{SERVING}/metrics/2026-04-26/13/metrics_59.jsonl", hostile + "\n")
    project.policy(ROOTS + override("*a" * 25 + "b", 'owner = "x"') + override("a*", 'owner = "y"'))
    found = results_of(project)
    assert result(found, "sources_bind")["findings"][0]["message"].startswith("overrides[0]")
    assert {a["owner"] for a in found["artifacts"] if a["name"].startswith("aaa")} == {"y"}


def test_distances_are_measured_for_one_dataset(project: Project) -> None:
    """A key of drift that decides what is read, not how it is judged."""
    for name, day in (("a", 25), ("b", 25), ("a", 26), ("b", 26)):
        data = project.root / f"{name}_202604{day}.parquet"
        table = pq.read_table(project.root / "p2" / "output" / f"{DATASET}.parquet")
        pq.write_table(
            table.replace_schema_metadata(None), data
        )  # else all of them say that they were built at one time
    project.write("contracts/c.yaml", CONTRACT)
    bound = override("a", "drift.distances = true") + override("[ab]", 'contract = "contracts/c.yaml"')
    project.policy(ROOTS + bound)
    measured = {
        r["artifact"]: {figure["name"] for figure in r["figures"]}
        for r in results_of(project)["results"]
        if r["check"] == "drift" and r["figures"]
    }
    assert {name for name, figures in measured.items() if "wasserstein" in figures} == {"a_20260426"}
    assert "b_20260426" in measured
