"""The last day in points of ten minutes: what is drawn is what anybody would count from the windows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.serving.fold.day_points import POINTS, STEP, slot_of
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import Progress, WindowLines
from pytest_mlmonitor.serving.history import history_from, terms_of
from pytest_mlmonitor.serving.ingest import parallel
from pytest_mlmonitor.serving.seen.served_day import served_day
from tests.unit.serving.declared.logs import FILE, GATEWAY, Judged, gateway, lines
from tests.unit.serving_trees import MINUTE, NOW, Tree, at, encoded, plain_day, window

TERMS = Terms(NOW, MINUTE, 2.0)


def fold(text: list[bytes], terms: Terms = TERMS) -> WindowFold:
    reader = WindowLines(terms)
    reader.file("f", b"".join(line + b"\n" for line in text), Progress(0, 0, 0))
    return reader.folds.get("dep") or WindowFold()


def stored(one: WindowFold) -> WindowFold:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=WindowFold)


@st.composite
def a_day(draw: Any) -> list[bytes]:
    """Draw windows in time order, at and around the edges of points and of the day, some without requests, some at once."""
    minute, text = draw(st.sampled_from([-1460.0, -1440.0, -1430.0, -1425.0, -40.0, -10.0])), []
    for _ in range(draw(st.integers(0, 16))):
        minute += draw(st.sampled_from([0, 1, 1, 1, 3, 9, 10, 10, 100, 700, 0.5]))
        requests = draw(st.sampled_from([0, 1, 10, 400]))
        text.append(encoded(window(
            minute,
            endpoint_name=draw(st.sampled_from(["/a", "/b", "/c"])),
            request_count=requests,
            failure_count=draw(st.sampled_from([0, 1, 7])),
            rejected_count=draw(st.sampled_from([0, 2])),
            latency_p95_ms=draw(st.sampled_from([0.0, 20.0, 21.5, 600.25])),
            latency_p99_ms=draw(st.sampled_from([0.0, 30.0, 31.5, 900.25])),
        )))  # fmt: skip
    return text


@given(a_day(), st.lists(st.integers(0, 16), max_size=4), st.booleans())
@settings(max_examples=200)
def test_in_whatever_pieces_they_are_read_the_points_are_the_same(
    text: list[bytes], cuts: list[int], through_bytes: bool
) -> None:
    whole = history_from(fold(text), TERMS, "")
    joined = WindowFold()
    for first, last in pairwise([0, *sorted(cuts), len(text)]):
        part = fold(text[first:last])
        joined.join(stored(part) if through_bytes else part, TERMS)
    if not joined.late:  # windows of one start on both sides: they are read again, in order
        assert history_from(joined, TERMS, "").day == whole.day


@given(a_day(), st.integers(0, 1500))
def test_a_later_run_forgets_what_its_day_does_not_hold(text: list[bytes], later: int) -> None:
    now = NOW + later * MINUTE
    kept, terms = fold(text), replace_now(TERMS, now)
    kept.forget(terms)
    assert history_from(stored(kept), terms, "").day == history_from(fold(text, terms), terms, "").day


def replace_now(terms: Terms, now: datetime) -> Terms:
    return msgspec.structs.replace(terms, now=now)


def test_memory_does_not_grow_with_days() -> None:
    """A file that lies in no day, such as a flat log, is one unit for months."""
    kept, sizes = WindowFold(), []
    for day in range(5):
        terms = replace_now(TERMS, at((day + 1) * 1440))
        kept.join(fold([encoded(window(day * 1440 + minute)) for minute in range(0, 1440, 5)], terms), terms)
        kept.forget(terms)
        assert kept.day is not None
        sizes.append(len(kept.day.packed()))
    assert max(sizes) <= 2 * POINTS * 24


def test_what_is_stored_of_a_day_that_is_over_changes_once() -> None:
    """Else every run would store all of yesterday anew."""
    kept = fold([encoded(window(minute)) for minute in range(-1430, 0, 10)])
    points, changes = kept.day, 0
    for later in range(0, 3000, 10):
        kept.forget(replace_now(TERMS, at(later)))
        changes += kept.day is not points
        points = kept.day
    assert points is None and changes == 1


@pytest.mark.parametrize("lookback", [None, 600])
def test_the_second_reading_of_a_tree_counts_the_same(lookback: float | None, tmp_path: Path) -> None:
    """Also with a narrowed lookback: what is drawn is the day, whatever is judged."""
    tree = Tree(tmp_path.resolve() / "root")
    tree.settings = tree.settings.model_copy(update={"serving": ServingPolicy(lookback_seconds=lookback)})
    tree.put(*(window(minute, request_count=minute % 3) for minute in range(-1500, 0, 4)))
    tree.put(*(window(minute, endpoint_name="/b", latency_p95_ms=700.0) for minute in range(-300, 0, 7)))
    one = tree.fold_of()
    assert served_day(one.history) == plain_day(one.windows, NOW)
    assert sum(value is not None for value in served_day(one.history).requests) == POINTS - 1


def test_remembered_days(tmp_path: Path) -> None:
    tree, state = Tree(tmp_path.resolve() / "root"), State(tmp_path / "state.db")
    for step in range(6):
        now = at(step * 400)
        tree.put(*(window(step * 400 - 400 + minute) for minute in range(0, 400, 5)))
        one = tree.fold_of(now=now, state=state)
        assert served_day(one.history) == plain_day(one.windows, now)
    earlier = tree.fold_of(now=at(500), state=state)
    assert served_day(earlier.history) == plain_day(earlier.windows, at(500))


def test_child_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(tmp_path.resolve() / "root")
    tree.put(*(window(minute) for minute in range(-120, 0)))
    alone = tree.fold_of()
    monkeypatch.setattr(parallel, "BYTES_A_PROCESS", 1000)
    monkeypatch.setattr(parallel, "_cores", lambda: 3)
    assert tree.fold_of().history.day == alone.history.day


def test_windows_in_any_order(tmp_path: Path) -> None:
    tree = Tree(tmp_path.resolve() / "root")
    for minute in (-5, -695, -6, -696, -5.5):
        tree.put(window(minute), name="2026-04-26/12/metrics_00.jsonl")
    one = tree.fold_of()
    assert served_day(one.history) == plain_day(one.windows, NOW)
    assert [value for value in served_day(one.history).requests if value] == [20, 30]


def test_the_first_of_two_records_of_a_window_counts(tmp_path: Path) -> None:
    tree = Tree(tmp_path.resolve() / "root")
    tree.put(window(-5, request_count=10), window(-5, request_count=900, latency_p95_ms=5000.0))
    day = served_day(tree.fold_of().history)
    assert (day.requests[-2], day.p95[-2]) == (10, 20.0)


def test_the_last_point_holds_the_evaluation_time() -> None:
    now = at(3)
    history = history_from(fold([encoded(window(2))]), replace_now(TERMS, now), "")
    day = served_day(history)
    assert day.start == (slot_of(now) - POINTS + 1) * STEP.total_seconds()
    assert day.requests == (*[None] * (POINTS - 1), 10)


def test_what_lies_ahead_of_the_day_is_not_drawn() -> None:
    history = history_from(fold([encoded(window(-1)), encoded(window(11)), encoded(window(9000))]), TERMS, "")
    assert [value for value in served_day(history).requests if value] == [10]


def test_a_point_without_requests_has_no_rates_and_no_latencies() -> None:
    day = served_day(history_from(fold([encoded(window(-5, request_count=0))]), TERMS, ""))
    assert (day.requests[-2], day.p95[-2], day.p99[-2], day.failed[-2], day.rejected[-2]) == (0, None, None, None, None)


def test_numbers_beyond_all_reason_are_finite(tmp_path: Path) -> None:
    wild = window(-5, request_count=2**63 - 1, failure_count=2**63 - 1, latency_p95_ms=1e300, latency_p99_ms=1e308)
    text = [encoded(wild), encoded(wild | {"endpoint_name": "/b"})]
    day = served_day(history_from(stored(fold(text)), TERMS, ""))
    json.dumps([*day.requests, *day.p95, *day.p99], allow_nan=False)
    assert (day.requests[-2], day.failed[-2]) == (2**32 - 2, 1.0)


# -- declared sources -------------------------------------------------------------------------------------------------

REQUESTS = """
[source.requests]
kind = "deployment"
records = "requests"
path = "logs/gateway-{date:%Y-%m-%d}.jsonl"
window = "60s"
fields.deployment_id = "svc"
fields.time = "ts in epoch_s"
fields.status = "code"
fields.latency_ms = "seconds in s"
"""


def day_and_plain(judged: Judged, name: str = "churn") -> tuple[Any, Any]:
    one = judged.deployments[name]
    return served_day(one.history), plain_day(one.windows, one.history.terms.now)


def test_windows_of_a_log(tmp_path: Path) -> None:
    ours, plain = day_and_plain(Judged(tmp_path, {FILE: lines(gateway())}, GATEWAY))
    assert ours == plain
    assert [value for value in ours.p95 if value is not None] == [pytest.approx(120.0)] * 13
    assert set(ours.p99) == {None}  # the log does not say it, and nothing is made up


def test_a_log_that_does_not_say_rejections(tmp_path: Path) -> None:
    policy = GATEWAY.replace('fields.rejected_count = "http_429"\n', "")
    ours, plain = day_and_plain(Judged(tmp_path, {FILE: lines(gateway())}, policy))
    assert ours == plain
    assert set(ours.rejected) == {None} and any(ours.failed)


def test_some_windows_of_a_log_say_rejections(tmp_path: Path) -> None:
    def now_and_then(i: int, record: dict[str, Any]) -> dict[str, Any]:
        return record if i % 3 else {name: value for name, value in record.items() if name != "http_429"}

    ours, plain = day_and_plain(Judged(tmp_path, {FILE: lines(gateway(now_and_then))}, GATEWAY))
    assert ours == plain and any(ours.rejected)


def test_single_requests(tmp_path: Path) -> None:
    start = datetime.fromisoformat("2026-11-27T08:05:00Z")
    records = [
        {"svc": "churn", "ts": (start + timedelta(seconds=7 * i)).timestamp(), "code": 503 if i % 9 == 0 else 200,
         "seconds": (i % 40) / 64}
        for i in range(1000)
    ]  # fmt: skip
    ours, plain = day_and_plain(Judged(tmp_path, {FILE: lines(records)}, REQUESTS))
    assert ours == plain
    assert sum(value or 0 for value in ours.requests) == 1000


def test_running_totals(tmp_path: Path) -> None:
    total = 0

    def counted(_: int, record: dict[str, Any]) -> dict[str, Any]:
        nonlocal total
        total += 10
        return record | {"n": total, "errors": total // 10}

    ours, plain = day_and_plain(
        Judged(tmp_path, {FILE: lines(gateway(counted))}, GATEWAY.replace("window =", "cumulative = true\nwindow ="))
    )
    assert ours == plain
    assert set(ours.requests[-12:-1]) == {100}


def test_windows_that_were_made_by_hand_are_folded_alike(tmp_path: Path) -> None:
    tree = Tree(tmp_path.resolve() / "root")
    tree.put(*(window(minute) for minute in range(-50, 0)))
    one = tree.fold_of()
    by_hand = replace(one, history=None, windows=tuple(one.windows))
    from pytest_mlmonitor.serving.history import history_of

    assert history_of(by_hand, ServingPolicy(), NOW).day == one.history.day
    assert terms_of(ServingPolicy(), NOW) == one.history.terms
