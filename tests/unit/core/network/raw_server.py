"""A server that does with each connection whatever a test says, well-behaved or not."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Behaviour = Callable[[socket.socket], None]


class RawServer:
    """Listens on a free port of 127.0.0.1; the n-th connection gets the n-th behaviour, later ones the last."""

    def __init__(self, behaviours: Sequence[Behaviour], context: ssl.SSLContext | None = None) -> None:
        self._behaviours = behaviours
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.port: int = self._listening.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        for number in range(10_000):
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(connection)
            behaviour = self._behaviours[min(number, len(self._behaviours) - 1)]
            threading.Thread(target=self._one, args=(connection, behaviour), daemon=True).start()

    def _one(self, connection: socket.socket, behaviour: Behaviour) -> None:
        try:
            with self._context.wrap_socket(connection, server_side=True) if self._context else connection as spoken:
                behaviour(spoken)
        except OSError:
            pass

    def receive(self, connection: socket.socket) -> None:
        """Read a whole request and keep it."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65_536)
            if not more:
                return
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65_536)
        self.requests.append(head + b"\r\n\r\n" + body)

    def close(self) -> None:
        self.ended.set()
        self._listening.close()
        for connection in self._open:
            connection.close()


@contextmanager
def serving(*behaviours: Callable[[RawServer, socket.socket], None], tls: Path | None = None) -> Iterator[RawServer]:
    """Serve; ``tls`` is the directory of a certificate (:func:`certificate`)."""
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "cert.pem", tls / "key.pem")
    bound: list[Behaviour] = []
    server = RawServer(bound, context)
    bound += [lambda connection, one=one: one(server, connection) for one in behaviours]  # type: ignore[misc]
    try:
        yield server
    finally:
        server.close()


def answers(status: str, body: str = "", headers: str = "") -> Callable[[RawServer, socket.socket], None]:
    """Answer every request so."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        server.receive(connection)
        text = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body.encode())}\r\n\r\n{body}"
        connection.sendall(text.encode())

    return answer


def says(raw: bytes, *, first: bool = False) -> Callable[[RawServer, socket.socket], None]:
    """Send these bytes, ``first`` before anything is received, and close."""

    def say(server: RawServer, connection: socket.socket) -> None:
        if not first:
            server.receive(connection)
        connection.sendall(raw)

    return say


def drips(raw: bytes, after: bytes = b"", *, first: bool = False) -> Callable[[RawServer, socket.socket], None]:
    """Send ``after`` at once and then ``raw`` again and again, a byte every 20 ms, until the server is closed."""

    def drip(server: RawServer, connection: socket.socket) -> None:
        if not first:
            server.receive(connection)
        connection.sendall(after)
        while True:
            for byte in raw:
                if server.ended.wait(0.02):
                    return
                connection.sendall(bytes([byte]))

    return drip


def silent(server: RawServer, connection: socket.socket) -> None:
    """Say nothing, until the server is closed."""
    server.ended.wait()


def breaks_off(server: RawServer, connection: socket.socket) -> None:
    """Close without a word."""


def certificate(directory: Path) -> Path:
    """Make a certificate of 127.0.0.1 that signs itself, and return its directory."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mlmonitor-test"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=directory,
        check=True,
        capture_output=True,
    )
    return directory
