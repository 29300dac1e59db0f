"""The header by which a server knows who asks: a user with a password, or a token."""

from __future__ import annotations

from base64 import b64encode


def basic(user: str, password: str) -> str:
    """Return the value of ``Authorization`` for a user (RFC 7617).

    >>> basic("ci", "x")
    'Basic Y2k6eA=='
    """
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def bearer(token: str | None) -> dict[str, str]:
    """Return the header for a token (RFC 6750), none without one.

    >>> bearer("x"), bearer(None)
    ({'Authorization': 'Bearer x'}, {})
    """
    return {"Authorization": f"Bearer {token}"} if token else {}
