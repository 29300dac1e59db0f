"""report.html as a file: its own security policy, its data, and what a reader without JavaScript sees."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.redaction import conceal
from pytest_mlmonitor.outputs.report.report_file import report_html, write_report
from pytest_mlmonitor.outputs.results import results_document
from pytest_mlmonitor.outputs.results_shape import Results
from tests.unit.support import NOW

HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(1)</script><!--data-->\u202eevil\ud800${1}\\1'


def a_document(name: str = "bikes", message: str = "stale") -> Results:
    ref = ArtifactRef("dataset", Path(f"/data/{name}.json"), name, Path("/data"))
    record = RunRecord(NOW, "production", exit_status=1)
    finding = Finding(Severity.ERROR, message, "e", "a", "c", "f:1")
    record.results = [("bikes::freshness", CheckResult("freshness", "freshness", ref, "fail", (finding,)))]
    return results_document(record, complete=True)


class Page(HTMLParser):
    """What a browser would make elements of."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.policy = ""
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""
        self._open = found.get("id") or tag
        self.texts.setdefault(self._open, "")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data

    def data(self) -> Any:
        return json.loads(self.texts["data"])


def test_only_its_own_script_and_style_may_run() -> None:
    page = Page(report_html(a_document()))
    for sort, text in (("script", page.texts["script"]), ("style", page.texts["style"])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{sort}-src 'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none';")
    assert "unsafe" not in page.policy


def test_hostile_words_stay_words() -> None:
    plain, hostile = Page(report_html(a_document())), Page(report_html(a_document(HOSTILE, HOSTILE)))
    assert hostile.tags == plain.tags
    assert hostile.data()["artifacts"][0]["results"][0]["findings"][0]["message"] == HOSTILE
    assert hostile.texts["script"] == plain.texts["script"]


def test_the_same_document_is_the_same_page() -> None:
    assert report_html(a_document()) == report_html(a_document())


def test_a_reader_without_javascript_sees_what_failed() -> None:
    document = a_document("<b>bikes", "2 < 3")
    document["artifacts"][0] |= {"headline": "2 < 3 & more", "action": "Compare <again>", "owner": "Team <A>"}
    html = report_html(document).decode()
    (said,) = re.findall("<noscript>(.*?)</noscript>", html, re.S)
    assert "<strong>&lt;b&gt;bikes</strong> (Team &lt;A&gt;): 2 &lt; 3 &amp; more. Compare &lt;again&gt;</li>" in said
    assert "<title>1 of 1 failed · production · mlmonitor</title>" in html


def test_secrets_go_and_the_page_still_runs(tmp_path: Path) -> None:
    """A secret that is a word of the style must not change the style: it would no longer have its hash."""
    restore = conceal(["background"])
    try:
        page = Page(write_report(tmp_path, a_document("bikes", "in the background-x")).read_bytes())
    finally:
        restore()
    assert page.data()["artifacts"][0]["results"][0]["findings"][0]["message"] == "in the ***-x"
    assert page.texts["style"] == Page(report_html(a_document())).texts["style"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
