"""The secrets that the policy names: where their values are, and every value, so that none of them leaves the tool."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel

from pytest_mlmonitor.core.policy.outlets.secret_inputs import is_secretive
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.redaction import ANYWHERE_LENGTH, CONCEALED, MIN_LENGTH
from pytest_mlmonitor.core.text.words import count

FILE_SUFFIX = "_FILE"
"""Behind the name of a variable: names a variable that names a file with the secret, as containers have them mounted."""

MAX_FILE_BYTES = 65536

_OF_CLIENTS = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "OPENLINEAGE_API_KEY",
)
"""Variables of clients that hold secrets although no policy names them."""

_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
"""Likewise, in the values of headers."""

_PAIRS = (
    ("metrics.push_user_env", "metrics.push_password_env"),
    ("alerts.smtp.user_env", "alerts.smtp.password_env"),
)
"""What is sent as one word, ``user:password``, encoded."""


def secret(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the value of a variable, else what the file holds that ``NAME_FILE`` names; None where neither is there.

    Blanks and line ends around it belong to how it was written, and are taken off.

    Args:
        name: of the variable, as the policy says it.
        environ: variables.
    """
    value = environ.get(name, "").strip()
    if value:
        return value
    found = _read(environ.get(f"{name}{FILE_SUFFIX}", ""))
    return found if isinstance(found, str) and found else None


def why_missing(name: str, environ: Mapping[str, str]) -> str | None:
    """Return why a variable has no secret, in words that follow its name and hold nothing of it; None where it has one."""
    if secret(name, environ) is not None:
        return None
    file = f"{name}{FILE_SUFFIX}"
    if not environ.get(file):
        return "is not set" if not environ.get(name) else "is empty"
    found = _read(environ[file])
    reason = "it is empty" if isinstance(found, str) else found.strerror or "it cannot be read"
    return f"is not set, and the file that {file} names cannot be used: {reason}"


def needed_secret(key: str, name: str, environ: Mapping[str, str]) -> str:
    """Return the secret that a command cannot do without.

    Args:
        key: of the policy, dotted.
        name: of the variable that it names.
        environ: variables.

    Raises:
        PolicyError: there is none; the words hold nothing of it.
    """
    value = secret(name, environ)
    if value is None:
        raise PolicyError(f"{key} names {shown_variable(name)}, which {why_missing(name, environ)}")
    return value


def why_unusable(name: str, environ: Mapping[str, str]) -> str | None:
    """Return why the secret of a variable does not do, in words that follow its name; None where it does.

    One that is too short to be looked for would stand in any word of what leaves the tool.
    """
    value = secret(name, environ)
    if value is not None and len(value) < MIN_LENGTH:
        return f"holds {count(len(value), 'character')}: too few to be told from other words, so it is taken out of nothing"
    return why_missing(name, environ)


def shown_variable(name: str) -> str:
    """Return the name of a variable as messages show it: one that nobody would call a variable may be the secret itself."""
    return name if name.upper() == name else CONCEALED


def secret_names(settings: Settings, *, switched_off: bool = True) -> dict[str, str]:
    """Return the variables that the policy names as holders of secrets, by the dotted key: those of keys that end in ``_env``.

    Args:
        settings: the policy.
        switched_off: whether those of sections that are switched off count, too.
    """
    found = dict(_names(settings, "", switched_off))
    for scope, before in (
        *((one, f"overrides[{i}]") for i, one in enumerate(settings.overrides)),
        *((one, f"source.{name}") for name, one in settings.source.items()),
    ):
        found.update(_names(scope, f"{before}.", switched_off))
    return found


def secret_values(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return every secret that the policy names and the environment has, and what of it is a secret by itself.

    That is the password and the path of a URL: a server that repeats a part of its address repeats a secret.

    Args:
        settings: the policy.
        environ: variables.
    """
    named = secret_names(settings)
    found: dict[str, None] = {}
    for key, name in named.items():
        value = secret(name, environ)
        if value is not None and (not key.endswith("user_env") or is_secretive(value)):
            found.update(dict.fromkeys(_parts(value)))
    for name in _OF_CLIENTS:
        found.update(dict.fromkeys(_parts(environ.get(name, "").strip())))
    for name in _HEADERS:
        found.update(dict.fromkeys(_of_headers(environ.get(name, ""))))
    for user, password in _PAIRS:
        both = [secret(named[key], environ) if key in named else None for key in (user, password)]
        if all(both):
            found[f"{both[0]}:{both[1]}"] = None
            found[f"\0{both[0]}\0{both[1]}"] = None
    found.pop("", None)
    return tuple(found)


def _names(section: BaseModel, before: str, switched_off: bool) -> Iterator[tuple[str, str]]:
    for key in type(section).model_fields:
        value: Any = getattr(section, key)
        if isinstance(value, BaseModel):
            if switched_off or not getattr(value, "off", False):
                yield from _names(value, f"{before}{key}.", switched_off)
        elif key.endswith("_env") and isinstance(value, str):
            yield f"{before}{key}", value


def _parts(value: str) -> Iterator[str]:
    """Yield a secret, and what of it is one by itself."""
    yield value
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= ANYWHERE_LENGTH)
    for word in value.replace(",", " ").split():  # several addresses, or what a database is reached by
        if "://" in word:
            yield from _of_url(word)
        elif word.startswith("password="):
            yield from _both(word.removeprefix("password=").strip("'\""))


def _of_headers(text: str) -> Iterator[str]:
    """Yield the values of ``name=value,name=value``, and the token of one such as ``Bearer TOKEN``."""
    for header in text.split(","):
        for value in _both(header.partition("=")[2].strip()):
            yield value
            yield value.rpartition(" ")[2]


def _of_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        yield url
        if parts.password:
            yield from _both(parts.password)
        if parts.username and "@" in parts.netloc and not parts.password:
            yield from _both(parts.username)  # a token alone stands where the user does
    except ValueError:
        return
    path = parts.path.strip("/")
    if parts.scheme.startswith(("postgres", "mysql")):  # the path is the name of a database
        return
    if is_secretive(path):
        yield path
    if parts.query:
        yield from (value for _, value in parse_qsl(parts.query) if is_secretive(value))
    yield from (segment for segment in path.split("/") if is_secretive(segment))
    if parts.scheme not in ("http", "https") and is_secretive(parts.hostname or "") and "." not in parts.netloc:
        yield parts.netloc.rpartition("@")[2]  # slack://TokenA/TokenB: a service's own kind of address


def _both(text: str) -> Iterator[str]:
    yield text
    if unquote(text) != text:
        yield unquote(text)


def _read(path: str) -> str | OSError:
    """Return what a file of a secret holds, or why it cannot be used; never what is no regular file: a pipe would wait."""
    if not path:
        return ""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return OSError(0, "it is no file")
            data = os.read(handle, MAX_FILE_BYTES + 1)
        finally:
            os.close(handle)
    except ValueError:  # a NUL in the name
        return OSError(0, "it is no name of a file")
    except OSError as error:
        return error
    if len(data) > MAX_FILE_BYTES:
        return OSError(0, f"it is larger than {MAX_FILE_BYTES // 1024} KiB")
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return OSError(0, "it is no text (UTF-8)")
