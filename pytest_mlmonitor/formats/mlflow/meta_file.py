"""The small YAML documents of a file store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.tables.odcs.yaml import NotYaml, lines_of, parse_mapping

_MAX_BYTES = 4 * 1024 * 1024

# What MLflow writes of most runs: the parser takes twenty times as long for it.
_PLAIN = re.compile(
    r"(?P<key>[a-z_]+): ?(?:(?P<integer>-?[0-9]{1,18})|(?P<null>null)|(?P<empty>'')"
    r"|'(?P<quoted>[^'\\\n]*)'|(?P<text>[A-Za-z/][A-Za-z0-9/_.-]*(?::[A-Za-z0-9/_.-]+)*))?"
)
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "~", "null"))


@dataclass(frozen=True)
class MetaFile:
    """A document as far as it could be read.

    Attributes:
        path: of the file.
        data: what it says, None where it cannot be read.
        unreadable: why it cannot.
    """

    path: Path
    data: Mapping[str, Any] | None = None
    unreadable: tuple[Finding, ...] = ()
    _content: bytes = field(default=b"", repr=False)

    def line_of(self, field: str) -> int:
        """Return the 1-based line of a field at the top, 1 where it is not there."""
        lines = lines_of(self._content)
        return lines.get((field.removeprefix("metrics."),), 1)


def read_meta(path: Path) -> MetaFile:
    """Read a document; never raises on bad data."""
    try:
        content = read_bytes(path, _MAX_BYTES)
        plain = _plain(content)
        return MetaFile(path, parse_mapping(content) if plain is None else plain, _content=content)
    except Refused as refusal:
        words, line = str(refusal), None
    except NotYaml as error:
        words, line = str(error), error.line
    place = shown(path) if line is None else f"{shown(path)}:{line}"
    message = f"{path.name} {safe(words)}"
    return MetaFile(path, unreadable=(Finding(Severity.ERROR, message, "a YAML mapping in UTF-8", None, None, place),))


def _plain(content: bytes) -> dict[str, Any] | None:
    """Return what a document of plain lines says, None where the parser must look."""
    found: dict[str, Any] = {}
    try:
        lines = content.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return None
    if lines[-1]:  # torn, maybe: MLflow ends the last line
        return None
    for line in lines[:-1]:
        match = _PLAIN.fullmatch(line)
        if match is None or match["key"] in found:
            return None
        text = match["text"]
        if text is not None and (text.lower() in _WORDS or text.endswith(".")):
            return None
        if match["integer"] is not None:
            found[match["key"]] = int(match["integer"])
        else:
            found[match["key"]] = "" if match["empty"] else match["quoted"] or text
    return found or None
