"""Addresses and secrets in the policy: a secret is the name of a variable, never what the variable holds."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from pytest_mlmonitor.core.policy.outlets.secret_inputs import is_secret_address

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_USUAL_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z|[a-z]+(?:_[a-z]+)+\Z")
_KEY = re.compile(r"(?=(?:\D*\d){3})[A-Za-z0-9]{20,}\Z|AKIA[A-Z0-9]{16}\Z")


def _variable(value: str) -> str:
    # hunter2 and R0ABCDEF0123456789AB could be names, too: nobody calls a variable so, and it would stand in messages.
    if not _NAME.match(value) or not _USUAL_NAME.match(value) or _KEY.match(value):
        raise ValueError(
            "expected the name of an environment variable, such as SLACK_WEBHOOK_URL: the secret itself never stands here"
        )
    return value


def plain_url(value: str) -> str:
    """Return a URL of HTTP that holds no secret.

    Raises:
        ValueError: it is none; the words hold nothing of it.
    """
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or any(c.isspace() or not c.isprintable() for c in value):
        raise ValueError("expected a URL with http:// or https://")
    if is_secret_address(value):
        raise ValueError(
            "a secret stands in this URL: name the variable that holds the URL, with the key that ends in _env"
        )
    return value


def _asked_url(value: str) -> str:
    if "{" in value or "}" in value:
        raise ValueError(
            "a URL stands as it is: nothing of an artifact is filled in, for a name in it could lead anywhere"
        )
    try:
        return plain_url(value)
    except ValueError as error:
        words = str(error)
    if "secret" in words:
        words = "a secret stands in this URL: endpoint_token_env names the variable that holds a bearer token, sent beside it"
    raise ValueError(words)


def _endpoint(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):  # as a variable says it
        return value == "true"
    if not isinstance(value, str):
        raise ValueError("expected true, false, or a URL with http:// or https://")
    try:
        return plain_url(value)
    except ValueError as error:
        raise ValueError(str(error).replace("expected a URL", "expected true, false, or a URL")) from None


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?", value):
        raise ValueError(
            "expected the name of a host, such as mail.example.com: port, user and password have keys of their own"
        )
    return value


VariableName = Annotated[str, Field(min_length=1), AfterValidator(_variable)]
"""Name of an environment variable. With ``_FILE`` behind it, of one that names a file which holds the secret."""

PlainUrl = Annotated[str, AfterValidator(plain_url)]
"""A URL of HTTP without user, password or token; one with a secret in it is named by its variable."""

EndpointUrl = Annotated[str, AfterValidator(_asked_url)]
"""A URL of HTTP that a deployment answers, without a secret and without places for names."""

SwitchOrUrl = Annotated[bool | str, BeforeValidator(_endpoint)]
"""Whether something is sent, and where to: ``true`` means where the variables of the protocol say."""

HostName = Annotated[str, AfterValidator(_host)]
"""Name or number of a host, and nothing else."""
