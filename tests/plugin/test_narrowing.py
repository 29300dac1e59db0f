"""Positional paths inside a root narrow what is checked; one that names nothing is a usage error."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, DEPLOYMENT_ID, EVENTS, FLAT_RUN, REPORT, RUN_ID, SERVING, SIDECAR, Project, error_text

TREE = f"artifacts/{SERVING}/metrics"


@pytest.mark.parametrize(
    ("argument", "anchors"),
    [
        ("artifacts/p2", {SIDECAR, FLAT_RUN, REPORT}),
        ("artifacts/p2/models", {REPORT}),
        (f"artifacts/{SIDECAR}", {SIDECAR}),
        (f"artifacts/{BUNDLE}", {BUNDLE}),
        (f"artifacts/p4/artifacts/{RUN_ID}", {BUNDLE}),
        (f"artifacts/{SERVING}", {f"{SERVING}/metrics"}),
        (TREE, {f"{SERVING}/metrics"}),
        (f"artifacts/{EVENTS}", {f"{SERVING}/metrics"}),
        ("artifacts", {SIDECAR, FLAT_RUN, REPORT, BUNDLE, f"{SERVING}/metrics"}),
    ],
)
def test_a_path_narrows_to_what_lies_there(project: Project, argument: str, anchors: set[str]) -> None:
    found = project.ids(argument)
    assert {line.split("::")[0].removeprefix("artifacts/") for line in found} == anchors


def test_a_check_of_one_artifact_can_be_named(project: Project) -> None:
    assert project.ids(f"artifacts/{SIDECAR}::freshness") == [f"artifacts/{SIDECAR}::freshness"]


def test_a_deployment_can_be_named(project: Project) -> None:
    found = project.ids(f"{TREE}::{DEPLOYMENT_ID}")
    assert f"{TREE}::{DEPLOYMENT_ID}::serving_health" in found
    assert all(line.startswith(f"{TREE}::{DEPLOYMENT_ID}::") for line in found)


def test_a_check_of_a_deployment_can_be_named(project: Project) -> None:
    wanted = f"{TREE}::{DEPLOYMENT_ID}::serving_health"
    assert project.ids(wanted) == [wanted]


def test_one_of_two_deployments_can_be_named(project: Project) -> None:
    _second_deployment(project)
    found = project.ids(f"{TREE}::dep-two")
    assert found
    assert {line.split("::")[1] for line in found} == {"dep-two"}


def test_a_check_of_every_deployment_of_a_tree_can_be_named(project: Project) -> None:
    _second_deployment(project)
    assert project.ids(f"{TREE}::serving_health") == [
        f"{TREE}::{DEPLOYMENT_ID}::serving_health",
        f"{TREE}::dep-two::serving_health",
    ]


def test_several_arguments_add_up(project: Project) -> None:
    wanted = [f"artifacts/{SIDECAR}::freshness", f"artifacts/{SIDECAR}::rows", f"artifacts/{BUNDLE}::identity"]
    assert set(project.ids(*wanted)) == set(wanted)


def test_the_whole_root_wins_over_a_part_of_it(project: Project) -> None:
    assert project.ids("artifacts", f"artifacts/{SIDECAR}::freshness") == project.ids()


def test_narrowing_still_sees_the_whole_platform(project: Project) -> None:
    project.check(f"artifacts/{BUNDLE}::dataset_link").assert_outcomes(passed=1)


def test_narrowing_works_on_a_declared_root(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]')
    project.run(f"artifacts/{SIDECAR}::freshness").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "argument",
    [
        f"artifacts/{SIDECAR}::freshnes",
        "artifacts/p2/nope.json",
        "artifacts/handoff",  # holds files, and no artifact
        f"{TREE}::dep-nope",
        f"{TREE}::{DEPLOYMENT_ID}::freshness",
        f"artifacts/{SIDECAR}::serving_health",
    ],
)
def test_what_names_nothing_is_a_usage_error(project: Project, argument: str) -> None:
    result = project.check(argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"mlmonitor: not found: {argument} (no artifact or check of that name)" in error_text(result)


def test_one_wrong_argument_spoils_the_right_ones(project: Project) -> None:
    result = project.check(f"artifacts/{SIDECAR}::freshness", f"artifacts/{SIDECAR}::freshnes")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "::freshnes (no artifact" in error_text(result)


def test_a_check_of_a_deployment_that_is_gone_is_a_usage_error(project: Project) -> None:
    result = project.check(f"{TREE}::dep-nope::serving_health")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    "argument", [f"artifacts/{SIDECAR}::freshness::deeper", f"{TREE}::{DEPLOYMENT_ID}::serving_health::deeper"]
)
def test_a_name_too_many_is_a_usage_error(project: Project, argument: str) -> None:
    assert project.check(argument).ret == pytest.ExitCode.USAGE_ERROR


def _second_deployment(project: Project) -> None:
    for name in (f"{SERVING}/metrics", EVENTS):
        start = project.root / name
        for path in [start] if start.is_file() else sorted(start.rglob("*.jsonl")):
            path.write_text(path.read_text() + path.read_text().replace(DEPLOYMENT_ID, "dep-two"))
