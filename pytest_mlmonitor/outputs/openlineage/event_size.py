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
    """Return how many bytes of JSON a value is."""
    return len(json.dumps(value, ensure_ascii=True))


def within(items: Iterable[dict[str, Any]], most: int) -> tuple[list[dict[str, Any]], int]:
    """Return as many items, from the first on, as have room, and how many others there are.

    >>> within([{"a": 1}, {"b": 2}], 10)
    ([{'a': 1}], 1)
    """
    kept: list[dict[str, Any]] = []
    left_out = 0
    for item in items:
        most -= size_of(item) if most > 0 else 0
        if most > 0:
            kept.append(item)
        else:
            left_out += 1
    return kept, left_out


def chunks(items: Iterable[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """Yield lists of items that each have room; an item that has none is alone.

    >>> list(chunks([{"a": 1}, {"b": 2}, {"c": 3}], 16))
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
