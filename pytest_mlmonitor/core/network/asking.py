"""One request and what came of it, whatever its status is: for those who judge an answer, or that there is none.

No redirect is followed, and nothing is tried again: who wants that posts (:mod:`.posting`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_mlmonitor.core.network.deadlines import TooLate, done_by
from pytest_mlmonitor.core.network.exchange import Address, BadAddress, Exchange, address_of
from pytest_mlmonitor.core.text.names import safe

USER_AGENT = "mlmonitor"


class Unanswered(Exception):
    """A server gave no answer; the words name its host and why, and hold no path, query, header or body of ours.

    Attributes:
        passing: whether another attempt may be answered.
        late: whether the deadline ended it.
    """

    def __init__(self, words: str, *, passing: bool = False, late: bool = False) -> None:
        super().__init__(words)
        self.passing = passing
        self.late = late


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        address: who was asked.
        status: of HTTP.
        headers: as they came.
        content: of its body, as much as was wanted.
        whole: whether the body ended, or was as long as was wanted, before the deadline.
        seconds: from the first attempt to reach the server until then.
    """

    address: Address
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    whole: bool
    seconds: float


def ask(url: str, *, deadline: float, most: int, headers: Mapping[str, str] | None = None) -> Reply:
    """Return what a server answers to GET, also where it refuses.

    Args:
        url: of HTTP.
        deadline: by ``time.monotonic``: nothing outlives it.
        most: how many bytes of the answer are wanted.
        headers: beside who asks.

    Raises:
        Unanswered: there is no answer, or the URL is none of HTTP.
    """
    try:
        address = address_of(url)
    except BadAddress as error:
        raise Unanswered(str(error)) from None
    given = {"User-Agent": USER_AGENT, **(headers or {})}
    if (name := unfit_header(given)) is not None:
        raise Unanswered(f"{address.netloc}: the value of {name} has a character that no header holds (a line break?)")
    exchange = Exchange("GET", address, b"", given, deadline, most)
    began = time.monotonic()
    make(exchange)
    seconds = time.monotonic() - began
    return Reply(address, exchange.status or 0, exchange.answered, exchange.content[:most], exchange.whole, seconds)


def unfit_header(headers: Mapping[str, str]) -> str | None:
    """Return the name of a header whose value none can have; http.client would say so, with the value."""
    return next((name for name, value in headers.items() if not (value.isascii() and value.isprintable())), None)


def make(exchange: Exchange) -> None:
    """Make an exchange: with its status known, even where the body did not end before the deadline.

    Raises:
        Unanswered: there is no answer.
    """
    from http.client import HTTPException, RemoteDisconnected
    from ssl import SSLCertVerificationError, SSLError

    host = exchange.address.netloc
    began = time.monotonic()
    try:
        done_by(exchange.deadline, exchange.make)
    except (TooLate, TimeoutError):
        exchange.abandon()
        if exchange.status is None:
            words = f"{host} does not answer within {max(exchange.deadline - began, 0):.1f} s"
            raise Unanswered(words, passing=True, late=True) from None
    except BadAddress as error:
        raise Unanswered(f"{host}: {error}") from None
    except SSLCertVerificationError as error:
        raise Unanswered(f"{host}: its certificate is not trusted: {safe(error.verify_message)}") from None
    except SSLError as error:
        raise Unanswered(f"{host}: no TLS: {safe(error.reason or 'the connection broke off')}") from None
    except RemoteDisconnected:
        raise Unanswered(f"{host} closes the connection without an answer", passing=True) from None
    except HTTPException:
        raise Unanswered(f"{host} answers something that is not HTTP", passing=True) from None
    except UnicodeError:
        raise Unanswered(f"{host}: a host of that name cannot be") from None
    except OSError as error:
        words = f"{host}: {safe(error.strerror or str(error) or type(error).__name__)}"
        raise Unanswered(words, passing=True) from None
