"""A JSON document said otherwise, written as its writer writes: with its indent, its separators and the newline at its end."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_mlmonitor.records.strict_json import parse_object

ValuePath = Sequence[str | int]
"""The keys and indices that lead to a value."""

_INDENT = re.compile(r"\{\s*\n([ \t]+)")
_BOM = b"\xef\xbb\xbf"


def edited_json(data: bytes, values: Mapping[Any, Any]) -> bytes:
    """Return the bytes of a JSON object in which other values stand at some paths.

    Args:
        data: of the document, which can be read.
        values: by path, a tuple of keys and indices; None takes the key away.
    """
    document = parse_object(data.removeprefix(_BOM))
    for path, value in values.items():
        put(document, path, value)
    return dumped_like(data, document)


def put(document: Any, path: ValuePath, value: Any) -> None:
    """Let a value stand at a path of a document; None takes a key away, and leaves an item of a list null.

    >>> document = {"a": [{"b": 1}]}
    >>> put(document, ("a", 0, "b"), 2); put(document, ("c",), 3); document
    {'a': [{'b': 2}], 'c': 3}
    """
    for part in path[:-1]:
        document = document.setdefault(part, {}) if isinstance(document, dict) else document[part]
    if value is None and isinstance(document, dict):
        document.pop(path[-1], None)
    else:
        document[path[-1]] = value


def dumped_like(data: bytes, document: Any) -> bytes:
    r"""Return a document as text in the form in which another version of it is written.

    >>> dumped_like(b'{"a":1}', {"a": 2, "b": 3}), dumped_like(b'{"a": 1}\n', {"a": 2})
    (b'{"a":2,"b":3}', b'{"a": 2}\n')
    """
    text = data.removeprefix(_BOM).decode("utf-8")
    indent = _INDENT.search(text)
    spaced = indent is not None or '": ' in text
    separators = (", " if spaced and indent is None else ",", ": " if spaced else ":")
    made = json.dumps(
        document, ensure_ascii=text.isascii(), indent=indent[1] if indent is not None else None, separators=separators
    )
    return (made + ("\n" if text.endswith("\n") else "")).encode("utf-8", "surrogatepass")


def copied(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record whose values can be put otherwise."""
    return copy.deepcopy(dict(record))
