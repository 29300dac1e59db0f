"""What a deployment uses against its limits, by servers that answer as a Prometheus does, or as none should.

A real Prometheus is asked in tests/services/test_resources.py.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.resources import resources
from pytest_mlmonitor.serving.model import Deployment
from tests.unit.core.network.raw_server import RawServer, answers, breaks_off, drips, says, serving, silent
from tests.unit.support import at, deployment, event, linked, messages, only, window

LIMITS = {"cpu_pct": 80, "memory_bytes": "1GiB"}
Behaviour = Callable[[RawServer, socket.socket], None]
VARIABLE = "PROM_TOKEN"


def vector(*values: str, **labels: str) -> str:
    result = [{"metric": {**labels, "pod": f"p{i}"}, "value": [1, value]} for i, value in enumerate(values)]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def by_query(*known: tuple[str, str], status: str = "200 OK") -> Behaviour:
    """Answer each query with the first text whose key stands in it."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        server.receive(connection)
        query = asked(server.requests[-1])["query"]
        body = next(text for key, text in known if key in query).encode()
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return answer


def asked(request: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.partition(b"\r\n\r\n")[2].decode()).items()}


def judged(
    server: RawServer | str,
    *,
    made: Deployment | None = None,
    now: datetime | None = None,
    limits: dict[str, Any] | None = None,
    **prometheus: Any,
) -> CheckResult:
    url = server if isinstance(server, str) else server.url
    one = made or deployment(window(0))
    policy = {"url": url, "timeout_seconds": 2, **prometheus}
    linked(one, now=now or datetime.now(UTC), serving=limits or LIMITS, prometheus=policy)
    return run_check(resources, one)


def test_within_its_limits() -> None:
    with serving(by_query(("cpu", vector("79.9")), ("memory", vector("1073741824")))) as server:
        result = judged(server, now=at(5))
    assert (result.status, result.findings) == ("pass", ())
    assert [(one.what, one.value, one.limit, one.unit) for one in result.measures] == [
        ("CPU", 0.799, 0.8, "share"),
        ("memory size", 2**30, 2**30, "bytes"),
    ]
    assert [(one.name, one.column, one.value) for one in result.figures] == [
        ("resource_cpu", "m", 0.799),
        ("resource_memory_bytes", "m", 2**30),
    ]
    first = asked(next(one for one in server.requests if b"cpu" in one))
    assert first["query"] == '100 * rate(process_cpu_seconds_total{job="s"}[300s])'
    assert float(first["time"]) == at(5).timestamp()


def test_the_worst_series_is_named() -> None:
    with serving(by_query(("cpu", vector("12", "80.001", "95", zone="\x1b")), ("memory", vector("2e9")))) as server:
        first, second = judged(server).findings
    assert first.severity == second.severity == Severity.WARNING
    assert first.message == "CPU 95 % > 80 %: pod p2, zone \\x1b, the worst of 3 series"
    assert (first.expected, first.column) == ("at most 80 % (serving.cpu_pct)", "cpu_pct")
    assert first.actual == '95 %, 2 of 3 series above; asked: 100 * rate(process_cpu_seconds_total{job="s"}[300s])'
    assert first.keys == ("serving.cpu_pct", "prometheus.cpu_pct")
    assert second.message == "memory 1.9 GiB > 1 GiB: pod p0"


def test_no_more_than_the_limit_never_looks_like_it() -> None:
    with serving(by_query(("cpu", vector("80.00001")), ("memory", vector("1073741825")))) as server:
        assert [one.partition(":")[0] for one in messages(judged(server))] == [
            "CPU 80.00001 % > 80 %",
            "memory 1.000000001 GiB > 1 GiB",
        ]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (breaks_off, "cannot be asked: 127.0.0.1:"),
        (says(b"SSH-2.0\r\n"), "not HTTP"),
        (answers("200 OK", "<html>Grafana</html>"), "answers something that is not JSON: is the URL right?"),
        (answers("200 OK", "[" * 100_000), "not JSON"),
        (answers("200 OK", '{"status": "success"}'), "answers something else than Prometheus does: is the URL right?"),
        (answers("302 Found", "", "Location: http://other.example/login\r\n"), "answers 302, a redirect"),
        (answers("401 Unauthorized", "no entry"), "answers 401: no entry"),
        (answers("404 Not Found", "404 page not found"), "answers 404: 404 page not found"),
        (answers("502 Bad Gateway", "<html>"), "answers 502"),
        (answers("503 Service Unavailable", "starting up"), "answers 503: starting up"),
    ],
)  # fmt: skip
def test_a_prometheus_that_cannot_be_asked_is_not_green(behaviour: Behaviour, words: str) -> None:
    with serving(behaviour) as server:
        finding = only(judged(server))
    assert finding.severity == Severity.WARNING
    assert finding.message.startswith("what it uses is not known: Prometheus cannot be asked: ")
    assert words in finding.message


@pytest.mark.parametrize(
    "behaviour", [silent, says(b""), drips(b" ", b"HTTP/1.1 200 OK\r\n\r\n"), drips(b"x", first=True)]
)
def test_one_that_is_silent_costs_one_timeout_for_all_deployments(behaviour: Behaviour) -> None:
    """Two hundred queries of a hundred deployments: eight are on their way, and no others are sent after the deadline."""
    made = [deployment(window(0, deployment_id=f"d{i}", service_name=f"s{i}"), name=f"d{i}") for i in range(100)]
    with serving(behaviour) as server:
        policy = {"url": server.url, "timeout_seconds": 0.3}
        linked(*made, now=datetime.now(UTC), serving=LIMITS, prometheus=policy)
        before = threading.active_count()
        found = [only(run_check(resources, one)) for one in made]
        assert threading.active_count() < before + 40
        assert len(server._open) <= 16
    assert {one.severity for one in found} == {Severity.WARNING}
    assert all("cannot be asked" in one.message for one in found)


def test_all_deployments_are_asked_with_the_first_and_none_twice() -> None:
    made = [deployment(window(0, deployment_id=f"d{i}", service_name=f"s{i % 2}"), name=f"d{i}") for i in range(5)]
    with serving(by_query(("", vector("1")))) as server:
        linked(*made, now=datetime.now(UTC), serving=LIMITS, prometheus={"url": server.url})
        assert run_check(resources, made[3]).status == "pass"
        sent = len(server.requests)
        assert all(run_check(resources, one).status == "pass" for one in made)
        assert (sent, len(server.requests)) == (4, 4)


def test_a_query_that_is_refused_leaves_the_others() -> None:
    refused = '{"status":"error","errorType":"bad_data","error":"1:3: parse error: unexpected }"}'

    def answer(server: RawServer, connection: socket.socket) -> None:
        server.receive(connection)
        wrong = "cpu" in asked(server.requests[-1])["query"]
        body, status = (refused, "400 Bad Request") if wrong else (vector("5e9"), "200 OK")
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    with serving(answer) as server:
        result = judged(server, cpu_pct='cpu{job="{service_name}"} }')
    assert [one.partition(":")[0] for one in messages(result)] == ["CPU is not known", "memory 4.7 GiB > 1 GiB"]
    assert result.findings[0].message == (
        "CPU is not known: it is refused: 1:3: parse error: unexpected } (prometheus.cpu_pct)"
    )
    assert result.findings[0].actual == 'asked: cpu{job="s"} }'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (vector("NaN"), "CPU is not known: Prometheus answers nan and no number (prometheus.cpu_pct)"),
        (vector("+Inf", "-Inf"), "CPU is not known: Prometheus answers inf and no number"),
        (vector(), "CPU is not known: Prometheus has no series of it (prometheus.cpu_pct)"),
        (
            json.dumps({"status": "success", "data": {"resultType": "matrix", "result": []}}),
            "it answers ranges of samples",
        ),
        ('{"status": "success", "data": "' + "x" * (5 << 20), "it answers more than 4 MiB: let it aggregate"),
    ],
)
def test_what_is_no_number_is_no_pass(body: str, words: str) -> None:
    with serving(answers("200 OK", body)) as server:
        finding = only(judged(server, limits={"cpu_pct": 80}))
    assert (finding.severity, finding.column) == (Severity.WARNING, "cpu_pct")
    assert words in finding.message


def test_a_series_without_a_number_beside_others_is_said() -> None:
    with serving(answers("200 OK", vector("5", "NaN"))) as server:
        result = judged(server, limits={"cpu_pct": 80})
    assert (result.status, messages(result)) == ("pass", ["CPU: 1 series of 2 without a number (pod p1)"])


def test_of_a_time_without_samples_nothing_is_known() -> None:
    with serving(answers("200 OK", vector())) as server:
        result = judged(server, now=at(5), limits={"cpu_pct": 80})
    assert result.status == "not_checked"
    assert result.reason == "CPU: Prometheus has no samples of 2026-04-26T12:05:00Z"


def test_a_name_that_nobody_says() -> None:
    """A log that says no service: the query that asks by another name is asked all the same."""
    made = deployment(window(0, service_name="unknown"))
    with serving(answers("200 OK", vector("1"))) as server:
        result = judged(server, made=made, limits={"cpu_pct": 80})
        assert result.status == "not_checked"
        assert "nothing says the service_name that prometheus.cpu_pct asks by: set fields.service_name" in str(
            result.reason
        )
        assert server.requests == []
        other = judged(server, made=made, limits={"cpu_pct": 80, "gpu_pct": 90}, gpu_pct='gpu{id="{deployment_id}"}')
        assert (other.status, asked(server.requests[0])["query"]) == ("pass", 'gpu{id="dep"}')
        assert "not judged: CPU: nothing says the service_name" in messages(other)[0]


def test_one_that_is_out_of_service_is_not_asked() -> None:
    drained = deployment(window(0), events=[event(-1), event(3, traffic_status="drained")])
    with serving(breaks_off) as server:
        result = judged(server, made=drained)
        assert server.requests == []
    assert (result.status, only(result).severity) == ("pass", Severity.INFO)
    assert only(result).message.startswith("not asked: retired; last request 2026-04-26T12:01:00Z")


def test_a_url_and_a_token_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answers("403 Forbidden", "who is canary-token-1 of me?")) as server:
        monkeypatch.setenv("PROM_URL", f"http://me:canary-pass-2@127.0.0.1:{server.port}/prom")
        monkeypatch.setenv(VARIABLE, "canary-token-1")
        finding = only(judged(server, url=None, url_env="PROM_URL", token_env=VARIABLE))
        (request, *_) = server.requests
    assert b"POST /prom/api/v1/query HTTP/1.1" in request and b"Authorization: Bearer canary-token-1" in request
    assert "answers 403: who is *** of me?" in finding.message
    assert "canary" not in str(finding)
    monkeypatch.delenv("PROM_URL")
    said = only(judged(server, url=None, url_env="PROM_URL")).message
    assert said.endswith("cannot be asked: the variable PROM_URL (prometheus.url_env) is not set")


def test_where_nothing_is_limited_or_asked_there_is_no_item() -> None:
    made = deployment(window(0))
    linked(made, prometheus={"url": "http://127.0.0.1:1"})
    assert not resources.concerns(made, context_of(made))
    linked(made, serving=LIMITS, prometheus=False)
    result = run_check(resources, made)
    assert (result.status, result.reason) == ("not_checked", "switched off: prometheus = false in the policy")
