"""Nothing keeps people out of the report: axe-core finds nothing, and what it cannot judge, text in pictures, can be read."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from tests.report_documents import STATES, small, two_runs
from tests.services.opened_report import OpenedReport, PageOf

OTHERS = ("crashed", "accepted", "narrowed", "nothing_checked", "incomplete", "no_artifact", "alike", "hostile")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

CONTRASTS = """() => {
    const parsed = colour => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        return {r, g, b, a: colour === 'transparent' ? 0 : a};
    };
    const over = (top, below) => {
        const mixed = channel => top[channel] * top.a + below[channel] * (1 - top.a);
        return {r: mixed('r'), g: mixed('g'), b: mixed('b'), a: 1};
    };
    const light = ({r, g, b}) => {
        const [x, y, z] = [r, g, b].map(c => c / 255).map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const paint = element => {
        const style = getComputedStyle(element);
        if (!(element instanceof SVGElement) || element.tagName === 'svg') return parsed(style.backgroundColor);
        const isFilled = ['rect', 'circle', 'path', 'polygon'].includes(element.tagName) && /^rgb/.test(style.fill);
        if (!isFilled) return {a: 0, r: 0, g: 0, b: 0};
        const fill = parsed(style.fill);
        return {...fill, a: fill.a * Number(style.fillOpacity) * Number(style.opacity)};
    };
    const found = [];
    for (const text of document.querySelectorAll('svg text')) {
        if (!text.textContent.trim() || !text.getClientRects().length) continue;
        text.scrollIntoView({block: 'center', inline: 'center'});
        const box = text.getBoundingClientRect();
        const style = getComputedStyle(text);
        if (style.visibility === 'hidden' || !box.width) continue;
        const stack = document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        const below = stack.slice(stack.indexOf(text) + 1).filter(one => !one.matches('text, tspan'));
        let ground = parsed(getComputedStyle(document.documentElement).backgroundColor);
        for (const one of below.reverse()) ground = over(paint(one), ground);
        const fill = parsed(style.fill);
        const ink = over({...fill, a: fill.a * Number(style.fillOpacity) * Number(style.opacity)}, ground);
        const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
        found.push([(a + 0.05) / (b + 0.05), text.textContent]);
    }
    return found;
}"""
"""The ratio of every word of a picture to what lies behind it, by WCAG 2.2 (relative luminance of sRGB)."""


def violations(report: OpenedReport) -> list[str]:
    """Return what axe-core finds: the rule, and where."""
    report.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found: dict[str, Any] = report.page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    assert len(found["passes"]) > 20
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:120]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("opened", [False, True], ids=["closed", "open"])
def test_axe_finds_nothing(page_of: PageOf, dark: bool, width: int, opened: bool) -> None:
    report = page_of(small(), dark=dark, width=width)
    if opened:
        report.open_all()
    assert violations(report) == []


@pytest.mark.parametrize("state", OTHERS)
def test_axe_finds_nothing_in_other_states(page_of: PageOf, state: str) -> None:
    report = page_of(STATES[state]())
    report.open_all(8)
    assert violations(report) == []


def test_axe_finds_nothing_in_two_runs(page_of: PageOf) -> None:
    document, before = two_runs()
    report = page_of(document, before)
    report.open_all()
    assert violations(report) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_words_of_pictures_can_be_read(page_of: PageOf, dark: bool) -> None:
    report = page_of(small(), dark=dark)
    report.open_all()
    found = report.page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [f"{ratio:.2f} {words}" for ratio, words in found if ratio < 4.5] == []


def test_a_verdict_has_a_shape_as_well_as_a_colour(page_of: PageOf) -> None:
    report = page_of(small())
    shapes = [
        report.page.locator(f"li.row.{state} svg.mark").first.evaluate(
            "mark => [...mark.children].map(one => one.tagName + (one.getAttribute('d') ?? '')).join()"
        )
        for state in ("failed", "warned", "ok")
    ]
    assert len(set(shapes)) == 3


def test_every_mark_of_a_row_has_a_name(page_of: PageOf) -> None:
    report = page_of(small())
    for row in report.rows.all():
        mark = row.locator("svg.mark").first
        assert mark.get_attribute("aria-label") or row.locator(".vh").count(), row.inner_text()


def test_a_picture_says_in_words_what_it_shows(page_of: PageOf) -> None:
    report = page_of(small())
    report.open_all()
    unnamed = report.page.evaluate(
        """[...document.querySelectorAll('.detail svg.picture, #lineage svg.picture')]
            .filter(picture => !picture.closest('[aria-hidden=true]'))
            .filter(picture => !picture.getAttribute('aria-label') && !picture.querySelector('title')).length"""
    )
    assert unnamed == 0


def test_what_a_filter_did_is_announced(page_of: PageOf) -> None:
    report = page_of(small())
    report.page.locator(".chip[data-state=failed]").click()
    assert report.page.inner_text("#said[role=status]") == "5 of 14 artifacts"


def test_nothing_moves_for_who_asked_for_stillness(page_of: PageOf) -> None:
    report = page_of(small(), reduced_motion="reduce")
    moving = report.page.evaluate(
        "[...document.querySelectorAll('*')].filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0.01"
        " || parseFloat(getComputedStyle(one).animationDuration) > 0.01).length"
    )
    assert moving == 0
