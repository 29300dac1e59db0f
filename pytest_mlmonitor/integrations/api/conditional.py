"""Answers that a client may have already: strong entity tags, If-None-Match and 304 (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST = re.compile(rf"\s*(?:{_TAG.pattern}|,)\s*")


def tag_of(content: bytes) -> str:
    """Return the entity tag of a content.

    >>> tag_of(b"a") == tag_of(b"a"), tag_of(b"a") == tag_of(b"b"), len(tag_of(b""))
    (True, False, 34)
    """
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(header: str | None, tag: str) -> bool:
    """Return whether an ``If-None-Match`` names a tag; a weak one is as good, and ``*`` names whatever there is.

    >>> is_known('"a", W/"b"', '"b"'), is_known("*", '"b"'), is_known('"a"', '"b"'), is_known("b", '"b"'), is_known(None, '"b"')
    (True, True, False, False, False)
    """
    if header is None:
        return False
    if header.strip() == "*":
        return True
    place, found = 0, False
    while place < len(header):
        one = _LIST.match(header, place)
        if one is None:  # it is no list of tags: as if it were not there
            return False
        found |= one[1] == tag
        place = one.end()
    return found


def answer(request: Request, content: bytes, form: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a content, or 304 where the client has it."""
    tag = tag_of(content)
    known = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(None, 304, known)
    return Response(content, 200, known, form)
