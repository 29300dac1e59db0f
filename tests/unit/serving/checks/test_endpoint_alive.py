"""URLs that a deployment answers, asked of servers that do, and of such as do not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.endpoint_alive import endpoint_alive
from pytest_mlmonitor.serving.model import Deployment
from tests.unit.core.network.raw_server import RawServer, answers, breaks_off, certificate, drips, says, serving, silent
from tests.unit.support import deployment, event, linked, only, window

Behaviour = Callable[[RawServer, socket.socket], None]
VARIABLE = "HEALTH_TOKEN"


def judged(*urls: str, made: Deployment | None = None, now: datetime | None = None, **serving: Any) -> CheckResult:
    one = made or deployment(window(0))
    linked(one, now=now or datetime.now(UTC), serving={"endpoint_urls": urls, "endpoint_timeout_seconds": 3, **serving})
    return run_check(endpoint_alive, one)


def test_those_that_answer() -> None:
    with serving(answers("200 OK", "ok"), answers("204 No Content")) as server:
        result = judged(f"{server.url}/health", f"{server.url}/ready?full=1")
    assert (result.status, result.findings) == ("pass", ())
    assert {one.split(b" ")[1] for one in server.requests} == {b"/health", b"/ready?full=1"}
    (measure,) = result.measures
    assert (measure.what, measure.limit, measure.unit) == ("answer", 3, "seconds")
    assert 0 < measure.value < 3
    assert [one.name for one in result.figures] == ["endpoints_failed", "endpoint_seconds", "endpoint_seconds"]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (
            answers("503 Service Unavailable", '{"status": "no model\x1b[31m"}'),
            'answers 503: {"status": "no model\\x1b[31m"}',
        ),
        (answers("500 Oops", "x" * 5000), f"answers 500: {'x' * 100}…"),
        (answers("502 Bad Gateway", "<html><body>nginx"), "answers 502 with a page for people"),
        (answers("404 Not Found"), "answers 404"),
        (
            answers("302 Found", "", "Location: https://login.example/?token=canary\r\n"),
            "answers 302, a redirect to login.example, which is not followed",
        ),
        (
            answers("307 Away", "", "Location: /other\r\n"),
            "answers 307, a redirect to another path of the same host, which is not followed",
        ),
        (says(b""), "closes the connection without an answer"),
        (says(b"SSH-2.0\r\n"), "answers something that is not HTTP"),
    ],
    ids=lambda one: one[:24] if isinstance(one, str) else "",
)
def test_those_that_answer_something_else(behaviour: Behaviour, words: str) -> None:
    with serving(behaviour) as server:
        url = f"{server.url}/health"
        result = judged(url)
    finding = only(result)
    assert (finding.severity, finding.column) == (Severity.ERROR, url)
    assert finding.message.startswith(f"{url} {words}")
    assert finding.short == f"/health {finding.message.removeprefix(url).strip().partition(': ')[0]}"[:70]
    assert "canary" not in str(finding) and len(finding.message) < 200
    assert finding.expected == (
        "a status of 200 to 299 within 3 s (serving.endpoint_urls, serving.endpoint_timeout_seconds)"
    )


def test_those_that_do_not_answer_in_time() -> None:
    """All are asked at once: forty that never answer, and one that does so after a minute, take one timeout."""
    lazy = threading.Event()

    def after_a_minute(server: RawServer, connection: socket.socket) -> None:
        server.receive(connection)
        lazy.wait(60)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with ExitStack() as stack:
        servers = [stack.enter_context(serving(one)) for one in (silent, after_a_minute)]
        slow = stack.enter_context(serving(drips(b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")))
        stack.callback(lazy.set)
        urls = [f"{server.url}/{i}" for server in servers for i in range(20)]
        began = time.monotonic()
        result = judged(*urls, f"{slow.url}/slow", endpoint_timeout_seconds=0.5)
        assert time.monotonic() - began < 15  # one after another would be 20 s
    assert len(result.findings) == 41
    found = {one.column: one.message for one in result.findings}
    assert found[urls[0]] == f"{urls[0]} did not answer within 0.5 s"
    assert found[urls[20]] == f"{urls[20]} did not answer within 0.5 s"
    assert found[f"{slow.url}/slow"] == f"{slow.url}/slow answers 200, but not to the end within 0.5 s"
    (measure,) = result.measures
    assert measure.is_beyond


def test_no_host_no_port_no_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with serving(answers("200 OK"), tls=certificate(tmp_path)) as server:
        urls = [f"http://127.0.0.1:{port}/", f"{server.url}/", "http://nowhere.invalid/health"]
        monkeypatch.setenv("NO_PROXY", "*")
        refused, distrusted, unknown = (one.message for one in judged(*urls).findings)
        assert refused == f"{urls[0]} does not answer: Connection refused"
        assert distrusted.startswith(f"{urls[1]} does not answer: its certificate is not trusted: self-signed")
        assert unknown.startswith(f"{urls[2]} ")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert judged(urls[1]).status == "pass"


def test_the_urls_of_all_deployments_are_asked_with_the_first_and_none_twice() -> None:
    made = [deployment(window(0, deployment_id=name), name=name) for name in ("a", "b")]
    drained = deployment(window(0), events=[event(-1), event(3, traffic_status="drained")], name="old")
    with serving(answers("200 OK")) as server:
        linked(*made, drained, now=datetime.now(UTC), serving={"endpoint_urls": [f"{server.url}/health"]})
        assert [run_check(endpoint_alive, one).status for one in (*made, drained)] == ["pass", "pass", "pass"]
        assert len(server.requests) == 1


def test_one_that_is_out_of_service_is_not_asked() -> None:
    drained = deployment(window(0), events=[event(-1), event(3, traffic_status="drained")])
    with serving(breaks_off) as server:
        result = judged(server.url, made=drained)
        assert server._open == []
    assert (result.status, only(result).severity) == ("pass", Severity.INFO)
    assert only(result).message.startswith("not asked: retired; last request")


def test_a_run_of_another_time_asks_nobody() -> None:
    with serving(answers("200 OK")) as server:
        result = judged(server.url, now=datetime.now(UTC) - timedelta(seconds=301))
        assert result.status == "not_checked" and server.requests == []
        assert "what answers now says nothing of 20" in str(result.reason) and "--mlmonitor-now" in str(result.reason)
        assert judged(server.url, now=datetime.now(UTC) - timedelta(seconds=200)).status == "pass"


def test_a_token_is_sent_and_never_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answers("403 Forbidden", "not for canary-token-77")) as server:
        monkeypatch.setenv(VARIABLE, "canary-token-77")
        finding = only(judged(server.url, endpoint_token_env=VARIABLE))
        assert b"Authorization: Bearer canary-token-77" in server.requests[0]
        assert finding.message == f"{server.url} answers 403: not for ***"
        monkeypatch.setenv(VARIABLE, "canary\ntoken")
        assert "canary" not in str(judged(server.url, endpoint_token_env=VARIABLE))
        monkeypatch.delenv(VARIABLE)
        missing = only(judged(server.url, endpoint_token_env=VARIABLE))
    assert (missing.severity, missing.message) == (
        Severity.WARNING,
        f"{server.url} is not asked: the variable HEALTH_TOKEN (serving.endpoint_token_env) is not set",
    )


def test_where_no_url_is_declared_there_is_no_item() -> None:
    made = deployment(window(0))
    linked(made)
    assert not endpoint_alive.concerns(made, context_of(made))
