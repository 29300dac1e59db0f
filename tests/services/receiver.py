"""An HTTP server on loopback that records what it is sent and answers as it is told; and two places that never answer.

with receiving() as receiver:
    receiver.answer("/hook", Answer(429, {"Retry-After": "1"}), Answer(200))
    ...
    request = receiver.wait_for("/hook")
    assert request.json["text"] == "..."
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What a request is answered with.

    Attributes:
        status: of HTTP.
        headers: besides ``Content-Length``.
        body: of the answer.
        delay: seconds before anything is sent.
        drip: seconds between the bytes of the body, which then come one at a time.
        hang_up: whether the connection is closed without an answer.
        raw: what is sent instead of an answer of HTTP.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay: float = 0.0
    drip: float = 0.0
    hang_up: bool = False
    raw: bytes | None = None


@dataclass(frozen=True)
class Received:
    """A request; ``at`` is when it came, by ``time.monotonic``. Names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


class Receiver:
    """What was received so far, and what requests are answered with."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Received] = []
        self._answers: dict[str, list[Answer]] = {}
        self._changed = threading.Condition()
        self._stop = threading.Event()

    def answer(self, path: str, *answers: Answer) -> None:
        """Answer requests whose path begins so by turns; the last answer is that of all further ones."""
        with self._changed:
            self._answers[path] = list(answers)

    def to(self, path: str) -> list[Received]:
        """Return the requests whose path begins so."""
        with self._changed:
            return [one for one in self.requests if one.path.startswith(path)]

    def wait_for(
        self, path: str = "/", wanted: Callable[[Received], bool] = lambda _: True, *, seconds: float = 30.0
    ) -> Received:
        """Return the first request to a path that is wanted, as soon as it is there.

        Raises:
            AssertionError: none came in time; it says what did.
        """
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                for one in self.requests:
                    if one.path.startswith(path) and wanted(one):
                        return one
                left = until - time.monotonic()
                if left <= 0:
                    came = "\n".join(f"{one.method} {one.path} {one.body[:2000]!r}" for one in self.requests)
                    raise AssertionError(f"no such request to {path}; there were: {came or 'none'}")
                self._changed.wait(left)

    def _next(self, request: Received) -> Answer:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            for path in sorted(self._answers, key=len, reverse=True):
                if request.path.startswith(path):
                    turns = self._answers[path]
                    return turns.pop(0) if len(turns) > 1 else turns[0]
        return Answer()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver; ``url`` is its address, without a slash behind."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def _receive(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver._next(Received(self.command, parts.path, parts.query, headers, body, time.monotonic()))
            receiver._stop.wait(answer.delay)
            with contextlib.suppress(OSError):  # whoever asked has gone
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            if answer.raw is not None:
                self.wfile.write(answer.raw)
            if answer.hang_up or answer.raw is not None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if not answer.drip:
                self.wfile.write(answer.body)
                return
            for byte in answer.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if receiver._stop.wait(answer.drip):
                    return

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _receive  # noqa: N815 -- names of http.server

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield receiver
    finally:
        receiver._stop.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def black_hole() -> Iterator[str]:
    """Yield the address of a server that takes connections and never says anything."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def refusing() -> Iterator[str]:
    """Yield an address that refuses connections: its port is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
