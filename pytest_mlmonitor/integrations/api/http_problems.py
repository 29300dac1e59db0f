"""What is wrong with a request, or why it cannot be answered now: problem documents of RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from starlette.responses import Response

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.integrations.api.api_shape import ProblemDocument

PROBLEM_TYPE = "application/problem+json"

ProblemReason = Literal[
    "no_verdict",
    "other_environment",
    "unknown_model",
    "unknown_path",
    "wrong_method",
    "secret_in_url",
    "wrong_host",
    "no_token",
    "wrong_token",
    "token_not_configured",
    "retraining_not_allowed",
    "already_waiting",
    "cooldown",
    "no_store",
    "store_unusable",
    "no_report",
    "no_metrics",
    "broken",
]
"""Words for programs."""

_DETAIL = 2000
"""Most characters of the words."""

SOON = 10
"""Seconds after which to ask again what cannot be answered while a run is going on."""


class HttpProblem(Exception):
    """A request that is not answered as it asks.

    Attributes:
        status: of HTTP.
        reason: word for programs.
        headers: of the answer.
        more: further members of the document.
    """

    def __init__(
        self,
        status: int,
        reason: ProblemReason,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> Response:
        """Return the answer; nothing that came out of a request or an artifact stands in it as it was."""
        document: ProblemDocument = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": safe(str(self))[:_DETAIL],
            "reason": self.reason,
            **self.more,  # type: ignore[typeddict-item]
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(as_bytes(document), self.status, headers, PROBLEM_TYPE)


def as_bytes(document: object) -> bytes:
    """Return JSON in ASCII: nothing in it moves a cursor or breaks an encoding, and no tag of HTML begins in it."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, indent=1)
    return text.replace("<", "\\u003c").encode("ascii") + b"\n"
