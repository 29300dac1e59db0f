"""One request over HTTP and its answer: no redirect is followed, and a deadline ends it wherever it is."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from pytest_mlmonitor.core.network.authorization import basic

if TYPE_CHECKING:
    import ssl

_PIECE = 65_536

_PORTS = {"http": 80, "https": 443}


class BadAddress(Exception):
    """A URL, or that of a proxy, cannot be used; the words hold nothing of it."""


@dataclass(frozen=True)
class Address:
    """Where a request goes, taken apart.

    Attributes:
        secure: whether by TLS.
        host: name or IP address, without brackets.
        port: of the server.
        target: path and query, as they are sent.
        credentials: value of ``Authorization`` out of user and password in the URL.
    """

    secure: bool
    host: str
    port: int
    target: str = field(repr=False)
    credentials: str | None = field(repr=False, default=None)

    @property
    def netloc(self) -> str:
        """Host and port, as in ``Host`` and in messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["https" if self.secure else "http"]
        return host if self.port == usual else f"{host}:{self.port}"


def address_of(url: str) -> Address:
    """Return where a URL leads.

    Raises:
        BadAddress: it is no URL of HTTP.
    """
    parts, port = _split(url)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    if not target.isascii() or any(not 0x21 <= ord(sign) <= 0x7E for sign in target):
        raise BadAddress("its URL holds a blank, or a character that URLs write with %")
    return Address(parts.scheme == "https", parts.hostname or "", port, target, _credentials(parts))


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme, 0)
        host = parts.hostname or ""
        host.encode("ascii" if ":" in host else "idna")
    except ValueError:  # a UnicodeError is one, too
        raise BadAddress("its URL cannot be read") from None
    if parts.scheme not in _PORTS:
        raise BadAddress("its URL does not begin with http:// or https://")
    if not host or any(ord(sign) < 0x21 for sign in host):
        raise BadAddress("its URL names no host")
    return parts, port


def _credentials(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    return basic(unquote(parts.username), unquote(parts.password or ""))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine.

    >>> is_loopback("localhost"), is_loopback("127.8.8.8"), is_loopback("::1"), is_loopback("example.org")
    (True, True, True, False)
    """
    if host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def proxy_of(address: Address) -> Address | None:
    """Return the proxy that the environment names for an address; loopback has none.

    Raises:
        BadAddress: what the environment names is no HTTP proxy.
    """
    from urllib.request import getproxies_environment, proxy_bypass

    if is_loopback(address.host):
        return None
    proxies = getproxies_environment()
    named = proxies.get("https" if address.secure else "http")
    if not named or proxy_bypass(f"{address.host}:{address.port}") or _in_networks(address.host, proxies.get("no", "")):
        return None
    try:
        return address_of(named if "://" in named else f"http://{named}")
    except BadAddress:
        raise BadAddress("the proxy that the environment names is none of HTTP") from None


def _in_networks(host: str, listed: str) -> bool:
    """Return whether a list such as ``10.0.0.0/8,.example.org`` has a network that an IP address lies in."""
    for one in listed.split(","):
        try:
            if "/" in one and ipaddress.ip_address(host) in ipaddress.ip_network(one.strip(), strict=False):
                return True
        except ValueError:
            pass
    return False


@lru_cache(maxsize=4)
def _trusted(file: str | None, directory: str | None) -> ssl.SSLContext:  # noqa: ARG001 (the variables by which certificates are found)
    import ssl

    return ssl.create_default_context()


def trusted() -> ssl.SSLContext:
    """Return what certificates are held against: those of the system, or of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.

    Reading them costs 20 ms or more, so they are read once.
    """
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


class Exchange:
    """A request, and the connection that it is made on.

    Args:
        method: of HTTP.
        address: where it goes.
        body: what is sent.
        headers: beside ``Host``, ``Content-Length`` and ``Connection``.
        deadline: by ``time.monotonic``.
        most: how many bytes of the answer are read.

    Attributes:
        status: of the answer, None where there is none yet.
        answered: its headers.
        content: what came of its body so far; whether a server took something stands in the status alone.
        whole: whether the body ended, or was as long as was wanted.
    """

    def __init__(
        self,
        method: str,
        address: Address,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
        most: int,
    ) -> None:
        self._method = method
        self.address = address
        self._body = body
        self._headers = dict(headers)
        self.deadline = deadline
        self._most = most
        self._socket: socket.socket | None = None
        self._abandoned = False
        self.status: int | None = None
        self.answered: Mapping[str, str] = {}
        self.content = b""
        self.whole = False

    def abandon(self) -> None:
        """End the exchange from another thread, wherever it is."""
        self._abandoned = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def make(self) -> None:
        """Make it.

        Raises:
            BadAddress: the proxy cannot be used.
            OSError: the connection (``ssl.SSLError`` is one).
            http.client.HTTPException: what came back is no HTTP.
        """
        proxy = proxy_of(self.address)
        hop = proxy or self.address
        connection = HTTPConnection(hop.host, hop.port)
        headers = {"Host": self.address.netloc, "Connection": "close", **self._headers}
        target = self.address.target
        try:
            self._socket = connection.sock = self._connected(hop)
            self._left()
            if hop.secure:
                self._secure(connection, hop)
            if proxy is not None:
                authorization = {"Proxy-Authorization": proxy.credentials} if proxy.credentials else {}
                if self.address.secure:
                    self._tunnel(connection, authorization)
                    self._secure(connection, self.address)
                else:
                    headers |= authorization
                    target = f"http://{self.address.netloc}{target}"
            try:
                connection.request(self._method, target, self._body, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # a server that does not want the rest may have said why
            with connection.getresponse() as response:
                if self._abandoned:  # where we ended the exchange its head seems to end, too
                    raise TimeoutError
                self.answered, self.status = dict(response.headers.items()), response.status
                self._read(response)
        finally:
            connection.close()

    def _read(self, response: HTTPResponse) -> None:
        try:
            while len(self.content) < self._most and (more := response.read1(_PIECE)):
                self.content += more
            self.whole = not self._abandoned
        except (OSError, HTTPException, ValueError):
            pass  # a body that is cut short

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0 or self._abandoned:
            raise TimeoutError
        return left

    def _connected(self, hop: Address) -> socket.socket:
        """Try every address of the host; one that does not answer leaves the others their share of the time."""
        found = socket.getaddrinfo(hop.host, hop.port, type=socket.SOCK_STREAM)
        for index, (family, kind, protocol, _, place) in enumerate(found):
            left = self._left()
            one = socket.socket(family, kind, protocol)
            try:
                one.settimeout(left / (len(found) - index))
                one.connect(place)
            except OSError:
                one.close()
                if index == len(found) - 1:
                    raise
            else:
                one.settimeout(self._left())
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return one
        raise OSError("no address")

    def _tunnel(self, connection: HTTPConnection, headers: Mapping[str, str]) -> None:
        host = f"[{self.address.host}]" if ":" in self.address.host else self.address.host
        request = [f"CONNECT {host}:{self.address.port} HTTP/1.1", f"Host: {host}:{self.address.port}"]
        request += [f"{name}: {value}" for name, value in headers.items()]
        connection.sock.sendall(("\r\n".join(request) + "\r\n\r\n").encode("ascii"))
        # Nothing follows the head of the answer that could be lost here: a server of TLS waits for the client's hello.
        with connection.response_class(connection.sock, method="CONNECT") as response:
            response.begin()
            if response.status != 200:
                raise ConnectionError(f"the proxy refuses, with status {response.status}")

    def _secure(self, connection: HTTPConnection, hop: Address) -> None:
        # The handshake comes after the socket is known, so that it can be abandoned, too.
        secured = trusted().wrap_socket(connection.sock, server_hostname=hop.host, do_handshake_on_connect=False)
        self._socket = connection.sock = secured
        secured.settimeout(self._left())
        secured.do_handshake()
