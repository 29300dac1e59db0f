"""The last windows of an endpoint, and conflicts of its windows: joined in any split they are those of all at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.last import SERIES
from pytest_mlmonitor.serving.history import history_from
from tests.unit.serving.fold.test_fold import comparable, fold, stored
from tests.unit.serving_trees import MINUTE, NOW, encoded, window

TERMS = Terms(NOW, MINUTE, 2.0, None, (), timedelta(hours=2), 20)


@st.composite
def busy(draw: Any) -> list[bytes]:
    """Draw lines in the order of time: few requests and many, predictions or none, other records of a key, three of one."""
    minute, lines = float(draw(st.sampled_from([-300, -121, -119, -30]))), []
    for _ in range(draw(st.integers(0, 40))):
        minute += draw(st.sampled_from([0, 1, 1, 1, 2, 40]))
        requests = draw(st.sampled_from([0, 1, 2, 7, 30, 200]))
        succeeded = draw(st.integers(0, requests))
        predictions = draw(st.sampled_from([0, succeeded, succeeded // 2]))
        record = window(
            minute,
            endpoint_name=draw(st.sampled_from(["/a", "/a", "/b"])),
            request_count=requests,
            success_count=succeeded,
            failure_count=requests - succeeded,
            prediction_count=predictions,
            prediction_null_count=draw(st.integers(0, predictions)),
        )
        lines.append(encoded(record))
        others = draw(st.lists(st.integers(0, 3), max_size=draw(st.sampled_from([0, 1, 1, 2]))))
        lines += [encoded(record | {"failure_count": failed, "success_count": 0}) for failed in others]
    return lines


@given(busy(), st.lists(st.integers(0, 120), max_size=4), st.booleans())
@settings(max_examples=300)
def test_joined_in_any_split_they_are_the_same(lines: list[bytes], cuts: list[int], through_bytes: bool) -> None:
    whole = fold(lines, terms=TERMS)
    joined = WindowFold()
    for first, last in pairwise([0, *sorted(min(cut, len(lines)) for cut in cuts), len(lines)]):
        part = fold(lines[first:last], first, terms=TERMS)
        joined.join(stored(part) if through_bytes else part, TERMS)
    if joined.late:  # windows with one start on both sides: they are read again, in order
        return
    assert comparable(joined) == comparable(whole)
    assert history_from(joined, TERMS, "") == history_from(whole, TERMS, "")


def test_answers_without_prediction_before_windows_that_are_enough_by_themselves() -> None:
    lines = [encoded(window(minute - 60, prediction_count=0)) for minute in range(3)]
    lines += [encoded(window(minute - 60, success_count=100, prediction_count=100)) for minute in range(3, 6)]
    whole, joined = fold(lines, terms=TERMS), fold(lines[:3], terms=TERMS)
    joined.join(fold(lines[3:], 3, terms=TERMS), TERMS)
    assert comparable(joined) == comparable(whole)


@given(busy(), st.integers(0, 120), st.integers(0, 300))
@settings(max_examples=200)
def test_what_is_forgotten_as_time_goes_on_is_what_a_later_run_does_not_read(
    lines: list[bytes], cut: int, minutes: int
) -> None:
    """An earlier run's fold, gone on with later, against all that is read later at once."""
    cut = min(cut, len(lines))
    later = msgspec.structs.replace(TERMS, now=NOW + minutes * MINUTE)
    known = fold(lines[:cut], terms=TERMS)
    known.forget(later)
    gone_on = fold(lines[cut:], cut, stored(known), later)
    assert history_from(gone_on, later, "").endpoints == history_from(fold(lines, terms=later), later, "").endpoints


@example([1] * 30, [5] * 30)  # twenty of one request each, twenty of five predictions
@given(st.lists(st.sampled_from([0, 0, 1, 19, 20, 60]), max_size=40), st.lists(st.integers(0, 150), max_size=40))
def test_no_more_is_kept_than_is_asked_for(requests: list[int], predictions: list[int]) -> None:
    rows = list(zip(requests, predictions, strict=False))
    lines = [
        encoded(window(minute - 60, request_count=r, success_count=p, prediction_count=p))
        for minute, (r, p) in enumerate(rows)
    ]
    if not lines:
        return
    last = fold(lines, terms=TERMS).endpoints["/predict"].last.settled(20)
    assert [row[2] for row in last.outcomes] == _shortest([r for r, _ in rows if r], 20, SERIES)
    assert [row[6] for row in last.outputs] == _shortest([p for _, p in rows if p], 100, 0)


def _shortest(numbers: Sequence[int], enough: int, least: int) -> list[int]:
    """Return the shortest end of ``numbers`` with so much in it and so many of them, all where there is none."""
    ends = (list(numbers[len(numbers) - n :]) for n in range(len(numbers) + 1))
    return next((end for end in ends if sum(end) >= enough and len(end) >= least), list(numbers))


@pytest.mark.parametrize(
    ("keys", "longest", "several"),
    [
        ("", 0, False),
        ("x", 1, False),
        ("xx", 2, False),
        ("xx.xx.xx", 2, False),
        ("xxx", 3, True),
        ("xxx....", 3, True),
        ("..xxxx.x", 4, True),
        ("x.x.x.x.x", 1, False),
    ],
)
@pytest.mark.parametrize("cut", range(10))
def test_three_keys_in_a_row_that_conflict_are_several_instances(
    keys: str, longest: int, several: bool, cut: int
) -> None:
    lines: list[bytes] = []
    bounds = []
    for minute, key in enumerate(keys):
        bounds.append(len(lines))
        lines.append(encoded(window(minute - 60)))
        if key == "x":
            lines.append(encoded(window(minute - 60, latency_p99_ms=99.0)))
    at = bounds[cut] if cut < len(bounds) else len(lines)
    joined = fold(lines[:at], terms=TERMS)
    joined.join(fold(lines[at:], at, terms=TERMS), TERMS)
    for one in (joined, fold(lines, terms=TERMS)):
        found = history_from(one, TERMS, "").endpoints
        conflicts = found[0].conflicts if found else None
        assert (conflicts.in_a_row if conflicts else 0) == longest
        assert (conflicts is not None and conflicts.second is not None) == several
        assert (conflicts is not None and conflicts.now) == (several and keys.endswith("xxx"))


def test_another_endpoint_between_breaks_no_row_and_makes_none() -> None:
    lines: list[bytes] = []
    for minute in range(3):
        again = ("/a",) if minute else ("/a", "/b", "/c")  # a restart inside the first minute concerns all three
        lines += [encoded(window(minute, endpoint_name=name)) for name in ("/a", "/b", "/c")]
        lines += [encoded(window(minute, endpoint_name=name, latency_p99_ms=99.0)) for name in again]
    found = {one.name: one.conflicts for one in history_from(fold(lines, terms=TERMS), TERMS, "").endpoints}
    assert {name: one.in_a_row for name, one in found.items() if one is not None} == {"/a": 3, "/b": 1, "/c": 1}


def test_identical_records_are_no_conflict() -> None:
    lines = [encoded(window(minute)) for minute in range(5) for _ in range(2)]
    assert fold(lines, terms=TERMS).endpoints["/predict"].conflicts is None


def test_a_third_record_of_a_key_is_not_added_to_the_second() -> None:
    lines = []
    for failed in (0, 4, 9, 2):
        record = window(0, request_count=10, success_count=10 - failed, failure_count=failed)
        lines.append(json.dumps(record).encode())
    conflicts = fold(lines, terms=TERMS).endpoints["/predict"].conflicts
    assert conflicts is not None
    assert [row[2:6] for row in conflicts.worse.settled(20).outcomes] == [(10, 1, 0, 9)]
