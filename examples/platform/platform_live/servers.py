"""Programs on free ports of loopback, ended by their own handle whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

NEEDED = ("prometheus", "prometheus-alertmanager", "prometheus-pushgateway")
PATIENCE = 240.0
"""Seconds that anything may take: a machine that is busy is no fault of the platform."""

_LISTENS = "0A"
"""State of a socket in ``/proc/net/tcp``."""

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotSeen(Exception):
    """Something did not happen in time; the words say what was expected, and what was there last."""


def missing_programs() -> list[str]:
    """Return the packages of Debian whose programs are not installed."""
    return [name for name in NEEDED if shutil.which(name) is None]


def wait_for(asked: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Return what ``asked`` returns as soon as that is true of it.

    Raises:
        NotSeen: it was not in time.
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
        if time.monotonic() > until:
            raise NotSeen(f"{what}: not within {seconds:.0f} s; last: {last!r}")
        time.sleep(0.1)


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetched(url: str) -> Any:
    """Return the JSON that an address of loopback answers with.

    Raises:
        OSError: it does not answer.
    """
    with _DIRECT.open(url, timeout=10) as answer:
        return json.loads(answer.read())


def answers(url: str) -> bool:
    """Return whether an address answers well.

    Raises:
        OSError: it does not.
    """
    with _DIRECT.open(url, timeout=10) as answer:
        return bool(answer.status == 200)


def listens(pid: int, port: int) -> bool:
    """Return whether it is this process that listens on a port, and not somebody else who took it first (Linux)."""
    process = Path("/proc", str(pid))
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text().splitlines()[1:]:
            cells = line.split()
            if cells[1].endswith(f":{port:04X}") and cells[3] == _LISTENS:
                sockets.add(f"socket:[{cells[9]}]")
    return any(os.readlink(one) in sockets for one in (process / "fd").iterdir())


@dataclass
class Program:
    """One that runs.

    Attributes:
        url: where it answers.
        process: its handle.
    """

    url: str
    process: subprocess.Popen[bytes]

    def end(self, *, kill: bool = False) -> None:
        """End it, and wait until it has."""
        if self.process.poll() is None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Programs:
    """Starts programs, and ends all of them."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Program] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], ready: str) -> Program:
        """Start a program; ``{port}`` in its words is a free port, and ``ready`` the path that answers when it is there.

        Raises:
            NotSeen: it does not start; the words say where its log is.
        """
        log = self._logs / f"{name}.log"
        for _ in range(3):  # somebody may take the port first
            port = free_port()
            with log.open("ab") as file:
                words = [word.replace("{port}", str(port)) for word in command]
                process = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT)
            program = Program(f"http://127.0.0.1:{port}", process)
            self._started.append(program)
            until = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < until:
                try:
                    if answers(f"{program.url}{ready}") and listens(process.pid, port):
                        return program
                    time.sleep(0.05)
                except OSError:
                    time.sleep(0.05)
            program.end(kill=True)
        raise NotSeen(f"{name} does not start; its log: {log}")

    def end(self) -> None:
        """End everything that was started, the last first."""
        for program in reversed(self._started):
            program.end()


def alerts(prometheus: str, *states: str) -> dict[str, str]:
    """Return the alerts of a Prometheus that are in one of the states, by their names, each with its labels."""
    found = fetched(f"{prometheus}/api/v1/alerts")["data"]["alerts"]
    return {one["labels"]["alertname"]: json.dumps(one["labels"]) for one in found if one["state"] in states}


def evaluated(prometheus: str, moment: float) -> bool:
    """Return whether every group of rules was evaluated after a moment (seconds since 1970)."""
    groups = fetched(f"{prometheus}/api/v1/rules")["data"]["groups"]
    return all(datetime.fromisoformat(one["lastEvaluation"]).timestamp() > moment for one in groups)


def value(prometheus: str, expression: str) -> float | None:
    """Return the value of an expression that has one series, None where it has none."""
    found = fetched(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression, safe='')}")["data"]["result"]
    return float(found[0]["value"][1]) if found else None
