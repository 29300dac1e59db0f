"""The part of the report that says whether anybody would notice: there where a proof is, and text whatever a proof holds."""

from __future__ import annotations

import pytest

from tests.report_documents import HOSTILE, STATES
from tests.services.opened_report import PageOf
from tests.services.test_report_hostile import assert_harmless
from tests.unit.outputs.report.test_last_proof import shown_proof


@pytest.mark.parametrize("width", [400, 1400])
def test_a_proof_is_drawn_and_nothing_of_it_runs(page_of: PageOf, width: int) -> None:
    proof = shown_proof(artifact=f"trips {HOSTILE}", text=f"- name: {HOSTILE}\n{'x' * 300}")
    report = page_of(STATES["first_run"](), proof=proof, width=width)
    summary = report.page.locator("#setup details", has_text="Would anybody notice? 3 of 4 faults").locator("summary")
    assert "score 0.75" in summary.inner_text()
    report.open_all()
    assert "would be noticed with, in trips.odcs.yaml" in report.text and "the default policy" in report.text
    assert report.sideways <= 0
    assert_harmless(report)


def test_without_one_the_page_says_nothing_of_it(page_of: PageOf) -> None:
    assert "anybody notice" not in page_of(STATES["first_run"]()).text
