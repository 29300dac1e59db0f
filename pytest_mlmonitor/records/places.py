"""Lines of all values of a large JSON document, in one walk.

:class:`.json_document.Lines` searches the text anew for every field, which is cheap for the few findings of a small record. A
document of thousands of entries asks for the line of each.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]')
_DEEPEST = 6
"""Levels of nesting whose places are kept; what lies deeper is on the line of what holds it."""


class Places:
    """The line of every value of a JSON text, by its path."""

    def __init__(self, text: str) -> None:
        """Walk through ``text``, which has been parsed as JSON already."""
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._at: dict[tuple[str | int, ...], int] = {}
        path: list[str | int] = []
        last: tuple[str, int] | None = None  # a string that may turn out to be a key
        for match in _TOKEN.finditer(text):
            token, position = match.group(), match.start()
            first = token[0]
            if first == '"':
                last = (token, position)
            elif first == ":" and last is not None:
                if len(path) <= _DEEPEST:
                    path[-1] = json.loads(last[0], strict=False)
                    self._at[tuple(path)] = last[1]
            elif first in "{[":
                if path and isinstance(path[-1], int) and len(path) <= _DEEPEST:
                    self._at[tuple(path)] = position  # an element of a list
                path.append("" if first == "{" else 0)
            elif first in "}]":
                path.pop()
            elif first == "," and isinstance(path[-1], int):
                path[-1] += 1

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the 1-based line of the value at ``path``, or of the nearest value around it that is known."""
        while path and path not in self._at:
            path = path[:-1]
        return bisect_right(self._newlines, self._at.get(path, 0)) + 1
