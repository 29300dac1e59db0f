"""junit.xml: one test case per item, with the facts as properties and the finding in front."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from .sample import DATASET, SERVING, SIDECAR, Project


def _suite(file: Path) -> ElementTree.Element:
    return ElementTree.parse(file).getroot()[0]  # noqa: S314 (written by pytest)


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(case for case in suite.iter("testcase") if case.attrib["name"] == name)


def test_it_counts_what_the_run_counted(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    suite = _suite(project.path / "out" / "junit.xml")
    counted = {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": str(len(project.ids())), "failures": "0", "errors": "0", "skipped": "8"}


def test_cases_are_unique(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    cases = [
        (case.attrib["classname"], case.attrib["name"])
        for case in _suite(project.path / "out" / "junit.xml").iter("testcase")
    ]
    assert len(set(cases)) == len(cases) == len(project.ids())


def test_a_failure_leads_with_the_finding(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.check("--mlmonitor-out", "out")
    failure = _case(_suite(project.path / "out" / "junit.xml"), "row_count").find("failure")
    assert failure is not None
    assert "row_count" in failure.attrib["message"]
    assert "1,076" in failure.attrib["message"] or "1076" in failure.attrib["message"]
    assert "dataset_metadata.json" in (failure.text or "")


def test_properties_hold_the_facts(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    case = _case(_suite(project.path / "out" / "junit.xml"), "row_count")
    facts = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
    assert facts == {
        "mlmonitor.kind": "dataset",
        "mlmonitor.artifact": DATASET,
        "mlmonitor.check": "row_count",
        "mlmonitor.category": "reconcile",
        "mlmonitor.status": "pass",
    }


def test_a_skip_has_its_reason(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    skipped = _suite(project.path / "out" / "junit.xml").find(".//skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("not checked: ")


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\x00b", "]]>", "<&>", "a\nb", "\ufffe"])
def test_odd_names_parse(project: Project, name: str) -> None:
    project.edit_lines(SERVING, deployment_id=name)
    project.check("--mlmonitor-out", "out")
    cases = list(_suite(project.path / "out" / "junit.xml").iter("testcase"))
    assert len(cases) == len(project.ids())


def test_a_file_of_ones_own_is_respected(project: Project) -> None:
    project.check("--mlmonitor-out", "out", "--junitxml", "mine.xml")
    assert _suite(project.path / "mine.xml").attrib["tests"] == str(len(project.ids()))
    assert not (project.path / "out" / "junit.xml").exists()


def test_the_announcement_names_the_file_that_is_there(project: Project) -> None:
    result = project.check("--mlmonitor-out", "out")
    result.stdout.fnmatch_lines([f"*generated xml file: {project.path}/out/junit.xml *"])


IN_A_CASE = {
    "skipped",
    "errors",
    "failure",
    "rerunFailure",
    "rerunError",
    "flakyFailure",
    "flakyError",
    "system-out",
    "system-err",
}
"""Elements of a test case by the schema of Jenkins' xUnit plugin (junit-10.xsd)."""

ON_A_CASE = {"name", "time", "classname", "group"}


def test_a_policy_key_leaves_out_what_jenkins_schema_does_not_know(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    project.policy('artifacts = ["artifacts"]\nout = "out"\njunit_properties = false')
    assert project.run().ret == 1
    cases = list(_suite(project.path / "out" / "junit.xml").iter("testcase"))
    assert len(cases) > 50
    assert {element.tag for case in cases for element in case} == {"failure", "skipped", "system-out"}
    assert {element.tag for case in cases for element in case} < IN_A_CASE
    assert {name for case in cases for name in case.attrib} <= ON_A_CASE
