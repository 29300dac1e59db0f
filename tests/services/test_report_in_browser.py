"""The report as a person uses it: filters that stand in the address, rows and folds that open, the keyboard."""

from __future__ import annotations

from urllib.parse import parse_qs, quote

import pytest

from pytest_mlmonitor.outputs.results_shape import Results
from tests.report_documents import Platform, alike, measured, small, two_runs, wrong
from tests.services.opened_report import OpenedReport, PageOf

FAILED = ["fraud-scorer", "transactions", "customers", "fraud_scores", "fraud-lgbm"]
WARNED = ["sessions", "churn-api", "models"]


@pytest.fixture
def report(page_of: PageOf) -> OpenedReport:
    """Fourteen artifacts; five fail and three warn."""
    return page_of(small())


def chosen(report: OpenedReport) -> dict[str, str]:
    """Return what the address says, by name."""
    return {name: values[0] for name, values in parse_qs(report.hash).items()}


def chip(report: OpenedReport, state: str) -> None:
    report.page.locator(f"#filters .chip[data-state={state}]").click()


# Filters, and the address that a person sends to somebody else.


def test_what_is_wrong_stands_first(report: OpenedReport) -> None:
    assert report.names[:8] == FAILED + WARNED
    assert len(report.names) == 14
    assert report.hash == ""


def test_a_state_leaves_the_others_out(report: OpenedReport) -> None:
    chip(report, "failed")
    assert (report.names, chosen(report)) == (FAILED, {"state": "failed"})
    assert report.page.inner_text("#shown") == "5 of 14"
    assert report.page.locator(".chip[data-state=failed]").get_attribute("aria-pressed") == "true"
    chip(report, "warned")
    assert report.names == FAILED + WARNED
    chip(report, "failed")
    chip(report, "warned")
    assert (len(report.names), report.hash) == (14, "")


def test_text_is_looked_for_in_names_checks_and_findings(report: OpenedReport) -> None:
    search = report.page.locator("#filters input[type=search]")
    search.fill("Transactions STALE")
    report.until("location.hash.includes('q=')")
    assert "transactions" in report.names
    assert chosen(report) == {"q": "Transactions STALE"}
    search.fill("nothing is called so")
    report.page.wait_for_selector("#list .empty")
    assert report.names == []
    report.page.get_by_role("button", name="Clear filters").click()
    assert (len(report.names), report.hash, search.input_value()) == (14, "", "")


def test_kind_and_owner(report: OpenedReport) -> None:
    report.page.select_option("select[name=kind]", label="deployment")
    deployments = report.names
    assert deployments[0] == "fraud-scorer"
    assert 1 < len(deployments) < 14
    report.page.select_option("select[name=owner]", label="Serving")
    assert set(report.names) < set(deployments)
    assert chosen(report) == {"kind": "deployment", "owner": "Serving"}


@pytest.mark.parametrize("word", ["new", "fixed"])
def test_what_changed(report: OpenedReport, word: str) -> None:
    report.page.locator(f".chip[data-news={word}]").click()
    said = report.page.locator(f".chip[data-news={word}]").inner_text()
    assert said == f"{len(report.names)} {word}"
    assert chosen(report) == {"news": word}


def test_all_of_it_is_restored_from_an_address(report: OpenedReport) -> None:
    chip(report, "failed")
    report.page.select_option("select[name=owner]", label="Risk ML")
    report.rows.nth(0).locator("button.name").click()
    state, names, opened = report.hash, report.names, report.opened
    assert len(opened) == 1 < len(names) < 5
    report.load(state)
    assert (report.names, report.opened, report.hash) == (names, opened, state)
    assert report.page.locator("select[name=owner] option:checked").inner_text() == "Risk ML"
    assert report.page.locator(".chip[data-state=failed]").get_attribute("aria-pressed") == "true"


def test_an_address_that_changes_under_it_is_followed(report: OpenedReport) -> None:
    report.page.evaluate("location.hash = 'state=warned&q=churn'")
    report.until("document.querySelectorAll('li.row').length === 1")
    assert report.names == ["churn-api"]
    assert report.page.locator("#filters input").input_value() == "churn"
    report.page.evaluate("location.hash = ''")
    report.until("document.querySelectorAll('li.row').length === 14")


@pytest.mark.parametrize(
    "state", ["state=nonsense", "open=nobody", "kind=%E0%A4%A", "q=%00&state=failed,%2C&owner=", "theme=pink", "&&==#"]
)
def test_an_address_that_means_nothing_is_no_accident(page_of: PageOf, state: str) -> None:
    report = page_of(small(), state=state)
    assert report.page.locator("h1").inner_text()
    assert report.opened == []


def test_filters_leave_no_step_in_the_history(report: OpenedReport) -> None:
    before = report.page.evaluate("history.length")
    chip(report, "failed")
    chip(report, "warned")
    assert report.page.evaluate("history.length") == before


def test_nothing_is_kept_in_the_browser(report: OpenedReport) -> None:
    chip(report, "failed")
    report.open_all()
    assert report.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert report.page.context.cookies() == []


# Rows that open.


def test_a_name_opens_its_row_and_closes_it(report: OpenedReport) -> None:
    row = report.row("transactions")
    name = row.locator("button.name")
    assert name.get_attribute("aria-expanded") == "false"
    name.click()
    assert name.get_attribute("aria-expanded") == "true"
    assert row.locator(".detail").is_visible()
    assert row.get_attribute("data-id") == chosen(report)["open"]
    name.click()
    assert name.get_attribute("aria-expanded") == "false"
    assert (row.locator(".detail").count(), report.hash) == (0, "")


def test_a_click_anywhere_on_the_row_does_the_same(report: OpenedReport) -> None:
    row = report.row("transactions")
    row.locator(".headline").click()
    assert report.opened == [row.get_attribute("data-id")]


def test_text_can_be_marked_without_opening(report: OpenedReport) -> None:
    report.row("transactions").locator(".headline").dblclick()
    assert report.page.evaluate("String(getSelection())").strip()
    opened = report.opened
    report.row("transactions").locator(".headline").click(position={"x": 3, "y": 3})
    assert len(report.opened) <= 1
    assert len(opened) <= 1


def test_an_open_row_says_everything_of_a_finding(report: OpenedReport) -> None:
    row = report.row("transactions")
    row.locator("button.name").click()
    said = row.locator(".detail").inner_text()
    for word in ("Expected", "Actual", "Again", "since"):
        assert word.lower() in said.lower(), word
    assert row.locator(".detail svg").count() >= 1


def test_many_that_fail_alike_stand_behind_the_first_three(page_of: PageOf) -> None:
    report = page_of(alike())
    fold = report.page.locator("li.alike button")
    assert (len(report.failed), fold.count()) == (3, 1)
    assert "97 more" in fold.inner_text()
    before = report.nodes
    fold.click()
    assert len(report.failed) == 100
    assert report.nodes > before
    assert report.page.evaluate("document.activeElement.textContent") == report.failed[3]


def test_a_search_finds_what_is_folded(page_of: PageOf) -> None:
    report = page_of(alike())
    wanted = "scorer-017"
    assert wanted not in report.names
    report.page.fill("#filters input", wanted)
    report.until("location.hash.includes('q=')")
    assert report.names == [wanted]


def test_an_address_opens_what_is_folded(page_of: PageOf) -> None:
    report = page_of(alike())
    last = report.page.evaluate("ARTIFACTS[90].id")
    report.load(f"open={quote(last)}")
    assert report.opened == [last]
    assert len(report.failed) == 4


def test_lineage_opens_the_row_of_what_it_names(report: OpenedReport) -> None:
    node = report.page.locator("#lineage a, #lineage button").filter(has_text="transactions").first
    node.click()
    assert report.opened == [report.row("transactions").get_attribute("data-id")]


# The keyboard.


def test_j_and_k_go_from_row_to_row(report: OpenedReport) -> None:
    report.press("j")
    first = report.focused
    report.press("j", "j")
    third = report.focused
    assert first != third
    report.press("k", "k")
    assert report.focused == first
    report.press("k")
    assert report.focused == first


def test_enter_opens_and_escape_closes(report: OpenedReport) -> None:
    report.press("j", "j", "Enter")
    assert report.opened == [report.focused] != [""]
    report.press("Enter")
    assert report.opened == []
    report.press("Enter", "Escape")
    assert report.opened == []
    assert report.focused


def test_a_slash_filters_and_escape_leaves_the_filter(report: OpenedReport) -> None:
    report.press("/")
    assert report.page.evaluate("document.activeElement.type") == "search"
    report.page.keyboard.type("jk/")
    report.until("location.hash.includes('q=')")
    assert report.page.locator("#filters input").input_value() == "jk/"
    report.press("Escape")
    assert report.page.evaluate("document.activeElement.tagName") == "BODY"


def test_keys_with_a_modifier_are_the_browsers(report: OpenedReport) -> None:
    report.press("Control+j", "Alt+j")
    assert report.focused == ""


def test_everything_can_be_reached_with_tab(report: OpenedReport) -> None:
    reached = set()
    for _ in range(80):
        report.press("Tab")
        reached.add(report.focused)
    assert {one for one in reached if one} == set(
        report.page.evaluate("[...document.querySelectorAll('li.row')].map(row => row.dataset.id)")
    )


# Two runs.


def test_two_runs_side_by_side(page_of: PageOf) -> None:
    document, before = two_runs()
    report = page_of(document, before)
    said = report.text
    assert "new" in said and "fixed" in said
    assert before["evaluated_at"][11:16] in said


def test_a_command_can_be_copied(report: OpenedReport) -> None:
    report.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row = report.row("transactions")
    row.locator("button.name").click()
    row.locator(".detail").get_by_role("button", name="copy").first.click()
    assert report.page.evaluate("navigator.clipboard.readText()").startswith("pytest ")


def nightly() -> Results:
    """Return a lake: three builds of orders, two of customers, and a failing feed whose runbook is a sentence."""
    made = Platform()
    rows = measured("rows", 5000, 1000, "count", "row_count", "below")
    for name, builds in (("orders", 3), ("customers", 2)):
        for i in range(builds):
            newer = f"{name}_{builds - 1}" if i < builds - 1 else None
            made.add("dataset", name, str(i), newer=newer, worst=rows)
    feed = {"headline": "STALE: built 6 d ago", "action": "Rerun the feed", "runbook": "Rerun the feed."}
    said = {"freshness": {"findings": [wrong("error", "STALE: built 6 d ago, allowed 2 d", 0, 1)]}}
    made.add("dataset", "feed", "1", "failed", said=said, **feed)
    return made.document()


def test_older_versions_stand_behind_the_current_ones_a_line_for_each_family(page_of: PageOf) -> None:
    report = page_of(nightly())
    assert report.names == ["feed", "orders", "customers"]
    folds = report.page.locator("[data-state=ok] li.alike button")
    assert folds.all_inner_texts() == ["2 older versions of orders", "1 older version of customers"]
    folds.first.click()
    assert report.names == ["feed", "orders", "customers", "orders", "orders"]
    worst = report.page.locator("[data-state=ok] li.row:not(.alike) .worst").all_inner_texts()
    assert [one.split() for one in worst] == [["5,000", "rows,", "at", "least", "1,000"]] * 2 + [[], []]


def test_an_older_version_that_a_link_opens_is_not_folded(page_of: PageOf) -> None:
    report = page_of(nightly(), state="open=dataset/orders_0")
    assert report.opened == ["dataset/orders_0"]
    folds = report.page.locator("[data-state=ok] li.alike button").all_inner_texts()
    assert folds == ["1 older version of orders", "1 older version of customers"]


def test_a_runbook_that_is_the_action_is_said_once(page_of: PageOf) -> None:
    assert page_of(nightly()).page.inner_text(".row.failed .action").count("Rerun the feed") == 1


def test_a_hash_as_a_version_is_cut_and_a_stamp_is_not(page_of: PageOf) -> None:
    made = Platform()
    made.add("training_run", "churn", "46a31e18420445fea3ac80d2e90b66be")
    made.add("dataset", "orders", "20261128_020000")
    words = page_of(made.document()).page.locator(".kind").all_inner_texts()
    assert words == ["training run · 46a31e18…", "dataset · 20261128_020000"]
