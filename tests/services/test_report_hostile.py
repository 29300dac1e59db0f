"""Whatever stands in an artifact is text in the report: nothing of it runs, loads, links, hides or pushes the page aside."""

from __future__ import annotations

import pytest

from tests.report_documents import STATES, hostile, two_runs
from tests.services.opened_report import OpenedReport, PageOf

HIDDEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff"
"""Characters that turn the reading direction around, or have no width: never shown as they are."""

MADE_OF_MARKUP = (
    "img, iframe, object, embed, form, base, meta[http-equiv=refresh], link[rel=stylesheet], "
    "script[src], [onerror], [onload]"
)

SHOWN = """document.documentElement.innerText + [...document.querySelectorAll('*')].flatMap(one => [...one.attributes])
    .filter(said => said.name.startsWith('aria-') || said.name === 'title' || said.name === 'placeholder')
    .map(said => said.value).join(' ')"""
"""What a person reads or hears."""


def assert_harmless(report: OpenedReport) -> None:
    """Assert that a report is the page that it was written as."""
    page = report.page
    assert page.evaluate("document.title") == report.title_as_written
    assert "owned" not in page.title().split("document.title")[0]
    assert page.locator(MADE_OF_MARKUP).count() == 0
    assert page.locator("script").count() == 2  # data and program
    addresses = page.evaluate(
        "[...document.querySelectorAll('a, area, use')].map(link => link.getAttribute('href') ?? '')"
    )
    assert [one for one in addresses if not one.startswith(("#", "https://", "http://"))] == []
    shown = page.evaluate(SHOWN)
    assert not set(shown) & set(HIDDEN)
    assert report.page.url.startswith(report.file.as_uri())


@pytest.mark.parametrize("state", sorted(set(STATES) - {"hostile", "without_store"}))
def test_in_every_state(page_of: PageOf, state: str) -> None:
    report = page_of(hostile(STATES[state]()))
    assert_harmless(report)
    report.open_all()
    assert_harmless(report)


@pytest.mark.parametrize("width", [400, 900, 1400, 1600])
def test_it_pushes_nothing_aside(page_of: PageOf, width: int) -> None:
    report = page_of(hostile(), width=width)
    assert report.sideways <= 0
    report.open_all()
    assert report.sideways <= 0


def test_beside_a_hostile_run_before(page_of: PageOf) -> None:
    document, before = two_runs()
    report = page_of(hostile(document), hostile(before))
    report.open_all()
    assert_harmless(report)


def test_filters_and_addresses_of_hostile_names(page_of: PageOf) -> None:
    report = page_of(hostile())
    report.page.select_option("select[name=owner]", index=1)
    report.rows.nth(0).locator("button.name").click()
    state, opened = report.hash, report.opened
    report.load(state)
    assert (report.opened, report.hash) == (opened, state)
    assert_harmless(report)


def test_an_address_is_text_as_well(page_of: PageOf) -> None:
    evil = "%3Cimg%20src=x%20onerror=document.title='owned'%3E"
    report = page_of(
        STATES["small"](), state=f"q={evil}&kind={evil}&owner={evil}&state={evil}&open={evil}&theme={evil}"
    )
    assert_harmless(report)
    assert report.names == []


def test_only_its_own_program_may_run(page_of: PageOf) -> None:
    """Should anything ever slip in all the same, the browser refuses it."""
    report = page_of(STATES["small"]())
    report.page.evaluate(
        "() => { const made = document.createElement('script'); made.textContent = 'window.ran = 1';"
        " document.body.append(made);"
        " const image = document.createElement('img'); image.src = 'https://elsewhere.example/x.png';"
        " document.body.append(image); }"
    )
    report.page.evaluate("fetch('https://elsewhere.example/').catch(() => 0)")
    assert report.page.evaluate("window.ran === undefined")
    refused = [one for one in report.errors if "Content Security Policy" in one or "violates" in one]
    assert len(refused) >= 3
    report.errors.clear()
    report.requests.clear()
