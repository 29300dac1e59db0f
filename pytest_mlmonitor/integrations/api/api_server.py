"""The server: uvicorn on one address, until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pytest_mlmonitor.core.policy.outlets.secret_values import needed_secret, why_unusable
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.integrations.api.api_shape import PREFIX
from pytest_mlmonitor.integrations.api.application import MonitoringApi
from pytest_mlmonitor.integrations.api.request_guard import LOOPBACK

CONNECTIONS = 500
"""At once; further ones are answered 503. One that waits for its next request is one, too."""

REQUEST_SECONDS = 20.0
"""That a client has to send a whole request."""

IDLE_SECONDS = 15
GRACE_SECONDS = 5
MAX_HEAD_BYTES = 32768
"""Of the first line and the headers of a request."""


def serve_api(
    out: Path,
    settings: Settings,
    file: Path | None,
    *,
    host: str,
    port: int,
    environ: dict[str, str],
) -> None:
    """Serve the API until interrupted or terminated, and print the address.

    Args:
        out: directory of the outputs.
        settings: the policy.
        file: where it is written.
        host: address to listen at.
        port: 0 for any that is free.
        environ: variables.

    Raises:
        PolicyError: the address cannot be had, or the variable of the token for reading holds none.
    """
    names = settings.api
    if names.read_token_env is not None:
        needed_secret("api.read_token_env", names.read_token_env, environ)
    why = why_unusable(names.token_env, environ) if names.token_env is not None else None
    if why is not None:
        _say(f"api.token_env names {names.token_env}, which {why}: nobody may ask for a training")
    listening = _bound(host, port)
    loopback = listening.getsockname()[0] in LOOPBACK
    if not loopback and names.read_token_env is None:
        _say(f"whoever reaches {bare(host, 80)} can read: api.read_token_env in the policy asks for a token")
    api = MonitoringApi(out, settings, file)
    config = uvicorn.Config(
        api.application(loopback=loopback),
        loop="asyncio",
        http=PunctualProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",  # what is wrong the application says, in one line and without secrets
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # uvicorn ends first, and then raises the signal again
    name, known = listening.getsockname()[:2]
    print(f"http://{f'[{name}]' if ':' in name else name}:{known}{PREFIX}/models", flush=True)
    uvicorn.Server(config).run(sockets=[listening])


class PunctualProtocol(H11Protocol):
    """A connection that is closed where a request is not there in time: uvicorn waits for its beginning for ever."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what arrived; a request that is half there does not get more time by that."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_more()
        elif self._late is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Leave it to uvicorn how long nothing at all may come."""
        self._wait_no_more()
        super().on_response_complete()

    def _wait(self) -> None:
        self._wait_no_more()
        self._late = self.loop.call_later(REQUEST_SECONDS, self._close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, number)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(address)
            made.listen(2048)
        except OSError:
            made.close()
            raise
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise PolicyError(f"port {port} on {bare(host, 80)}: {why}; name another one with --port or --host") from None
    return made


def _end(*_: object) -> None:
    raise SystemExit(0)


def _say(words: str) -> None:
    print(f"mlmonitor: {words}", file=sys.stderr, flush=True)
