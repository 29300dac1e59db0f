"""`pytest artifacts/` works without any configuration."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from .sample import BUNDLE, DEPLOYMENT_ID, FIRST_WINDOW, SERVING, SIDECAR, Project, assert_clean, error_text


def test_a_directory_with_artifacts_becomes_items(project: Project) -> None:
    result = project.run("artifacts")
    assert_clean(result)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["mlmonitor * · artifacts · 1 dataset, 2 training runs, 1 deployment, 1 training report (12 windows) · *"]
    )


@pytest.mark.parametrize("spelling", ["artifacts/", "./artifacts", "artifacts/../artifacts", "{absolute}"])
def test_the_directory_may_be_spelled_in_any_way(bundle: Project, spelling: str) -> None:
    result = bundle.run(spelling.format(absolute=bundle.root))
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"artifacts/{BUNDLE} .*s*"])


def test_the_current_directory_may_be_the_root(bundle: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle.root)
    result = bundle.run(".")
    assert_clean(result)


def test_a_single_manifest_can_be_named(project: Project) -> None:
    result = project.run(f"artifacts/{SIDECAR}::row_count")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("part", [SERVING, f"{SERVING}/metrics", f"{SERVING}/events"])
def test_a_serving_tree_can_be_named(project: Project, part: str) -> None:
    result = project.run(f"artifacts/{part}", "-v")
    assert f"metrics::{DEPLOYMENT_ID}::serving_health PASSED" in result.stdout.str()


def test_an_id_of_a_deployment_can_be_pasted_without_configuration(project: Project) -> None:
    result = project.run(f"artifacts/{SERVING}/metrics::{DEPLOYMENT_ID}::arithmetic")
    result.assert_outcomes(passed=1)


def test_two_directories_are_one_platform(project: Project) -> None:
    shutil.move(project.root / "p4", project.path / "orchestrator")
    shutil.move(project.root / "p5", project.path / "serving-layer")
    result = project.run("artifacts", "orchestrator", "serving-layer", "-v")
    assert result.ret == 0
    lines = result.stdout.str()
    assert "mlmonitor 0.1.0 · artifacts, orchestrator, serving-layer · " in lines
    assert "::run_link PASSED" in lines


def test_a_directory_without_an_anchor_is_pytests_own_business(project: Project) -> None:
    project.write("tests/test_mine.py", "def test_mine(): pass")
    project.write("tests/metadata.json", "{}")  # only beside metrics.json or model_uri.txt
    result = project.run("tests")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("mlmonitor * evaluated at *")


@pytest.mark.parametrize("name", ["conftest.py", "test_model.py", "model_test.py", "p2/deep/er/conftest.py"])
def test_artifacts_beside_python_are_refused_with_both_ways_out(project: Project, name: str) -> None:
    project.plant(name, "raise SystemExit('imported')")
    result = project.run("artifacts")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = error_text(result)
    assert f"artifacts holds artifacts, but also Python that pytest would import ({project.root / name})" in said
    assert "pytest --mlmonitor=artifacts" in said
    assert "[tool.mlmonitor] of pyproject.toml" in said
    assert "imported" not in result.stdout.str() + said


@pytest.mark.parametrize("name", ["helper.py", "p2/test_notes.md", "p4/setup.cfg.bak"])
def test_other_files_beside_artifacts_are_no_reason_to_refuse(bundle: Project, name: str) -> None:
    bundle.plant(name, "")
    assert bundle.run("artifacts").ret == 0


def test_the_first_way_out_works(bundle: Project) -> None:
    bundle.plant("test_model.py", "def test_never_run(): raise SystemExit('imported')")
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert_clean(result)


def test_the_second_way_out_works(bundle: Project) -> None:
    bundle.plant("test_model.py", "def test_never_run(): raise SystemExit('imported')")
    bundle.policy('artifacts = ["artifacts"]')
    result = bundle.run("artifacts")
    assert_clean(result)


def test_a_users_tests_run_beside_the_artifacts(bundle: Project) -> None:
    bundle.write("tests/test_mine.py", "def test_mine(): pass")
    assert_clean(bundle.run("tests", "artifacts"))


def test_a_file_of_the_serving_tree_is_no_test_file(project: Project) -> None:
    result = project.run("--mlmonitor=artifacts", f"artifacts/{FIRST_WINDOW}", "-v")
    assert f"::{DEPLOYMENT_ID}::serving_health PASSED" in result.stdout.str()


def test_a_root_may_be_a_link(bundle: Project, new_project: Callable[..., Project]) -> None:
    (bundle.path / "latest").symlink_to("artifacts")
    result = bundle.run("latest")
    assert_clean(result)
