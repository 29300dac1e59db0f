"""The servers that other tests start do start, keep what they were sent over restarts, and are ended."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.services.receiver import Answer, Receiver, black_hole, refusing
from tests.services.servers import Servers, wait_until

_TO_RECEIVER = """
route: {{receiver: hook, group_wait: 0s, group_interval: 1s}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook", send_resolved: true}}]}}]
"""


def test_what_is_pushed_is_scraped_fires_and_reaches_the_receiver(
    servers: Servers, receiver: Receiver, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text('groups: [{name: g, rules: [{alert: TooMuch, expr: "pushed > 1"}]}]')
    gateway = servers.pushgateway()
    manager = servers.alertmanager(_TO_RECEIVER.format(url=receiver.url))
    prometheus = servers.prometheus({"gateway": [gateway.url]}, rules=[rules], alertmanagers=[manager.url])
    gateway.request("PUT", "/metrics/job/suite", b"pushed 2\n")
    sent = receiver.wait_for("/hook").json
    assert sent["status"] == "firing"
    assert sent["alerts"][0]["labels"]["job"] == "suite"
    assert [rule["health"] for rule in prometheus.rules()] == ["ok"]
    assert prometheus.targets() == {"gateway": ["up"]}
    gateway.restart()
    wait_until(lambda: prometheus.query("pushed == 2"), "the value is there after a restart")
    gateway.request("PUT", "/metrics/job/suite", b"pushed 1\n")
    receiver.wait_for("/hook", lambda one: one.json["status"] == "resolved")
    assert prometheus.alerts("TooMuch") == []


def test_text_files_reach_prometheus_and_everything_ends(servers: Servers, tmp_path: Path) -> None:
    (tmp_path / "one.prom").write_text("from_file 3\n")
    exporter = servers.node_exporter(tmp_path)
    prometheus = servers.prometheus({"node": [exporter.url]})
    assert wait_until(lambda: prometheus.query("from_file"), "the file is scraped")[0][1] == 3
    processes = [server.process for server in servers.started]
    servers.end()
    assert all(process is not None and process.poll() is not None for process in processes)


def test_a_receiver_answers_by_turns(receiver: Receiver) -> None:
    receiver.answer("/hook", Answer(503, {"Retry-After": "1"}), Answer(200, body=b"taken"))
    found = []
    for _ in range(3):
        connection = http.client.HTTPConnection(urlsplit(receiver.url).netloc, timeout=5)
        connection.request("POST", "/hook?a=1", b"x")
        answer = connection.getresponse()
        found.append((answer.status, answer.headers["Retry-After"], answer.read()))
        connection.close()
    assert found == [(503, "1", b"{}"), (200, None, b"taken"), (200, None, b"taken")]
    assert [(one.method, one.query, one.text) for one in receiver.to("/hook")] == [("POST", "a=1", "x")] * 3


def test_places_that_do_not_answer() -> None:
    with refusing() as url, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5)
    with black_hole() as url, socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=0.2) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)
