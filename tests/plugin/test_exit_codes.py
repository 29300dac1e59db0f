"""CI gates on the exit code: 0 well, 1 findings, 2 interrupted, 3 internal, 4 usage, 5 nothing was checked."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json

MINE = "def test_mine(): pass\n"


def test_all_well_is_0(project: Project) -> None:
    assert project.check().ret == 0


def test_a_finding_is_1(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    assert project.check().ret == 1


def test_a_failing_test_of_ones_own_is_1(bundle: Project) -> None:
    bundle.write("test_mine.py", "def test_mine(): assert False\n")
    bundle.policy('artifacts = ["artifacts"]')
    assert bundle.run().ret == 1


def test_interrupted_is_2(bundle: Project) -> None:
    bundle.write("test_mine.py", "def test_mine(): raise KeyboardInterrupt\n")
    bundle.policy('artifacts = ["artifacts"]')
    result = bundle.run_alone("--mlmonitor-out", "out")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert read_json(bundle.path / "out" / "results.json")["exit_status"] == 2


def test_a_broken_test_module_is_2_like_always(bundle: Project) -> None:
    bundle.write("test_mine.py", "import no_such_module\n")
    bundle.policy('artifacts = ["artifacts"]')
    assert bundle.run().ret == pytest.ExitCode.INTERRUPTED


def test_usage_is_4(bundle: Project) -> None:
    assert bundle.run("--mlmonitor=nowhere").ret == pytest.ExitCode.USAGE_ERROR


def test_an_empty_root_is_5(project: Project) -> None:
    project.keep()
    result = project.check()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["mlmonitor * · artifacts · no artifact · evaluated at *"])


def test_an_empty_root_is_5_beside_passing_tests(project: Project) -> None:
    project.keep("handoff")
    project.write("tests/test_mine.py", MINE)
    project.policy('artifacts = ["artifacts"]')
    for args in ((), ("tests", "artifacts"), (".",)):
        result = project.run(*args)
        result.assert_outcomes(passed=1)
        assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
        result.stdout.fnmatch_lines(["mlmonitor: no artifact under artifacts: nothing was checked"])


def test_an_empty_root_says_that_nothing_was_checked(project: Project) -> None:
    project.keep("handoff")
    project.check().stdout.fnmatch_lines(["*nothing was checked*"])


def test_an_empty_root_beside_a_failing_test_is_1(project: Project) -> None:
    project.keep("handoff")
    project.write("tests/test_mine.py", "def test_mine(): assert False\n")
    project.policy('artifacts = ["artifacts"]')
    assert project.run().ret == 1


def test_an_empty_root_is_5_beside_a_parametrized_test_that_is_skipped(project: Project) -> None:
    project.keep("handoff")
    project.write("tests/test_mine.py", "def test_mine(dataset): pass\n")
    project.policy('artifacts = ["artifacts"]')
    assert project.run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_ones_own_artifact_tests_alone_over_an_empty_root_are_5(project: Project) -> None:
    project.keep("handoff")
    project.write("tests/test_mine.py", "def test_mine(dataset): pass\n\ndef test_else(): pass\n")
    project.policy('artifacts = ["artifacts"]')
    assert project.run("tests").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_ones_own_plain_tests_over_an_empty_root_are_0(project: Project) -> None:
    project.keep("handoff")
    project.write("tests/test_mine.py", MINE)
    project.policy('artifacts = ["artifacts"]')
    assert project.run("tests").ret == 0


def test_one_empty_root_of_two_is_noticed(bundle: Project) -> None:
    (bundle.path / "empty").mkdir()
    result = bundle.run("--mlmonitor=artifacts", "--mlmonitor=empty")
    assert result.ret in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "empty" in result.stdout.str()


LOSING = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    if item.name == "metrics_finite":
        return True  # swallowed: neither run nor reported
"""


def test_an_item_that_was_never_reported_is_3(bundle: Project) -> None:
    bundle.write("conftest.py", LOSING)
    result = bundle.check("--mlmonitor-out", "out")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(
        [f"mlmonitor: 1 item collected but never reported, e.g. artifacts/{BUNDLE}::metrics_finite"]
    )
    assert read_json(bundle.path / "out" / "results.json")["exit_status"] == 3


def test_a_test_of_ones_own_that_was_never_reported_is_3(bundle: Project) -> None:
    bundle.write("conftest.py", LOSING.replace("metrics_finite", "test_mine"))
    bundle.write("test_mine.py", MINE)
    bundle.policy('artifacts = ["artifacts"]')
    assert bundle.run().ret == pytest.ExitCode.INTERNAL_ERROR


def test_deselected_items_are_not_lost(bundle: Project) -> None:
    assert bundle.check("-k", "metrics_finite").ret == 0


def test_stopping_early_is_not_losing(bundle: Project) -> None:
    bundle.edit(BUNDLE, run_id="another")
    assert bundle.check("-x").ret == 1
    assert bundle.check("--maxfail=1").ret == 1


def test_exit_status_is_in_the_record(project: Project) -> None:
    assert project.results()["exit_status"] == 0
    project.edit(SIDECAR, row_count=7)
    assert project.results()["exit_status"] == 1
