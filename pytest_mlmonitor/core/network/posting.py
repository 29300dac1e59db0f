"""Something posted to a server by HTTP: by a deadline, with attempts, and without a word of a secret in what is said.

Standard library only. No redirect is followed: an answer of 307 would carry the body, and its secrets, to whoever it
names. Proxies are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``), and never for loopback.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import redacted

if TYPE_CHECKING:
    from pytest_mlmonitor.core.network.exchange import Address, Exchange

ANSWER_BYTES = 65_536
"""How much of an answer is read, where nobody wants more: what a server says of an error, never what it holds."""

ATTEMPTS = 3
BACKOFF = 0.25
"""Seconds before the second attempt; each further one waits twice as long."""

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_EXCERPT = 200
_MANY_DIGITS = 9


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Attributes:
        status: of HTTP, 200 to 299.
        body: its first 64 KiB, or as much as was wanted.
    """

    status: int
    body: bytes = field(repr=False)


class PostError(Exception):
    """Something could not be posted; the words name the host and why, and hold no path, query, header or body of ours.

    Attributes:
        status: that was answered, None where nothing was.
        body: what was answered, its first 64 KiB: it may repeat what was sent, and is never shown as it is.
    """

    def __init__(self, words: str, *, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(words)
        self.status = status
        self.body = body


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    deadline: float,
    attempts: int = ATTEMPTS,
    method: str = "POST",
    secrets: Sequence[str] = (),
    most: int = ANSWER_BYTES,
) -> Answer:
    """Post ``body``, again where the server is away or asks for it, and return its answer.

    What is tried again: a connection that is refused or breaks off, and the statuses 408, 425, 429, 500, 502, 503, 504,
    after the time that ``Retry-After`` says (seconds or a date, RFC 9110 10.2.3) if it ends before the deadline.
    A server may so receive the same thing twice: whatever is posted has a key by which it is known again.

    Args:
        url: of HTTP; user and password in it become ``Authorization``.
        body: what is sent.
        headers: with ``Content-Type``.
        deadline: by ``time.monotonic``: nothing outlives it, not a server that answers a byte a second, nor a name that
            no server resolves.
        attempts: at most so many.
        method: of HTTP.
        secrets: in the body; those of URL and headers are known.
        most: how many bytes of the answer are wanted.

    Raises:
        PostError: it was not taken.
    """
    from pytest_mlmonitor.core.network.exchange import BadAddress, Exchange, address_of

    try:
        address = address_of(url)
    except BadAddress as error:
        raise PostError(str(error)) from None
    given = _headers(address, headers or {})
    hidden = [*_secrets(address, given), *_of_proxy(address), *secrets]
    for attempt in range(1, attempts + 1):
        try:
            return _attempt(Exchange(method, address, body, given, deadline, most), hidden)
        except _Again as again:
            failure = again
        pause = failure.wait if failure.wait is not None else BACKOFF * 2 ** (attempt - 1)
        if attempt == attempts or time.monotonic() + pause >= deadline:
            break
        time.sleep(pause)
    else:
        raise PostError(f"{address.netloc}: no attempt was asked for")
    raise PostError(failure.words(attempt), status=failure.status, body=failure.body)


def _headers(address: Address, headers: Mapping[str, str]) -> dict[str, str]:
    from pytest_mlmonitor.core.network.asking import USER_AGENT, unfit_header

    given = {"User-Agent": USER_AGENT, **headers}
    if address.credentials and "authorization" not in {name.lower() for name in given}:
        given["Authorization"] = address.credentials
    if (name := unfit_header(given)) is not None:
        raise PostError(f"{address.netloc}: the value of {name} has a character that no header holds (a line break?)")
    return given


class _Again(Exception):
    """An attempt failed in a way that another may cure."""

    def __init__(self, said: str, *, wait: float | None = None, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(said)
        self.wait = wait
        self.status = status
        self.body = body

    def words(self, attempts: int) -> str:
        """Return what is said when there is no other attempt."""
        asked = f", and asks to wait {self.wait:.0f} s" if self.wait else ""
        return f"{self}{asked}{f' ({attempts} attempts)' if attempts > 1 else ''}"


def _attempt(exchange: Exchange, secrets: Collection[str]) -> Answer:
    from pytest_mlmonitor.core.network.asking import Unanswered, make

    host = exchange.address.netloc
    try:
        make(exchange)
    except Unanswered as error:
        raise (_Again(str(error)) if error.passing else PostError(str(error))) from None
    status, content = exchange.status or 0, exchange.content
    if 200 <= status < 300:
        return Answer(status, content)
    if 300 <= status < 400:
        raise PostError(f"{host} answers {status}, a redirect, and none is followed", status=status, body=content)
    said = f"{host} answers {status}{_excerpt(content, secrets)}"
    if status in _AGAIN:
        raise _Again(said, wait=_retry_after(exchange.answered.get("Retry-After")), status=status, body=content)
    raise PostError(said, status=status, body=content)


def _retry_after(value: str | None) -> float | None:
    """Return how many seconds a server asks to wait, None where it does not say."""
    from email.utils import parsedate_to_datetime

    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= _MANY_DIGITS else float(10**_MANY_DIGITS)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    return max((then - datetime.now(UTC)).total_seconds(), 0.0)


def _excerpt(content: bytes, secrets: Collection[str]) -> str:
    """Return the beginning of what a server says of an error, without what it repeats of the secrets."""
    text = content.decode("utf-8", "replace")
    if re.match(r"\s*<", text):  # a page for people, of a proxy
        return ""
    line = " ".join(redacted(text, secrets).split())
    return f": {safe(line[:_EXCERPT])}{'…' if len(line) > _EXCERPT else ''}" if line else ""


def _of_proxy(address: Address) -> Iterator[str]:
    """Yield user and password of the proxy, which may repeat them as any server may."""
    from base64 import b64decode

    from pytest_mlmonitor.core.network.exchange import BadAddress, proxy_of

    try:
        proxy = proxy_of(address)
    except BadAddress:
        return  # the attempt says so
    if proxy is not None and proxy.credentials is not None:
        encoded = proxy.credentials.partition(" ")[2]
        both = b64decode(encoded).decode()
        yield from (encoded, both, both.partition(":")[2])


def _secrets(address: Address, headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what an answer could repeat of path, query and headers: whole, and in the parts that keys are written in."""
    from urllib.parse import unquote

    whole = [
        address.target.removeprefix("/"),
        *(value for name, value in headers.items() if name.lower() not in _PUBLIC),
    ]
    for one in [*whole, *map(unquote, whole)]:
        yield one
        for part in re.split(r"[/?&=;,:\s]+", one):
            if len(part) >= _KEY or (len(part) >= _KEY / 2 and re.search(r"\d", part)):
                yield part


_PUBLIC = frozenset({"user-agent", "content-type", "accept"})
_KEY = 8
"""From so many characters a part of a path may be a key; from half as many with a digit among them."""
