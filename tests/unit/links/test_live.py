"""Which deployments are out of service: drained, superseded, rolled back, brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_mlmonitor.core.check import check, run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.serving.checks.links import event_link
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.retirement import Retirement
from tests.unit.support import at, deployment, event, linked, only, window

LIVES = {
    "active": ({"dep": [(0, "serving")]}, False),
    "drained": ({"dep": [(0, "serving"), (5, "drained")]}, True),
    "drained in two steps": ({"dep": [(0, "serving"), (5, "draining"), (8, "drained")]}, True),
    "brought back": ({"dep": [(0, "serving"), (5, "drained"), (8, "serving")]}, False),
    "brought back and drained again": ({"dep": [(0, "serving"), (5, "drained"), (8, "serving"), (9, "stopped")]}, True),
    "superseded": ({"dep": [(0, "serving")], "new": [(5, "serving")]}, True),
    "superseded twice": ({"dep": [(0, "serving")], "new": [(5, "serving")], "newer": [(9, "serving")]}, True),
    "followed": ({"dep": [(5, "serving")], "old": [(0, "serving")]}, False),
    "at one moment": ({"dep": [(0, "serving")], "new": [(0, "serving")]}, False),
    "rolled back to": ({"dep": [(0, "serving"), (9, "serving")], "new": [(5, "serving"), (8, "draining")]}, False),
    "rolled back from": ({"dep": [(5, "serving")], "old": [(0, "serving"), (9, "serving")]}, True),
    "its successor was drained": ({"dep": [(0, "serving")], "new": [(5, "serving"), (8, "drained")]}, False),
    "only the newest is missed": (
        {"dep": [(0, "serving")], "new": [(5, "serving")], "newer": [(8, "serving"), (9, "drained")]},
        True,
    ),
    "beside a canary": ({"dep": [(0, "serving")], "new": [(5, "canary")]}, False),
    "a canary": ({"dep": [(0, "canary")], "new": [(5, "serving")]}, True),
    "drained tomorrow": ({"dep": [(0, "serving"), (1440, "drained")]}, False),
    "superseded tomorrow": ({"dep": [(0, "serving")], "new": [(1440, "serving")]}, False),
    "drained within the skew": ({"dep": [(0, "serving"), (64, "drained")]}, True),
}


def retirement(one: Deployment) -> str | None:
    return context_of(one).link(Retirement).of(one)


def made(lives: dict[str, list[tuple[float, str]]], **fields: Any) -> list[Deployment]:
    return [
        deployment(
            window(0),
            name=name,
            events=[event(m, deployment_id=name, traffic_status=status, **fields) for m, status in events],
        )
        for name, events in lives.items()
    ]


@pytest.mark.parametrize(("lives", "retired"), LIVES.values(), ids=LIVES)
def test_whether_it_is_out_of_service(lives: dict[str, list[tuple[float, str]]], retired: bool) -> None:
    assert (retirement(linked(*made(lives), now=at(60))[0]) is not None) == retired


@pytest.mark.parametrize("field", ["service_name", "environment"])
def test_another_service_or_environment_retires_nothing(field: str) -> None:
    one, other = *made({"dep": [(0, "serving")]}), *made({"new": [(5, "serving")]}, **{field: "another"})
    assert retirement(linked(one, other, now=at(60))[0]) is None


def test_without_events_nobody_says_so() -> None:
    assert retirement(linked(deployment(window(0)), now=at(60))[0]) is None


@pytest.mark.parametrize(
    ("events", "severity"),
    [
        ([(0, "serving")], Severity.ERROR),
        ([(0, "serving"), (30, "drained")], Severity.INFO),
        ([(52, "serving")], Severity.INFO),
    ],
)
def test_a_deployment_without_windows(events: list[tuple[float, str]], severity: Severity) -> None:
    """One that is out of service may never have had traffic; one that is young has had none yet."""
    silent = deployment(events=[event(m, traffic_status=status) for m, status in events])
    busy = deployment(window(0), name="other", events=[event(-1, deployment_id="other", service_name="another")])
    found, _ = linked(silent, busy, now=at(60))
    finding = only(run_check(event_link, found))
    assert finding.severity == severity
    assert ("retired" in finding.message) == (len(events) == 2)


def test_an_empty_metrics_tree_is_an_error_all_the_same() -> None:
    drained = deployment(events=[event(0), event(30, traffic_status="drained")])
    (found,) = linked(drained, now=at(60))
    assert only(run_check(event_link, found)).severity == Severity.ERROR


def test_minutes_without_expected_traffic_do_not_count() -> None:
    silent = deployment(events=[event(0)])
    busy = deployment(window(0), name="other", events=[event(-1, deployment_id="other", service_name="another")])
    hours = {"expected_traffic": ["sun 12:55-24:00"]}  # five minutes of the hour
    found, _ = linked(silent, busy, now=at(60), serving=hours)
    assert only(run_check(event_link, found)).severity == Severity.INFO


@pytest.mark.parametrize(
    ("category", "severity"),
    [
        ("health", Severity.INFO),
        ("performance", Severity.INFO),
        ("drift", Severity.INFO),
        ("contract", Severity.ERROR),
        ("lineage", Severity.ERROR),
    ],
)
def test_what_a_deployment_out_of_service_is_excused_from(category: Any, severity: Severity) -> None:
    @check("deployment", category=category, name="made")
    def rule(found: Deployment, context: Any) -> Iterator[Finding]:
        yield Finding(Severity.ERROR, "not as expected")

    drained = deployment(window(0), events=[event(0), event(30, traffic_status="drained")])
    (found,) = linked(drained, now=at(60))
    finding = only(run_check(rule, found))
    assert finding.severity == severity
    assert ("retired" in finding.message) == (severity == Severity.INFO)
