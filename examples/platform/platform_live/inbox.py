"""Whoever is told: a server that writes down what Alertmanager and the runs themselves send."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Arrival:
    """One alert that arrived.

    Attributes:
        via: ``Alertmanager`` or ``run``.
        state: ``firing`` or ``resolved``.
        name: of the rule; ``MLMonitorCheckFailed`` of what a run told.
        check: that it is about, empty where it is about none.
        at: when it came, by ``time.monotonic``.
        labels: all of them, as JSON.
    """

    via: str
    state: str
    name: str
    check: str
    at: float
    labels: str


class Inbox:
    """All arrivals so far."""

    def __init__(self) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []

    def since(self, moment: float) -> list[Arrival]:
        """Return what came after a moment (``time.monotonic``), the earliest first."""
        with self._lock:
            return [one for one in self._arrivals if one.at >= moment]

    def take(self, document: dict[str, Any]) -> None:
        """Write down what a message tells."""
        now = time.monotonic()
        via = "Alertmanager" if "groupKey" in document else "run"
        found = []
        for alert in document.get("alerts", []):
            labels = alert.get("labels", alert)
            state = str(alert.get("status") or alert.get("state"))
            name = str(labels.get("alertname", "MLMonitorCheckFailed"))
            found.append(Arrival(via, state, name, str(labels.get("check", "")), now, json.dumps(labels)))
        with self._lock:
            self._arrivals += found


@contextmanager
def receiving() -> Iterator[Inbox]:
    """Run a receiver on a free port of loopback."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            inbox.take(json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    inbox.url = f"http://127.0.0.1:{server.server_port}/alerts"
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
