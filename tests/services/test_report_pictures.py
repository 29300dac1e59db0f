"""The pictures of report.html in a real browser: what they draw is what was measured, and nothing leaves its box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.outputs.report.report_file import report_html
from tests.report_documents import small

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NOW = 1795836679
DAY = 86_400
WIDTHS = (280, 368, 760, 1000)
LONG = "x" * 200
TURNED = "a\u202eb\u200b<img src=x onerror=document.title='owned'>" + "ü" * 150

DRAW = """
([kind, data, width]) => {
  const box = document.createElement("div");
  box.style.width = `${width}px`;
  const figure = h("figure", {class: `figure ${kind}`});
  box.append(figure);
  document.body.prepend(box);
  figure.append(PICTURES[kind](data));
  figure.querySelectorAll(".picture").forEach(one => drawInto(one, Math.floor(one.clientWidth)));
  const svgs = [...box.querySelectorAll("svg:not(.mark)")];
  const rectOf = (element, frame) => {
    const [own, of] = [element.getBoundingClientRect(), frame.getBoundingClientRect()];
    return {left: own.left - of.left, right: own.right - of.left, top: own.top - of.top, bottom: own.bottom - of.top};
  };
  const drawing = svg => ({
    width: svg.clientWidth,
    height: svg.clientHeight,
    label: svg.getAttribute("aria-label"),
    role: svg.getAttribute("role"),
    texts: [...svg.querySelectorAll("text")].filter(text => text.textContent).map(text => ({
      words: text.childNodes[0].textContent, kind: text.getAttribute("class") || "", ...rectOf(text, svg),
    })),
    shapes: [...svg.querySelectorAll("rect, line, path, circle")].filter(shape => !shape.closest("defs")).map(shape => ({
      tag: shape.localName, kind: shape.getAttribute("class") || "", fill: shape.getAttribute("fill"),
      title: shape.querySelector("title") ? shape.querySelector("title").textContent : "",
      ...Object.fromEntries(["x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy", "r"]
        .map(name => [name, shape.hasAttribute(name) ? Number(shape.getAttribute(name)) : null])),
      d: shape.getAttribute("d"),
    })),
    markup: svg.innerHTML,
  });
  const found = {
    drawings: svgs.map(drawing),
    wide: box.scrollWidth,
    undrawn: [...box.querySelectorAll(".undrawn")].map(one => one.textContent),
    words: figure.innerText,
    tables: [...box.querySelectorAll("table")].map(table =>
      [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))),
    cells: [...box.querySelectorAll("td")].map(cell => [cell.textContent, cell.className]),
  };
  box.remove();
  return found;
}
"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of a run, as wide as a window on a desk; of a module, since every test only adds a box and takes it away."""
    file = tmp_path_factory.mktemp("pictures") / "report.html"
    file.write_bytes(report_html(small()))
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    opened.goto(file.as_uri())
    yield opened
    opened.close()


def drawn(page: Page, kind: str, data: Any, width: int = 760) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(DRAW, [kind, data, width])
    return found


def one(page: Page, kind: str, data: Any, width: int = 760) -> dict[str, Any]:
    """Return the first drawing of a picture."""
    found: dict[str, Any] = drawn(page, kind, data, width)["drawings"][0]
    return found


def shapes(drawing: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [shape for shape in drawing["shapes"] if kind in shape["kind"].split()]


def lines_of(path: str) -> list[tuple[float, float]]:
    """Return the points of a path in pixels, made of M, L, V and H."""
    points: list[tuple[float, float]] = []
    x = y = 0.0
    for letter, first, second in re.findall(r"([MLVH])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        x = float(first) if letter != "V" else x
        y = float(second) if letter in "ML" else float(first) if letter == "V" else y
        points.append((x, y))
    return points


# Data as the rules give them.


def age(**more: Any) -> dict[str, Any]:
    """Built every six hours, but not in the last twenty-five and a half."""
    builds = [NOW - hours * 3600 for hours in (200, 160, 100, 50, 25.5)]
    return {"builds": builds, "limit": 21_600, "evaluated_at": NOW, "span": 7 * DAY, **more}


def feature(name: str = "amount", **more: Any) -> dict[str, Any]:
    usual = {"type": "numeric", "labels": None, "edges": [0, 10, 20, 30, 40], "psi": 0.3, "d": 0.2, "p": 1e-9}
    shares = {"reference": [0.4, 0.3, 0.2, 0.1], "current": [0.1, 0.2, 0.3, 0.4], "nulls": [0.01, 0.2]}
    return {"name": name, **usual, **shares, "severity": "error", **more}


def distributions(*features: Any, **more: Any) -> dict[str, Any]:
    source = {
        "reference": "amounts_1",
        "why": "the model was trained on it",
        "reference_rows": 1000,
        "current_rows": 900,
    }
    every = [["amount", 0.3, "error"], ["country", 0.15, "warning"], ["hour", 0.01, None]]
    return {**source, "warning": 0.1, "error": 0.2, "features": list(features or [feature()]), "all": every, **more}


def serving(**more: Any) -> dict[str, Any]:
    """A day, silent from the hundredth point to the hundred-and-tenth."""
    start = NOW - DAY
    gap = range(100, 110)

    def line(value: float) -> list[float | None]:
        return [None if i in gap else value for i in range(144)]

    limits = {"p95": 500, "p99": 1000, "failed": 0.05, "rejected": None}
    values = {"requests": line(2000), "p95": line(300), "p99": line(800), "failed": line(0.01), "rejected": line(0)}
    gaps = [[start + 100 * 600, start + 110 * 600]]
    return {
        "start": start,
        "step": 600,
        **values,
        "limits": limits,
        "gaps": gaps,
        "retired": None,
        "events": [],
        **more,
    }


def reliability(**more: Any) -> dict[str, Any]:
    bins = [[0.1, 0.1, 400], [0.5, 0.3, 100], [0.9, 0.6, 100]]
    return {
        "bins": bins,
        "reported": [[0.1, 0.1, 50], [0.9, 0.9, 50]],
        "ece": 0.112,
        "limit": 0.05,
        "model": "v13",
        **more,
    }


def confusion(**more: Any) -> dict[str, Any]:
    return {"labels": ["genuine", "fraud"], "cells": [[75, 25], [10, 30]], "reported": [[90, 10], [20, 20]], **more}


def metric(name: str, **more: Any) -> dict[str, Any]:
    usual = {"champion": 0.8, "challenger": 0.7, "limit": 0.75, "direction": "higher", "low": 0.5, "high": 1.0}
    return {"name": name, **usual, "passed": False, **more}


def gate(*metrics: Any, **more: Any) -> dict[str, Any]:
    return {"champion": "v13", "challenger": "v14", "metrics": list(metrics or [metric("recall")]), **more}


USUAL = {
    "age": age(),
    "distributions": distributions(feature(), feature("country", type="category", labels=["DE", "FR", "AT", "other"])),
    "serving": serving(events=[[NOW - 5 * 3600, "v13 deployed"]]),
    "reliability": reliability(),
    "confusion": confusion(),
    "gate": gate(metric("recall"), metric("log loss", direction="lower", passed=True)),
}

NULLS = [None] * 144
ALTERNATING = [None if i % 2 else 9 for i in range(144)]
SHORT_GAPS = [[NOW - DAY + i * 1200, NOW - DAY + i * 1200 + 600] for i in range(70)]

HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("age", {}),
    ("age", age(builds=[])),
    ("age", age(builds=None)),
    ("age", age(builds=[NOW + 60])),
    ("age", age(limit=0)),
    ("age", age(limit=None)),
    ("age", age(limit=-4, span=0, builds=[-1e12, NOW])),
    ("age", age(limit=1e300, span=1e300, builds=[1])),
    ("age", age(limit=1e-9, span=9000, builds=[NOW - i * 3 for i in range(3000)])),
    ("age", age(builds=[NOW] * 5, span=5)),
    ("age", age(builds=[NOW - 1e9], span=3.2e9)),
    ("distributions", {}),
    ("distributions", distributions(features=[], all=[])),
    ("distributions", distributions(None)),
    ("distributions", distributions(feature(reference=[1], current=[1], edges=None))),
    ("distributions", distributions(feature(reference=[], current=[]))),
    ("distributions", distributions(feature(reference=[None] * 4, current=[None] * 4))),
    (
        "distributions",
        distributions(feature(LONG, psi=1e300, reference=[1e300, -5, 1e-300], edges=[-1e300, 0, 1e-300, 1e300])),
    ),
    (
        "distributions",
        distributions(
            feature(
                TURNED,
                type="category",
                labels=[LONG, TURNED, ""] * 8,
                reference=[0.1] * 24,
                current=[i / 24 for i in range(24)],
            )
        ),
    ),
    (
        "distributions",
        distributions(
            *[feature(f"feature {i}") for i in range(12)], all=[[f"f{i}", 1 / (i + 1), None] for i in range(600)]
        ),
    ),
    (
        "distributions",
        distributions(all=[[LONG, 1e9, "error"], [TURNED, -3, None], ["", 0, "warning"], ["n", None, None]]),
    ),
    (
        "distributions",
        distributions(reference=LONG, why=TURNED, reference_rows=-1, current_rows=1e300, warning=None, error=None),
    ),
    ("distributions", distributions(warning=0, error=0)),
    ("distributions", distributions(feature(p=5e-324, d=1, nulls=None, psi=None, severity=None))),
    ("distributions", distributions(feature(edges=[3], reference=[0.5, 0.5], current=[0.5]))),
    ("serving", {}),
    ("serving", serving(requests=[], p95=[], p99=[], failed=[], rejected=[])),
    ("serving", serving(requests=NULLS, p95=NULLS, p99=NULLS, failed=NULLS, rejected=NULLS, gaps=[])),
    ("serving", serving(p99=[1e300] * 144, p95=[-5] * 144, failed=[1] * 144, limits={})),
    ("serving", serving(limits=None, gaps=None, events=None)),
    ("serving", serving(gaps=SHORT_GAPS, events=[[NOW - DAY + i * 600, LONG] for i in range(100)])),
    ("serving", serving(events=[[NOW - DAY, TURNED], [NOW, LONG]])),
    ("serving", serving(requests=[5], p95=[5], p99=[5], failed=[0], rejected=[0])),
    ("serving", serving(step=0)),
    ("serving", serving(start=1e300)),
    ("serving", serving(limits={"p95": 0, "p99": 0, "failed": 0, "rejected": 0})),
    ("serving", serving(limits={"p95": 1e-9, "p99": 1e12, "failed": 0.05, "rejected": 0.02}, rejected=[0.5] * 144)),
    ("serving", serving(p99=[300] * 143 + [90_000], requests=ALTERNATING)),
    ("reliability", {}),
    ("reliability", reliability(bins=[])),
    ("reliability", reliability(bins=[[0.5, 0.5, 0]])),
    ("reliability", reliability(bins=[[0.5, 0.5, 1]], reported=None, ece=None, limit=None, model=None)),
    (
        "reliability",
        reliability(bins=[[-1e9, 1e300, 1e300], [5, 5, 1]], reported=[[0, 1]], ece=1e300, limit=0, model=LONG),
    ),
    ("confusion", {}),
    ("confusion", confusion(labels=[], cells=[])),
    ("confusion", confusion(labels=[LONG, TURNED], cells=[[1e300, 0], [0, 1]], reported=None)),
    ("confusion", confusion(labels=["a"] * 30, cells=[[i * j for i in range(30)] for j in range(30)])),
    ("confusion", confusion(labels=None, cells=[[None]], reported=[])),
    ("gate", {}),
    ("gate", gate(metrics=[])),
    ("gate", gate(metric(LONG, champion=None, challenger=1e300, limit=-1e300, low=None, high=None), champion=None)),
    ("gate", gate(*[metric(TURNED, challenger=None, low=0.5, high=0.5)] * 30, champion=LONG, challenger=TURNED)),
    ("gate", gate(metric("x", champion=1e-9, challenger=2e-9, limit=None, low=0, high=1e-8, passed=None))),
]


def stays_within(found: dict[str, Any], width: int) -> None:
    """Nothing is wider than the box, no text leaves its picture or touches another, and every number could be drawn."""
    assert found["wide"] <= width
    for drawing in found["drawings"]:
        assert (
            "NaN" not in drawing["markup"]
            and "Infinity" not in drawing["markup"]
            and "undefined" not in drawing["markup"]
        )
        for text in drawing["texts"]:
            assert text["left"] >= -1 and text["right"] <= drawing["width"] + 1, text
            assert text["top"] >= -2 and text["bottom"] <= drawing["height"] + 2, text
        for i, text in enumerate(drawing["texts"]):
            for other in drawing["texts"][i + 1 :]:
                apart = text["right"] - 1 <= other["left"] or other["right"] - 1 <= text["left"]
                above = text["bottom"] - 4 <= other["top"] or other["bottom"] - 4 <= text["top"]
                assert apart or above, (text["words"], other["words"])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", USUAL)
def test_a_picture_stays_in_its_box_and_is_as_wide_as_it(page: Page, kind: str, width: int) -> None:
    found = drawn(page, kind, USUAL[kind], width)
    assert not found["undrawn"]
    stays_within(found, width)


@pytest.mark.parametrize("width", [280, 1000])
@pytest.mark.parametrize(("kind", "data"), [pytest.param(*one, id=f"{one[0]}{i}") for i, one in enumerate(HOSTILE)])
def test_whatever_the_numbers_are_a_picture_stays_in_its_box_or_says_why_not(
    page: Page, kind: str, data: dict[str, Any], width: int
) -> None:
    found = drawn(page, kind, data, width)
    stays_within(found, width)
    assert found["drawings"] or found["undrawn"] or found["tables"]
    assert page.title() != "owned"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**60), 2**60)
    | st.sampled_from([0, 1, 0.5, NOW, NOW - DAY, 600, LONG, TURNED, ""]),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=12,
)
KEYS = {kind: sorted(data) for kind, data in USUAL.items()}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(USUAL)))
def test_no_value_in_any_place_makes_a_picture_throw_or_leave_its_box(
    page: Page, data: st.DataObject, kind: str
) -> None:
    broken = dict(USUAL[kind])
    for key in data.draw(st.lists(st.sampled_from(KEYS[kind]), min_size=1, max_size=3)):
        broken[key] = data.draw(anything)
    found = page.evaluate(
        DRAW.replace("PICTURES[kind](data)", "attempted(() => PICTURES[kind](data))"), [kind, broken, 368]
    )
    stays_within(found, 368)


# What each of them draws.


def row(page: Page, call: str, *arguments: Any) -> dict[str, Any]:
    """Return a picture of a row: its shapes and its words."""
    found: dict[str, Any] = page.evaluate(
        """([call, args]) => {
          const svg = {bullet, strip}[call](...args);
          svg.dispatchEvent(new PointerEvent("pointerenter"));
          const shapes = [...svg.querySelectorAll("rect, path")].map(shape => ({
            kind: shape.getAttribute("class"), fill: shape.getAttribute("fill"), title: shape.textContent,
            ...Object.fromEntries(["x", "y", "width", "height"].map(name => [name, Number(shape.getAttribute(name))])),
          }));
          return {label: svg.getAttribute("aria-label"), shapes};
        }""",
        [call, list(arguments)],
    )
    return found


def worst(value: float, limit: float, ratio: float | None, **more: Any) -> dict[str, Any]:
    return {
        "what": "age",
        "value": value,
        "limit": limit,
        "unit": "seconds",
        "direction": "above",
        "ratio": ratio,
        **more,
    }


def test_every_bullet_has_its_limit_at_the_same_place_and_its_reach_in_proportion(page: Page) -> None:
    found = [row(page, "bullet", worst(ratio * 3600, 3600, ratio), "failed") for ratio in (0.5, 1, 2, 3, 40)]
    limits = [shape["x"] for one in found for shape in one["shapes"] if shape["kind"] == "limit"]
    assert len(set(limits)) == 1
    at = limits[0] + 0.75
    reach = [shape["width"] for one in found for shape in one["shapes"] if shape["kind"] == "reach"]
    assert reach[:4] == [at / 2, at, 2 * at, 3 * at]
    assert reach[4] < 4 * at, "the end of the scale"
    assert [any(shape["kind"] == "beyond" for shape in one["shapes"]) for one in found] == [False] * 4 + [True]


def test_a_bullet_says_its_value_its_limit_and_how_far_in_words(page: Page) -> None:
    assert row(page, "bullet", worst(7200, 600, 12.0), "failed")["label"] == "age: 2 h, limit 10 min, 12× limit"
    under = worst(0.712, 0.78, 0.78 / 0.712, what="recall", unit="score", direction="below")
    assert row(page, "bullet", under, "failed")["label"] == "recall: 0.712, limit 0.780, 9 % under"
    beyond_zero = row(page, "bullet", worst(3, 0, None, what="lost windows", unit="count"), "failed")
    assert any(shape["kind"] == "beyond" for shape in beyond_zero["shapes"])


def test_the_strip_is_told_apart_by_height_and_ends_with_this_run(page: Page) -> None:
    runs = [{"evaluated_at": f"2026-11-2{day}T03:31:00Z"} for day in range(5)]
    found = row(page, "strip", ["ok", None, "warned", "failed", "error"], runs)
    assert [shape["height"] for shape in found["shapes"]] == [3, 10, 18, 18]
    assert [shape["x"] for shape in found["shapes"]] == [105, 119, 126, 133]
    assert found["label"] == "Last 5 runs: 2 failed, 1 warned, 1 OK"
    assert found["shapes"][1]["title"] == "22 Nov 03:31: warned"


def test_the_age_rises_until_a_build_and_what_is_above_the_limit_is_tinted(page: Page) -> None:
    drawing = one(page, "age", age())
    (limit,) = shapes(drawing, "limit")
    (floor,) = shapes(drawing, "floor")
    (debt,) = shapes(drawing, "debt")
    saw = lines_of(shapes(drawing, "current")[0]["d"])
    peaks = [floor["y1"] - y for _, y in saw[1::2]]
    hours = [60, 50, 24.5, 25.5]  # from one build to the next
    per_hour = (floor["y1"] - limit["y1"]) / 6
    assert peaks[-4:] == pytest.approx([per_hour * age for age in hours], abs=0.6)
    assert all(y <= limit["y1"] + 0.1 for _, y in lines_of(debt["d"])), "only what is above the limit"
    assert drawing["label"] == (
        "Age over the last 7 d: now 1 d 1 h, limit 6 h, 4 builds, above the limit 5 times, 6 d together"
    )
    assert "now 1 d 1 h" in [text["words"] for text in drawing["texts"] if text["kind"] == "failed-text"]


def test_an_age_within_its_limit_has_nothing_red(page: Page) -> None:
    drawing = one(page, "age", age(builds=[NOW - hours * 3600 for hours in (171, 167, 100, 50, 5)], limit=80 * 3600))
    assert "never above the limit" in drawing["label"]
    assert lines_of(shapes(drawing, "debt")[0]["d"] or "") == []
    assert not [text for text in drawing["texts"] if text["kind"] == "failed-text"]


def test_shares_of_a_numeric_feature_are_heights_on_one_axis(page: Page) -> None:
    drawing = one(
        page, "distributions", distributions(feature(reference=[0.4, 0.3, 0.2, 0.1], current=[0.1, 0.1, 0.1, 0.7]))
    )
    floor = shapes(drawing, "floor")[0]["y1"]
    (reference,) = shapes(drawing, "reference")
    (current,) = shapes(drawing, "current")

    def heights(path: str) -> list[float]:
        """Return how high each bar ends, at its right edge."""
        return [floor - y for _, y in lines_of(path)[2:-1:2]]

    before, now = heights(reference["d"]), heights(current["d"])
    assert before == pytest.approx([before[0] * share / 0.4 for share in (0.4, 0.3, 0.2, 0.1)], abs=0.2)
    assert now == pytest.approx([before[0] * share / 0.4 for share in (0.1, 0.1, 0.1, 0.7)], abs=0.2)


def test_shares_of_categories_are_heights_on_one_axis(page: Page) -> None:
    labels, now = ["DE", "FR", "AT", "PL"], [0.1, 0.1, 0.1, 0.7]
    data = distributions(feature(type="category", labels=labels, edges=None, current=now))
    drawing = one(page, "distributions", data)
    grey = [shape["height"] for shape in shapes(drawing, "reference")]
    blue = [shape["height"] for shape in shapes(drawing, "tint")]
    assert grey == pytest.approx([grey[0] * share / 0.4 for share in (0.4, 0.3, 0.2, 0.1)], abs=0.2)
    assert blue == pytest.approx([grey[0] * share / 0.4 for share in now], abs=0.2)
    assert [text["words"] for text in drawing["texts"]] == labels


def test_a_feature_says_psi_d_p_and_nulls_and_is_read_aloud_with_its_shares(page: Page) -> None:
    found = drawn(page, "distributions", distributions())
    assert "PSI 0.300" in found["words"]
    assert "D 0.200 · p < 0.000001 · nulls 1.0 % → 20.0 %" in found["words"]
    assert "reference amounts_1, 1,000 rows (the model was trained on it)" in found["words"]
    assert found["tables"][0][1:] == [
        ["0 to 10", "40.0 %", "10.0 %"],
        ["10 to 20", "30.0 %", "20.0 %"],
        ["20 to 30", "20.0 %", "30.0 %"],
        ["30 to 40", "10.0 %", "40.0 %"],
    ]


def test_of_many_categories_those_that_changed_most_have_their_names(page: Page) -> None:
    now = [0.04] * 24
    now[17] = 0.2
    labels = [f"category {i}" for i in range(24)]
    data = distributions(feature(type="category", labels=labels, reference=[0.04] * 24, current=now), all=[])
    texts = [text["words"] for text in one(page, "distributions", data, 280)["texts"]]
    assert any(text.startswith("category 17"[:8]) and "17" in text for text in texts)


def test_all_features_stand_by_psi_with_both_limits_and_colour_only_beyond_one(page: Page) -> None:
    bars = drawn(page, "distributions", distributions())["drawings"][-1]
    levels = [
        (shape["kind"].split()[1], shape["width"])
        for shape in bars["shapes"]
        if shape["kind"].startswith("level") and shape["tag"] == "rect"
    ]
    assert [kind for kind, _ in levels] == ["failed-fill", "warned-fill", "fine-fill"]
    left = next(shape["x"] for shape in bars["shapes"] if shape["kind"].startswith("level"))
    per_psi = levels[0][1] / 0.3
    assert [line["x1"] - left for line in shapes(bars, "limit")] == pytest.approx(
        [0.1 * per_psi, 0.2 * per_psi], abs=0.3
    )
    assert bars["label"] == "Features by PSI: amount 0.300, country 0.150, hour 0.010"


def test_gaps_are_hatched_and_nothing_is_drawn_in_them(page: Page) -> None:
    drawing = one(page, "serving", serving())
    (gap,) = shapes(drawing, "gap")
    assert gap["fill"].startswith("url(#hatch")
    right = shapes(drawing, "floor")[0]["x2"]
    assert (gap["x"], gap["width"]) == pytest.approx((right * 100 / 144, right * 10 / 144), abs=0.2)
    for line in shapes(drawing, "current"):
        assert all(not gap["x"] + 0.2 < x < gap["x"] + gap["width"] - 0.2 for x, _ in lines_of(line["d"]))
    assert "no windows 20:11 to 21:51" in drawing["label"]


def test_a_gap_that_lasts_ends_with_the_step_that_the_run_fell_into(page: Page) -> None:
    start = NOW - DAY
    silent = [None if i >= 100 else 2000 for i in range(144)]
    lasting = one(page, "serving", serving(requests=silent, gaps=[[start + 100 * 600, NOW - 600]]))
    assert "no windows since 20:11" in lasting["label"]
    over = one(page, "serving", serving(requests=silent, gaps=[[start + 100 * 600, NOW - 601]]))
    assert "no windows 20:11 to 03:21" in over["label"]


def test_silence_that_no_gap_explains_is_pale_and_what_follows_retirement_is_grey(page: Page) -> None:
    drawing = one(page, "serving", serving(gaps=[]))
    assert not shapes(drawing, "gap")
    assert len(shapes(drawing, "silent")) == 1
    ended = one(page, "serving", serving(gaps=[], retired=NOW - DAY + 90 * 600))
    assert not shapes(ended, "silent")
    (grey,) = shapes(ended, "retired")
    right = shapes(ended, "floor")[0]["x2"]
    assert (grey["x"], grey["x"] + grey["width"]) == pytest.approx((right * 90 / 144, right), abs=0.2)
    assert "Retired 27 Nov 18:31" in ended["label"]


def test_limits_of_a_deployment_are_lines_at_their_height_with_the_last_values_beside(page: Page) -> None:
    drawing = one(page, "serving", serving())
    p99, p95, failed = shapes(drawing, "limit")
    floor = shapes(drawing, "floor")[1]["y1"]
    assert (floor - p95["y1"]) / (floor - p99["y1"]) == pytest.approx(0.5, abs=0.01)
    assert failed["y1"] > floor
    words = [text["words"] for text in drawing["texts"]]
    assert {"limit p99 1,000", "limit p95 500", "limit 5.0 %", "p99 800", "p95 300"} <= set(words)
    assert not shapes(drawing, "debt"), "nothing is beyond its limit"
    over = one(page, "serving", serving(p99=[1200] * 144))
    assert shapes(over, "debt")
    assert "p99 1,200" in [text["words"] for text in over["texts"] if text["kind"] == "failed-text"]


def test_the_moment_under_the_pointer_is_told_with_its_numbers(page: Page) -> None:
    told = page.evaluate(
        """data => {
          const box = document.createElement("div");
          box.style.width = "760px";
          document.body.prepend(box);
          box.append(serving(data));
          box.querySelectorAll(".picture").forEach(one => drawInto(one, one.clientWidth));
          const [area, caption] = [box.querySelector(".touch"), box.querySelector("figcaption")];
          const of = area.getBoundingClientRect();
          const words = [caption.textContent];
          for (const moment of [0.5, 100.5, 143.9]) {
            area.dispatchEvent(new PointerEvent("pointermove", {clientX: of.left + moment / 144 * of.width}));
            words.push(caption.textContent);
          }
          area.dispatchEvent(new PointerEvent("pointerleave"));
          words.push(caption.textContent);
          box.remove();
          return words;
        }""",
        serving(),
    )
    usual = "Last 24 hours, one point per 10 min"
    numbers = "requests 2,000, p95 300 ms, p99 800 ms, failed 1.0 %, rejected 0.0 %"
    assert told == [
        usual,
        f"03:31 to 03:41: {numbers}",
        "20:11 to 20:21: no window",
        f"03:21 to 03:31: {numbers}",
        usual,
    ]


def test_a_dot_of_the_reliability_diagram_is_as_large_as_its_rows(page: Page) -> None:
    drawing = one(page, "reliability", reliability())
    dots = shapes(drawing, "dot")
    assert [dot["r"] for dot in dots] == pytest.approx([4.5, 2.25, 2.25], abs=0.06)
    assert shapes(drawing, "debt") and not shapes(drawing, "tint"), "beyond its limit"
    assert "score 0.9 observed 0.6 of 100 rows" in drawing["label"]
    within = one(page, "reliability", reliability(ece=0.01))
    assert not shapes(within, "debt")
    assert not [text for text in within["texts"] if text["kind"] == "failed-text"]


def test_the_confusion_says_the_share_that_was_right_now_and_as_reported(page: Page) -> None:
    found = drawn(page, "confusion", confusion())
    assert found["tables"] == [
        [
            ["actually", "said genuine", "said fraud", "right", "right as reported"],
            ["genuine", "75", "25", "75.0 %", "90.0 %"],
            ["fraud", "10", "30", "75.0 %", "50.0 %"],
        ]
    ]
    assert dict(found["cells"])["25"].split() == ["num", "some"]


def test_the_side_that_the_gate_forbids_is_tinted_and_a_miss_is_red(page: Page) -> None:
    loss = metric("log loss", direction="lower", challenger=0.6, limit=0.7, passed=True)
    drawing = one(page, "gate", gate(metric("recall"), loss))
    recall, loss_side = shapes(drawing, "forbidden")
    first, second = shapes(drawing, "limit")
    assert recall["x"] + recall["width"] == pytest.approx(first["x1"], abs=0.2)
    assert loss_side["x"] == pytest.approx(second["x1"], abs=0.2)
    assert [len(shapes(drawing, kind)) for kind in ("beyond", "dot", "champion")] == [1, 1, 2]
    assert drawing["label"] == (
        "Champion and challenger against the gate: recall: champion 0.800, challenger 0.700, gate at least 0.750, missed; "
        "log loss: champion 0.800, challenger 0.600, gate at most 0.700"
    )


@pytest.mark.parametrize("kind", [kind for kind in USUAL if kind != "confusion"])
def test_every_picture_has_words_for_who_cannot_see_it(page: Page, kind: str) -> None:
    for drawing in drawn(page, kind, USUAL[kind])["drawings"]:
        assert drawing["role"] == "img"
        assert any(letter.isdigit() for letter in drawing["label"])


def test_hidden_characters_are_written_out(page: Page) -> None:
    drawing = one(page, "gate", gate(metric("re\u202ecall\u200b")))
    assert "re\\u202ecall\\u200b" in [text["words"] for text in drawing["texts"]]


# Lineage.

LINEAGE = """
([artifacts, edges, width]) => {
  const box = document.createElement("div");
  box.style.width = `${width}px`;
  document.body.prepend(box);
  box.append(...lineage({artifacts, edges}));
  box.querySelectorAll(".picture").forEach(one => drawInto(one, Math.floor(one.clientWidth)));
  const found = {
    nodes: [...box.querySelectorAll(".node")].map(node => ({
      label: node.getAttribute("aria-label"),
      x: Number(node.querySelector(".box").getAttribute("x")),
      text: [...node.querySelectorAll("text")].map(text => text.firstChild.textContent)})),
    broken: [...box.querySelectorAll(".link.broken")].map(link => getComputedStyle(link.querySelector("path")).strokeDasharray),
    links: box.querySelectorAll(".link").length,
    words: box.innerText,
    listed: [...box.querySelectorAll(".broken li")].map(item => item.textContent),
    inner: box.querySelector(".scroll") ? box.querySelector(".scroll").scrollWidth : 0,
    wide: box.scrollWidth,
  };
  box.remove();
  return found;
}
"""


def node(kind: str, name: str, verdict: str = "ok", **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": name, "verdict": verdict, "version": "1", **more}


def test_lineage_has_four_columns_and_a_broken_link_is_dashed_with_its_reason(page: Page) -> None:
    artifacts = [
        node("dataset", "transactions", "failed"),
        node("training_run", "fraud-lgbm", "failed"),
        node("deployment", "scorer"),
        node("predictions", "scores", "warned"),
    ]
    edges = [
        [0, 1, "trained_on", 1, "dataset_link", "stale at start"],
        [1, 2, "serves", 0, "", ""],
        [2, 3, "", 0, "", ""],
    ]
    found = page.evaluate(LINEAGE, [artifacts, edges, 1280])
    assert len({node["x"] for node in found["nodes"]}) == 4
    assert [node["label"] for node in found["nodes"]] == [
        "transactions, dataset, failed",
        "fraud-lgbm, training run, failed",
        "scorer, deployment, ok",
        "scores, predictions, warned",
    ]
    (dashes,) = found["broken"]
    assert dashes != "none"
    assert found["links"] == 3
    assert found["listed"] == ["transactions → fraud-lgbm: stale at start dataset_link"]


def test_a_large_lineage_shows_what_failed_once_of_each_kind_and_says_what_is_left_out(page: Page) -> None:
    many = 400
    failing = [{"check": "freshness", "status": "failed"}]
    artifacts: list[dict[str, Any]] = []
    edges: list[list[Any]] = []
    for i in range(many):
        failed = {"verdict": "failed", "results": failing} if i % 10 == 0 else {}
        artifacts += [node("dataset", f"data {i}") | failed, node("training_run", f"run {i}")]
        edges.append([2 * i, 2 * i + 1, "trained_on", 0, "", ""])
    found = page.evaluate(LINEAGE, [artifacts, edges, 1280])
    assert len(found["nodes"]) <= 60
    failed_nodes = [node for node in found["nodes"] if node["label"].endswith("failed")]
    assert [node["text"] for node in failed_nodes] == [["data 0", "1, and 39 alike"]]
    assert any(node["label"].startswith("run 0,") for node in found["nodes"]), "its neighbour"
    assert f"{2 * many - len(found['nodes'])} others are left out" in found["words"]


def test_on_a_narrow_screen_the_lineage_scrolls_in_its_own_box(page: Page) -> None:
    artifacts = [node("dataset", LONG), node("training_run", TURNED, "failed")]
    found = page.evaluate(LINEAGE, [artifacts, [[0, 1, "", 1, LONG, TURNED]], 368])
    assert found["wide"] <= 368 < found["inner"]


def test_links_among_datasets_and_back_are_drawn_too(page: Page) -> None:
    artifacts = [node("dataset", "a"), node("dataset", "b"), node("deployment", "c")]
    edges = [[0, 1, "", 1, "x", "changed"], [2, 0, "", 0, "", ""], [0, 0, "", 0, "", ""], [0, 9, "", 0, "", ""]]
    found = page.evaluate(LINEAGE, [artifacts, edges, 1280])
    assert found["links"] == 2
    assert page.evaluate("lineage({artifacts: [], edges: []}).length") == 0
