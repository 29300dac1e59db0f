"""What is defined of a project, how it is called, and what is known of it when it is loaded."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.definitions_load_context import DefinitionsLoadContext, DefinitionsLoadType
from dagster._core.definitions.repository_definition import RepositoryLoadData

from pytest_mlmonitor.integrations.dagster import dagster_version
from pytest_mlmonitor.integrations.dagster.asset_names import RESULT_ASSETS, key_parts
from tests.unit.integrations.dagster.conftest import TwoRuns
from tests.unit.integrations.dagster.watched import DATASET, DEPLOYMENT, REPORT, RUN, make_project, watched


def test_everything_is_called_as_the_specification_says(runs: TwoRuns) -> None:
    defs = runs.before
    assert defs.resolve_job_def("p6_monitoring_job")
    assert defs.resolve_schedule_def("p6_monitoring_schedule").cron_schedule == "17 * * * *"
    assert defs.resolve_sensor_def("p6_artifacts_sensor")
    with pytest.raises(Exception, match="p6_retrain_sensor"):
        defs.resolve_sensor_def("p6_retrain_sensor")
    keys = {spec.key.to_user_string() for spec in defs.resolve_all_asset_specs()}
    assert keys == {*RESULT_ASSETS, DATASET, RUN, DEPLOYMENT, REPORT}


def test_the_job_runs_all_of_them(runs: TwoRuns) -> None:
    job, graph = runs.before.resolve_job_def("p6_monitoring_job"), runs.before.resolve_asset_graph()
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(RESULT_ASSETS)
    assert job.asset_layer.asset_graph.asset_check_keys == graph.asset_check_keys
    assert len(graph.asset_check_keys) > 15


def test_two_projects_stand_beside_one_another(runs: TwoRuns) -> None:
    other = watched(runs.project, name="bikes", key_prefix=("bikes",), gate=True, cron="0 6 * * *")
    both = dg.Definitions.merge(runs.before, other)
    assert both.resolve_job_def("bikes_monitoring_job") and both.resolve_job_def("p6_monitoring_job")
    assert dg.AssetKey(["bikes", "dataset", "training_dataset"]) in both.resolve_all_asset_keys()


def test_a_process_of_a_run_knows_what_was_known_when_it_was_planned(runs: TwoRuns, tmp_path: Path) -> None:
    """Another run may end, and change what is known, between the plan of a run and its steps."""
    project = tmp_path / "project"
    shutil.copytree(runs.project, project)
    shutil.copy(runs.results_of_well, project / ".mlmonitor" / "dagster" / "results.json")
    loading = DefinitionsLoadContext(DefinitionsLoadType.INITIALIZATION)
    with DefinitionsLoadContext.scoped(loading):
        planned = watched(project)
    shutil.copy(runs.results_of_broken, project / ".mlmonitor" / "dagster" / "results.json")
    data = RepositoryLoadData({}, reconstruction_metadata=loading.get_pending_reconstruction_metadata())
    with DefinitionsLoadContext.scoped(DefinitionsLoadContext(DefinitionsLoadType.RECONSTRUCTION, data)):
        step = watched(project)
    assert step.resolve_asset_graph().asset_check_keys == planned.resolve_asset_graph().asset_check_keys
    assert watched(project).resolve_asset_graph().asset_check_keys > step.resolve_asset_graph().asset_check_keys


def test_a_project_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere: is no directory: expected that of the policy"):
        watched(tmp_path / "nowhere")


def test_outputs_lie_where_the_policy_says_and_never_in_a_root(tmp_path: Path) -> None:
    from pytest_mlmonitor.integrations.dagster.monitored_project import policy_of, with_out
    from pytest_mlmonitor.integrations.suite_run import ProjectSuite

    def out(policy: str | None, own: Path | None = None) -> Path | None:
        (tmp_path / "mlmonitor.toml").unlink(missing_ok=True)
        if policy is not None:
            (tmp_path / "mlmonitor.toml").write_text(policy)
        return with_out(ProjectSuite(tmp_path, out=own), *policy_of(tmp_path)).out

    assert out('artifacts = ["data"]\nout = "written"') == tmp_path / "written"
    assert out('artifacts = ["data"]') == tmp_path / ".mlmonitor" / "dagster"
    assert out('artifacts = ["data"]', Path("here")) == tmp_path / "here"
    assert out('artifacts = ["."]') is None and out(None) is None


@pytest.mark.parametrize(
    "names", [["a.b", "a-b", "a_b"], ["Rides", "rides"], ["bike demand", "bike_demand"], ["ü", "ä", "%", "", ".."]]
)
def test_names_out_of_artifacts_are_keys_that_dagster_tells_apart(names: list[str]) -> None:
    parts = key_parts([("dataset", name) for name in names], ["x"])
    seen = {dg.AssetKey(key).to_python_identifier().lower() for key in parts.values()}
    assert all(part.strip(".") for _, _, part in parts.values()), "it has an address in a browser"
    assert len(seen) == len(names) and all(re.fullmatch(r"\w+", one, re.ASCII) for one in seen)
    assert key_parts([("dataset", name) for name in reversed(names)], ["x"]) == parts


def test_a_name_that_is_another_ones_hash_is_another_key() -> None:
    ((_, hashed),) = key_parts([("dataset", "ü")], []).values()
    assert len(set(key_parts([("dataset", "ü"), ("dataset", hashed)], []).values())) == 2


def test_a_limit_beyond_what_dagster_can_count_is_none_of_its_own(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    (project / "mlmonitor.toml").write_text('artifacts = ["artifacts"]\nfreshness.max_age_seconds = 1e15\n')
    spec = watched(project).resolve_asset_graph().get(dg.AssetKey(DATASET.split("/")))
    assert spec.freshness_policy is None


def test_a_prefix_may_be_one_word(tmp_path: Path) -> None:
    defs = watched(tmp_path, key_prefix="bikes")
    assert dg.AssetKey(["bikes", "validation_result"]) in defs.resolve_all_asset_keys()


def test_a_dagster_that_is_missing_or_too_old_is_refused_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dagster_version, "version", lambda _: "1.6.9")
    with pytest.raises(
        ImportError, match=r"needs Dagster 1\.13 or later, and 1\.6\.9 is installed: pip install 'dagster>=1\.13'"
    ):
        dagster_version.refuse_unusable()
    for fine in ("1.13.0", "1.20.3rc1", "2.0.0"):
        monkeypatch.setattr(dagster_version, "version", lambda _, fine=fine: fine)
        dagster_version.refuse_unusable()

    def missing(name: str) -> str:
        raise dagster_version.PackageNotFoundError(name)

    monkeypatch.setattr(dagster_version, "version", missing)
    with pytest.raises(ImportError, match=r"pip install 'pytest-mlmonitor\[dagster\]'"):
        dagster_version.refuse_unusable()
