"""Serving metrics over HTTP on 127.0.0.1, for a Prometheus on the same machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.metrics.prometheus import PlatformCollector, registry_of
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader


class PlatformEndpoint(Collector):
    """The platform's families; every scrape reads the artifacts anew."""

    def __init__(self, roots: Sequence[Path], settings: Settings) -> None:
        """Watch ``roots`` under ``settings``."""
        self._roots = roots
        self._settings = settings
        self._reader = IsolatedReader(settings.reader_memory_mib << 20)  # one process for all scrapes
        self._lock = threading.Lock()  # the server answers in threads, the reader one call at a time

    def collect(self) -> Iterator[Metric]:
        """Yield the families as of now."""
        with self._lock:
            platform = Platform.of_policy(self._roots, self._settings, reader=self._reader)
            yield from PlatformCollector(platform).collect()


def serve(collector: Collector, port: int) -> None:
    """Serve ``collector`` on 127.0.0.1 until interrupted, and print the address.

    Raises:
        PolicyError: the port cannot be had.
    """
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=registry_of([collector]))
    except OSError as error:
        raise PolicyError(f"port {port} on 127.0.0.1: {error.strerror}") from None
    print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)
    try:
        while thread.is_alive():
            time.sleep(0.5)
    except KeyboardInterrupt:
        server.shutdown()
