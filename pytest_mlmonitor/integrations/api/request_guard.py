"""What is asked of a request before anything is looked up: whom it is addressed to, that no secret stands in its URL, who asks."""

from __future__ import annotations

import hmac
import os
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pytest_mlmonitor.core.policy.outlets.secret_inputs import is_secret_address
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, why_unusable
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.integrations.api.http_problems import HttpProblem

LOOPBACK = ("localhost", "127.0.0.1", "::1")

OPEN = ("/healthz", "/readyz")
"""Paths that need no token: whoever restarts the process asks them."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="mlmonitor"'}


class RequestGuard:
    """Refuses requests that are not to be answered at all, and adds the headers that all answers have.

    Args:
        app: that answers the others.
        settings: the policy, which names the variables of the tokens.
        hosts: that a request may be addressed to, without ports; None for any.
    """

    def __init__(self, app: ASGIApp, settings: Settings, hosts: Collection[str] | None) -> None:
        self._app = app
        self._settings = settings
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._refuse(scope)
        except HttpProblem as problem:
            await problem.response()(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _refuse(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if self._hosts is not None and _host(headers.get("host", "")) not in self._hosts:
            raise HttpProblem(
                421,
                "wrong_host",
                "the request is addressed to a host that this server is not called: a page on another site may have sent it; "
                "name the host in api.hosts of the policy, or start with --host",
            )
        query = scope["query_string"].decode("latin-1")
        if query and (is_secret_address(f"http://h/?{query}") or any(one in query for one in self._tokens())):
            raise HttpProblem(
                400,
                "secret_in_url",
                "a token stands in the URL, where proxies and histories keep it: take it for known by others, and send the new one "
                'in a header, "Authorization: Bearer TOKEN"',
            )
        name = self._settings.api.read_token_env
        if name is not None and scope["path"] not in OPEN:
            refuse_without_token(headers, "api.read_token_env", name, self._settings.api.token_env)

    def _tokens(self) -> list[str]:
        names = (self._settings.api.token_env, self._settings.api.read_token_env)
        return [found for name in names if name is not None and (found := secret(name, os.environ))]


def refuse_without_token(headers: Headers, key: str, *names: str | None) -> None:
    """Refuse a request that does not bear the token of one of these variables; the first of them has to hold one.

    Raises:
        HttpProblem: 401, it bears none, or a wrong one; 503, the variable holds none.
    """
    first = names[0]
    why = why_unusable(first, os.environ) if first is not None else None
    if why is not None:
        raise HttpProblem(503, "token_not_configured", f"{key} names {first}, which {why}")
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        words = 'a token is needed: send it in a header, "Authorization: Bearer TOKEN"'
        raise HttpProblem(401, "no_token", words, _CHALLENGE)
    said = given.strip().encode("latin-1")
    known = [found for name in names if name is not None and (found := secret(name, os.environ)) is not None]
    matches = [
        hmac.compare_digest(said, one.encode("utf-8")) for one in known
    ]  # each whole: the time taken says nothing
    if True not in matches:
        invalid = {"WWW-Authenticate": f'{_CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
        raise HttpProblem(401, "wrong_token", f"the token is not the one that {key} names", invalid)


def hosts_of(settings: Settings, loopback: bool) -> Collection[str] | None:
    """Return the names that a request may be addressed to; None for any: only the policy knows what others call it.

    Args:
        settings: the policy.
        loopback: whether only this machine reaches the server: then a page on another site may still send it requests.
    """
    named = [one.lower().strip("[]") for one in settings.api.hosts]
    return {*LOOPBACK, *named} if loopback or named else None


def _host(header: str) -> str:
    """Return the name in a ``Host`` header, without a port.

    >>> _host("127.0.0.1:8080"), _host("[::1]:8080"), _host("Localhost.")
    ('127.0.0.1', '::1', 'localhost')
    """
    name = header.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")
