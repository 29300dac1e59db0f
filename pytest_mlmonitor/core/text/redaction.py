"""Secrets taken out of text by their values, however the text is written: nothing that leaves the tool holds one.

A secret may stand anywhere: in the words of a server, in a path, in what a test printed, in a column of somebody's table. So
whatever is written or shown is looked through for the values themselves, also as JSON, HTML, URLs and Python write them.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus

CONCEALED = "***"
"""What stands where a secret stood."""

MIN_LENGTH = 4
"""Characters of a secret that is looked for: fewer stand in any word."""

ANYWHERE_LENGTH = 8
"""Characters from which a secret is found also inside a longer word; a shorter one only by itself."""


def redacted(text: str, values: Iterable[str]) -> str:
    """Return text without any of these secrets, ``***`` in their places.

    Args:
        text: of any length.
        values: the secrets; those of fewer than :data:`MIN_LENGTH` characters are not looked for.

    >>> redacted("POST /services/T0/xyz%2Fabc failed, twice", ["xyz/abc"])
    'POST /services/T0/*** failed, twice'
    """
    return _redactor(tuple(values)).text(text)


def redacted_bytes(data: bytes, values: Iterable[str]) -> bytes:
    r"""Return an encoded document (JSON, HTML, text; UTF-8) without any of these secrets.

    >>> redacted_bytes(b'{"password": "a\\u00e4-long-one"}', ["aä-long-one"])
    b'{"password": "***"}'
    """
    return _redactor(tuple(values)).bytes(data)


def conceal(values: Iterable[str]) -> Callable[[], None]:
    """Let :func:`concealed`, and with it :func:`.names.safe`, take these secrets out of what this process shows and writes.

    Returns:
        What puts back what was concealed before.
    """
    before = _PROCESS[0]
    _PROCESS[0] = _redactor(tuple(values))

    def restore() -> None:
        _PROCESS[0] = before

    return restore


def concealed(text: str) -> str:
    """Return text without the secrets of this process (:func:`conceal`).

    >>> restore = conceal(["hunter2-hunter2"])
    >>> concealed("token=hunter2-hunter2"), restore()
    ('token=***', None)
    """
    return _PROCESS[0].text(text) if _PROCESS[0].forms else text


def concealed_bytes(data: bytes) -> bytes:
    """Return an encoded document without the secrets of this process (:func:`conceal`)."""
    return _PROCESS[0].bytes(data) if _PROCESS[0].forms else data


def conceals() -> bool:
    """Return whether this process knows of any secret at all."""
    return bool(_PROCESS[0].forms)


class _Redactor:
    """Looks for secrets in all their forms: first for what every form of one has, and only where that is there for all of them."""

    def __init__(self, values: tuple[str, ...]) -> None:
        known = [value.strip() for value in values if len(value.strip()) >= MIN_LENGTH]
        forms = {form for value in known for form in _forms(value)}
        cores = {core for value in known for core in _cores(value)}
        self._cores = sorted(cores)
        self._cores_in_bytes = [core.encode("utf-8", "surrogatepass") for core in self._cores]
        self.forms = sorted(forms, key=lambda form: (-len(form), form))  # the longest first: one may hold another
        words = [
            re.escape(form) if len(form) >= ANYWHERE_LENGTH else rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])"
            for form in self.forms
        ]
        expression = "|".join(words)
        self._in_text = re.compile(expression)
        self._of_bytes = re.compile(expression.encode("utf-8", "surrogatepass"))

    def text(self, text: str) -> str:
        if not any(core in text for core in self._cores):
            return text
        return self._in_text.sub(CONCEALED, text)

    def bytes(self, data: bytes) -> bytes:
        if not any(core in data for core in self._cores_in_bytes):
            return data
        return self._of_bytes.sub(CONCEALED.encode(), data)


@lru_cache(maxsize=32)
def _redactor(values: tuple[str, ...]) -> _Redactor:
    return _Redactor(values)


_PROCESS = [_redactor(())]


def _cores(value: str) -> Iterable[str]:
    """Yield what stands in a text that holds a secret in any form: its longest piece that nobody writes otherwise, or base64's."""
    plain = max(re.findall("[A-Za-z0-9]+", value), key=len, default="")
    if len(plain) < MIN_LENGTH:
        yield from _forms(value)
        return
    yield plain
    yield from _in_base64(value)


def _in_base64(value: str) -> Iterable[str]:
    if len(value) >= ANYWHERE_LENGTH:
        yield base64.b64encode(value.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def _forms(value: str) -> Iterable[str]:
    """Yield a secret as it is, and as what is written from text writes it."""
    from xml.sax.saxutils import escape, quoteattr  # which imports http.client and ssl: only where there is a secret

    plain = {
        value,
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(value).replace("/", "\\/")[1:-1],
        *_in_url(value),
    }
    plain |= {json.dumps(form)[1:-1] for form in set(plain)}  # JSON in JSON: what pytest-html keeps its rows in
    for form in plain:
        yield form
        yield html.escape(form)  # &quot; &#x27;
        yield html.escape(form).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")  # as templates write it
        yield escape(form)
        yield quoteattr(form)[1:-1]
    yield from _in_base64(value)


def _in_url(value: str) -> Iterable[str]:
    data = value.encode("utf-8", "surrogatepass")
    for form in (quote(data, safe="/"), quote(data, safe=""), quote(data, safe="-_.~+=,"), quote_plus(data)):
        yield form
        yield re.sub("%[0-9A-F]{2}", lambda escaped: escaped.group().lower(), form)
        yield form.replace("%", "%25")  # the id of an item whose path is written so
