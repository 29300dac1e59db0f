"""What became of a request, by the status that a log says of it."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["success", "failure", "rejected"]

FAILED = frozenset(
    (
        "error",
        "err",
        "fail",
        "failed",
        "failure",
        "exception",
        "timeout",
        "timedout",
        "timed_out",
        "crash",
        "crashed",
        "unavailable",
        "unknown",
        "internal",
        "data_loss",
        "dataloss",
        "deadline_exceeded",
        "deadlineexceeded",
        "unimplemented",
        "server_error",
        "internal_error",
        "aborted",
        "5xx",
        "false",
    )
)
"""Words of failures, gRPC's among them."""

REJECTED = frozenset(
    (
        "rejected",
        "invalid",
        "denied",
        "unauthorized",
        "forbidden",
        "throttled",
        "rate_limited",
        "limited",
        "cancelled",
        "canceled",
        "invalid_argument",
        "invalidargument",
        "not_found",
        "notfound",
        "already_exists",
        "alreadyexists",
        "permission_denied",
        "permissiondenied",
        "resource_exhausted",
        "resourceexhausted",
        "failed_precondition",
        "failedprecondition",
        "out_of_range",
        "outofrange",
        "unauthenticated",
        "client_error",
        "bad_request",
        "4xx",
    )
)
"""Words of requests that were refused, by whoever asked or for what was asked."""

SUCCEEDED = frozenset(
    (
        "ok",
        "success",
        "succeeded",
        "successful",
        "done",
        "completed",
        "complete",
        "true",
        "2xx",
        "3xx",
    )
)
"""Words of requests that were answered."""

GRPC_FAILED = frozenset((2, 4, 10, 12, 13, 14, 15))
"""gRPC's codes of failures: unknown, deadline exceeded, aborted, unimplemented, internal, unavailable, data loss; 0 is ok."""

GRPC_CODES = range(17)
HTTP_CODES = range(100, 600)


def outcome_of(status: object, *, http: bool = False) -> Outcome | None:
    """Return what became of a request, None for a status that is not known.

    HTTP: 5xx is a failure, 4xx a rejection, the rest (1xx to 3xx) a success. gRPC: 0 is a success, codes and names as they are
    defined. Words and truth values as people write them, in any case.

    Args:
        status: a number, a text that may hold one, or a truth value.
        http: whether other statuses of the log are HTTP's, in which 0 is a request that nobody waited for (Envoy).

    >>> outcome_of(503), outcome_of("429"), outcome_of("OK"), outcome_of(True), outcome_of("DEADLINE_EXCEEDED"), outcome_of("?")
    ('failure', 'rejected', 'success', 'success', 'failure', None)
    """
    if isinstance(status, bool):
        return "success" if status else "failure"
    if isinstance(status, str):
        word = status.strip().lower().replace(" ", "_").replace("-", "_")
        digits = word.split("_", 1)[0]
        if not digits.isdecimal() or len(digits) > 3:
            found: Outcome | None = "success" if word in SUCCEEDED else "failure" if word in FAILED else None
            return found or ("rejected" if word in REJECTED else None)
        status = int(digits)
    if isinstance(status, float) and status.is_integer():
        status = int(status)
    if not isinstance(status, int):
        return None
    if status in HTTP_CODES:
        return "failure" if status >= 500 else "rejected" if status >= 400 else "success"
    if status in GRPC_CODES:
        if status == 0:
            return "rejected" if http else "success"
        return "failure" if status in GRPC_FAILED else "rejected"
    return None
