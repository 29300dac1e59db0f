"""The summary in Markdown says what is wrong, and an artifact's text in it is nothing but text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.ci.markdown_summary import MAX_CHARACTERS, MAX_ROWS, markdown_summary
from tests.unit.support import NOW

HOSTILE = [
    "@everyone look",
    "see #12",
    "<script>alert(1)</script>",
    "a | b | c",
    "[x](https://evil.example)",
    "![x](//evil.example/x.png)",
    "`code` **bold** _it_ ~~gone~~",
    "www.evil.example",
    ":tada:",
    "$x^2$",
    "a\n\n# heading",
    "\\| \\",
    "&lt;b&gt;",
]


def record(*messages: str, name: str = "d", severity: Severity = Severity.ERROR) -> RunRecord:
    results = []
    for i, message in enumerate(messages):
        ref = ArtifactRef("dataset", Path(f"/data/{i}.json"), name, Path("/data"))
        results.append((f"{i}", CheckResult("rows", "quality", ref, "fail", (Finding(severity, message),))))
    return RunRecord(NOW, results=results, exit_status=1 if severity >= Severity.ERROR else 0)


def parsed(text: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_an_artifact_is_nothing_but_text(text: str) -> None:
    _is_plain(text)


@given(st.text(min_size=1, max_size=40))
def test_any_text_of_an_artifact_is_nothing_but_text(text: str) -> None:
    _is_plain(text)


def _is_plain(text: str) -> None:
    written = markdown_summary(record(text, name=text))
    (table,) = [node for node in parsed(written).walk() if node.type == "table"]
    (row,) = [node for node in table.walk() if node.type == "tr"][1:]
    cells = [node for node in row.walk() if node.type == "td"]
    assert len(cells) == 3
    inside = [node for cell in cells for node in cell.walk() if node is not cell]
    assert {n.type for n in inside} <= {"inline", "text", "text_special", "html_inline", "softbreak"}
    assert {n.content for n in inside if n.type == "html_inline"} <= {"<br>"}
    said = "".join(n.content for n in inside if n.type in ("text", "text_special"))
    assert " ".join(safe(text).split()) in " ".join(said.split())
    assert "@" not in written
    assert "://" not in written


def test_the_headline_is_the_verdict() -> None:
    assert markdown_summary(record("bad")).startswith("### ❌ mlmonitor: 1 failed of 1 artifact (exit status 1)\n")
    warned = markdown_summary(record("odd", severity=Severity.WARNING))
    assert warned.startswith("### ⚠️ mlmonitor: 1 warned of 1 artifact\n")
    assert markdown_summary(RunRecord(NOW, exit_status=5)).startswith("### ❌ mlmonitor: nothing was checked")
    assert "says nothing" in markdown_summary(record("bad"), complete=False).splitlines()[0]


def test_it_fits_into_a_comment_and_says_what_it_leaves_out() -> None:
    text = markdown_summary(record(*["x" * 5000] * 200))
    assert len(text) < MAX_CHARACTERS + 2000
    assert text.count("\n| ❌") == MAX_ROWS
    assert "… and 150 more artifacts, none worse" in text
