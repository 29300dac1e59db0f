"""A warning is shown as warned: neither green without a word nor red."""

from __future__ import annotations

import json
from html import unescape
from xml.etree import ElementTree

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json


@pytest.fixture
def warned(bundle: Project) -> Project:
    """Upstream does not emit model_version: a fallback was used."""
    bundle.edit(BUNDLE, model_version=None)
    return bundle


def test_the_run_is_green_and_counts_it(warned: Project) -> None:
    result = warned.check()
    assert result.ret == 0
    outcomes = result.parseoutcomes()
    assert outcomes["warned"] == 1
    assert "failed" not in outcomes
    result.stdout.fnmatch_lines(["*metadata.json ...w*"])


def test_verbose_says_warned(warned: Project) -> None:
    warned.check("-v").stdout.fnmatch_lines([f"artifacts/{BUNDLE}::fallbacks WARNED *"])


def test_the_summary_says_what_and_where(warned: Project) -> None:
    warned.check().stdout.re_match_lines(
        [r"WARNED\s+training_run\s+43826da11ab758aa547be3d9f1df80fb\s+.*model_version.*metadata\.json"]
    )


def test_junit_has_a_passed_case_with_the_facts(warned: Project) -> None:
    warned.check("--mlmonitor-out", "out")
    suite = ElementTree.parse(warned.path / "out" / "junit.xml").getroot()[0]  # noqa: S314
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"
    case = next(case for case in suite.iter("testcase") if case.attrib["name"] == "fallbacks")
    assert case.find("failure") is None
    assert case.find("skipped") is None
    facts = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
    assert facts["mlmonitor.kind"] == "training_run"
    assert facts["mlmonitor.check"] == "fallbacks"
    assert facts["mlmonitor.status"] == "fail"
    assert facts["mlmonitor.severity"] == "warning"
    assert "model_version" in facts["mlmonitor.message"]


def test_junit_says_what_it_warned_of(warned: Project) -> None:
    warned.check("--mlmonitor-out", "out")
    suite = ElementTree.parse(warned.path / "out" / "junit.xml").getroot()[0]  # noqa: S314
    said = {case.attrib["name"]: case.findtext("system-out") for case in suite.iter("testcase")}
    text = said.pop("fallbacks")
    assert text is not None and text.startswith("warning: ") and "model_version" in text
    assert set(said.values()) == {None}


def test_the_report_shows_it_in_its_row(warned: Project) -> None:
    warned.edit(BUNDLE, **{"<b>more</b>": 1})
    warned.check("--mlmonitor-out", "out")
    page = (warned.path / "out" / "pytest.html").read_text(encoding="utf-8")
    blob = json.loads(unescape(page[page.index('data-jsonblob="') + 15 :].split('"', 1)[0]))
    rows = {nodeid.rsplit("::", 1)[1]: one["resultsTableRow"] for nodeid, (one, *_) in blob["tests"].items()}
    assert ">Warned</td>" in rows["fallbacks"][0]
    assert "<br>warning: " in rows["fallbacks"][1] and "model_version" in rows["fallbacks"][1]
    assert "&lt;b&gt;more" in rows["contract"][1] and "<b>" not in rows["contract"][1]
    assert sum(">Warned</td>" in row[0] for row in rows.values()) == 2


def test_results_say_warned(warned: Project) -> None:
    document = warned.results()
    counts = document["counts"]
    assert (counts["fail"], counts["warned"], counts["error"]) == (0, 1, 0)
    assert [artifact["verdict"] for artifact in document["artifacts"]] == ["warned"]


def test_a_warning_beside_an_error_does_not_hide_it(warned: Project) -> None:
    warned.edit(BUNDLE, run_id="another")
    result = warned.check()
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] >= 1
    assert result.parseoutcomes()["warned"] == 1


def test_info_findings_pass(project: Project) -> None:
    """A clock that runs a little ahead, within the skew."""
    project.edit(SIDECAR, built_at="2026-04-26T14:01:37Z")
    result = project.check("--mlmonitor-out", "out", f"artifacts/{SIDECAR}::freshness")
    result.assert_outcomes(passed=1)
    found = read_json(project.path / "out" / "results.json")["results"][0]
    assert (found["status"], found["severity"]) == ("pass", "info")
    assert "1 min ahead" in found["findings"][0]["message"]


def test_warnings_are_no_python_warnings(warned: Project) -> None:
    result = warned.check("-W", "error")
    assert result.ret == 0
    assert "warnings" not in result.parseoutcomes()
