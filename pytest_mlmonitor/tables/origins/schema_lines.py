"""Where a schema in Python says something of a column: by its text, which is read where a finding asks for it."""

from __future__ import annotations

import linecache
import re
import sys
from functools import cached_property
from pathlib import Path


class SchemaCode:
    """The module in which a pandera schema or model is written."""

    def __init__(self, source: str) -> None:
        """Know a schema by what it is called: ``module:name``."""
        module, _, self._name = source.partition(":")
        path = getattr(sys.modules.get(module), "__file__", None) if self._name else None
        self.file = Path(path) if isinstance(path, str) else None

    def line(self, column: str | None) -> int | None:
        """Return the line on which a column is said after the schema begins, else that on which it begins; None: not found."""
        begin = self._begin
        if begin is None or column is None:
            return begin
        attribute = re.compile(rf"\s+{re.escape(column)}\s*[:=]|.*[\"']{re.escape(column)}[\"']\s*[:=,)]")
        for number in range(begin, len(self._text)):
            text = self._text[number]
            if text.strip() and not text[0].isspace() and text[0] not in ")]}#":
                break  # what stands at the margin is something else
            if attribute.match(text):
                return number + 1
        return begin

    @cached_property
    def _text(self) -> list[str]:
        return linecache.getlines(str(self.file)) if self.file is not None else []

    @cached_property
    def _begin(self) -> int | None:
        name = re.escape(self._name.rpartition(".")[2])
        start = re.compile(rf"\s*class\s+{name}\b|{name}\s*[:=]")
        return next((i for i, text in enumerate(self._text, 1) if start.match(text)), None)
