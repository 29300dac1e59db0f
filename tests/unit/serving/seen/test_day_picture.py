"""The picture of a deployment's day: points, limits, gaps that count, retirement and what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.serving.checks.health import serving_health
from pytest_mlmonitor.serving.model import ServingWindow
from pytest_mlmonitor.serving.seen import day_picture
from tests.unit.serving_trees import plain_day
from tests.unit.support import at, deployment, event, linked, window


def drawn(
    *windows: ServingWindow, now: datetime, events: Any = (), others: Any = (), name: str = "dep", **policy: Any
) -> dict[str, Any]:
    """Return what is drawn of a deployment."""
    one, *_ = linked(deployment(*windows, events=events, name=name), *others, now=now, serving=policy)
    result = run_check(serving_health, one)
    assert result.status != "error", result.reason
    (picture,) = result.pictures
    assert picture.kind == "serving"
    return dict(picture.data)


def seconds(minute: float) -> int:
    return int((at(minute) - EPOCH).total_seconds())


def test_everything_that_the_page_asks_for() -> None:
    windows = [window(m, rejected_count=1) for m in range(25)]
    data = drawn(*windows, now=at(25), latency_p95_ms=400.0, failure_rate_pct=2.0)
    plain = plain_day(windows, at(25))
    for series in ("requests", "p95", "p99", "failed", "rejected"):
        assert data[series] == list(getattr(plain, series))
        assert len(data[series]) == 144
    assert (data["start"], data["step"]) == (plain.start, 600)
    assert data["start"] + 144 * 600 == seconds(30)
    assert data["limits"] == {"p95": 400.0, "p99": 1000.0, "failed": 0.02, "rejected": 0.05}
    assert (data["gaps"], data["retired"], data["events"]) == ([], None, [])


# -- gaps -------------------------------------------------------------------------------------------------------------


def test_a_gap_reaches_from_the_end_of_the_last_window_to_the_next() -> None:
    data = drawn(*map(window, (0, 1, 2, 12, 13)), now=at(14))
    assert data["gaps"] == [[seconds(3), seconds(12)]]


@pytest.mark.parametrize(("distance", "factor", "gaps"), [(2, 2.0, 0), (2.5, 2.0, 1), (4, 5.0, 0), (1, 0.5, 0)])
def test_what_the_policy_calls_no_missing_window_is_no_gap(distance: float, factor: float, gaps: int) -> None:
    data = drawn(window(0), window(distance), now=at(5), max_allowed_gap_factor=factor)
    assert len(data["gaps"]) == gaps


def test_a_gap_that_began_before_the_day_begins_with_it() -> None:
    data = drawn(window(-2000), window(-60), window(0), now=at(1))
    assert data["gaps"][0] == [data["start"], seconds(-60)]


def test_silence_that_is_too_long_is_a_gap_until_now() -> None:
    windows = [*map(window, range(5))]
    assert drawn(*windows, now=at(15))["gaps"] == []
    assert drawn(*windows, now=at(15.1))["gaps"] == [[seconds(5), int((at(15.1) - EPOCH).total_seconds())]]


def test_silence_since_long_before_the_day() -> None:
    data = drawn(window(-3000), now=at(0))
    assert data["gaps"] == [[data["start"], seconds(0)]]


def test_silence_counts_from_the_last_activation() -> None:
    data = drawn(*map(window, range(5)), now=at(100), events=[event(-1), event(80)])
    assert data["gaps"] == [[seconds(80), seconds(100)]]


def test_a_gap_that_holds_the_end_of_a_service_is_none() -> None:
    life = [event(-1), event(4, traffic_status="drained"), event(30)]
    windows = [*map(window, range(5)), *map(window, range(30, 35))]
    assert drawn(*windows, now=at(35), events=life)["gaps"] == []
    assert drawn(*windows, now=at(35), events=[event(-1)])["gaps"] == [[seconds(5), seconds(30)]]


def test_a_window_that_lies_ahead_makes_no_gap_beyond_now() -> None:
    data = drawn(*map(window, range(3)), window(9000), now=at(20))
    assert data["gaps"] == [[seconds(3), seconds(20)]]


def test_only_expected_hours_are_hatched() -> None:
    windows = [*map(window, range(-600, -590)), *map(window, range(0, 3))]
    data = drawn(*windows, now=at(3), expected_traffic=["02:00-02:30", "11:00-14:00"])
    assert data["gaps"] == [[seconds(-590), seconds(-570)], [seconds(-60), seconds(0)]]


def test_what_the_lookback_leaves_out_is_no_gap_and_where_it_begins_is_said() -> None:
    windows = [*map(window, (0, 1, 20, 21)), *map(window, range(100, 130)), *map(window, range(140, 150))]
    data = drawn(*windows, now=at(150), lookback_seconds=1800.0)
    assert data["gaps"] == [[seconds(130), seconds(140)]]
    assert data["events"] == [[seconds(120), "judged from here"]]
    assert sum(one or 0 for one in data["requests"]) == 440


# -- the life of a deployment -----------------------------------------------------------------------------------------


def test_what_was_drained_is_grey_from_then_on() -> None:
    data = drawn(*map(window, range(5)), now=at(100), events=[event(-1), event(5, traffic_status="drained")])
    assert (data["retired"], data["gaps"]) == (seconds(5), [])
    assert data["events"] == [[seconds(-1), "activated"], [seconds(5), "drained"]]


def test_what_was_drained_before_the_day_is_grey_from_its_beginning() -> None:
    data = drawn(window(-3000), now=at(0), events=[event(-3001), event(-2990, traffic_status="retired")])
    assert (data["retired"], data["events"]) == (data["start"], [])


def test_one_that_another_one_took_over_from() -> None:
    newer = deployment(*map(window, range(6, 100)), events=[event(6, deployment_id="newer")], name="newer")
    data = drawn(*map(window, range(6)), now=at(100), events=[event(-1)], others=[newer])
    assert (data["retired"], data["gaps"]) == (seconds(6), [])
    assert data["events"][-1] == [seconds(6), "newer took over"]


def test_one_that_took_over_says_nothing_of_what_was_before_it() -> None:
    older = deployment(*map(window, range(6)), events=[event(-100, deployment_id="older")], name="older")
    data = drawn(*map(window, range(6, 100)), now=at(100), events=[event(6)], others=[older])
    assert data["events"] == [[seconds(6), "activated"]]


def test_a_canary_is_called_one() -> None:
    data = drawn(*map(window, range(5)), now=at(5), events=[event(-1, traffic_status="canary")])
    assert data["events"] == [[seconds(-1), "activated as canary"]]


def test_one_that_fell_silent_beside_a_newer_one_has_a_gap() -> None:
    newer = deployment(*map(window, range(0, 200)), events=[event(10, deployment_id="newer")], name="newer")
    data = drawn(*map(window, range(100)), now=at(200), events=[event(-1)], others=[newer])
    assert (data["retired"], data["gaps"]) == (None, [[seconds(100), seconds(200)]])


def test_events_that_lie_ahead_or_long_ago_are_not_drawn_and_few_of_many() -> None:
    many = [event(m) for m in range(-2000, 60)]
    data = drawn(window(0), window(1), now=at(2), events=many)
    moments = [moment for moment, _ in data["events"]]
    assert moments == [seconds(m) for m in range(2 - day_picture.MAX_EVENTS + 1, 3)]


def test_a_name_that_somebody_made_up_stays_a_name() -> None:
    newer = deployment(
        *map(window, range(6, 100)), events=[event(6, deployment_id="a\x1b[31m\nb" + 90 * "x")], name="n"
    )
    data = drawn(*map(window, range(6)), now=at(100), events=[event(-1)], others=[newer])
    words = data["events"][-1][1]
    assert words.isprintable() and len(words) < 60 and words.endswith("took over")


# -- how many ---------------------------------------------------------------------------------------------------------


def test_of_many_sound_deployments_the_first_are_drawn_and_every_faulty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_picture, "MAX_FINE", 3)
    slow = {"latency_p95_ms": 900.0, "latency_p99_ms": 900.0}
    all_ = linked(*(deployment(window(0, **(slow if n > 7 else {})), name=f"d{n}") for n in range(10)), now=at(1))
    first = [bool(run_check(serving_health, one).pictures) for one in all_]
    assert first == [True] * 3 + [False] * 5 + [True] * 2
    assert [bool(run_check(serving_health, one).pictures) for one in all_] == first


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30), st.integers(0, 300))
def test_gaps_follow_one_another_within_the_day(minutes: list[int], later: int) -> None:
    now = at(max(minutes) + 1) + timedelta(minutes=later)
    data = drawn(*map(window, sorted(set(minutes))), now=now)
    edges = [edge for gap in data["gaps"] for edge in gap]
    assert edges == sorted(edges)
    assert all(data["start"] <= edge <= (now - EPOCH).total_seconds() for edge in edges)
    missing = sum((last - first) / 60 for first, last in data["gaps"] if last < (now - EPOCH).total_seconds())
    starts = sorted(set(minutes))
    assert missing == sum(b - a - 1 for a, b in pairwise(starts) if b - a > 2)
