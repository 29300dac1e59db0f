"""What Alertmanager tells the selftest, over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 1 << 20


class AlertListener:
    """What was told so far.

    Args:
        label: by whose value an alert is ours.
        value: that it has.
    """

    def __init__(self, label: str, value: str) -> None:
        self._label, self._value = label, value
        self._told: set[str] = set()
        self._changed = threading.Condition()

    def tell(self, body: bytes) -> None:
        """Note the alerts of a notification; what is none is not ours."""
        try:
            alerts = json.loads(body)["alerts"]
            told = {one["status"] for one in alerts if one["labels"].get(self._label) == self._value}
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        with self._changed:
            self._told |= told
            self._changed.notify_all()

    def heard(self, status: str, deadline: float) -> bool:
        """Return whether a status was told, as soon as it is, or that it was not until the deadline (``time.monotonic``)."""
        with self._changed:
            while status not in self._told:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True


@contextmanager
def listening(host: str, port: int, listener: AlertListener) -> Iterator[int]:
    """Listen for notifications, and yield the port.

    Raises:
        OSError: the address is taken, or is none of this machine.
    """
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length") or ""
            if length.isascii() and length.isdigit() and int(length) <= _MOST:
                listener.tell(self.rfile.read(int(length)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the steps are what is printed."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
