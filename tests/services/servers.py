"""Prometheus, Pushgateway, node_exporter and Alertmanager, the real ones, on free ports of loopback.

    def test_it_fires(servers: Servers) -> None:
        gateway = servers.pushgateway()
        manager = servers.alertmanager(config)
        prometheus = servers.prometheus({"pushgateway": [gateway.url]}, rules=[path], alertmanagers=[manager.url])
        ...
        gateway.restart(kill=True)
        wait_until(lambda: prometheus.query("up == 1"), "targets up")

Whatever a test starts is ended after it, by its own process id, and its log is printed, which pytest shows of tests that fail.
Where a program is not installed the test is skipped; with ``REQUIRE_SERVICES`` it fails.
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.services.conftest import program

T = TypeVar("T")

READY_SECONDS = 120.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_LOG_TAIL = 6000


def wait_until(asked: Callable[[], T], what: str, *, seconds: float = 120.0) -> T:
    """Return what ``asked`` returns as soon as that is true of it; what it raises of the network counts as not yet.

    Raises:
        AssertionError: it was not so in time; it says what was returned or raised last.
    """
    until = time.monotonic() + seconds
    while True:
        last: object
        try:
            found = asked()
            if found:
                return found
            last = found
        except (OSError, ValueError) as error:
            last = error
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s; last: {last!r}"
        time.sleep(0.1)


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A program that answers on a port of loopback.

    Attributes:
        program: its path.
        arguments: behind it; ``{port}`` is the port.
        ready: path that answers 200 when it is ready.
        log: what it writes.
        port: the same one after every restart.
    """

    program: str
    arguments: Sequence[str]
    ready: str
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address, without a slash behind."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready; a port that somebody took meanwhile is changed for another one, the first time."""
        given = self.port
        for _ in range(3):
            self.port = given or free_port()
            if self._started():
                return
        raise AssertionError(f"{self.program} does not start:\n{self.said}")

    def _started(self) -> bool:
        arguments = [argument.replace("{port}", str(self.port)) for argument in self.arguments]
        with self.log.open("ab") as log:
            process = subprocess.Popen([self.program, *arguments], stdout=log, stderr=subprocess.STDOUT)
        self.process = process
        until = time.monotonic() + READY_SECONDS
        while process.poll() is None:
            with contextlib.suppress(OSError):
                self.get(self.ready)
                return True
            if time.monotonic() > until:
                self.stop(kill=True)
                return False
            time.sleep(0.05)
        return False

    def stop(self, *, kill: bool = False) -> None:
        """End it, by a signal that it may take its leave at, or at once."""
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self, *, kill: bool = False) -> None:
        """End it and start it again, with what it keeps, on the same port."""
        self.stop(kill=kill)
        self.start()

    def get(self, path: str) -> bytes:
        """Return what it answers.

        Raises:
            OSError: it does not answer, or with an error; the message has what it says.
        """
        return self.request("GET", path)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """Return what it answers; header names have ``_`` for ``-``.

        Raises:
            OSError: as of :meth:`get`.
        """
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(f"{self.url}{path}", body, names, method=method)  # noqa: S310 (loopback)
        try:
            with _DIRECT.open(asked, timeout=10) as answer:
                found: bytes = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"{method} {path}: {error.code} {error.read()[:2000]!r}") from None
        return found

    def json(self, path: str) -> Any:
        """Return the document that it answers with."""
        return json.loads(self.get(path))

    @property
    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:] if self.log.exists() else ""


class Prometheus(Server):
    """Prometheus, which scrapes and evaluates every second."""

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return the series of an instant query: labels and value.

        Raises:
            OSError: it does not answer, or the query is wrong.
        """
        answer = self.json(f"/api/v1/query?query={urllib.parse.quote(expression, safe='')}")
        result = answer["data"]["result"]
        if answer["data"]["resultType"] == "scalar":
            return [({}, float(result[1]))]
        return [(one["metric"], float(one["value"][1])) for one in result]

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule as it is now: ``name``, ``health``, ``lastError``, ``state`` …, and its group as ``group``."""
        groups = self.json("/api/v1/rules")["data"]["groups"]
        return [{**rule, "group": group["name"]} for group in groups for rule in group["rules"]]

    def alerts(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing."""
        found: list[dict[str, Any]] = self.json("/api/v1/alerts")["data"]["alerts"]
        return [one for one in found if name is None or one["labels"]["alertname"] == name]

    def targets(self) -> dict[str, list[str]]:
        """Return the health of the targets of every job: ``up``, ``down``, ``unknown``."""
        found: dict[str, list[str]] = {}
        for target in self.json("/api/v1/targets")["data"]["activeTargets"]:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found

    def reload(self) -> None:
        """Read configuration and rules again."""
        self.request("POST", "/-/reload", b"")


class Servers:
    """Starts servers below a directory, and ends all of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.started: list[Server] = []

    def prometheus(
        self,
        scraped: Mapping[str, Sequence[str]] | None = None,
        *,
        rules: Sequence[Path] = (),
        alertmanagers: Sequence[str] = (),
        config: Path | None = None,
        honor_labels: bool = True,
    ) -> Prometheus:
        """Start Prometheus.

        Args:
            scraped: addresses (``http://127.0.0.1:9091``) by job.
            rules: files of rules.
            alertmanagers: addresses of Alertmanagers.
            config: its configuration, instead of all the others.
            honor_labels: whether labels ``job`` and ``instance`` of what is scraped hold, as with a Pushgateway they must.
        """
        place = self._place("prometheus")
        if config is None:
            config = place / "prometheus.yml"
            jobs = [
                {
                    "job_name": job,
                    "honor_labels": honor_labels,
                    "static_configs": [{"targets": [_host(url) for url in urls]}],
                }
                for job, urls in (scraped or {}).items()
            ]
            document: dict[str, Any] = {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "scrape_configs": jobs,
                "rule_files": [str(path) for path in rules],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [_host(u) for u in alertmanagers]}]}]},
            }
            config.write_text(json.dumps(document, indent=1))  # JSON is YAML
        arguments = [
            f"--config.file={config}", f"--storage.tsdb.path={place / 'data'}", "--web.listen-address=127.0.0.1:{port}",
            "--web.enable-lifecycle", "--log.level=warn", "--rules.alert.resend-delay=5s",
        ]  # fmt: skip
        server = Prometheus(program("prometheus"), arguments, "/-/ready", place / "log")
        return self._run(server)

    def pushgateway(self) -> Server:
        """Start a Pushgateway that keeps what it was sent over restarts."""
        place = self._place("pushgateway")
        arguments = [
            "--web.listen-address=127.0.0.1:{port}", f"--persistence.file={place / 'kept'}",
            "--persistence.interval=1s", "--web.enable-admin-api", "--log.level=warn",
        ]  # fmt: skip
        return self._run(Server(program("prometheus-pushgateway"), arguments, "/-/ready", place / "log"))

    def node_exporter(self, directory: Path) -> Server:
        """Start node_exporter with nothing but its text files, which lie in a directory."""
        place = self._place("node_exporter")
        arguments = [
            "--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults", "--collector.textfile",
            f"--collector.textfile.directory={directory}", "--log.level=warn",
        ]  # fmt: skip
        return self._run(Server(program("prometheus-node-exporter"), arguments, "/", place / "log"))

    def alertmanager(self, config: str | Path) -> Server:
        """Start Alertmanager under a configuration, a file or its text (YAML); ``url`` + ``/api/v2/alerts`` takes alerts."""
        place = self._place("alertmanager")
        if isinstance(config, str):
            path = place / "alertmanager.yml"
            path.write_text(config)
            config = path
        arguments = [
            f"--config.file={config}", f"--storage.path={place / 'data'}", "--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=", "--log.level=warn",
        ]  # fmt: skip
        return self._run(Server(program("prometheus-alertmanager"), arguments, "/-/ready", place / "log"))

    def run(self, name: str, path: str, arguments: Sequence[str], ready: str) -> Server:
        """Start any other program, e.g. ``mlmonitor serve-metrics``; ``{port}`` in an argument is its port."""
        return self._run(Server(path, arguments, ready, self._place(name) / "log"))

    def _place(self, name: str) -> Path:
        place = self.directory / f"{len(self.started)}-{name}"
        place.mkdir(parents=True)
        return place

    def _run(self, server: _S) -> _S:
        self.started.append(server)
        server.start()
        return server

    def end(self) -> None:
        """End everything that was started, and print what it said."""
        for server in reversed(self.started):
            server.stop()
        for server in self.started:
            if said := server.said:
                print(f"--- {Path(server.program).name} on {server.url}\n{said}")


_S = TypeVar("_S", bound=Server)


@contextmanager
def serving(directory: Path) -> Iterator[Servers]:
    """Yield what starts servers below a directory; at the end they are ended."""
    servers = Servers(directory)
    try:
        yield servers
    finally:
        servers.end()


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc
