"""How much an event may hold: receivers refuse events of more than 1 MB, and somebody has to read the texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

WORDS = 500
"""Characters of a text that came out of a finding or an artifact."""


def cut(text: str) -> str:
    """Return a text with an end, should it have none.

    >>> cut("short"), len(cut("long" * 1000))
    ('short', 500)
    """
    return text if len(text) <= WORDS else f"{text[: WORDS - 1]}…"


def size_of(value: Any) -> int:
    """Return how many bytes of JSON a value is, or a few more: it is not written to find that out.

    >>> size_of({"a": "é"}) >= len(json.dumps({"a": "é"}))
    True
    """
    if isinstance(value, str):
        plain = value.isascii() and value.isprintable()
        return (len(value) + value.count('"') + value.count("\\") if plain else 12 * len(value)) + 2
    if isinstance(value, dict):
        return 2 + sum(len(key) + 4 + size_of(one) for key, one in value.items())
    if isinstance(value, list):
        return 2 + sum(1 + size_of(one) for one in value)
    return len(json.dumps(value)) if isinstance(value, float) else len(str(value)) + 1


def within(items: Iterable[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return as many items, from the first on, as have room.

    >>> within([{"a": 1}, {"b": 2}], 10)
    [{'a': 1}]
    """
    kept: list[dict[str, Any]] = []
    for item in items:
        most -= size_of(item)
        if most < 0:
            break
        kept.append(item)
    return kept


def chunks(items: Iterable[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """Yield lists of items that each have room; an item that has none is alone.

    >>> list(chunks([{"a": 1}, {"b": 2}, {"c": 3}], 18))
    [[{'a': 1}, {'b': 2}], [{'c': 3}]]
    """
    chunk: list[dict[str, Any]] = []
    room = most
    for item in items:
        size = size_of(item)
        if chunk and size > room:
            yield chunk
            chunk, room = [], most
        chunk.append(item)
        room -= size
    if chunk:
        yield chunk
