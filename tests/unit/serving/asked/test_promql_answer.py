"""Answers of a Prometheus, and of whoever says to be one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.serving.asked.promql_answer import NoAnswer, RefusedQuery, error_of, samples_of

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "NaN", "+Inf"])
)
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def vector(*series: tuple[dict[str, str], str]) -> dict[str, Any]:
    result = [{"metric": labels, "value": [1, value]} for labels, value in series]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def test_the_largest_is_first_and_no_number_is_none() -> None:
    found = samples_of(vector(({"a": "1"}, "3"), ({"a": "2"}, "NaN"), ({"a": "3"}, "7.5e1"), ({"a": "4"}, "+Inf")))
    assert [(one.value, one.words) for one in found.finite] == [(75.0, "a 3"), (3.0, "a 1")]
    assert math.isnan(found.others[0].value) and math.isinf(found.others[1].value)


def test_labels_are_shown_escaped_and_not_all_of_them() -> None:
    labels = {"__name__": "up", "b": "\x1b[31m", **{f"c{i}": "v" for i in range(9)}}
    (one,) = samples_of(vector((labels, "1"))).finite
    assert one.words == "b \\x1b[31m, c0 v, c1 v, c2 v, c3 v, c4 v and 4 more"


@pytest.mark.parametrize(
    ("kind", "result", "error"),
    [
        ("matrix", [], RefusedQuery),
        ("string", [1, "a"], RefusedQuery),
        ("vector", [{"metric": {}, "histogram": [1, {}]}], RefusedQuery),
        ("vector", [{"metric": {"a": 1}, "value": [1, "1"]}], NoAnswer),
        ("vector", [{"metric": {}, "value": [1, 1]}], NoAnswer),
        ("vector", [{"metric": {}, "value": [1, "much"]}], NoAnswer),
        ("vector", [{"metric": {}, "value": ["1"]}], NoAnswer),
        ("vector", {}, NoAnswer),
        ("streams", [], NoAnswer),
    ],
)
def test_what_cannot_be_held_against_a_limit(kind: str, result: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        samples_of({"status": "success", "data": {"resultType": kind, "result": result}})


@settings(max_examples=60, deadline=None)
@given(ANY_JSON, st.sampled_from(["vector", "scalar", "matrix", "x"]), st.integers(0, 4))
def test_nothing_else_is_raised(document: Any, kind: str, depth: int) -> None:
    wrapped = {
        0: document,
        1: {"status": "success", "data": document},
        2: {"status": "success", "data": {"resultType": kind, "result": document}},
        3: {"status": "success", "data": {"resultType": kind, "result": [document]}},
        4: {"status": "success", "data": {"resultType": kind, "result": [{"metric": {}, "value": document}]}},
    }[depth]
    try:
        samples_of(wrapped)
    except (NoAnswer, RefusedQuery):
        pass


def test_what_prometheus_says_of_a_query() -> None:
    assert (
        error_of(b'{"status":"error","errorType":"bad_data","error":"1:3: parse error\\n\\u001b"}')
        == "1:3: parse error \\x1b"
    )
    assert [
        error_of(one) for one in (b"<html>", b"[" * 100_000, b'{"error": "x"}', b'{"status":"error","error":1}')
    ] == [None] * 4
