"""Metrics over HTTP on 127.0.0.1, for a Prometheus on the same machine: ``/metrics``, and ``/healthz`` for whoever restarts it."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.store.database import Store, StoreUnusable
from pytest_mlmonitor.core.store.kept.expositions import Exposition, expositions
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.metrics.kept_metrics import totals_of_suite
from pytest_mlmonitor.outputs.metrics.prometheus import PlatformCollector, counters_of_suite, registry_of
from pytest_mlmonitor.outputs.metrics.text_blocks import joined_texts
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

_CLIENT_SECONDS = 30.0


class Unavailable(Exception):
    """There is nothing that could be served; the words say why."""


class ServedMetrics(Protocol):
    """What is served."""

    def text(self) -> bytes:
        """Return the metrics as of now, in text format 0.0.4.

        Raises:
            Unavailable: there are none.
        """

    def health(self) -> dict[str, Any]:
        """Return what is known of it.

        Raises:
            Unavailable: a scrape would fail.
        """


class CollectedMetrics:
    """What a collector yields."""

    def __init__(self, collector: Collector) -> None:
        self._registry = registry_of([collector])

    def text(self) -> bytes:
        """Return what it yields now."""
        return generate_latest(self._registry)

    def health(self) -> dict[str, Any]:
        """Return nothing: whatever it is asked it computes."""
        return {}


class LivePlatform:
    """The platform's families; every scrape reads the artifacts anew."""

    def __init__(self, roots: Sequence[Path], settings: Settings) -> None:
        """Watch ``roots`` under ``settings``."""
        self._roots = roots
        self._settings = settings
        self._reader = IsolatedReader(settings.reader_memory_mib << 20)  # one process for all scrapes
        self._lock = threading.Lock()  # the server answers in threads, the reader one call at a time

    def text(self) -> bytes:
        """Return the families as of now."""
        with self._lock:
            platform = Platform.of_policy(self._roots, self._settings, reader=self._reader)
            return generate_latest(registry_of([PlatformCollector(platform)]))

    def health(self) -> dict[str, Any]:
        """Return the roots.

        Raises:
            Unavailable: one of them is gone.
        """
        gone = [str(root) for root in self._roots if not root.exists()]
        if gone:
            raise Unavailable(f"{safe(gone[0])} is not there")
        return {"roots": [safe(str(root)) for root in self._roots]}


class StoredRuns:
    """The last whole run of every suite in a store, with the counters as they are now."""

    def __init__(self, opened: Callable[[], Store | None], before: ServedMetrics | None = None) -> None:
        """Serve what lies in a store.

        Args:
            opened: opens it; asked for every scrape, since a store that could not be used once is not asked again.
            before: is served until the store has a run.
        """
        self._opened = opened
        self._before = before
        self._lock = threading.Lock()

    def text(self) -> bytes:
        """Return the families of all suites, the latest run first, and their counters.

        Raises:
            Unavailable: the store cannot be used. That a scrape fails is seen; one without series is not.
        """
        runs, counters = self._read()
        if not runs and self._before is not None:
            return self._before.text()
        return joined_texts([*(run.body for run in runs), *counters]).encode("utf-8")

    def health(self) -> dict[str, Any]:
        """Return which runs are served.

        Raises:
            Unavailable: the store cannot be used.
        """
        runs, _ = self._read()
        return {
            "runs": [
                {"suite": run.suite.name, "environment": run.suite.environment, "recorded_at": instant(run.recorded_at)}
                for run in runs
            ]
        }

    def _read(self) -> tuple[list[Exposition], list[str]]:
        with self._lock:
            store = self._opened()
            if store is None:
                raise Unavailable("the policy has no store any more")
            try:
                runs, totals = store.transaction(
                    lambda transaction: (
                        known := expositions(transaction),
                        [totals_of_suite(transaction, run.suite) for run in known],
                    )
                )
            except StoreUnusable as unusable:
                raise Unavailable(f"the store {store.name} cannot be used: {unusable}") from None
            finally:
                store.close()
        texts = [counters_of_suite(found, run.suite) for found, run in zip(totals, runs, strict=True)]
        return runs, texts


def serve(served: ServedMetrics, port: int) -> None:
    """Serve metrics on 127.0.0.1 until interrupted, and print the address.

    Raises:
        PolicyError: the port cannot be had.
    """
    server, thread = listening(served, port)
    print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)
    try:
        while thread.is_alive():
            time.sleep(0.5)
    except KeyboardInterrupt:
        server.shutdown()


def listening(
    served: ServedMetrics, port: int, host: str = "127.0.0.1"
) -> tuple[ThreadingHTTPServer, threading.Thread]:
    """Return a server of metrics that answers already, and its thread.

    Args:
        served: what is served.
        port: 0 for any that is free.
        host: address that it listens on, in IPv4.

    Raises:
        PolicyError: the address cannot be had.
    """
    try:
        server = ThreadingHTTPServer((host, port), _handler(served))
    except OSError as error:
        raise PolicyError(f"port {port} on {safe(host)}: {error.strerror}; name another one with --port") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return server, thread


def _handler(served: ServedMetrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _CLIENT_SECONDS

        def log_message(self, *_: object) -> None:
            """Say nothing of requests: there is one every few seconds."""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            try:
                if path in ("/", "/metrics"):
                    self._answer(200, CONTENT_TYPE_PLAIN_0_0_4, served.text())
                elif path == "/healthz":
                    self._answer(200, "application/json", _document({"status": "ok", **served.health()}))
                else:
                    self._answer(404, "text/plain; charset=utf-8", b"there are /metrics and /healthz\n")
            except Unavailable as error:
                self._answer(503, "application/json", _document({"status": "unavailable", "reason": str(error)}))
                if path != "/healthz":  # which is asked again and again, by somebody who acts on the answer
                    sys.stderr.write(f"mlmonitor: {error}\n")
            except Exception as error:  # whatever it is: the next scrape may find it mended
                said = f"{type(error).__name__}: {safe(str(error))}"
                self._answer(500, "application/json", _document({"status": "error", "reason": said}))
                sys.stderr.write(f"mlmonitor: {said}\n")

        do_HEAD = do_GET  # noqa: N815 (a name of http.server)

        def _answer(self, status: int, form: str, body: bytes) -> None:
            with contextlib.suppress(OSError):  # whoever asked has gone
                self.send_response(status)
                self.send_header("Content-Type", form)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

    return Handler


def _document(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode("ascii") + b"\n"
