"""An open row of report.html in a real browser: what is wrong, by which limit, which rows break it, and how to see it again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pytest_mlmonitor.outputs.results_shape import Results
from tests.report_documents import accepted, crashed, first_run, nothing_checked, small
from tests.services.opened_report import OpenedReport, PageOf

if TYPE_CHECKING:
    from playwright.sync_api import Locator


def opened(report: OpenedReport, name: str) -> Locator:
    """Return what stands below the row of an artifact, after a click on it."""
    found = report.row(name)
    found.locator("button.name").click()
    return found.locator(".detail")


def pairs(place: Locator) -> dict[str, str]:
    """Return the names and values of a list of pairs, as they are read."""
    names, values = place.locator("dt").all_inner_texts(), place.locator("dd").all_inner_texts()
    return dict(zip(names, [" ".join(value.split()) for value in values], strict=True))


def finding(detail: Locator, check: str, number: int = 0) -> Locator:
    """Return a finding of a check."""
    found = detail.locator(".finding").filter(has=detail.page.locator(".meta code", has_text=check))
    return found.nth(number)


def entries(document: Results, check: str) -> list[dict[str, Any]]:
    """Return the results of a check that failed, to be changed in place."""
    return [
        cast(dict[str, Any], one) for one in document["results"] if one["check"] == check and one["status"] == "fail"
    ]


def test_a_finding_says_what_was_expected_by_whom_what_is_and_how_to_see_it_again(page_of: PageOf) -> None:
    detail = opened(page_of(small()), "transactions")
    fresh = finding(detail, "freshness")
    assert "since 27 Nov 09:31 UTC · 4 runs" in fresh.locator(".meta").inner_text()
    said = pairs(fresh)
    assert said["Expected"].startswith(
        "age < 6 h — policy file policy/mlmonitor.toml:14 freshness.max_age_seconds = 21600"
    )
    assert "(default 1800)" in said["Expected"]
    assert said["Actual"] == "25 h 31 min (91,879 s)"
    assert said["Again"].startswith("pytest --mlmonitor") and said["Again"].endswith("copy")


def test_where_it_is_said_only_where_it_is_not_the_artifact_itself(page_of: PageOf) -> None:
    document = small()
    (fresh,) = [one for one in entries(document, "freshness") if one["artifact"].startswith("transactions")]
    fresh["findings"][0]["location"] = fresh["path"]
    detail = opened(page_of(document), "transactions")
    assert "Where" not in pairs(finding(detail, "freshness"))
    fresh["findings"][0]["location"] = "policy/other.toml:3"
    detail = opened(page_of(document), "transactions")
    assert pairs(finding(detail, "freshness"))["Where"] == "policy/other.toml:3"


def test_every_origin_of_a_limit_is_said_and_a_default_where_it_was_changed(page_of: PageOf) -> None:
    document = small()
    origins = [
        ("default", None, None),
        ("environment", None, None),
        ("option", None, None),
        ("contract", "c.yaml", 48),
        ("file", "p.toml", None),
    ]
    for one in entries(document, "freshness"):
        one["findings"][0]["expected"] = "age < 3"
        one["findings"][0]["thresholds"] = [
            {"origin": origin, "key": "a.b", "value": "3", "default": "1", "file": file, "line": line}
            for origin, file, line in origins
        ]
    detail = opened(page_of(document), "transactions")
    assert pairs(finding(detail, "freshness"))["Expected"] == (
        "age < 3 — default a.b = 3; environment a.b = 3 (default 1); command line a.b = 3 (default 1); "
        "contract c.yaml:48 a.b = 3 (default 1); policy file p.toml a.b = 3 (default 1)"
    )


def test_rows_that_break_it_stand_key_first_with_the_wrong_cell_marked(page_of: PageOf) -> None:
    table = opened(page_of(small()), "transactions").locator("table.rows").first
    assert table.locator("caption").inner_text() == "2 of 37 rows, key first; values of personal columns are masked"
    assert table.locator("thead th").all_inner_texts() == ["card_id", "event_time", "amount", "currency"]
    wrong = table.locator("td.bad")
    assert wrong.all_inner_texts() == ["-182.40", "-64.99"]
    red = wrong.first.evaluate("cell => getComputedStyle(cell).color")
    assert red != table.locator("td:not(.bad)").first.evaluate("cell => getComputedStyle(cell).color")
    assert "null" in table.inner_text()


def test_many_findings_of_one_check_are_behind_a_fold(page_of: PageOf) -> None:
    document = small()
    (rows,) = [one for one in entries(document, "rows") if one["artifact"].startswith("transactions")]
    rows["findings"] = [{**rows["findings"][0], "message": f"finding {i}"} for i in range(12)]
    detail = opened(page_of(document), "transactions")
    assert "finding 4" in detail.inner_text() and "finding 5" not in detail.inner_text()
    assert "Again" in pairs(finding(detail, "rows")) and "Expected" in pairs(finding(detail, "rows"))
    assert set(pairs(finding(detail, "rows", 1))) == {"Actual", "Column"}, "limit and command of a check stand once"
    detail.get_by_text("7 more findings of rows").click()
    assert "finding 11" in detail.inner_text()


def test_a_check_that_could_not_run_shows_the_last_line_and_folds_its_traceback(page_of: PageOf) -> None:
    document = crashed()
    (error,) = [one for one in document["results"] if one["status"] == "error"]
    detail = opened(page_of(document), "prices")
    last = (error["reason"] or "").strip().splitlines()[-1]
    assert detail.locator("h3").first.inner_text() == last
    assert "could not run" in detail.locator(".meta").first.inner_text()
    assert not detail.locator("pre").is_visible()
    detail.get_by_text("Traceback", exact=True).click()
    assert (error["reason"] or "").strip() in detail.locator("pre").inner_text()


def test_an_accepted_finding_says_until_when_and_why_and_is_not_red(page_of: PageOf) -> None:
    detail = opened(page_of(accepted()), "prices")
    found = detail.locator(".finding").first
    assert "accepted" in found.locator(".meta").inner_text()
    assert "2026-12-15" in pairs(found)["Accepted"]
    assert found.locator(".failed-text, .warned-text").count() == 0
    assert pairs(detail.locator(".facts"))["Accepted"] == "rows"


def test_the_first_run_claims_no_since(page_of: PageOf) -> None:
    report = page_of(first_run())
    report.open_all()
    said = report.page.locator(".finding .meta").all_inner_texts()
    assert said
    assert not [words for words in said if re.search(r"\b(since|runs?|new)\b", words.replace("could not run", ""))]


def test_facts_say_what_it_is_made_from_what_passed_and_what_was_not_checked(page_of: PageOf) -> None:
    report = page_of(small())
    detail = opened(report, "transactions")
    facts = pairs(detail.locator(".facts"))
    assert facts["Path"].endswith("transactions_20261127_020000")
    assert facts["Owner"] == "Data platform · data-platform@example.com"
    assert "fraud-lgbm" in facts["Feeds"]
    assert facts["Not checked"] == "service_levels the contract names none"
    passed = detail.locator(".facts details")
    assert passed.inner_text() == facts["Passed"]
    passed.locator("summary").click()
    assert "row_count" in passed.inner_text()
    detail.locator(".facts a", has_text="fraud-lgbm").click()
    assert report.focused.startswith("training_run") or "fraud-lgbm" in report.focused
    assert len(report.opened) == 2


def test_where_nothing_was_checked_the_row_says_so_and_not_that_all_is_well(page_of: PageOf) -> None:
    report = page_of(nothing_checked())
    report.open_all()
    for words in report.page.locator(".detail .findings").all_inner_texts():
        assert words == "No check could judge it; the reasons stand beside."


def test_pictures_of_a_row_are_made_when_it_is_opened(page_of: PageOf) -> None:
    report = page_of(small())
    assert report.page.locator("#list .picture").count() == 0
    detail = opened(report, "transactions")
    assert detail.locator(".figure.age svg[role=img]").count() == 1
    assert detail.locator(".figure.distributions svg[role=img]").count() > 1


def test_a_picture_of_a_passed_check_is_drawn_under_its_name(page_of: PageOf) -> None:
    report = page_of(small())
    detail = opened(report, "demand-api")
    assert detail.locator(".passed-picture").inner_text().startswith("serving_health")
    assert "Nothing to report." in detail.inner_text()
    assert detail.locator(".figure.serving svg[role=img]").count() == 1


def test_a_picture_of_a_kind_that_is_not_known_is_left_out(page_of: PageOf) -> None:
    document = small()
    for one in entries(document, "freshness"):
        one["pictures"] = [{"kind": "constructor", "data": {}}, {"kind": "hologram", "data": {}}]
    assert opened(page_of(document), "transactions").locator(".figure.age").count() == 0


def test_pictures_are_drawn_again_when_the_window_changes(page_of: PageOf) -> None:
    report = page_of(small())
    detail = opened(report, "transactions")
    for width in (400, 900, 1400):
        report.page.set_viewport_size({"width": width, "height": 900})
        report.page.wait_for_function(
            "() => { const one = document.querySelector('.figure.age svg');"
            "return Math.abs(one.clientWidth - one.closest('.picture').clientWidth) < 2; }"
        )
        assert detail.locator(".figure.age svg").count() == 1
        assert report.sideways <= 0
