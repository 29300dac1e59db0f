"""One YAML mapping out of bytes that nobody vouches for, with the line of every key.

The parser's events are read, never its objects: there are no tags and no constructors, so nothing can be made to run. The
document is bounded in bytes, in depth, and in values *after* aliases are expanded (a few lines of aliases can stand for
billions). Scalars follow the core schema of YAML 1.2, as JSON does: ``NO``, ``on`` and ``2024-01-01`` are text, ``1e5`` is
a number. YAML 1.1, which PyYAML's own loader follows, would make them False, True, a date and text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from pytest_mlmonitor.core.text.names import quoted

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 50
MAX_VALUES = 500_000
"""Mappings, lists and scalars of one document, every alias counted as what it stands for.

Reading is linear: this many cost one to three seconds and 250 MiB. A table of 5,000 columns with every kind of limit has
200,000."""

KeyPath = tuple[str | int, ...]

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class NotYaml(ValueError):
    """The bytes are no plain YAML mapping; the message follows the file's name.

    Attributes:
        line: 1-based line, if it is known.
        key: the key concerned, if any.
    """

    def __init__(self, message: str, line: int | None = None, key: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.key = key


def parse_mapping(data: bytes, text_keys: Collection[str] = ()) -> dict[str, Any]:
    """Return the mapping that ``data`` holds.

    Args:
        data: a whole YAML document.
        text_keys: keys whose scalar is text as it is written, even where it looks like a number: ``version: 1.10``.

    Raises:
        NotYaml: saying what is wrong and where.
    """
    value = _Reader(data, frozenset(text_keys)).document()
    if not isinstance(value, dict):
        found = "empty" if value is None else "a list" if isinstance(value, list) else "a single value"
        raise NotYaml(f"is {found}; expected a YAML mapping", 1)
    return value


def lines_of(data: bytes) -> dict[KeyPath, int]:
    """Return the 1-based line of every key and list item that stands in ``data``; read again, for messages only."""
    lines: dict[KeyPath, int] = {}
    try:
        _Reader(data, frozenset(), seen=lines.setdefault).document()
    except NotYaml:
        pass
    return lines


def node_tree(text: str) -> Any:
    """Return the nodes of a document that was read before, each with the places where it begins and ends; for editing its text.

    Raises:
        NotYaml: it cannot be composed.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(f"is not YAML: {quoted(str(error))}") from None


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise NotYaml(f"is larger than {MAX_BYTES:,} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotYaml("is UTF-16; expected UTF-8: save it in that encoding", 1)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")  # which Windows' editors write, and YAML allows
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotYaml(f"is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}", line) from None


def _events(data: bytes) -> Iterator[Any]:
    import yaml

    text = _decoded(data)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(f"is not YAML: {what}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise NotYaml(f"is not YAML: {quoted(str(error).splitlines()[0] if str(error) else error)}") from None
    except (ValueError, RecursionError) as error:
        raise NotYaml(f"is not YAML: {quoted(str(error))}") from None


class Written(float):
    """A number with a point or an exponent: a float to compute with, and its text, which 0.3 needs to be 0.3.

    Attributes:
        text: the number as its author wrote it.
    """

    def __new__(cls, text: str) -> Written:
        """Return the number that ``text`` names."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __repr__(self) -> str:
        return self.text


class _Reader:
    """Builds values from events; the depth is bounded before anything recurses."""

    def __init__(
        self, data: bytes, text_keys: frozenset[str], seen: Callable[[KeyPath, int], object] | None = None
    ) -> None:
        self._next = _events(data).__next__
        self._text_keys = text_keys
        self._seen = seen
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def document(self) -> Any:
        import yaml

        self._next()  # the stream starts
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        value = self._value(self._next(), 0, ())
        self._next()  # the document ends
        more = self._next()
        if not isinstance(more, yaml.StreamEndEvent):
            raise NotYaml("holds more than one document; expected one", more.start_mark.line + 1)
        return value

    def _value(self, event: Any, depth: int, path: KeyPath) -> Any:
        import yaml

        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise NotYaml(f"refers to *{quoted(event.anchor)} before it is complete", line)
            value, size = self._anchors[event.anchor]
            self._count(size, line)
            return value
        if event.tag is not None:
            raise NotYaml(
                f"has the tag {quoted(event.tag)}: leave it out; text stands in quotes, nothing else needs one", line
            )
        before = self._values
        self._count(1, line)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path)
        elif depth >= MAX_DEPTH:
            raise NotYaml(f"is nested deeper than {MAX_DEPTH} levels", line)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(depth, path)
        else:
            value = self._mapping(depth, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._values - before)
        return value

    def _list(self, depth: int, path: KeyPath) -> list[Any]:
        import yaml

        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            below = (*path, len(items))
            if self._seen is not None:
                self._seen(below, event.start_mark.line + 1)
            items.append(self._value(event, depth + 1, below))
        return items

    def _mapping(self, depth: int, path: KeyPath) -> dict[str, Any]:
        import yaml

        pairs: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: list[Any] = []
        has_merge = False
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None or event.anchor is not None:
                raise NotYaml("has a key that is no plain text", line)
            self._count(1, line)
            key = event.value
            if key == "<<" and event.implicit[0]:
                if has_merge:
                    raise NotYaml("has the key << twice", line, key)
                has_merge = True
                merged = self._merged(self._value(self._next(), depth + 1, (*path, key)), line)
                continue
            if key in pairs:
                first = f", the first time in line {lines[key]:,}" if key in lines else ""
                raise NotYaml(f"has the key {quoted(key)} twice{first}: keep one of the two", line, key)
            below, lines[key] = (*path, key), line
            if self._seen is not None:
                self._seen(below, line)
            pairs[key] = self._value(self._next(), depth + 1, below)
        for mapping in merged:
            for key, value in mapping.items():
                pairs.setdefault(key, value)
        return pairs

    def _merged(self, value: Any, line: int) -> list[Any]:
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(m, dict) for m in mappings):
            raise NotYaml("merges (<<) something that is no mapping", line, "<<")
        return mappings

    def _scalar(self, event: Any, path: KeyPath) -> Any:
        text: str = event.value
        if not event.implicit[0] or text in _NULL:  # quoted, or a block of text
            return text if not event.implicit[0] else None
        if path and path[-1] in self._text_keys:
            return text
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _OTHER_BASE.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            return Written(text)
        special = _SPECIAL.fullmatch(text)
        if special:
            return float(text.lower().replace(".", ""))
        return text

    def _count(self, number: int, line: int) -> None:
        self._values += number
        if self._values > MAX_VALUES:
            raise NotYaml(f"stands for more than {MAX_VALUES:,} values (aliases count as what they stand for)", line)
