"""Where the values of a JSON text stand, by their paths."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

# Possessive: of a text of 60 MB every character was kept for a way back that there is not, 7 GiB.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]')
_PART = re.compile(r"([^.\[\]]+)|\[([0-9]{1,9})\]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")

_Place = tuple[int, str | int, int]
"""A container by its number, a key or an index in it, and where that stands."""


class Places:
    """The line of every value of a JSON text: that of its key, or of its first character in a list.

    Most documents are sound and nobody asks, so the walk is made when the first question comes; it answers all later ones.
    """

    def __init__(self, text: str) -> None:
        """Keep ``text``, which has been parsed as JSON already, or is empty."""
        self._text = text

    def __eq__(self, other: object) -> bool:
        """Return whether it is the same text."""
        return isinstance(other, Places) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the 1-based line of the value at ``path``, or of the nearest value around it that is there."""
        if self._is_one_line:
            return 1
        positions, newlines = self._walked
        container, position = 0, 0
        for part in path:
            if (container, part) not in positions:
                break
            # A container is numbered by where it is entered: its own place, so that no depth needs paths of that length.
            position = container = positions[container, part]
        return bisect_right(newlines, position) + 1

    def line_of(self, field: str) -> int:
        """Return the line of a field as messages write it: ``a.b[0]``, or a key that holds dots itself."""
        parts = [int(index) if index else key for key, index in _PART.findall(field)]
        return self.line((field,) if (0, field) in self._walked[0] else tuple(parts))

    @cached_property
    def _is_one_line(self) -> bool:
        return self._text.find("\n", 0, len(self._text.rstrip())) < 0

    @cached_property
    def _walked(self) -> tuple[dict[tuple[int, str | int], int], list[int]]:
        positions = {(container, part): position for container, part, position in _places(self._text)}
        return positions, [match.start() for match in re.finditer("\n", self._text)]


def line_of_second(text: str, key: str) -> int:
    """Return the 1-based line of the first ``key`` that its object has twice; what follows it need not be JSON."""
    seen = set()
    for container, part, position in _places(text):
        if part == key:
            if container in seen:
                return text.count("\n", 0, position) + 1
            seen.add(container)
    return 1


def line_of_deepest(text: str) -> int:
    """Return the 1-based line of the bracket that most others stand around."""
    depth = deepest = place = 0
    for match in _TOKEN.finditer(text):
        if match.group() in "{[":
            depth += 1
            if depth > deepest:
                deepest, place = depth, match.start()
        elif match.group() in "}]":
            depth -= 1
    return text.count("\n", 0, place) + 1


def line_of_lone_surrogate(text: str) -> int:
    """Return the 1-based line of the first escape that is half a surrogate pair, 1 where there is none."""
    high = -1  # where an escape ended that waits for its other half
    for match in _ESCAPE.finditer(text):
        code = int(match[1], 16) if match[1] else 0
        if 0xDC00 <= code < 0xE000 and high == match.start():
            high = -1
        elif high >= 0 or 0xDC00 <= code < 0xE000:
            return text.count("\n", 0, match.start() if high < 0 else high - 1) + 1
        else:
            high = match.end() if 0xD800 <= code < 0xDC00 else -1
    return text.count("\n", 0, high - 1) + 1 if high > 0 else 1


def _places(text: str) -> Iterator[_Place]:
    """Yield the place of every key and of every element of a list; the document itself is container 0."""
    around: list[tuple[int, str | int]] = []  # the containers that the current one stands in, and how far each has come
    container, place = 0, 0
    part: str | int = ""
    last, last_at = "", 0  # a string that may turn out to be a key
    for match in _TOKEN.finditer(text):
        token, position = match.group(), match.start()
        first = token[0]
        if first == '"':
            last, last_at = token, position
        elif first == ":":
            part = json.loads(last, strict=False) if "\\" in last else last[1:-1]
            place = last_at
            yield container, part, place
        elif first in "{[":
            around.append((container, part))
            container = place
            part = "" if first == "{" else 0
        elif first in "}]":
            container, part = around.pop()
        elif isinstance(part, int):
            part += 1
        if first in "[," and isinstance(part, int):
            space = _SPACE.match(text, position + 1)
            place = space.end() if space is not None else position
            yield container, part, place
