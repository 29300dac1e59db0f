"""Many artifacts, narrow windows, dark ones and paper. Times are figures of benchmarks/; what they hang on is held here."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from pytest_mlmonitor.outputs.report.report_file import report_html
from tests.report_documents import sized, small
from tests.services.opened_report import PageOf

WIDTHS = (400, 900, 1400, 1600)


OVERLAPS = """() => [...document.querySelectorAll('li.row .line')].flatMap(line => {
    const parts = ['.artifact', '.what', '.worst', '.history', '.owner'].map(part => line.querySelector(part));
    const seen = parts.filter(part => part && part.offsetParent && part.innerText.trim());
    const boxes = seen.map(part => [part.className, part.getBoundingClientRect()]);
    const apart = (a, b) => a.left >= b.right - 1 || b.left >= a.right - 1 || a.top >= b.bottom - 1 || b.top >= a.bottom - 1;
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) => !apart(a, b)).map(([other]) => `${one} ${other}`));
})"""
"""Columns of a row that lie on one another."""


# Many.


@pytest.mark.parametrize(
    ("artifacts", "most_bytes", "most_nodes"), [(500, 1_000_000, 8_000), (10_000, 8_000_000, 8_000)]
)
def test_many_artifacts_can_be_used(page_of: PageOf, artifacts: int, most_bytes: int, most_nodes: int) -> None:
    document = sized(artifacts)
    assert len(report_html(document)) <= most_bytes
    report = page_of(document)
    assert report.nodes <= most_nodes
    wrong = sum(artifact["verdict"] in ("failed", "error") for artifact in document["artifacts"])
    assert report.page.inner_text("h1").startswith(f"{wrong:,} of {artifacts:,}")
    wanted = report.page.evaluate("ARTIFACTS[ARTIFACTS.length - 1].name")
    report.page.fill("#filters input", wanted)
    report.until("location.hash.includes('q=')")
    assert len(report.names) >= 1
    report.rows.nth(0).locator("button.name").click()
    assert len(report.opened) == 1
    report.page.fill("#filters input", "")
    report.until("!location.hash.includes('q=')")
    report.page.locator("#filters .chip[data-state=ok]").click()
    before = len(report.names)
    report.page.locator(".group[data-state=ok] button.more").click()
    assert before < len(report.names) <= before + 200
    assert report.nodes <= most_nodes + 200 * 40


def test_an_open_row_at_the_very_end_costs_no_other(page_of: PageOf) -> None:
    """An address that somebody sent: it stands behind the first rows, and not behind thousands."""
    report = page_of(sized(2_000))
    last = report.page.evaluate("ARTIFACTS[ARTIFACTS.length - 1].id")
    report.load(f"open={quote(last)}")
    assert report.opened == [last]
    assert report.page.locator(".group[data-state=ok] li.row").count() == 21
    report.page.locator(".group[data-state=ok] button.more").click()
    report.page.locator(".group[data-state=ok] li.row").nth(220).wait_for(state="attached")
    ids = report.page.evaluate(
        "[...document.querySelectorAll('.group[data-state=ok] li.row')].map(row => row.dataset.id)"
    )
    assert len(ids) == len(set(ids)) == 221


# Narrow.


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(page_of: PageOf, width: int) -> None:
    report = page_of(small(), width=width)
    assert report.sideways <= 0
    report.open_all()
    assert report.sideways <= 0
    report.page.set_viewport_size({"width": 320, "height": 800})
    report.until(
        "document.documentElement.scrollWidth <= innerWidth"
    )  # pictures are drawn again at the width of their box


def test_on_a_telephone_the_first_failed_row_is_on_the_first_screen(page_of: PageOf) -> None:
    report = page_of(small(), width=400, height=860)
    box = report.row("fraud-scorer").locator(".line").bounding_box()
    assert box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= 400
    assert box["y"] + box["height"] <= 860
    for part in (".headline", ".action", ".worst", ".history", ".owner-below"):
        inner = report.row("fraud-scorer").locator(part).first
        assert inner.is_visible(), part


@pytest.mark.parametrize("width", WIDTHS)
def test_no_words_lie_on_one_another(page_of: PageOf, width: int) -> None:
    report = page_of(small(), width=width)
    over = report.page.evaluate(OVERLAPS)
    assert over == []


# Dark.


def test_it_follows_the_system_and_the_button_overrides(page_of: PageOf) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light, dark = page_of(small()), page_of(small(), dark=True)
    white, black = light.page.evaluate(background), dark.page.evaluate(background)
    assert white != black
    light.page.get_by_role("button", name="Light / dark").click()
    assert light.page.evaluate(background) == black
    assert light.hash == "theme=dark"
    light.load(light.hash)
    assert light.page.evaluate(background) == black
    assert page_of(small(), state="theme=light", dark=True).page.evaluate(background) == white


# Paper.


def test_on_paper_the_table_comes_first_and_what_is_open_is_printed_open(page_of: PageOf) -> None:
    report = page_of(small(), dark=True)
    report.row("transactions").locator("button.name").click()
    report.page.emulate_media(media="print")
    assert report.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") in (
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    )
    for gone in ("#filters", "#keys"):
        assert not report.page.locator(gone).is_visible(), gone
    assert report.row("transactions").locator(".detail").is_visible()
    assert all(name in report.page.inner_text("#list") for name in ("fraud-scorer", "customers"))
    pdf = report.page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF-")
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 6
