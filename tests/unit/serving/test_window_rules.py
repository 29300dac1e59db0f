"""The rules of a window (specification 2.10): the fast answer and the one with words are the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.serving.window_rules import broken_rules, sound
from tests.unit.serving_trees import window

COUNTS = [name for name, value in window().items() if isinstance(value, int)]
LATENCIES = ["latency_p50_ms", "latency_p95_ms", "latency_p99_ms"]


def made(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**(window() | fields))


@given(
    st.dictionaries(st.sampled_from(COUNTS), st.integers(0, 3) | st.sampled_from([10, 2**63 - 1])),
    st.dictionaries(st.sampled_from(LATENCIES), st.sampled_from([0.0, -0.0, 10.0, 20.0, 5e-324, 1.7e308])),
)
@settings(max_examples=400)
def test_both_answers_agree(counts: dict[str, int], latencies: dict[str, float]) -> None:
    one = made(**counts, **latencies)
    assert sound(one) == (not list(broken_rules(one)))


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4))
@settings(max_examples=400)
def test_outcomes(requests: int, successes: int, failures: int, rejected: int, timeouts: int) -> None:
    counts = {
        "success_count": successes,
        "failure_count": failures,
        "rejected_count": rejected,
        "timeout_count": timeouts,
    }
    one = made(request_count=requests, prediction_count=0, **counts)
    total = successes + failures + rejected
    assert sound(one) == (requests in (total, total + timeouts))
    assert sound(one) == (not list(broken_rules(one)))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"request_count": 11}, "request_count"),
        ({"latency_p95_ms": 5.0}, "latency_p95_ms"),
        ({"latency_p99_ms": 15.0}, "latency_p99_ms"),
        ({"internal_error_count": 1}, "internal_error_count"),
        ({"validation_error_count": 1}, "validation_error_count"),
        ({"prediction_count": 11}, "prediction_count"),
        ({"prediction_null_count": 11}, "prediction_null_count"),
        ({"prediction_non_finite_count": 11}, "prediction_non_finite_count"),
        ({"prediction_out_of_range_count": 11}, "prediction_out_of_range_count"),
    ],
)
def test_every_rule_is_broken_alone(fields: dict[str, Any], named: str) -> None:
    assert sound(made())
    (rule,) = broken_rules(made(**fields))
    assert named in rule.fields
    assert named in rule.message


def test_a_sum_that_is_wrong_is_said_with_both_of_its_sides() -> None:
    said = [rule.short for rule in broken_rules(made(request_count=10, success_count=7, failure_count=0))]
    assert "outcomes add up to 7, request_count is 10" in said
    said = [rule.short for rule in broken_rules(made(dependency_error_count=7, failure_count=0))]
    assert "error causes add up to 7, failure_count is 0" in said
