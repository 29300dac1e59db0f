"""Ids are stable and can be pasted back; -k, -m, --lf, --deselect, -x and --co work as for any other test."""

from __future__ import annotations

import pytest

from .sample import (
    BUNDLE,
    DATASET,
    DEPLOYMENT_ID,
    FLAT_RUN,
    REPORT,
    RUN_ID,
    SERVING,
    SIDECAR,
    Project,
    assert_clean,
    error_text,
    ids_of,
)


def _anchor(nodeid: str) -> str:
    return nodeid.split("::", maxsplit=1)[0].removeprefix("artifacts/")


def test_every_id_that_is_printed_can_be_pasted_back(project: Project) -> None:
    for nodeid in project.ids():
        assert project.ids(nodeid) == [nodeid]


def test_a_pasted_id_runs_that_item_alone(project: Project) -> None:
    for nodeid in (f"{SERVING}/metrics::{DEPLOYMENT_ID}::event_link", f"{REPORT}::splits"):
        result = project.check(f"artifacts/{nodeid}", "-v")
        result.assert_outcomes(passed=1)
        assert f"artifacts/{nodeid} PASSED" in result.stdout.str()


def test_ids_are_the_same_with_all_ways_of_naming_the_root(project: Project) -> None:
    by_option = project.ids()
    by_argument = ids_of(project.run("artifacts", "--co", "-q"))
    project.policy('artifacts = ["artifacts"]')
    by_policy = ids_of(project.run("--co", "-q"))
    assert by_option == by_argument == by_policy
    assert len(set(by_option)) == len(by_option) > 40


def test_ids_do_not_change_with_the_evaluation_time(project: Project) -> None:
    later = ids_of(project.run("artifacts", "--co", "-q", now="2030-01-01T00:00:00Z"))
    assert later == project.ids()


def test_ids_read_as_designed(project: Project) -> None:
    found = project.ids()
    assert f"artifacts/{SIDECAR}::freshness" in found
    assert f"artifacts/{BUNDLE}::metrics_finite" in found
    assert f"artifacts/{SERVING}/metrics::{DEPLOYMENT_ID}::serving_health" in found


@pytest.mark.parametrize(
    "name", ["dep::one", "dep/one", "dep[1]", "dep one", "dép-ünï", "dep%41", "a" * 300, "-x", "dep\\one", "*", "dep@1"]
)
def test_odd_deployment_names_have_ids_that_can_be_pasted(project: Project, name: str) -> None:
    project.edit_lines(SERVING, deployment_id=name)
    found = [nodeid for nodeid in project.ids() if "/serving/metrics::" in nodeid]
    assert found
    for nodeid in (found[0], found[-1]):
        assert project.ids(nodeid) == [nodeid]


@pytest.mark.parametrize("name", ["run [1]", "läufe", "a b.c", "100%", "run'quoted'", "x;y", "run{a}"])
def test_odd_directory_names_have_ids_that_can_be_pasted(bundle: Project, name: str) -> None:
    (bundle.root / "p4").rename(bundle.root / name)
    for nodeid in bundle.ids():
        assert bundle.ids(nodeid) == [nodeid]


def test_odd_directory_names_work_with_lf(bundle: Project) -> None:
    (bundle.root / "p4").rename(bundle.root / "run [1] läufe")
    bundle.edit(f"run [1] läufe/artifacts/{RUN_ID}/metadata.json", model_type=7)
    assert bundle.check().parseoutcomes()["failed"] == 1
    assert bundle.check("--lf").parseoutcomes() == {"failed": 1, "deselected": len(bundle.ids()) - 1}


@pytest.mark.parametrize(
    ("word", "anchors"), [(DATASET, {SIDECAR}), (DEPLOYMENT_ID, {f"{SERVING}/metrics"}), (RUN_ID, {FLAT_RUN, BUNDLE})]
)
def test_k_knows_names_of_artifacts(project: Project, word: str, anchors: set[str]) -> None:
    found = [nodeid for nodeid in project.ids() if _anchor(nodeid) in anchors]
    assert project.ids("-k", word) == found != []


def test_k_knows_checks(project: Project) -> None:
    assert project.ids("-k", "row_count") == [f"artifacts/{SIDECAR}::row_count"]


def test_k_can_exclude(project: Project) -> None:
    assert not any("freshness" in nodeid for nodeid in project.ids("-k", "not freshness"))


@pytest.mark.parametrize(
    ("kind", "anchors"),
    [
        ("dataset", {SIDECAR}),
        ("training_run", {FLAT_RUN, BUNDLE}),
        ("deployment", {f"{SERVING}/metrics"}),
        ("training_report", {REPORT}),
        ("predictions", set()),
    ],
)
def test_m_knows_kinds(project: Project, kind: str, anchors: set[str]) -> None:
    found = project.ids("-m", kind, "--strict-markers")
    assert found == [nodeid for nodeid in project.ids() if _anchor(nodeid) in anchors]


@pytest.mark.parametrize(
    ("expression", "checks"),
    [
        ("dataset and freshness", {"freshness"}),
        ("health", {"serving_health"}),
        ("quality", {"positive_rate"}),
        ("training_run and lineage", {"chronology", "dataset_link"}),
    ],
)
def test_m_knows_categories(project: Project, expression: str, checks: set[str]) -> None:
    assert {nodeid.split("::")[-1] for nodeid in project.ids("-m", expression)} >= checks


def test_every_item_is_of_one_kind_and_one_category(project: Project) -> None:
    kinds = ["dataset", "training_run", "deployment", "training_report", "predictions"]
    categories = ["contract", "reconcile", "freshness", "quality", "drift", "health", "performance", "lineage"]
    for names in (kinds, categories):
        selected = [nodeid for name in names for nodeid in project.ids("-m", name)]
        assert sorted(selected) == sorted(project.ids())


def test_an_unknown_marker_is_an_error_where_markers_are_strict(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]', pytest_table="strict_markers = true")
    result = project.run("-m", "datasets")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "datasets" in error_text(result)


def test_nothing_selected_is_not_green(project: Project) -> None:
    assert project.check("-k", "no_such_check").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_lf_runs_what_failed_and_turns_green_when_upstream_mends_it(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    assert project.check().parseoutcomes()["failed"] == 1
    again = project.check("--lf", "-v")
    assert again.parseoutcomes() == {"failed": 1, "deselected": len(project.ids()) - 1}
    again.stdout.fnmatch_lines([f"artifacts/{SIDECAR}::row_count FAILED*"])
    project.edit(SIDECAR, row_count=1076)
    assert project.check("--lf").ret == 0
    assert_clean(project.check("--lf"))


def test_ff_puts_what_failed_first(project: Project) -> None:
    project.edit(BUNDLE, run_id="another")
    project.check()
    assert BUNDLE in ids_of(project.check("--ff", "--co", "-q"))[0]


def test_deselect_takes_an_id_or_a_prefix(project: Project) -> None:
    one = f"artifacts/{SIDECAR}::positive_rate"
    assert set(project.ids()) - set(project.ids("--deselect", one)) == {one}
    left = project.ids("--deselect", f"artifacts/{SERVING}/metrics::{DEPLOYMENT_ID}")
    assert left == project.ids("-m", "not deployment")


def test_x_stops_at_the_first_failure(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, feature_count=3)
    result = project.check("-x")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])


def test_co_checks_nothing_and_writes_nothing(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    result = project.check("--co", "--mlmonitor-out", "out")
    assert result.ret == 0
    assert not (project.path / "out").exists()
    result.stdout.fnmatch_lines(["* tests collected in *"])


def test_co_of_nothing_is_not_green(project: Project) -> None:
    project.keep("handoff")
    assert project.check("--co").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_markers_are_listed(project: Project) -> None:
    text = project.check("--markers").stdout.str()
    for name in ("dataset", "training_run", "deployment", "freshness", "lineage"):
        assert f"@pytest.mark.{name}: an automatic mlmonitor check of " in text
    assert "@pytest.mark.artifact(*patterns): " in text
