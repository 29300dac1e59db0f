"""Lines put into the text of a contract that a person wrote: what is there stays as it is, comments and order too.

Every change is an insertion at a place that the parser tells, or the replacement of one scalar. The result is parsed again, and
is refused unless it says exactly what was there and the lines: an anchor, a merge or a tag could make one line say two things.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mlmonitor.tables.odcs.written.contract_line import LISTS, ContractLine
from pytest_mlmonitor.tables.odcs.written.yaml_flow import flow, scalar
from pytest_mlmonitor.tables.odcs.yaml import NotYaml, node_tree, parse_mapping


class CannotAmend(ValueError):
    """A line cannot be put into the text; the message says why."""


def amended(text: str, lines: Iterable[ContractLine]) -> str:
    """Return the text of a contract that also says ``lines``.

    Args:
        text: a contract, YAML or JSON.
        lines: what it is to say besides.

    Raises:
        CannotAmend: the place of a line is not there, or is shared with another place.
    """
    wanted = _apart(_parsed(text))
    for line in lines:
        _put(wanted, (line,))
        text = _with(text, line)
    if _parsed(text) != wanted:
        raise CannotAmend("its text is shared between several places (anchors): write the lines by hand")
    return text


def saying(text: str, lines: Iterable[ContractLine]) -> str:
    """Return a contract that says the same as :func:`amended`, in one line: to try many lines, for nobody to read.

    Args:
        text: a contract, YAML or JSON.
        lines: what it is to say besides.

    Raises:
        CannotAmend: the place of a line is not there.
    """
    lines = list(lines)
    wanted = _put(_apart(_parsed(text)), lines)
    written = flow(wanted)
    # A number that no finite one is, a key that is no text: then as it would be written.
    return written if _parsed(written) == wanted else amended(text, lines)


def _put(wanted: dict[str, Any], lines: Iterable[ContractLine]) -> dict[str, Any]:
    for line in lines:
        try:
            line.put_into(wanted)
        except (KeyError, AttributeError, TypeError):
            raise CannotAmend(f"{line.place} is not in the contract") from None
    return wanted


def _parsed(text: str) -> dict[str, Any]:
    try:
        return parse_mapping(text.encode("utf-8"))
    except NotYaml as error:
        raise CannotAmend(str(error)) from None


def _apart(value: Any) -> Any:
    """Return a copy in which no part is shared: an alias stands for a value of its own."""
    if isinstance(value, dict):
        return {key: _apart(inner) for key, inner in value.items()}
    return [_apart(inner) for inner in value] if isinstance(value, list) else value


def _with(text: str, line: ContractLine) -> str:
    edited = _Text(text)
    root = edited.root
    place = root if line.whole else _entry(_value(root, "schema"), line.table)
    if line.column is not None:
        place = _entry(_value(place, "properties"), line.column)
    found = _value(place, line.key)
    if found is None:
        return edited.with_key(place, line.key, [line.value] if line.key in LISTS else line.value)
    if _is_empty(found):
        return edited.replaced(found, [line.value] if line.key in LISTS else line.value)
    if line.key in LISTS:
        if found.id != "sequence":
            raise CannotAmend(f"{line.key} of {line.place} is no list")
        return edited.with_item(found, line.value)
    if isinstance(line.value, Mapping):
        for key, value in line.value.items():
            inner = _value(found, key)
            text = edited.with_key(found, key, value) if inner is None else edited.replaced(inner, value)
            edited = _Text(text)
            found = _value(_place_of(edited, line), line.key)
        return text
    return edited.replaced(found, line.value)


def _place_of(edited: _Text, line: ContractLine) -> Any:
    place = edited.root if line.whole else _entry(_value(edited.root, "schema"), line.table)
    return place if line.column is None else _entry(_value(place, "properties"), line.column)


def _value(node: Any, key: str) -> Any:
    """Return the value node of a key, None without it."""
    pairs = node.value if node is not None and node.id == "mapping" else ()
    return next((value for name, value in pairs if name.value == key), None)


def _entry(node: Any, name: str) -> Any:
    items = node.value if node is not None and node.id == "sequence" else ()
    for key in ("physicalName", "name"):
        for item in items:
            value = _value(item, key)
            if value is not None and value.value == name:
                return item
    raise CannotAmend(f"{name} is not in the contract where it was looked for")


def _is_empty(node: Any) -> bool:
    return not node.value if node.id != "scalar" else not node.style and node.value in ("", "~", "null")


class _Text:
    """The text of a document, and the places of its nodes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = node_tree(text)
        self._json = text.lstrip().startswith("{")

    def with_key(self, node: Any, key: str, value: Any) -> str:
        """Return the text with one more key in a mapping."""
        if node.flow_style:
            return self._inside(node, f"{self._key(key)}: {self._flow(value)}")
        indent = " " * node.value[0][0].start_mark.column
        if isinstance(value, list):
            items = "".join(f"{indent}  - {flow(item)}\n" for item in value)
            return self._after(node, f"{indent}{scalar(key)}:\n{items}")
        return self._after(node, f"{indent}{scalar(key)}: {flow(value)}\n")

    def with_item(self, node: Any, value: Any) -> str:
        """Return the text with one more item in a list."""
        if node.flow_style:
            return self._inside(node, self._flow(value))
        # Where the list begins is where its first dash is.
        return self._after(node, f"{' ' * node.start_mark.column}- {flow(value)}\n")

    def replaced(self, node: Any, value: Any) -> str:
        """Return the text with another value in the place of one."""
        start, end = node.start_mark.index, node.end_mark.index
        space = " " if start == end and self.text[start - 1 : start] == ":" else ""
        return self.text[:start] + space + self._flow(value) + self.text[end:]

    def _flow(self, value: Any) -> str:
        return json.dumps(value) if self._json else flow(value)

    def _key(self, key: str) -> str:
        return json.dumps(key) if self._json else scalar(key)

    def _inside(self, node: Any, added: str) -> str:
        end = node.end_mark.index - 1
        last = _end(node.value[-1]) if node.value else node.start_mark.index + 1
        comma = ", " if node.value and "," not in _without_comments(self.text[last:end]) else " " if node.value else ""
        if "#" in self.text[last:end]:  # a comment would swallow what follows it
            return self.text[:last] + comma + added + self.text[last:]
        return self.text[:last] + self.text[last:end].rstrip() + comma + added + self.text[end:]

    def _after(self, node: Any, added: str) -> str:
        """Return the text with lines after the last one of a node; a comment at its end stays there."""
        end = _end(node)
        while end and self.text[end - 1] in " \n" and "\n" in self.text[end - 1 : end]:
            end -= 1  # a block of text ends where the next line begins
        newline = self.text.find("\n", end)
        if newline < 0:
            return f"{self.text}\n{added}"
        return self.text[: newline + 1] + added + self.text[newline + 1 :]


def _end(node: Any) -> int:
    """Return where the last character of a node is: that of a block stands far before the next token."""
    if isinstance(node, tuple):
        return max(_end(node[0]), _end(node[1]))
    if node.id != "scalar" and node.value and not node.flow_style:
        return _end(node.value[-1])
    end: int = node.end_mark.index
    return end


def _without_comments(text: str) -> str:
    return "\n".join(line.partition("#")[0] for line in text.splitlines())
