"""pytest.html, that of pytest-html, is one file with a table of artifacts on top; nothing in it comes raw out of an artifact."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from .sample import DATASET, DEPLOYMENT_ID, SERVING, SIDECAR, Project

EVIL = "<img src=x onerror=alert(1)>"


class _Page(HTMLParser):
    """Collects the cells of our table and every tag of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside = self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self._inside = dict(attrs).get("class") == "mlmonitor"
        if self._inside and tag == "tr":
            self.rows.append([])
        if self._inside and tag == "td":
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "table"
        self._cell = self._cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._inside and self._cell:
            self.rows[-1][-1] += data


def _page(project: Project, *args: str) -> tuple[str, _Page]:
    project.check("--mlmonitor-out", "out", *args)
    text = (project.path / "out" / "pytest.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    return text, page


def test_the_artifacts_are_on_top_worst_first(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    text, page = _page(project)
    rows = [row for row in page.rows if row]
    assert [row[0] for row in rows] == ["failed", "ok", "ok", "ok", "ok"]
    assert rows[0][1:3] == ["dataset", DATASET]
    assert "7" in rows[0][3]
    assert rows[0][4] == f"artifacts/{SIDECAR}"
    assert text.index("<h2>Artifacts</h2>") < text.index('id="results-table"')


def test_all_failing_checks_are_named(project: Project) -> None:
    project.edit(SIDECAR, row_count=7, feature_count=3, more=1)
    _, page = _page(project)
    (row, *_) = [row for row in page.rows if row]
    assert row[3].startswith("feature_count says 3")
    assert row[3].endswith("2 failed: feature_count, row_count · 1 warned: contract")


def test_it_says_when_and_what_was_counted(project: Project) -> None:
    project.plant("notes.txt")
    project.plant("more/notes.txt")
    text, _ = _page(project)
    assert re.search(r"evaluated at 2026-04-26T14:00:37Z · [0-9]+ pass, 8 not checked<", text)
    assert "2 files that no reader claimed" in text


def test_it_is_one_file(project: Project) -> None:
    _, page = _page(project)
    assert {path.name for path in (project.path / "out").iterdir()} == {
        "results.json",
        "metrics.prom",
        "lineage",
        "report.html",
        "pytest.html",
        "junit.xml",
        "summary.md",
    }
    for tag, attributes in page.tags:
        if tag in ("script", "img", "iframe"):
            assert not attributes.get("src")
        if tag == "link":
            assert not (attributes.get("href") or "").endswith(".css")


@pytest.mark.parametrize("name", [EVIL, "<script>alert(1)</script>", '"><svg onload=alert(1)>', "<b>bold</b>"])
def test_names_out_of_artifacts_are_text(project: Project, name: str) -> None:
    project.edit_lines(SERVING, deployment_id=name)
    text, page = _page(project)
    assert name not in text
    assert any(name in row for row in page.rows)
    assert not [tag for tag, attributes in page.tags if tag in ("svg", "b") or {"onerror", "onload"} & set(attributes)]


def test_values_out_of_artifacts_are_text(project: Project) -> None:
    project.edit(SIDECAR, dataset_name=EVIL, target=EVIL, schema_version=EVIL, **{EVIL: EVIL})
    text, page = _page(project)
    assert EVIL not in text
    assert not [tag for tag, attributes in page.tags if "onerror" in attributes]


def test_names_of_files_are_text(project: Project) -> None:
    project.plant(f"p2/{EVIL.replace('/', '')}.txt")
    (project.root / "p4").rename(project.root / "<img src=x onerror=alert(2)>")
    text, page = _page(project)
    assert "<img src=x" not in text
    assert not [tag for tag, attributes in page.tags if "onerror" in attributes]


def test_the_data_of_the_page_is_escaped_too(project: Project) -> None:
    """pytest-html puts node ids into the page by innerHTML, out of a JSON attribute."""
    project.edit_lines(SERVING, deployment_id=EVIL)
    text, _ = _page(project)
    blob = re.search(r'data-jsonblob="([^"]*)"', text)
    assert blob is not None
    decoded = blob.group(1).replace("&#34;", '"').replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
    assert "<img src" not in decoded.replace("&amp;lt;", "")


def test_a_report_of_ones_own_is_respected(project: Project) -> None:
    project.check("--mlmonitor-out", "out", "--html", "mine.html", "--self-contained-html")
    assert "<h2>Artifacts</h2>" in (project.path / "mine.html").read_text()
    assert not (project.path / "out" / "pytest.html").exists()
    assert (project.path / "out" / "report.html").exists()
    assert (project.path / "out" / "results.json").exists()


def test_the_announcement_names_the_file_that_is_there(project: Project) -> None:
    result = project.check("--mlmonitor-out", "out")
    result.stdout.fnmatch_lines(["*Generated html report: *out/pytest.html *"])
    assert ".unfinished" not in result.stdout.str()


def test_it_works_where_pytest_html_is_switched_off(project: Project) -> None:
    result = project.check("--mlmonitor-out", "out", "-p", "no:html")
    assert result.ret == 0
    assert not (project.path / "out" / "pytest.html").exists()
    assert (project.path / "out" / "report.html").exists()
    assert DEPLOYMENT_ID in (project.path / "out" / "results.json").read_text()


@pytest.mark.parametrize(
    ("option", "page", "link"),
    [
        ((), "out/pytest.html", "report.html"),
        (("--html", "deep/mine.html"), "deep/mine.html", "../out/report.html"),
        (("--html", "mine.html"), "mine.html", "out/report.html"),
    ],
)
def test_its_first_line_is_the_way_to_the_report(
    project: Project, option: tuple[str, ...], page: str, link: str
) -> None:
    project.check("--mlmonitor-out", "out", *option)
    text = (project.path / page).read_text(encoding="utf-8")
    line = f'<p>the report: <a href="{link}">report.html</a></p>'
    assert text.count(line) == 1
    assert text.index(line) < text.index("<h2>Artifacts</h2>")
    assert ((project.path / page).parent / link).resolve() == (project.path / "out" / "report.html").resolve()


def test_there_is_no_way_to_a_report_that_is_not_written(project: Project) -> None:
    project.check("--html", "mine.html", "--self-contained-html")
    assert "the report:" not in (project.path / "mine.html").read_text()
