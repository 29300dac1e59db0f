"""Values against their limits: how bad a deployment is, or how much room it has left; they never contradict the verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import Check, checks_of, run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.measure import MAX_WORDS, Measure
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.burn_rate import slo_burn_rate
from pytest_mlmonitor.serving.checks.endpoints import endpoint_health
from pytest_mlmonitor.serving.checks.health import serving_health
from pytest_mlmonitor.serving.checks.links import event_link
from pytest_mlmonitor.serving.checks.lost_windows import lost_windows
from pytest_mlmonitor.serving.checks.prediction_outputs import prediction_outputs
from pytest_mlmonitor.serving.checks.skew import skew
from pytest_mlmonitor.serving.checks.windows import not_in_future
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.model import ServingWindow
from tests.unit.support import at, deployment, event, linked, window


def judged(
    check: Check, *windows: ServingWindow, now: float = 30, events: Any = (), others: Any = (), **policy: Any
) -> CheckResult:
    sections = {"serving": policy} if not policy.keys() & {"quality", "clock_skew_seconds"} else policy
    one, *_ = linked(deployment(*windows, events=events), *others, now=at(now), **sections)
    result = run_check(check, one)
    assert result.status != "error", result.reason
    return result


def of(result: CheckResult, what: str) -> Measure:
    (one,) = [measure for measure in result.measures if measure.what == what]
    return one


# -- serving_health ---------------------------------------------------------------------------------------------------


def test_a_healthy_deployment_says_how_much_room_is_left() -> None:
    result = judged(serving_health, *(window(m, failure_count=1, success_count=9) for m in range(25)), now=29,
                    failure_rate_pct=20.0)  # fmt: skip
    assert result.status == "pass"
    values = {one.what: (one.value, one.limit, one.unit, one.keys) for one in result.measures}
    assert values == {
        "staleness": (240.0, 600.0, "seconds", ("serving.max_staleness_minutes",)),
        "missing windows": (0, 3, "count", ("serving.max_missing_windows", "serving.max_allowed_gap_factor")),
        "largest gap": (60.0, 300.0, "seconds", ("serving.max_gap_minutes",)),
        "p95": (20.0, 500.0, "milliseconds", ("serving.latency_p95_ms",)),
        "p99": (30.0, 1000.0, "milliseconds", ("serving.latency_p99_ms",)),
        "failed requests": (0.1, 0.2, "share", ("serving.failure_rate_pct",)),
        "rejected requests": (0.0, 0.05, "share", ("serving.rejection_rate_pct",)),
    }


RULES: list[tuple[list[ServingWindow], float, str, float]] = [
    ([window(0), window(1)], 20, "staleness", 1080.0),
    ([*map(window, range(5)), *map(window, range(9, 20))], 21, "missing windows", 4),
    ([*map(window, range(5)), *map(window, range(15, 20))], 21, "largest gap", 660.0),
    ([window(0), window(1, latency_p95_ms=612.0, latency_p99_ms=700.0)], 3, "p95", 612.0),
    ([window(0), window(1, latency_p99_ms=1302.0)], 3, "p99", 1302.0),
    ([window(0, request_count=100, success_count=93, failure_count=7)], 3, "failed requests", 0.07),
    ([window(0, request_count=100, success_count=90, rejected_count=10)], 3, "rejected requests", 0.1),
]


@pytest.mark.parametrize(("windows", "now", "what", "value"), RULES, ids=[rule[2] for rule in RULES])
def test_the_key_of_the_rule_that_decides_is_that_of_the_value_beyond_it(
    windows: list[ServingWindow], now: float, what: str, value: float
) -> None:
    more = {"max_missing_windows": 100} if what == "largest gap" else {}
    result = judged(serving_health, *windows, now=now, **more)
    (finding,) = [one for one in result.findings if one.severity >= Severity.WARNING]
    measure = of(result, what)
    assert measure.is_beyond and measure.value == pytest.approx(value)
    assert finding.keys == measure.keys
    assert [origin.key for origin in finding.thresholds] == list(finding.keys)


def test_an_outage_is_a_share_of_lost_requests() -> None:
    dead = [window(m, request_count=10, success_count=0, failure_count=10, prediction_count=0) for m in range(5)]
    result = judged(serving_health, *dead, now=5, failure_rate_pct=100.0)
    lost = of(result, "lost requests")
    assert (lost.value, lost.limit, lost.column) == (1.0, 0.5, "/predict")
    assert result.findings[0].keys == lost.keys == ("serving.failure_rate_error_pct", "serving.failure_min_requests")


def test_of_several_instances_the_values_are_those_of_the_worse_one() -> None:
    windows = [one for m in range(5) for one in (window(m), window(m, latency_p95_ms=900.0, latency_p99_ms=900.0))]
    result = judged(serving_health, *windows, now=5)
    assert of(result, "p95").value == 900.0
    assert any("second record" in one.message and one.keys == ("serving.latency_p95_ms",) for one in result.findings)


def test_what_a_source_does_not_say_is_no_value() -> None:
    absent = frozenset({"latency_p99_ms", "rejected_count"})
    lacking = [window(m, latency_p99_ms=None, rejected_count=None, absent=absent) for m in range(5)]
    said = {one.what for one in judged(serving_health, *lacking, now=5).measures}
    assert not said & {"p99", "rejected requests"} and "p95" in said


# -- retirement -------------------------------------------------------------------------------------------------------

BAD = {
    "latency_p95_ms": 900.0,
    "latency_p99_ms": 2000.0,
    "request_count": 100,
    "success_count": 50,
    "failure_count": 50,
}
DRAIN = [event(-1), event(3, traffic_status="drained")]


@pytest.mark.parametrize("check", [serving_health, endpoint_health, slo_burn_rate, prediction_outputs, lost_windows, skew],
                         ids=lambda one: one.name)  # fmt: skip
def test_what_is_out_of_service_gives_no_value(check: Check) -> None:
    windows = [window(m, **BAD, endpoint_name=name) for m in range(4) for name in ("/a", "/b")]
    policy = {"per_endpoint": True, "slo_target_pct": 99.0, "busy_requests": 1}
    in_service = judged(check, *windows, now=500, events=[event(-1)], **policy)
    retired = judged(check, *windows, now=500, events=DRAIN, **policy)
    assert retired.measures == ()
    assert retired.status in ("pass", "not_checked")
    if check is serving_health:
        assert in_service.measures


def test_an_outage_of_what_is_out_of_service_is_no_value() -> None:
    dead = [window(m, request_count=10, success_count=0, failure_count=10, prediction_count=0) for m in range(3)]
    result = judged(serving_health, *dead, now=500, events=DRAIN)
    assert (result.measures, result.status) == ((), "pass")
    assert any("outage" in one.message for one in result.findings)


def test_one_that_fell_silent_beside_a_newer_one_says_for_how_long() -> None:
    newer = deployment(*map(window, range(0, 200)), events=[event(10, deployment_id="newer")], name="newer")
    one = deployment(*map(window, range(100)), events=[event(-1)])
    first, _ = linked(one, newer, now=at(200))
    result = run_check(serving_health, first)
    (silence,) = result.measures
    assert (silence.what, silence.value, silence.limit) == ("silence", 6000.0, 600.0)
    assert result.findings[0].severity == Severity.ERROR and silence.keys[0] in result.findings[0].keys


# -- the other checks -------------------------------------------------------------------------------------------------


def test_the_burn_rate_that_decides_is_the_lower_of_the_two() -> None:
    failing = {"request_count": 100, "success_count": 80, "failure_count": 20}
    over_it = judged(slo_burn_rate, *(window(m, **failing) for m in range(60)), now=60, slo_target_pct=99.0)
    hour = of(over_it, "burn rate, 1 h")
    assert (hour.value, hour.limit, hour.is_beyond) == (pytest.approx(20.0), 14.4, True)
    healed = [window(m, **(failing if m < 50 else {"request_count": 100, "success_count": 100})) for m in range(60)]
    passed = judged(slo_burn_rate, *healed, now=60, slo_target_pct=99.0)
    assert of(passed, "burn rate, 1 h").value == 0.0 and of(passed, "burn rate, 6 h").is_beyond
    assert over_it.findings[0].keys == hour.keys == ("serving.slo_target_pct",)


def test_of_many_endpoints_the_worst_of_each_sort() -> None:
    windows = [window(0, endpoint_name=f"/{n}", latency_p95_ms=100.0 + n, latency_p99_ms=1100.0) for n in range(20)]
    result = judged(endpoint_health, *windows, now=1, per_endpoint=True)
    p95 = of(result, "p95")
    assert (p95.column, p95.value) == ("/19", 119.0)
    assert len(result.measures) == len({one.what for one in result.measures})
    assert result.findings[0].keys == ("serving.latency_p99_ms",)


@pytest.mark.parametrize(("bad", "key", "severity"), [(0, "prediction_warning_pct", None), (3, "prediction_warning_pct", 1),
                                                      (30, "prediction_error_pct", 2)])  # fmt: skip
def test_predictions_against_the_limit_that_they_break(bad: int, key: str, severity: int | None) -> None:
    counts = {"request_count": 100, "success_count": 100, "prediction_count": 100, "prediction_null_count": bad}
    result = judged(prediction_outputs, window(0, **counts), window(1, **counts), now=2)
    null = of(result, "null predictions")
    assert (null.value, null.keys, null.is_beyond) == (bad / 100, (f"serving.{key}",), bad > 0)
    assert [one.severity for one in result.findings] == ([severity] if severity else [])
    assert all(one.keys == null.keys for one in result.findings)


def test_lost_windows_are_counted() -> None:
    busy = [window(m, request_count=900, success_count=900) for m in (0, 1, 6, 7)]
    result = judged(lost_windows, *busy, now=8, busy_requests=100)
    assert (of(result, "lost windows").value, result.findings[0].keys) == (4, ("serving.busy_requests",))


def test_skew_says_its_worst_rate_of_each_sort() -> None:
    wrong = {"request_count": 1000, "success_count": 1000, "invalid_type_count": 300, "domain_violation_count": 10}
    result = judged(skew, *(window(m, **wrong) for m in range(20, 30)), now=30)
    worst = of(result, "bad requests")
    assert (worst.column, worst.value) == ("invalid_type_count", 0.3)
    assert worst.keys[0] in result.findings[0].keys


def test_what_lies_ahead_is_held_against_the_clock_skew() -> None:
    result = judged(not_in_future, window(0), window(40), now=30, clock_skew_seconds=60)
    ahead = of(result, "ahead of now")
    assert (ahead.limit, ahead.keys, ahead.is_beyond) == (60, ("clock_skew_seconds",), True)
    assert result.findings[0].keys == ("clock_skew_seconds",)


def test_an_activation_without_windows_says_which_limit() -> None:
    one, _ = linked(deployment(events=[event(-30)]), deployment(window(0), name="other"), now=at(30))
    (finding,) = run_check(event_link, one).findings
    assert finding.keys == ("serving.max_staleness_minutes",)


# -- whatever the windows say -----------------------------------------------------------------------------------------

counts = st.sampled_from([0, 1, 5, 10, 51, 100, 1000])


@st.composite
def some_windows(draw: Any) -> list[ServingWindow]:
    minute, found = 0.0, []
    for _ in range(draw(st.integers(1, 12))):
        minute += draw(st.sampled_from([0, 1, 1, 1, 2, 3, 6, 20]))
        requests = draw(counts)
        failed = min(draw(counts), requests)
        rejected = min(draw(counts), requests - failed)
        answered = requests - failed - rejected
        found.append(window(
            minute,
            endpoint_name=draw(st.sampled_from(["/a", "/b"])),
            request_count=requests, failure_count=failed, rejected_count=rejected, success_count=answered,
            prediction_count=draw(st.sampled_from([answered, 0])),
            prediction_null_count=min(draw(counts), answered),
            invalid_type_count=min(draw(counts), requests),
            latency_p95_ms=draw(st.sampled_from([20.0, 500.0, 500.1])),
            latency_p99_ms=draw(st.sampled_from([30.0, 1000.0, 1000.1])),
        ))  # fmt: skip
    return found


policies = st.fixed_dictionaries({"per_endpoint": st.just(True), "slo_target_pct": st.sampled_from([94.0, 99.9])}, optional={
    "failure_rate_pct": st.sampled_from([0.0, 5.1, 7.0, 50.0, 100.0]),
    "rejection_rate_pct": st.sampled_from([0.0, 5.1, 100.0]),
    "max_staleness_minutes": st.sampled_from([0.0, 0.7, 1.1, 60.0]),
    "max_gap_minutes": st.sampled_from([0.7, 1.1, 20.0]),
    "max_missing_windows": st.sampled_from([0, 1, 5]),
    "rate_windows": st.sampled_from([1, 3]),
    "lookback_seconds": st.sampled_from([60.0, 600.0]),
    "busy_requests": st.sampled_from([1, 100]),
    "expected_traffic": st.sampled_from([["12:05-12:10"], ["00:00-24:00"]]),
    "failure_rate_error_pct": st.sampled_from([5.1, 50.0]),
})  # fmt: skip
lives = st.sampled_from([[], [event(-1)], [event(-1), event(5, traffic_status="drained")], [event(3)],
                         [event(-1), event(4, deployment_id="other", traffic_status="serving")]])  # fmt: skip


@given(some_windows(), policies, lives, st.sampled_from([0.0, 0.7, 1.0, 12.0, 300.0]))
@settings(max_examples=120, deadline=None)
def test_no_value_contradicts_the_verdict(
    windows: list[ServingWindow], policy: dict[str, Any], events: Any, later: float
) -> None:
    now = max(one.window_end for one in windows)
    one, _ = linked(
        deployment(*windows, events=events),
        deployment(events=[event(4, deployment_id="other")], name="other"),
        now=now + (at(later) - at(0)),
        serving=policy,
    )
    for check in checks_of(DEPLOYMENT):
        result = run_check(check, one)
        assert result.status != "error", result.reason
        beyond = [measure for measure in result.measures if measure.is_beyond]
        assert result.verdict != "ok" or not beyond, (check.name, beyond)
        for measure in result.measures:
            assert len(measure.what) <= MAX_WORDS
        for finding in result.findings:
            if check is serving_health and finding.severity >= Severity.WARNING and finding.keys:
                assert any(set(measure.keys) & set(finding.keys) and measure.is_beyond for measure in beyond)
