"""Folding windows: all at once, in parts that are joined, stored in between, or gone on with, it is the same fold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.serving.fold import fold as window_fold
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import Progress, WindowLines
from pytest_mlmonitor.serving.history import history_from
from tests.unit.serving_trees import MINUTE, NOW, at, encoded, window

TERMS = Terms(NOW, MINUTE, 2.0, NOW - timedelta(hours=2))


def fold(lines: Sequence[bytes], start: int = 0, onto: WindowFold | None = None, terms: Terms = TERMS) -> WindowFold:
    """Fold lines of one file, the first of which is line ``start`` + 1."""
    reader = WindowLines(terms, {} if onto is None else {"dep": onto})
    reader.file("f", b"".join(line + b"\n" for line in lines), Progress(0, start, 0))
    return reader.folds.get("dep") or WindowFold()


def stored(one: WindowFold) -> WindowFold:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=WindowFold)


changes = st.fixed_dictionaries(
    {},
    optional={
        "endpoint_name": st.sampled_from(["/predict", "/a", "/b"]),
        "model_version": st.sampled_from(["v1", "v2", "v3"]),
        "service_version": st.sampled_from(["1", "1\0x"]),
        "request_count": st.sampled_from([0, 10, 11, 2**60]),
        "prediction_count": st.sampled_from([0, 10, 11]),
        "latency_p50_ms": st.sampled_from([10, 25.5]),
        "stale_feature_count": st.sampled_from([None, 0, 7]),
        "extra": st.just(1),
    },
)


@st.composite
def in_time_order(draw: Any) -> list[bytes]:
    """Draw the lines of windows in the order of time: gaps, duplicates, odd lengths, the future, and bad lines."""
    minute = draw(st.sampled_from([-600.0, -370.0, -125.0, -10.0, 0.0]))
    lines = []
    for _ in range(draw(st.integers(0, 14))):
        step = draw(st.sampled_from([0, 0, 0, 1, 1, 1, 2, 2.5, 3, 7, 100]))
        minute += step
        fields = draw(changes)
        fields["window_end"] = (
            at(minute) + timedelta(seconds=draw(st.sampled_from([60, 60, 60, 90, 300, 0, -60])))
        ).isoformat()
        fields["heartbeat_emitted_at"] = at(minute + draw(st.sampled_from([1, 1, 1, 0.5, 30, -1]))).isoformat()
        lines.append(encoded(window(minute, **fields)))
        if draw(st.integers(0, 9)) == 0:
            bad = [b'{"deployment_id":"dep"', b'{"deployment_id":"dep"}', encoded(window(minute, request_count="1"))]
            lines.append(draw(st.sampled_from(bad)))
    return lines


@given(in_time_order(), st.lists(st.integers(0, 14), max_size=3), st.booleans())
@settings(max_examples=150)
def test_folded_in_parts_it_is_the_same(lines: list[bytes], cuts: list[int], through_bytes: bool) -> None:
    whole = fold(lines)
    bounds = [0, *sorted(cuts), len(lines)]
    joined = WindowFold()
    for first, last in pairwise(bounds):
        part = fold(lines[first:last], first)
        joined.join(stored(part) if through_bytes else part, TERMS)
        joined = stored(joined) if through_bytes else joined
    assert not whole.late
    if joined.late:  # windows with one start on both sides: they are read again, in order
        return
    assert comparable(joined) == comparable(whole)
    assert history_from(joined, TERMS, "") == history_from(whole, TERMS, "")


@given(in_time_order(), st.integers(0, 14))
@settings(max_examples=100)
def test_a_stored_fold_goes_on(lines: list[bytes], cut: int) -> None:
    whole = fold(lines)
    cut = min(cut, len(lines))
    gone_on = fold(lines[cut:], cut, stored(fold(lines[:cut])))
    assert comparable(gone_on) == comparable(whole)
    assert comparable(stored(whole)) == comparable(whole)


@given(in_time_order())
def test_a_join_says_when_it_cannot_be_done(lines: list[bytes]) -> None:
    later = fold(lines)
    earlier = fold([encoded(window(1000))])
    earlier.join(later, TERMS)
    assert earlier.late == bool(later.windows)


def comparable(one: WindowFold) -> dict[str, Any]:
    """Return the fields of a fold; what is kept of windows that share a start is only there while they are read."""
    fields = {name: getattr(one, name) for name in one.__struct_fields__ if name != "same"}
    return msgspec.to_builtins(fields)


# -- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, 3, 5, 9, 20])
def test_limits_count_what_they_leave_out(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_IDENTITIES", "MAX_ENDPOINTS", "MAX_AHEAD", "MAX_GAPS"):
        monkeypatch.setattr(window_fold, name, 4)
    lines = [
        encoded(window(2 * minute, model_version=f"v{minute % 8}", endpoint_name=f"/{minute % 8}"))
        for minute in range(20)
    ]
    whole, joined = fold(lines), fold(lines[:cut])
    joined.join(fold(lines[cut:], cut), TERMS)
    for one in (whole, joined):
        assert one.windows == 20
        assert sum(identity.windows for identity in one.identities.values()) + one.more_identities == 20
        assert sum(endpoint.windows for endpoint in one.endpoints.values()) + one.more_endpoints == 20
        assert len(one.ahead) + one.more_ahead == 20
        assert max(map(len, (one.identities, one.endpoints, one.ahead, one.gaps))) == 4
        assert one.gaps[-1].before == at(38)


def test_an_identity_is_not_mistaken_for_another() -> None:
    whole = fold([
        encoded(window(0, service_name="a\0b", service_version="c")),
        encoded(window(1, service_name="a", service_version="b\0c")),
    ])  # fmt: skip
    assert len(whole.identities) == 2


def test_a_duplicate_that_does_not_count_makes_no_identity() -> None:
    lines = [encoded(window(0)), encoded(window(0, model_version="v2")), encoded(window(1))]
    (one,) = history_from(fold(lines), TERMS, "").served
    assert (one.first.model_version, one.windows) == ("v1", 2)
    (_, other) = history_from(fold([*lines, encoded(window(2, model_version="v2"))]), TERMS, "").served
    assert (other.windows, other.first.location) == (1, "f:4")


def test_a_gap_factor_below_one_counts_every_step() -> None:
    terms = Terms(NOW, MINUTE, 0.5)
    lines = [encoded(window(minute)) for minute in range(4)]
    whole, joined = fold(lines, terms=terms), fold(lines[:2], terms=terms)
    joined.join(fold(lines[2:], 2, terms=terms), terms)
    assert whole.missing == joined.missing == 3


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:00Z", "9999-12-31T23:59:00Z"])
def test_times_at_the_ends_of_the_calendar(start: str) -> None:
    end = start.replace("00:00Z", "01:00Z") if start.startswith("0001") else start.replace("59:00Z", "59:59Z")
    lines = [encoded(window(window_start=start, window_end=end)), encoded(window(0))]
    lines.sort(key=lambda line: json.loads(line)["window_start"])
    whole = fold(lines)
    assert whole.windows == 2
    assert comparable(stored(whole)) == comparable(whole)


def test_a_line_that_is_read_alone_is_told_of_only_where_it_is_a_window() -> None:
    """Who reads lines in the order of time has told of the others already."""
    reader = WindowLines(TERMS, {})
    assert not reader.window_on("f", 1, b'{"deployment_id": "dep"}')
    assert not reader.window_on("f", 2, b"no JSON")
    assert reader.folds == {}
    assert reader.window_on("f", 3, json.dumps(window(0, extra=float("nan"))).encode())
    assert {finding.location for finding in reader.folds["dep"].violations.findings("metrics/")} == {"metrics/f:3"}
