"""What pytest says of an item and what the record says of its check is one story: failed, skipped, expected to fail."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json

HOOKS = """
import pytest

class Hooks:
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_{phase}(self, item):
        if item.name == "metrics_finite" and "{when}" == "before":
            {does}
        got = yield
        if item.name == "metrics_finite" and "{when}" == "after":
            {does}
        return got

def pytest_configure(config):
    config.pluginmanager.register(Hooks())
"""

MARKED = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name in {names}:
            item.add_marker(pytest.mark.{mark})
"""


def run(project: Project, *args: str) -> tuple[pytest.RunResult, dict[str, Any]]:
    """Check the root and return what pytest and the record say."""
    result = project.check("--mlmonitor-out", "out", *args)
    return result, read_json(project.path / "out" / "results.json")


def the(document: dict[str, Any], check: str) -> dict[str, Any]:
    (found,) = [one for one in document["results"] if one["check"] == check]
    return found


def counted(result: pytest.RunResult) -> dict[str, int]:
    """Return what the terminal counts, in the words of the record."""
    said = result.parseoutcomes()
    return {
        "pass": said.get("passed", 0) + said.get("xpassed", 0),
        "red": said.get("failed", 0) + said.get("errors", 0),
        "not_checked": said.get("skipped", 0) + said.get("xfailed", 0),
        "warned": said.get("warned", 0),
    }


def recorded(document: dict[str, Any]) -> dict[str, int]:
    counts = document["counts"]
    return {
        "pass": counts["pass"],
        "red": counts["fail"] + counts["error"],
        "not_checked": counts["not_checked"],
        "warned": counts["warned"],
    }


def junit(project: Project, check: str) -> ElementTree.Element:
    cases = ElementTree.parse(project.path / "out" / "junit.xml").iter("testcase")  # noqa: S314 (written by pytest)
    return next(case for case in cases if case.attrib["name"] == check)


def facts(case: ElementTree.Element) -> dict[str, str]:
    return {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")}


@pytest.mark.parametrize(
    ("phase", "when", "does", "reason"),
    [
        ("setup", "after", "raise RuntimeError('no database')", "setup: RuntimeError: no database"),
        ("call", "before", "raise RuntimeError('no database')", "RuntimeError: no database"),
        ("call", "after", "pytest.fail('stopped: 2 s are over')", "Failed: stopped: 2 s are over"),
    ],
)
def test_a_failed_item_without_a_verdict_is_an_error(
    bundle: Project, phase: str, when: str, does: str, reason: str
) -> None:
    bundle.write("conftest.py", HOOKS.format(phase=phase, when=when, does=does))
    result, document = run(bundle)
    assert result.ret == document["exit_status"] == 1
    found = the(document, "metrics_finite")
    assert (found["status"], found["reason"]) == ("error", reason)
    assert [one["verdict"] for one in document["artifacts"]] == ["error"]
    assert recorded(document) == counted(result)
    assert facts(junit(bundle, "metrics_finite"))["mlmonitor.status"] == "error"
    result.stdout.fnmatch_lines(
        ["ERROR * training_run *metrics_finite could not run*", f"*::metrics_finite - {reason.removeprefix('setup: ')}"]
    )


def test_a_teardown_that_fails_is_an_error_beside_what_was_measured(bundle: Project) -> None:
    bundle.write("conftest.py", HOOKS.format(phase="teardown", when="after", does="raise RuntimeError('left open')"))
    result, document = run(bundle)
    assert result.ret == 1
    found = the(document, "metrics_finite")
    assert (found["status"], found["reason"]) == ("error", "teardown: RuntimeError: left open")


def test_a_finding_is_not_hidden_by_its_teardown(bundle: Project) -> None:
    bundle.edit(BUNDLE, run_id="another")
    failing = run(bundle)[1]
    check = next(one["check"] for one in failing["results"] if one["status"] == "fail" and one["severity"] == "error")
    hooks = HOOKS.format(phase="teardown", when="after", does="raise RuntimeError('left open')")
    bundle.write("conftest.py", hooks.replace("metrics_finite", check))
    assert the(run(bundle)[1], check)["status"] == "fail"


@pytest.mark.parametrize(
    ("mark", "reason", "outcome"),
    [
        ("skip(reason='known: JIRA-1')", "skipped: known: JIRA-1", "skipped"),
        ("skipif(True, reason='not today')", "skipped: not today", "skipped"),
        ("xfail(reason='known: JIRA-1', run=False)", "expected to fail, not run: known: JIRA-1", "xfailed"),
    ],
)
def test_a_mark_that_stops_a_check_is_not_checked_with_its_reason(
    bundle: Project, mark: str, reason: str, outcome: str
) -> None:
    before, _ = run(bundle)
    bundle.write("conftest.py", MARKED.format(names=["metrics_finite"], mark=mark))
    result, document = run(bundle)
    assert result.ret == 0
    found = the(document, "metrics_finite")
    assert (found["status"], found["reason"]) == ("not_checked", reason)
    assert recorded(document) == counted(result)
    assert result.parseoutcomes()[outcome] == before.parseoutcomes().get(outcome, 0) + 1
    case = junit(bundle, "metrics_finite")
    assert case.find("skipped") is not None
    assert facts(case)["mlmonitor.status"] == "not_checked"


def test_a_finding_that_was_expected_is_not_checked_and_says_what_was_found(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.write("conftest.py", MARKED.format(names=["row_count"], mark="xfail(reason='known: JIRA-1')"))
    result, document = run(project)
    assert (result.ret, result.parseoutcomes()["xfailed"]) == (0, 1)
    found = the(document, "row_count")
    assert (found["status"], found["severity"], found["findings"]) == ("not_checked", None, [])
    assert found["reason"].startswith("expected to fail: known: JIRA-1; found: row_count says 7, but the file holds")
    assert {one["verdict"] for one in document["artifacts"]} == {"ok"}
    assert recorded(document) == counted(result)
    metrics = (project.path / "out" / "metrics.prom").read_text()
    assert 'check="row_count",environment="local",kind="dataset",status="not_checked"} 1.0' in metrics
    assert 'mlmonitor_run_success{environment="local"} 1.0' in metrics
    assert facts(junit(project, "row_count"))["mlmonitor.status"] == "not_checked"
    assert not [line for line in result.outlines if line.startswith("FAILED ")]


def test_what_passes_against_expectation_passes_unless_it_is_strict(bundle: Project) -> None:
    bundle.write("conftest.py", MARKED.format(names=["metrics_finite"], mark="xfail(reason='JIRA-1')"))
    result, document = run(bundle)
    assert (result.ret, the(document, "metrics_finite")["status"]) == (0, "pass")
    assert recorded(document) == counted(result)
    bundle.write("conftest.py", MARKED.format(names=["metrics_finite"], mark="xfail(reason='JIRA-1', strict=True)"))
    result, document = run(bundle)
    assert result.ret == 1
    found = the(document, "metrics_finite")
    assert (found["status"], found["reason"]) == ("error", "[XPASS(strict)] JIRA-1")
    assert recorded(document) == counted(result)


def test_a_conftest_of_the_project_has_a_say_over_the_checks(bundle: Project) -> None:
    bundle.write(
        "conftest.py",
        "import pytest\n\ndef pytest_runtest_setup(item):\n"
        "    if item.name == 'metrics_finite':\n        pytest.skip('by the conftest')\n\n"
        "def pytest_itemcollected(item):\n"
        "    if item.name == 'readable':\n        item.add_marker(pytest.mark.skip(reason='marked there'))\n",
    )
    document = run(bundle)[1]
    assert the(document, "metrics_finite")["reason"] == "skipped: by the conftest"
    assert the(document, "readable")["reason"] == "skipped: marked there"


def test_a_conftest_below_the_root_has_none(bundle: Project) -> None:
    bundle.plant("conftest.py", "raise SystemExit('executed')\n")
    assert run(bundle)[0].ret == 0


OWN = """
import pytest
from pytest_mlmonitor import freshness

@pytest.mark.skip(reason="JIRA-1")
def test_skipped(training_run): pass

@pytest.mark.xfail(reason="JIRA-2")
def test_expected(training_run): assert training_run.run_id == "another"

@pytest.mark.xfail(reason="JIRA-3", run=False)
def test_not_run(training_run): pass

@pytest.fixture
def broken():
    raise RuntimeError("no database")

def test_no_fixture(broken, training_run): pass

def test_after_a_skip(training_run):
    assert training_run.run_id == "another"
"""


def test_tests_of_ones_own_tell_the_same_story(bundle: Project) -> None:
    bundle.write("test_mine.py", OWN)
    result, document = run(bundle, "test_mine.py", "artifacts")
    said = {one["check"]: (one["status"], one["reason"]) for one in document["results"] if "test_" in one["check"]}
    assert said.pop("test_no_fixture")[0] == "error"
    assert said.pop("test_after_a_skip")[0] == "fail"
    assert said == {
        "test_skipped": ("not_checked", "skipped: JIRA-1"),
        "test_expected": ("not_checked", "expected to fail: JIRA-2"),
        "test_not_run": ("not_checked", "expected to fail, not run: JIRA-3"),
    }
    assert recorded(document) == counted(result)


def test_an_expected_violation_in_a_test_of_ones_own_is_not_checked(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.write(
        "test_mine.py",
        "import pytest\nfrom pytest_mlmonitor import freshness\n\n"
        "@pytest.mark.xfail(reason='JIRA-1')\ndef test_fresh(dataset, platform):\n"
        "    freshness(dataset, settings=platform.settings.model_copy(update={'freshness': "
        "platform.settings.freshness.model_copy(update={'max_age_seconds': 1, 'error_after': None})}))\n",
    )
    result, document = run(project, "test_mine.py", "artifacts", "-k", "test_fresh")
    assert (result.ret, result.parseoutcomes()["xfailed"]) == (0, 1)
    assert {one["status"] for one in document["results"]} == {"not_checked"}


@pytest.mark.parametrize(
    ("fail_on", "fail", "warned"), [("error", 1, 1), ("warning", 2, 0), ("critical", 0, 2), ("never", 0, 2)]
)
def test_counts_are_those_of_the_terminal(project: Project, fail_on: str, fail: int, warned: int) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    result, document = run(project, "--mlmonitor-fail-on", fail_on)
    counts = document["counts"]
    assert (counts["fail"], counts["warned"]) == (fail, warned)
    assert recorded(document) == counted(result)
    assert sum(counts.values()) == len(document["results"])


def test_what_was_never_run_is_not_checked(bundle: Project) -> None:
    result, document = run(bundle, "--setup-only")
    assert result.ret == 0
    assert {(one["status"], one["reason"]) for one in document["results"]} == {("not_checked", "it was not run")}
    assert len(document["results"]) == document["selected"]


def test_a_conftest_may_ask_for_and_add_fixtures(bundle: Project) -> None:
    bundle.write(
        "conftest.py",
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        'tmp_path' in item.fixturenames or item.fixturenames.insert(0, 'mine')\n",
    )
    assert run(bundle)[0].ret == 0


OUTERMOST = """
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if item.name.startswith(({name!r},)) and report.when == "call":
        report.outcome, report.longrepr = {outcome!r}, {longrepr!r}
    return report
"""

SWALLOWED = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except AssertionError:
        if item.name != "row_count":
            raise
"""


@pytest.mark.parametrize(
    "conftest",
    [OUTERMOST.format(name="row_count", outcome="passed", longrepr=None), SWALLOWED],
    ids=["after", "around"],
)
def test_a_failure_that_a_hook_let_pass_counts_for_nothing_and_says_so(project: Project, conftest: str) -> None:
    project.edit(SIDECAR, row_count=7)
    project.write("conftest.py", conftest)
    result, document = run(project)
    assert result.ret == 0
    assert the(document, "row_count")["status"] == "not_checked"
    assert the(document, "row_count")["reason"].startswith("a hook let it pass; found: row_count says 7")
    assert {one["verdict"] for one in document["artifacts"]} == {"ok"}
    assert "warned" not in result.parseoutcomes()


def test_what_a_hook_calls_failed_is_an_error(project: Project) -> None:
    project.write("conftest.py", OUTERMOST.format(name="row_count", outcome="failed", longrepr="mine"))
    result, document = run(project)
    assert result.ret == 1
    assert (the(document, "row_count")["status"], the(document, "row_count")["reason"]) == ("error", "mine")


@pytest.mark.parametrize(("rows", "outcome", "status"), [(7, "passed", "pass"), (1076, "failed", "error")])
def test_so_it_is_of_a_persons_own_test(project: Project, rows: int, outcome: str, status: str) -> None:
    project.edit(SIDECAR, row_count=rows)
    project.write("conftest.py", OUTERMOST.format(name="test_rows", outcome=outcome, longrepr="mine"))
    project.write(
        "test_mine.py",
        "from pytest_mlmonitor import row_count\ndef test_rows(dataset): row_count(dataset)\n",
    )
    result, document = run(project, "test_mine.py", "artifacts", "-k", "test_rows")
    assert result.ret == int(outcome == "failed")
    assert status in {one["status"] for one in document["results"]}
    assert recorded(document)["red"] == int(outcome == "failed")


def test_a_report_that_another_plugin_made_is_heard(project: Project) -> None:
    project.write(
        "conftest.py",
        "import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(item):\n"
        "    if item.name == 'row_count':\n"
        "        report = pytest.TestReport(item.nodeid, item.location, {}, 'failed', 'it died', 'call')\n"
        "        item.ihook.pytest_runtest_logreport(report=report)\n        return True\n",
    )
    result, document = run(project)
    assert result.ret == 1
    assert (the(document, "row_count")["status"], the(document, "row_count")["reason"]) == ("error", "it died")
