"""What a deployment out of service is excused from: by its events, by its requests, and by how long it has been silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.serving.checks.health import compute_health, serving_health
from pytest_mlmonitor.serving.checks.lost_windows import lost_windows
from pytest_mlmonitor.serving.checks.prediction_outputs import prediction_outputs
from pytest_mlmonitor.serving.checks.windows import arithmetic
from pytest_mlmonitor.serving.model import Deployment, ServingWindow
from pytest_mlmonitor.serving.seen.retirement import Retirement
from tests.unit.support import at, deployment, event, linked, training_run, window

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

Life = list[tuple[float, str]]

BROKEN = {"request_count": 500, "success_count": 200, "failure_count": 300, "prediction_count": 200}
"""60 % of 500 requests a minute fail."""


def made(name: str, windows: Iterable[ServingWindow], life: Life, **fields: Any) -> Deployment:
    events = [event(m, deployment_id=name, traffic_status=status, **fields) for m, status in life]
    return deployment(*windows, events=events, name=name)


def traffic(first: int, last: int, **fields: Any) -> list[ServingWindow]:
    """Return windows that start from ``first`` up to and not including ``last``."""
    return [window(minute, **fields) for minute in range(first, last)]


def judged(
    windows: Iterable[ServingWindow], life: Life, now: float, others: dict[str, Life], **policy: Any
) -> CheckResult:
    mine = made("dep", windows, life)
    linked(mine, *(made(name, [], other) for name, other in others.items()), now=at(now), serving=policy)
    result = run_check(serving_health, mine)
    assert result.status != "error", result.reason
    return result


def role(result: CheckResult) -> str:
    (found,) = (one.name.removeprefix("role_") for one in result.figures if one.name.startswith("role_"))
    return found


START: Life = [(-1, "serving")]
DRAINED: Life = [(-1, "serving"), (10, "draining")]
NEWER: dict[str, Life] = {"new": [(10, "serving")]}


@pytest.mark.parametrize(
    ("last", "now", "life", "others", "severity", "wanted"),
    [
        # drained, and it goes on to answer (its last window ends when it is judged)
        (20, 20, DRAINED, {}, INFO, "draining"),  # exactly ten minutes after the drain
        (21, 21, DRAINED, {}, ERROR, "draining"),
        (21, 31, DRAINED, {}, ERROR, "draining"),  # exactly ten minutes after its last request
        (21, 31.1, DRAINED, {}, INFO, "retired"),
        (300, 310.1, DRAINED, {}, INFO, "retired"),  # drained: the drain counts, however long it answered after it
        (10, 20.1, DRAINED, {}, INFO, "retired"),
        (20, 20, DRAINED, NEWER, INFO, "draining"),  # the drain counts where there is one
        (21, 21, [*DRAINED, (20, "drained")], {}, ERROR, "draining"),  # it began to be drained at 10
        (21, 21, [*DRAINED, (20, "serving")], {}, ERROR, "active"),
        # another one took over
        (11, 11, START, NEWER, ERROR, "draining"),
        (20, 20, START, NEWER, ERROR, "draining"),
        (20, 30.1, START, NEWER, INFO, "retired"),
        (21, 31, START, NEWER, ERROR, "canary"),
        (21, 31.1, START, NEWER, ERROR, "canary"),  # it ran beside the newer one: its silence is no retirement
        (21, 21 + 180, START, NEWER, ERROR, "canary"),
        (21, 21 + 180.1, START, NEWER, WARNING, "retired"),
        (21, 21 + 180 + 24 * 60, START, NEWER, WARNING, "retired"),
        (21, 21.1 + 180 + 24 * 60, START, NEWER, INFO, "retired"),
        (30, 30, START, {"new": [(10, "serving"), (11, "serving"), (29, "serving")]}, ERROR, "canary"),
        (
            30,
            45,
            START,
            {"new": [(10, "serving"), (29, "serving")]},
            ERROR,
            "canary",
        ),  # since it came, not since it restarted
        (30, 45, START, {"failed": [(10, "serving"), (12, "drained")], "new": [(29, "serving")]}, INFO, "retired"),
        (30, 30, [(-1, "canary")], {}, ERROR, "canary"),
        (30, 30, [(-1, "serving")], {"new": [(10, "canary")]}, ERROR, "active"),
        # rolled back to
        (30, 45, [(-1, "serving"), (20, "serving")], NEWER, ERROR, "active"),
    ],
)
def test_what_counts_of_a_deployment_of_which_most_requests_fail(
    last: int, now: float, life: Life, others: dict[str, Life], severity: Severity, wanted: str
) -> None:
    result = judged(traffic(0, last, **BROKEN), life, now, others)
    assert (result.severity, role(result)) == (severity, wanted)
    assert ("serving_retired" in {one.name for one in result.figures}) == (wanted == "retired")


def test_the_words() -> None:
    broken = traffic(0, 21, **BROKEN)
    (found,) = judged(broken, START, 45, NEWER).findings
    assert found.message == (
        "unhealthy: silent since 2026-04-26T12:21:00Z, though it ran beside a newer deployment: "
        "new took over at 2026-04-26T12:10:00Z"
    )
    (found,) = judged(broken, START, 300, NEWER).findings
    assert found.message.startswith("silent since 2026-04-26T12:21:00Z: drain it in an event (new took over")
    assert any(
        "retired; last request 2026-04-26T12:21:00Z; its last event (startup at" in one.message
        for one in judged(broken, DRAINED, 60, {}).findings
    )


@pytest.mark.parametrize(
    ("policy", "severity"),
    [
        ({"max_staleness_minutes": 30}, ERROR),
        ({"retire_after_minutes": 20}, WARNING),
        ({"retire_after_minutes": 20, "evidence_hours": 0.05}, INFO),
    ],
)
def test_times_are_those_of_the_policy(policy: dict[str, Any], severity: Severity) -> None:
    assert judged(traffic(0, 30, **BROKEN), START, 55, NEWER, **policy).severity == severity


@pytest.mark.parametrize("field", ["service_name", "environment", "model_name"])
def test_another_service_environment_or_model_takes_nothing_over(field: str) -> None:
    mine, other = made("dep", traffic(0, 5), START), made("new", [], [(4, "serving")], **{field: "another"})
    linked(mine, other, now=at(60))
    assert run_check(serving_health, mine).severity == ERROR  # stale
    assert context_of(mine).link(Retirement).of(mine) is None


def test_requests_count_and_not_windows() -> None:
    """Windows without a request go on: the deployment is silent all the same."""
    quiet = {"request_count": 0, "success_count": 0, "prediction_count": 0}
    windows = [*traffic(0, 15, **BROKEN), *traffic(15, 40, **quiet)]
    assert judged(windows, START, 40, NEWER).severity == INFO  # retired
    windows = [*traffic(0, 25, **BROKEN), *traffic(25, 40, **quiet)]
    assert (
        judged(windows, START, 40, NEWER).severity == ERROR
    )  # healthy by its windows, and silent beside the newer one


def test_never_contract_or_windows() -> None:
    wrong = traffic(0, 5, latency_p50_ms=99.0, prediction_null_count=10)
    mine = made("dep", wrong, [*START, (5, "drained")])
    linked(mine, now=at(60))
    assert run_check(arithmetic, mine).severity == ERROR
    assert run_check(prediction_outputs, mine).severity == INFO


def test_a_policy_that_pages_does_not_raise_what_is_to_be_a_warning() -> None:
    mine, newer = made("dep", traffic(0, 30), START), made("new", [], NEWER["new"])
    linked(mine, newer, now=at(300), severity={"serving_health": "critical"})
    assert run_check(serving_health, mine).severity == WARNING
    linked(mine, newer, now=at(60), severity={"serving_health": "critical"})
    assert run_check(serving_health, mine).severity == Severity.CRITICAL


@pytest.mark.parametrize(("now", "live"), [(21, True), (60, False)])
def test_what_still_answers_is_live(now: float, live: bool) -> None:
    run = training_run()
    mine = made("dep", traffic(0, 21), DRAINED)
    linked(mine, run, now=at(now))
    assert (run in context_of(mine).link(Live)) is live


# -- staleness and gaps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("now", "severity"), [(210, None), (210.1, ERROR)])
def test_staleness_counts_from_the_last_activation(now: float, severity: Severity | None) -> None:
    """Rolled back to at 200: it has ten minutes to answer."""
    life: Life = [*START, (5, "drained"), (200, "serving")]
    assert judged(traffic(0, 5), life, now, {}).severity == severity
    assert compute_health(deployment(*traffic(0, 5)), at(now), context_policy()).status == "unhealthy"


def context_policy() -> Any:
    (one,) = linked(deployment(window(0)))
    return context_of(one).settings.serving


@pytest.mark.parametrize(
    ("life", "others", "severity"),
    [
        (START, {}, WARNING),
        ([*START, (59, "serving")], {}, WARNING),  # a crash and a restart
        ([*START, (4.5, "drained"), (59, "serving")], {}, None),
        ([*START, (30, "drained"), (59, "serving")], {}, None),
        ([*START, (-0.5, "draining"), (59, "serving")], {}, None),  # it had answered for five minutes after the drain
        ([*START, (59, "serving")], {"new": [(5, "serving"), (58, "drained")]}, None),
        ([*START, (59, "serving")], {"new": [(5, "canary")]}, WARNING),
        (START, {"old": [(-3, "serving")]}, WARNING),  # that was taken over itself
        ([(-9, "serving"), (-3, "drained"), *START], {}, WARNING),  # it came back before
    ],
)
def test_a_gap_that_holds_a_drain_or_a_take_over_is_no_finding(
    life: Life, others: dict[str, Life], severity: Severity | None
) -> None:
    windows = [*traffic(0, 5), *traffic(60, 65)]
    assert judged(windows, life, 65, others).severity == severity
    assert compute_health(deployment(*windows), at(65), context_policy()).detail == "missing_windows=55 > 3"
    mine = made("dep", windows, life)
    linked(mine, *(made(name, [], other) for name, other in others.items()), now=at(65), serving={"busy_requests": 5})
    assert run_check(lost_windows, mine).severity == severity


def test_only_that_gap_is_none() -> None:
    life: Life = [*START, (30, "drained"), (59, "serving")]
    windows = [*traffic(0, 5), *traffic(60, 65), *traffic(75, 80)]
    (found,) = judged(windows, life, 80, {}).findings
    assert found.message == "degraded: missing_windows=10 > 3"
    (found,) = judged(windows, life, 80, {}, max_missing_windows=10).findings
    assert found.message == "degraded: max_gap=11.0min > 5.0min"


def test_a_gap_of_long_ago_is_still_known_after_many_small_ones() -> None:
    """Two hundred gaps are remembered one by one, and the widest of all."""
    life: Life = [*START, (30, "drained"), (59, "serving")]
    windows = [*traffic(0, 5), *(window(minute) for minute in range(60, 1000, 2))]
    assert judged(windows, life, 1000, {}).severity is None
