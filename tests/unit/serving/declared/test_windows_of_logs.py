"""A log of windows in any form, declared as a source, is judged as the sample platform's tree is: by what it says and no more."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from tests.unit.serving.declared.logs import FILE, GATEWAY, NOW, Change, Judged, gateway, lines


def test_a_sound_log_is_green_and_says_what_is_not_judged(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: lines(gateway())}, GATEWAY)
    assert judged.bad() == []
    assert judged.status["churn::serving_health"] == "pass"
    (health,) = judged.messages("serving_health")
    assert health == "not judged: the windows do not say latency_p99_ms"
    assert judged.not_checked["prediction_outputs"] == (
        "its windows do not say prediction_count (fields.prediction_count of the source)"
    )
    assert judged.not_checked["event_link"] == "a log of windows holds no activation events"
    assert "its windows do not say input_schema_failure_count" in judged.not_checked["skew"]
    assert judged.not_checked["dataset_link"].startswith("its windows do not say what it was trained on")


def test_what_is_missing_is_none_and_never_zero(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: lines(gateway())}, GATEWAY)
    deployment = judged.deployments["churn"]
    first = deployment.windows[0]
    assert (first.request_count, first.failure_count, first.rejected_count, first.latency_p95_ms) == (100, 0, 0, 120.0)
    for name in ("success_count", "prediction_count", "timeout_count", "latency_p99_ms", "missing_feature_count"):
        assert getattr(first, name) is None and name in first.absent
    assert first.model_uri == "models:/churn@champion" and first.model_name == "unknown"
    assert first.location.endswith("gateway-2026-11-27.jsonl:1")
    assert len(deployment.windows) == 120 and deployment.history.latest == deployment.windows[-1]
    assert deployment.history.latest.success_count is None
    figures = {figure.name for _, result in judged.record.results for figure in result.figures}
    assert "latency_p95_ms" in figures and "latency_p99_ms" not in figures


@pytest.mark.parametrize(
    ("fields", "check", "words", "severity"),
    [
        ({"errors": 12}, "serving_health", "degraded: failure_rate=12.0% > 5.0%", Severity.WARNING),
        (
            {"errors": 100, "n": 100, "http_429": 0},
            "serving_health",
            "outage of endpoint gateway: none",
            Severity.ERROR,
        ),
        ({"http_429": 30}, "serving_health", "degraded: rejection_rate=30.0% > 5.0%", Severity.WARNING),
        ({"latency": {"p95": 0.9}}, "serving_health", "degraded: p95=900.0ms > 500.0ms", Severity.WARNING),
        ({"latency": {"p95": 120.0}}, "serving_health", "degraded: p95=120000.0ms > 500.0ms", Severity.WARNING),
        ({"errors": 300}, "arithmetic", "= 301, more than request_count 106", Severity.ERROR),
        ({"n": -1}, "contract", "source.gateway: request_count is -1", Severity.ERROR),
        ({"errors": None}, "contract", "-11-27.jsonl:112 has no failure_count: expected it in every", Severity.ERROR),
        ({"model_uri": "models:/churn/7"}, "identity_constant", "model_uri changes: 'models:/churn/7'", Severity.INFO),
    ],
)
def test_a_fault_is_found_and_named(
    fields: dict[str, Any], check: str, words: str, severity: Severity, tmp_path: Path
) -> None:
    faulty = lines(gateway(lambda i, r: r | fields if i > 110 else r))
    judged = Judged(tmp_path, {FILE: faulty}, GATEWAY)
    found = [one for name, one, message, _ in judged.said if name == check and words in message]
    assert found and max(found) == severity, judged.bad()


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        (lambda i, r: None if 50 < i < 60 else r, "serving_health", "degraded: missing_windows=9 > 3"),
        (lambda i, r: None if i > 100 else r, "serving_health", "unhealthy: staleness 20.0min > 10.0min"),
        (lambda i, r: r | {"n": 0, "errors": 0, "http_429": 0}, "serving_health", "unhealthy: request_count == 0"),
        (lambda i, r: r | {"ts": r["ts"] + 86_400_000} if i == 119 else r, "not_in_future", "23 h 59 min ahead"),
    ],
)
def test_windows_that_are_not_there_are_missed(change: Change, check: str, words: str, tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: lines(gateway(change))}, GATEWAY)
    assert any(one.startswith(f"{check}: ") and words in one for one in judged.bad()), judged.bad()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (" in epoch_ms", "", 'a number: say its unit, as in fields.window_start = "ts in epoch_ms"'),
        ("latency.p95", "latency_ms.p95", "no field 'latency_ms.p95' (fields.latency_p95_ms); it has ts, svc"),
        ('window = "60s"', 'where = { svc = "fraud" }', "where {'svc': 'fraud'} keeps none of 120 records"),
        (" in s", "", 'in 120 records: seconds? say its unit, fields.latency_p95_ms = "latency.p95 in s" (or in ms)'),
    ],
)
def test_a_policy_that_does_not_fit_the_log_says_so(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in GATEWAY
    judged = Judged(tmp_path, {FILE: lines(gateway())}, GATEWAY.replace(old, new))
    assert any(one.startswith("contract: source.gateway: ") and words in one for one in judged.bad()), judged.bad()


def test_where_keeps_some_and_the_others_are_counted(tmp_path: Path) -> None:
    both = gateway() + gateway(lambda _, r: {**r, "svc": "fraud", "errors": 90})
    judged = Judged(tmp_path, {FILE: lines(both)}, GATEWAY + 'where = { svc = "churn" }\n')
    assert list(judged.deployments) == ["churn"] and judged.bad() == []
    assert judged.messages("contract") == ["where keeps 120 of 240 records"]


def test_a_field_splits_a_log_into_deployments_and_endpoints(tmp_path: Path) -> None:
    routes = [
        {**one, "svc": svc, "route": route, "errors": 90 if (svc, route) == ("fraud", "b") else 0}
        for one in gateway()
        for svc in ("churn", "fraud")
        for route in ("a", "b")
    ]
    judged = Judged(tmp_path, {FILE: lines(routes)}, GATEWAY + 'fields.endpoint_name = "route"\n')
    assert sorted(judged.deployments) == ["churn", "fraud"]
    assert all(len(one.windows) == 240 for one in judged.deployments.values())
    assert judged.status["churn::serving_health"] == "pass"
    assert any("outage of endpoint b" in one for one in judged.bad(Severity.ERROR))


def test_the_files_of_days_workers_and_rotation_are_one_log_in_order(tmp_path: Path) -> None:
    records = gateway()
    policy = GATEWAY.replace("gateway-{date:%Y-%m-%d}.jsonl", "gateway*.jsonl*")
    files: dict[str, str | bytes] = {
        "logs/gateway-0.jsonl": lines(records[80::2]),
        "logs/gateway-1.jsonl": lines(records[81::2]),
        "logs/gateway-0.jsonl.1": lines(records[40:80]),
        "logs/gateway-0.jsonl.2.gz": gzip.compress(lines(records[:40]).encode()),
    }
    judged = Judged(tmp_path, files, policy)
    assert judged.bad() == []
    history = judged.deployments["churn"].history
    assert history.windows == 120 and history.judged.missing == 0 and history.latest.request_count == records[-1]["n"]


def test_a_log_that_is_not_in_order_is_sorted(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: lines(reversed(gateway()))}, GATEWAY)
    assert judged.bad() == []
    history = judged.deployments["churn"].history
    assert history.windows == 120 and history.first.location.endswith(":120")


def test_lines_that_are_none_hide_no_other(tmp_path: Path) -> None:
    torn = lines(gateway()) + 'nonsense\n{"ts": 17957'
    judged = Judged(tmp_path, {FILE: torn}, GATEWAY)
    first, second = judged.messages("readable")
    assert "gateway-2026-11-27.jsonl:121 is not JSON" in first
    assert "gateway-2026-11-27.jsonl:122 is cut short" in second and "not ended yet" in second
    assert len(judged.deployments["churn"].windows) == 120


def test_an_empty_log_is_no_green_one(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: ""}, GATEWAY)
    assert judged.bad() == ["readable: gateway-2026-11-27.jsonl is empty: expected windows (source.gateway)"]


def test_clocks_of_writers_are_not_exact(tmp_path: Path) -> None:
    late = lines(gateway(lambda i, r: {**r, "ts": r["ts"] + 900 * (-1) ** i}))
    assert Judged(tmp_path, {FILE: late}, GATEWAY).bad() == []


HOURLY = """
[source.hourly]
kind = "deployment"
path = "report.json"
rows = "data.windows"
fields.window_start = "from"
fields.window_end = "to"
fields.request_count = "total"
fields.failure_count = "failed"
fields.success_count = "ok"
"""


def hourly(change: Change = lambda _, record: record) -> str:
    found = []
    for i in range(48):
        at = datetime(2026, 11, 25, 10) + timedelta(hours=i)
        end = at + timedelta(hours=1)
        record: dict[str, Any] = {"from": f"{at}Z", "to": f"{end}Z", "total": 1000, "failed": 3, "ok": 997}
        if (changed := change(i, record)) is not None:
            found.append(changed)
    return json.dumps({"data": {"windows": found}})


@pytest.mark.parametrize("policy", [HOURLY, HOURLY.replace('fields.window_end = "to"', 'window = "1h"')])
def test_limits_are_those_of_windows_of_their_length(policy: str, tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-11-27T10:40:00Z")
    assert Judged(tmp_path, {"report.json": hourly()}, policy, now).bad() == []
    late = Judged(tmp_path, {"report.json": hourly()}, policy, now + timedelta(hours=1))
    assert late.bad() == ["serving_health: unhealthy: staleness 100.0min > 69.0min"]
    gap = Judged(tmp_path, {"report.json": hourly(lambda i, r: None if i in (20, 21, 22) else r)}, policy, now)
    assert gap.bad() == ["serving_health: degraded: max_gap=240.0min > 120.0min"]
    set_by_hand = f"{policy}serving.max_staleness_minutes = 30\n"
    assert Judged(tmp_path, {"report.json": hourly()}, set_by_hand, now).bad() == [
        "serving_health: unhealthy: staleness 40.0min > 30.0min"
    ]


def test_a_window_of_another_length_is_named(tmp_path: Path) -> None:
    judged = Judged(
        tmp_path,
        {"report.json": hourly(lambda i, r: {**r, "to": r["from"]} if i == 20 else r)},
        HOURLY,
        datetime.fromisoformat("2026-11-27T10:40:00Z"),
    )
    (found,) = judged.bad()
    assert found.startswith("window_times: window 2026-11-26T06:00:00Z is empty")


def test_what_the_path_caught_is_a_field(tmp_path: Path) -> None:
    policy = GATEWAY.replace('fields.deployment_id = "svc"\n', "").replace(
        "logs/gateway-", "logs/{deployment_id}/gateway-"
    )
    files = {f"logs/{name}/gateway-2026-11-27.jsonl": lines(gateway()) for name in ("eu", "us")}
    judged = Judged(tmp_path, files, policy)
    assert sorted(judged.deployments) == ["eu", "us"] and judged.bad() == []


def test_the_whole_of_the_sample_is_judged_from_a_declaration(tmp_path: Path) -> None:
    """The sample's tree as anybody would declare it: fields that are called as ours still have to be mapped."""
    names = ("window_start", "window_end", "deployment_id", "request_count", "failure_count", "success_count")
    window = {
        **dict.fromkeys(("failure_count", "rejected_count"), 0),
        "window_start": "2026-11-27T10:04:00Z",
        "window_end": "2026-11-27T10:05:00Z",
        "deployment_id": "dep",
        "request_count": 3,
        "success_count": 3,
    }
    fields = "".join(f'fields.{name} = "{name}"\n' for name in names)
    policy = f'[source.p5]\nkind = "deployment"\npath = "m/{{date:%Y-%m-%d/%H}}/metrics_*.jsonl"\n{fields}'
    judged = Judged(tmp_path, {"m/2026-11-27/10/metrics_04.jsonl": lines([window])}, policy, NOW)
    assert judged.bad() == [] and list(judged.deployments) == ["dep"]


@pytest.mark.parametrize("far", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_line_of_another_age_hides_no_other(tmp_path: Path, far: str) -> None:
    policy = '[source.gw]\nkind = "deployment"\npath = "log.jsonl"\nfields.window_start = "t"\n'
    policy += 'fields.request_count = "n"\nfields.failure_count = "f"\n'
    times = [(NOW - timedelta(minutes=2 + i)).isoformat() for i in (2, 1, 0)]
    records = [{"t": time, "n": 5, "f": 5} for time in [*times, far]]
    said = Judged(tmp_path, {"log.jsonl": lines(records)}, policy).bad()
    assert any(f"window_start is {far}" in message and "is not counted" in message for message in said)
    assert any("failure_rate=100.0%" in message for message in said) and not any(
        "missing" in message for message in said
    )
