"""junit.xml: one test case per item, with the facts as properties and the finding in front."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


TEXT = ({"type", "message"}, set(), set())
ON_A_SUITE = {"name", "tests", "failures", "errors"}
JENKINS = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {*ON_A_SUITE, *("group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url")},
        ON_A_SUITE,
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"name"},
        {
            "skipped",
            "error",
            "failure",
            "rerunFailure",
            "rerunError",
            "flakyFailure",
            "flakyError",
            "system-out",
            "system-err",
        },
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, {"name", "value"}, set()),
    "failure": TEXT,
    "error": TEXT,
    "skipped": TEXT,
    "system-out": (set(), set(), set()),
    "system-err": (set(), set(), set()),
}
"""What the schema of Jenkins' xUnit plugin (junit-10) allows: attributes of an element, those it must have, its children."""

TIME = re.compile(r"[0-9]*(\.[0-9]*)?")

OWN = """
import pytest

@pytest.fixture
def broken(): raise RuntimeError("no database")

def test_error(broken): pass
def test_failed(dataset): assert dataset.row_count > 10_000_000
def test_prints(dataset): print("\\x1b[31mred")
@pytest.mark.skip(reason="JIRA-1")
def test_skipped(dataset): pass
@pytest.mark.xfail(reason="JIRA-2")
def test_expected(dataset): assert not dataset
"""


def against_jenkins(element: ElementTree.Element) -> Iterator[str]:
    """Yield what the schema has against a document."""
    if element.tag not in JENKINS:
        yield f"{element.tag} is no element"
        return
    attributes, required, children = JENKINS[element.tag]
    yield from (f"{element.tag}: {name} is no attribute" for name in set(element.attrib) - attributes)
    yield from (f"{element.tag}: {name} is missing" for name in required - set(element.attrib))
    if element.tag.startswith("testsuite") and not TIME.fullmatch(element.get("time", "")):
        yield f"{element.tag}: time is {element.get('time')}"
    for child in element:
        if child.tag not in children:
            yield f"{element.tag} has no {child.tag}"
        yield from against_jenkins(child)


@pytest.mark.parametrize("options", [(), ("-o", "junit_logging=all"), ("--reruns", "1")], ids=" ".join)
def test_a_policy_key_leaves_out_what_jenkins_schema_does_not_know(project: Project, options: tuple[str, ...]) -> None:
    project.edit(SIDECAR, row_count=7, surplus=1)
    project.write("tests/test_mine.py", OWN)
    project.policy('artifacts = ["artifacts"]\nout = "out"\njunit_properties = false')
    assert project.run(*options).ret == 1
    document = ElementTree.parse(project.path / "out" / "junit.xml").getroot()  # noqa: S314 (written by pytest)
    assert list(against_jenkins(document)) == []
    found = {element.tag for case in document.iter("testcase") for element in case}
    assert found >= {"failure", "error", "skipped", "system-out"}


def test_with_properties_it_is_not_what_jenkins_knows(project: Project) -> None:
    project.results()
    document = ElementTree.parse(project.path / "out" / "junit.xml").getroot()  # noqa: S314 (written by pytest)
    assert set(against_jenkins(document)) == {"testcase has no properties"}
