"""Access logs, one request a record: windows with counts by outcome and percentiles, judged like every other."""

from __future__ import annotations

import gzip
import json
from array import array
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.serving.declared.request_outcomes import outcome_of
from pytest_mlmonitor.serving.declared.request_windows import percentiles
from tests.unit.serving.declared.logs import Judged, lines

NOW = datetime.fromisoformat("2026-11-27T10:00:30Z")
START = datetime.fromisoformat("2026-11-27T08:30:00Z")
Change = Callable[[int, dict[str, Any]], dict[str, Any] | None]

KAFKA_CONNECT = """
[source.access]
kind = "deployment"
path = "access/{date:year=%Y/month=%m/day=%d/hour=%H}/*.json"
records = "requests"
fields.time = "ts"
fields.status = "code"
fields.latency_ms = "took in s"
"""


def requests(change: Change = lambda _, one: one) -> list[dict[str, Any]]:
    """Return twenty requests a minute, of ninety minutes; of each minute the change knows the number."""
    found: list[dict[str, Any]] = []
    for i in range(90 * 20):
        at = START + timedelta(seconds=3 * i)
        one = {"ts": at.isoformat(), "code": 404 if i % 100 == 7 else 200, "took": 0.02 + i * 7919 % 181 / 1000}
        if (changed := change(i // 20, one)) is not None:
            found.append(changed)
    return found


def by_hour(records: list[dict[str, Any]]) -> dict[str, str]:
    hours: dict[str, list[dict[str, Any]]] = {}
    for one in records:
        at = datetime.fromisoformat(one["ts"])
        name = f"access/year={at:%Y}/month={at:%m}/day={at:%d}/hour={at:%H}/access+0+{at:%H}.json"
        hours.setdefault(name, []).append(one)
    return {name: lines(found) for name, found in hours.items()}


def test_requests_become_windows(tmp_path: Path) -> None:
    judged = Judged(tmp_path, by_hour(requests()), KAFKA_CONNECT, NOW)
    assert judged.bad() == []
    deployment = judged.deployments["access"]
    assert len(deployment.windows) == 90
    first = deployment.windows[0]
    assert (first.request_count, first.success_count, first.rejected_count, first.failure_count) == (20, 19, 1, 0)
    assert first.latency_p50_ms is not None and 20 < first.latency_p50_ms < 200 and first.prediction_count is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda i, r: r | {"code": 503} if i > 85 and r["took"] < 0.1 else r,
            "serving_health: degraded: failure_rate=",
        ),
        (
            lambda i, r: r | {"code": 500} if i > 85 else r,
            "serving_health: outage of endpoint access: none of the last",
        ),
        (
            lambda i, r: r | {"code": 429} if i > 85 and r["took"] < 0.1 else r,
            "serving_health: degraded: rejection_rate=",
        ),
        (lambda i, r: r | {"took": 10 * r["took"]} if i > 85 else r, "serving_health: degraded: p95=1"),
        (lambda i, r: None if 40 < i < 50 else r, "serving_health: degraded: missing_windows=9 > 3"),
        (lambda i, r: None if i > 70 else r, "serving_health: unhealthy: staleness 19.5min > 10.0min"),
        (
            lambda i, r: r | {"code": "weird"} if i == 5 else r,
            "contract: status 'weird' says neither success nor failure",
        ),
        (lambda i, r: r | {"ts": "yesterday"} if i == 5 else r, "contract: source.access: time is 'yesterday'"),
        (lambda i, r: r | {"took": -1} if i == 5 else r, "contract: source.access: latency_ms is -1"),
    ],
)
def test_a_fault_is_found_and_named(change: Change, words: str, tmp_path: Path) -> None:
    files = {"access/year=2026/month=11/day=27/hour=08/a.json": lines(requests(change))}
    bad = Judged(tmp_path, files, KAFKA_CONNECT, NOW).bad()
    assert any(one.startswith(words) for one in bad), bad


def test_seconds_that_are_read_as_milliseconds_are_asked_about(tmp_path: Path) -> None:
    judged = Judged(tmp_path, by_hour(requests()), KAFKA_CONNECT.replace(" in s", ""), NOW)
    (found,) = judged.bad()
    assert 'seconds? say its unit, fields.latency_ms = "took in s" (or in ms)' in found


def test_nginx_and_envoy_logs_as_they_are(tmp_path: Path) -> None:
    def nginx(one: dict[str, Any]) -> dict[str, Any]:
        request = {
            "request": "POST /predict HTTP/1.1",
            "status": str(one["code"]),
            "request_time": f"{one['took']:.3f}",
        }
        return {"time_iso8601": one["ts"], **request}

    records = [nginx(one) for one in requests()]
    policy = """
[source.nginx]
kind = "deployment"
path = "var/log/access.log*"
records = "requests"
fields.time = "time_iso8601"
fields.status = "status"
fields.latency_ms = "request_time in s"
fields.endpoint_name = "request"
"""
    files: dict[str, str | bytes] = {
        "var/log/access.log": lines(records[1200:]),
        "var/log/access.log.1": lines(records[600:1200]),
        "var/log/access.log.2.gz": gzip.compress(lines(records[:600]).encode()),
    }
    judged = Judged(tmp_path / "nginx", files, policy, NOW)
    assert judged.bad() == [] and len(judged.deployments["nginx"].windows) == 90
    assert judged.deployments["nginx"].history.latest.endpoint_name == "POST /predict HTTP/1.1"

    envoy = [
        {
            "start_time": one["ts"],
            "response_code": 0 if i % 50 == 0 else one["code"],
            "duration": int(1000 * one["took"]),
        }
        for i, one in enumerate(requests())
    ]
    policy = (
        policy.replace("nginx", "envoy").replace("time_iso8601", "start_time").replace('"status"', '"response_code"')
    )
    policy = policy.replace("request_time in s", "duration").replace('fields.endpoint_name = "request"\n', "")
    judged = Judged(tmp_path / "envoy", {"var/log/access.log": lines(envoy)}, policy, NOW)
    assert judged.bad() == []


def test_lines_out_of_order_are_of_their_windows(tmp_path: Path) -> None:
    records = requests()
    shuffled = [records[i * 7919 % len(records)] for i in range(len(records))]
    files = {"access/year=2026/month=11/day=27/hour=08/a.json": lines(shuffled)}
    judged = Judged(tmp_path, files, KAFKA_CONNECT, NOW)
    assert judged.bad() == [] and [one.request_count for one in judged.deployments["access"].windows] == [20] * 90


TOTALS = """
[source.api]
kind = "deployment"
path = "metrics.jsonl"
cumulative = true
fields.window_start = "at in epoch_s"
fields.request_count = "requests_total"
fields.failure_count = "errors_total"
"""


def totals(restart: int | None = None, errors: Callable[[int], int] = lambda _: 1, begun: int = 5_000) -> str:
    found, requests_total, errors_total = [], begun, 7
    for i in range(120):
        if i == restart:
            requests_total = errors_total = 0
        requests_total, errors_total = requests_total + 90 + i % 13, errors_total + errors(i)
        at = (START - timedelta(minutes=30) + timedelta(minutes=i)).timestamp()
        found.append({"at": at, "requests_total": requests_total, "errors_total": errors_total})
    return "".join(json.dumps(one) + "\n" for one in found)


def test_running_totals_are_counted_by_window_also_over_a_restart(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {"metrics.jsonl": totals(restart=60)}, TOTALS, NOW)
    assert judged.bad() == []
    counts = [(one.request_count, one.failure_count) for one in judged.deployments["api"].windows]
    assert counts == [(90 + i % 13, 1) for i in range(1, 120)]


def test_failures_in_running_totals_are_found(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {"metrics.jsonl": totals(60, lambda i: 10 if i > 115 else 0)}, TOTALS, NOW)
    (found,) = judged.bad()
    assert found.startswith("serving_health: degraded: failure_rate=10.")


def test_running_totals_that_nobody_declared_are_recognised(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {"metrics.jsonl": totals(begun=0)}, TOTALS.replace("cumulative = true\n", ""), NOW)
    (found,) = judged.bad()
    assert found.endswith("running totals, not the counts of each window (cumulative = true in the source)")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "success"), (302, "success"), (101, "success"), (404, "rejected"), (499, "rejected"), (500, "failure"),
        (599, "failure"), ("503", "failure"), ("200 OK", "success"), (200.0, "success"), ("OK", "success"), (True, "success"),
        (False, "failure"), ("Timed out", "failure"), ("DEADLINE_EXCEEDED", "failure"), ("rate-limited", "rejected"),
        (14, "failure"), (0, "success"), (5, "rejected"), (99, None), (600, None), ("?", None), ({}, None), (2.5, None), ("", None),
    ],
)  # fmt: skip
def test_what_a_status_says(status: object, outcome: str | None) -> None:
    assert outcome_of(status) == outcome


def test_nobody_waited_for_an_answer_of_0_among_those_of_http() -> None:
    assert outcome_of(0, http=True) == "rejected"


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_a_percentile_is_a_latency_that_its_share_does_not_exceed(values: list[float]) -> None:
    found = percentiles(array("d", values))
    for share, name in ((0.5, "latency_p50_ms"), (0.95, "latency_p95_ms"), (0.99, "latency_p99_ms")):
        assert found[name] in values
        assert sum(value <= found[name] for value in values) >= share * len(values) - 1e-9
        assert sum(value < found[name] for value in values) < share * len(values)
    assert found["latency_p50_ms"] <= found["latency_p95_ms"] <= found["latency_p99_ms"]


def test_minutes_in_which_nobody_asked_are_no_missing_windows(tmp_path: Path) -> None:
    quiet = by_hour(requests(lambda i, r: None if i % 4 else r))
    assert Judged(tmp_path, quiet, KAFKA_CONNECT, NOW).bad() == []


def test_a_gap_of_requests_is_one(tmp_path: Path) -> None:
    files = by_hour(requests(lambda i, r: None if 40 <= i < 47 else r))
    assert any("missing_windows=7 > 3" in one for one in Judged(tmp_path, files, KAFKA_CONNECT, NOW).bad())


def test_the_minute_that_has_begun_is_no_rate(tmp_path: Path) -> None:
    files = by_hour(requests())
    files["access/year=2026/month=11/day=27/hour=10/access+0+9.json"] = lines(
        [
            {"ts": "2026-11-27T10:00:05Z", "code": 429, "took": 0.1},
            {"ts": "2026-11-27T10:00:09Z", "code": 200, "took": 0.1},
        ]
    )
    assert Judged(tmp_path, files, KAFKA_CONNECT, NOW).bad() == []
