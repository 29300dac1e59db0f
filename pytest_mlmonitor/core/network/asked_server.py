"""A server that is asked by its API: requests by one deadline, and JSON as it answers it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.core.network.posting import PostError, post

REQUEST_SECONDS = 5.0
MOST_BYTES = 64 << 20
"""Of an answer: rules and alerts of everybody who shares a Prometheus."""


@dataclass(frozen=True)
class AskedServer:
    """A server.

    Attributes:
        url: of its root, which may be a secret.
        deadline: of everything, by ``time.monotonic``.
        headers: of every request, which may be secret, too.
    """

    url: str = field(repr=False)
    deadline: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        seconds: float = REQUEST_SECONDS,
        *,
        headers: Mapping[str, str] | None = None,
        most: int = MOST_BYTES,
    ) -> bytes:
        """Return what it answers.

        Args:
            method: of HTTP.
            path: behind its URL, with the query.
            body: what is sent.
            seconds: how long it may take, at most until the deadline.
            headers: beside those of every request.
            most: how many bytes of the answer are wanted; a longer one is an error.

        Raises:
            PostError: it does not, or not in time, or refuses.
        """
        until = min(self.deadline, time.monotonic() + seconds)
        url, given = self.url.rstrip("/") + path, {**self.headers, **(headers or {})}
        answer = post(url, body, headers=given, deadline=until, method=method, attempts=1, most=most + 1)
        if len(answer.body) > most:
            raise PostError(f"it answers more than {most >> 20} MiB", status=answer.status)
        return answer.body

    def document(self, path: str) -> Any:
        """Return the JSON that it answers.

        Raises:
            PostError: it answers none.
        """
        return document_of(self.request("GET", path))


def document_of(content: bytes) -> Any:
    """Return what an answer holds as JSON.

    Raises:
        PostError: it holds none.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise PostError("it answers something that is not JSON: is the URL right?") from None
