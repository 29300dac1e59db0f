"""Events sent to a server that takes OpenLineage, by the transport of ``openlineage-python`` (extra ``openlineage``)."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pytest_mlmonitor.outputs.openlineage.taken_events import host_of

ENDPOINT = "api/v1/lineage"
"""Where servers take events, below the URL that they are known by."""

EXTRA = "pip install 'pytest-mlmonitor[openlineage]'"
"""What to do where the library is not installed."""

_TIMEOUT = 2.0
"""Seconds that a server may be silent."""

_FOR_ONE_EVENT = 10.0
"""Seconds until an event is given up: servers that drip bytes are never silent, and would hold up whoever has no near deadline."""

_REFUSED = frozenset({400, 409, 413, 415, 422})
"""Answers that are about one event; after any other one none that follows would be taken either."""

_CRASHED = 500
"""What servers also answer to one event that they cannot store; several on end are about the server."""

_CRASHES = 3

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_LOGGERS = ("openlineage", "urllib3", "requests")
"""Loggers that may name the URL, and whatever secret stands in it."""


@dataclass
class SentEvents:
    """What became of events.

    Attributes:
        taken: that the server took.
        refused: how many it refused, each for itself.
        problem: why not all were taken, without anything secret; None where all were.
        stopped: whether there was no sense in sending more.
    """

    taken: list[str] = field(default_factory=list)
    refused: int = 0
    problem: str | None = None
    stopped: bool = False


def endpoint_of(url: str) -> str:
    """Return where a server takes events.

    >>> endpoint_of("http://marquez:5000"), endpoint_of("https://hub/openapi/openlineage/")
    ('http://marquez:5000/api/v1/lineage', 'https://hub/openapi/openlineage/api/v1/lineage')
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return parts._replace(path=path if path.endswith(f"/{ENDPOINT}") else f"{path}/{ENDPOINT}", fragment="").geturl()


def send(lines: Sequence[str], url: str, key: str | None, environ: Mapping[str, str], deadline: float) -> SentEvents:
    """Send events one by one until the server took them all, or there is no sense in sending more.

    Args:
        lines: events.
        url: of the server.
        key: that it asks for, None without one.
        environ: variables: proxies, and certificates of one's own (``REQUESTS_CA_BUNDLE``).
        deadline: by the monotonic clock, when to stop; a server that answers slowly does not delay that.
    """
    sent = SentEvents()
    if not lines:
        return sent
    results: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    stop = threading.Event()
    worker = threading.Thread(
        target=_work,
        args=(lines, url, key, environ, deadline, results, stop),
        name="mlmonitor-openlineage",
        daemon=True,
    )
    with _quiet():
        worker.start()
        while (found := _next(results, min(deadline, time.monotonic() + _FOR_ONE_EVENT))) is not None:
            what, said = found
            if what == "taken":
                sent.taken.append(said)
            elif what == "refused":
                sent.refused += 1
                sent.problem = said
            else:
                sent.problem, sent.stopped = said or sent.problem, bool(said)
                break
        else:
            sent.stopped = True
            slow = sent.taken and time.monotonic() >= deadline
            sent.problem = f"{host_of(url)} {'is slow, and no time was left' if slow else 'did not answer in time'}"
        stop.set()
        worker.join(0.05)
    return sent


def _next(results: queue.SimpleQueue[tuple[str, str]], deadline: float) -> tuple[str, str] | None:
    try:
        return results.get(timeout=max(deadline - time.monotonic(), 0.0))
    except queue.Empty:
        return None


def _work(
    lines: Sequence[str],
    url: str,
    key: str | None,
    environ: Mapping[str, str],
    deadline: float,
    results: queue.SimpleQueue[tuple[str, str]],
    stop: threading.Event,
) -> None:
    try:
        transport = _transport(url, key, environ)
    except ImportError:
        results.put(("over", f"openlineage-python is not installed: {EXTRA}"))
        return
    except Exception as error:  # a key or URL that it cannot use: the words of its errors hold both
        results.put(("over", f"the transport cannot be used ({type(error).__name__})"))
        return
    crashes = 0
    try:
        for line in lines:
            if stop.is_set():
                return
            transport.timeout = max(min(_TIMEOUT, deadline - time.monotonic()), 0.05)
            status = _emitted(transport, line)
            crashes = crashes + 1 if status == _CRASHED else 0
            if status is None:
                results.put(("taken", line))
            elif isinstance(status, int) and (status in _REFUSED or 0 < crashes < _CRASHES):
                results.put(("refused", f"{host_of(url)} answered {status}"))
            else:
                results.put(("over", f"{host_of(url)} {f'answered {status}' if isinstance(status, int) else status}"))
                return
        results.put(("over", ""))
    finally:
        transport.close()


def _emitted(transport: Any, line: str) -> int | str | None:
    """Return None where the event was taken, else the answer, or why there was none."""
    import json

    from requests import exceptions

    try:
        transport.emit(json.loads(line))
    except exceptions.HTTPError as error:
        return error.response.status_code if error.response is not None else "gave no answer"
    except exceptions.TooManyRedirects:
        return "answers with a redirect, which is not followed"
    except exceptions.SSLError:
        return "could not be reached safely (TLS)"
    except exceptions.ProxyError:
        return "could not be reached through the proxy"
    except exceptions.Timeout:
        return "did not answer in time"
    except exceptions.ConnectionError as error:
        reason = getattr(error.args[0] if error.args else None, "reason", None)  # of the last of its attempts
        return "did not answer in time" if type(reason).__name__ == "ReadTimeoutError" else "could not be reached"
    except Exception as error:
        return f"gave no answer that could be read ({type(error).__name__})"
    return None


def _transport(url: str, key: str | None, environ: Mapping[str, str]) -> Any:
    """Return the library's transport: it follows no redirect, sends no other key than ours, and takes no proxy to loopback."""
    from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider
    from requests.utils import get_environ_proxies

    bundle = next((environ[name] for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if environ.get(name)), None)
    config = HttpConfig(
        url=endpoint_of(url),
        endpoint="",
        timeout=_TIMEOUT,
        verify=bundle if bundle is not None and os.path.exists(bundle) else True,  # type: ignore[arg-type]
        auth=ApiKeyTokenProvider({"apiKey": key}) if key else TokenProvider({}),
        retry={
            "total": 1,
            "backoff_factor": 0.2,
            "status_forcelist": [500, 502, 503, 504],
            "allowed_methods": None,
            "raise_on_status": False,
            "respect_retry_after_header": False,  # which may ask for an hour: what was not taken is sent later anyway
        },
    )
    transport = HttpTransport(config)
    session = transport.session
    session.max_redirects = 0
    session.trust_env = False  # a netrc of the machine would replace the key
    if urlsplit(url).hostname not in _LOOPBACK:
        session.proxies.update(get_environ_proxies(url))
    return transport


@contextmanager
def _quiet() -> Iterator[None]:
    """Let no logger of the libraries be heard: they say the URL at length."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    silence = logging.NullHandler()
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.propagate = False
        logger.addHandler(silence)
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.propagate = propagate
            logger.removeHandler(silence)
