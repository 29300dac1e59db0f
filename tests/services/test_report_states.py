"""Every state that a run can be in, drawn: nothing is called fine that nobody looked at, and a newcomer is told what it means."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.report_documents import STATES, ended_with, two_runs
from tests.services.opened_report import PageOf

WORDS = {
    "crashed": ("could not run", "Traceback"),
    "accepted": ("until 2026-12-15", "the vendor repairs its export"),
    "narrowed": ("part", "left out"),
    "nothing_checked": ("no check could judge it",),
    "incomplete": ("did not finish",),
    "no_artifact": ("Nothing",),
}
"""What a person must be able to read, by state."""


@pytest.mark.parametrize("state", STATES)
def test_it_is_drawn(page_of: PageOf, state: str) -> None:
    report = page_of(STATES[state]())
    heading = report.page.locator("h1").inner_text()
    assert heading.strip()
    report.open_all()
    assert report.sideways <= 0
    for word in WORDS.get(state, ()):
        assert word.lower() in report.text.lower(), word
    assert not set(report.text.split()) & {"undefined", "NaN", "[object"}
    assert "null" not in map(str.strip, report.text.splitlines())


@pytest.mark.parametrize("state", ["nothing_checked", "no_artifact", "incomplete"])
def test_what_nobody_judged_is_never_fine(page_of: PageOf, state: str) -> None:
    report = page_of(STATES[state]())
    first_screen = report.page.locator("h1").inner_text() + report.page.title()
    assert not re.search(r"\b(ok|fine|well|all good|passed)\b", first_screen, re.IGNORECASE)
    if state != "incomplete":
        assert report.page.locator(".row.ok").count() == 0


def test_a_first_run_claims_no_history(page_of: PageOf) -> None:
    report = page_of(STATES["first_run"]())
    assert report.page.locator(".since, .chip[data-news]").count() == 0
    report.open_all()
    assert not re.search(r"\b(new|fixed|still)\b|\d runs", report.page.inner_text("#list"))


@pytest.mark.parametrize("status", [2, 3, 4])
def test_a_run_without_a_verdict_says_so(page_of: PageOf, status: int) -> None:
    report = page_of(ended_with(status))
    assert f"{status}" in report.page.locator("header, .deck, dl.context").all_inner_texts().__str__()


def test_a_compared_run_names_what_is_new_and_what_is_gone(page_of: PageOf) -> None:
    document, before = two_runs()
    report = page_of(document, before)
    assert "customers" in report.text
    news: Any = report.page.locator(".chip[data-news=new]")
    news.click()
    assert report.names


def test_without_javascript_the_failed_ones_can_be_read(browser: Any, tmp_path: Any) -> None:
    from pytest_mlmonitor.outputs.report.report_file import report_html

    file = tmp_path / "report.html"
    file.write_bytes(report_html(STATES["small"]()))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    said = page.inner_text("body")
    context.close()
    assert all(name in said for name in ("fraud-scorer", "transactions", "customers", "Serving"))
