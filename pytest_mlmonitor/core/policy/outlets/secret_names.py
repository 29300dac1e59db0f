"""Addresses and secrets in the policy: a secret is the name of a variable, never what the variable holds."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def _variable(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(
            "expected the name of an environment variable, such as SLACK_WEBHOOK_URL: the secret itself never stands here"
        )
    return value


def _plain_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("expected a URL with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError(
            "a secret stands in this URL: name the variable that holds the URL, with the key that ends in _env"
        )
    return value


VariableName = Annotated[str, Field(min_length=1), AfterValidator(_variable)]
"""Name of an environment variable. With ``_FILE`` behind it, of one that names a file which holds the secret."""

PlainUrl = Annotated[str, AfterValidator(_plain_url)]
"""A URL of HTTP without user or password; one with a secret in it is named by its variable."""
