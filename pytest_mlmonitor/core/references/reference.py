"""A reference of a declared source: ``latency.p95 in s``, ``FILE:a.b[0]``, ``"{version}"`` (specification 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from pytest_mlmonitor.core.references.units import ISO, all_units
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import did_you_mean

REFERENCE = 'a field of theirs such as "latency.p95 in s", "files[0].sha256", "run.json:a.b" or "{version}"'

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FORMED = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*:[^{}]*\}")
_DOCUMENT = re.compile(r"([^:\"]+\.(?:json|jsonl|ndjson|yaml|yml|toml)):(.*)", re.DOTALL | re.IGNORECASE)
_INDEX = re.compile(r"\[(\*|-?[0-9]{1,9})\]")
_KEY = re.compile(r"[^.\[\]]+")

ALL = "*"
"""The part of a path that stands for every element of a list."""

PathPart = str | int
"""A key, an index, or :data:`ALL` behind an index's brackets (told from a key by where it stands)."""

Find = Callable[[Any], Any]
"""Returns the value in a document, None where it is absent or null."""


class Text(Protocol):
    """What a placeholder caught: it knows how it is written in the path."""

    @property
    def text(self) -> str:
        """As it is written in the path."""


@dataclass(frozen=True)
class FieldReference:
    """One reference, as it is written and as it is meant.

    Attributes:
        text: as it is written.
        file: the document that it is in; None for the artifact's own, and those of ``metadata`` after it.
        dotted: the path inside of the document; empty where it is made of what the path of the file caught.
        template: what is made of that, as ``train-{version}``; None for a field of a document.
        unit: as it is written behind `` in ``; None without.
        whole: whether ``dotted`` is one key, since it stood in quotes.
    """

    text: str
    file: str | None = None
    dotted: str = ""
    template: str | None = None
    unit: str | None = None
    whole: bool = False

    @classmethod
    def parse(cls, text: str, files: Collection[str] = ()) -> FieldReference:
        """Return what a text refers to.

        Args:
            text: as it is written.
            files: further documents that may stand before the colon; what ends like a document always may.

        Raises:
            ValueError: it is none; in words that go on after the value.

        >>> made = FieldReference.parse("run.json:latency.p95 in s")
        >>> made.file, made.dotted, made.unit
        ('run.json', 'latency.p95', 's')
        """
        rest, unit = _unit(text.strip())
        file = None
        named = next((name for name in sorted(files, key=len, reverse=True) if rest.startswith(f"{name}:")), None)
        if named is not None:
            file, rest = named, rest[len(named) + 1 :]
        elif (match := _DOCUMENT.fullmatch(rest)) is not None:
            file, rest = match.groups()
        rest = rest.strip()
        if not rest:
            raise ValueError(f"names no field: expected {REFERENCE}")
        if len(rest) > 2 and rest[0] == rest[-1] == '"':
            return cls(text, file, rest[1:-1], None, unit, whole=True)
        if file is None and "{" in rest and (formed := _FORMED.search(rest) or _PLACEHOLDER.search(rest)):
            if formed.re is _FORMED:
                raise ValueError("gives a form to a placeholder: write the name alone, the form stands in path")
            return cls(text, None, "", rest, unit)
        _parts(rest)
        return cls(text, file, rest, None, unit)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of what the path caught that it is made of."""
        return tuple(_PLACEHOLDER.findall(self.template)) if self.template is not None else ()

    @property
    def only(self) -> str | None:
        """The one placeholder that it is, ``"{version}"``; None for other text, and for fields."""
        match = _PLACEHOLDER.fullmatch(self.template) if self.template is not None else None
        return match[1] if match is not None else None

    @cached_property
    def several(self) -> bool:
        """Whether it stands for a list of values (``[*]``)."""
        return not self.whole and "[*]" in self.dotted

    @cached_property
    def find(self) -> Find:
        """Finds its value in a document: keys that contain dots first; None where it is absent or null."""
        if self.template is not None:
            return lambda _: None
        if self.whole:
            return _of_keys([(self.dotted, None)])
        return _finder(self.dotted)

    def made_of(self, caught: Mapping[str, Text]) -> str | None:
        """Return the text that its template makes of what the path caught, None where something was not caught."""
        if self.template is None or any(name not in caught for name in self.placeholders):
            return None
        return _PLACEHOLDER.sub(lambda match: caught[match[1]].text, self.template)

    def is_of(self, document: str) -> bool:
        """Return whether a document, by its path, is the one that it names: the last levels of the path are alike."""
        if self.file is None:
            return False
        wanted = self.file.lstrip("/").removeprefix("./")
        return document == wanted or document.endswith(f"/{wanted}")

    def __str__(self) -> str:
        return self.text


def _unit(text: str) -> tuple[str, str | None]:
    """Return a reference without its unit, and the unit."""
    if text.endswith('"'):
        return text, None  # one key in quotes, whatever words it holds
    head, between, unit = text.rpartition(" in ")
    if not between:
        return text, None
    unit = unit.strip()
    if unit not in all_units() and "%" not in unit:
        hint = did_you_mean(unit.replace(" ", "_"), all_units())
        raise ValueError(
            f"ends in {quoted(unit)}, which is no unit{hint}; allowed: {', '.join(all_units())}, or for times a form such as "
            "%Y-%m-%d %H:%M:%S (a key that holds ' in ' itself stands in double quotes)"
        )
    return head.strip(), None if unit == ISO else unit


def _parts(dotted: str) -> list[tuple[str, list[PathPart]]]:
    """Return the keys of a dotted path, each with the indices behind it; a list itself may begin with an index."""
    found: list[tuple[str, list[PathPart]]] = []
    for i, one in enumerate(_levels(dotted)):
        match = _KEY.match(one)
        key = match[0] if match is not None else ""
        rest = one[len(key) :]
        indices = _INDEX.findall(rest)
        if "".join(f"[{index}]" for index in indices) != rest or (not key and not (i == 0 and indices)):
            raise ValueError(f"is no path of keys: expected {REFERENCE}")
        found.append((key.strip(), [index if index == ALL else int(index) for index in indices]))
    return found


def _levels(dotted: str) -> list[str]:
    return dotted.split(".")


def _finder(dotted: str) -> Find:
    """Return what finds a dotted path: at each level the longest key that is there goes first."""
    parts = _parts(dotted)
    levels = _levels(dotted)
    return _from(levels, parts, 0)


def _from(levels: list[str], parts: list[tuple[str, list[PathPart]]], start: int) -> Find:
    """Return what finds the levels from ``start`` on in an object."""
    tries: list[tuple[str, Find | None]] = []
    for end in range(len(levels), start, -1):
        rest = _from(levels, parts, end) if end < len(levels) else None
        whole = ".".join(levels[start:end])
        key, indices = parts[end - 1]
        if indices:
            tries.append((whole, rest))  # a key may hold brackets, too
            plain = ".".join([*levels[start : end - 1], key])
            if not key and end - 1 == start:
                return _at(indices, rest)
            tries.append((plain, _at(indices, rest)))
        else:
            tries.append((whole, rest))
    return _of_keys(tries)


def _of_keys(tries: list[tuple[str, Find | None]]) -> Find:
    if len(tries) == 1 and tries[0][1] is None:
        only = tries[0][0]

        def one(value: Any) -> Any:
            return value.get(only) if isinstance(value, dict) else None

        return one

    def find(value: Any) -> Any:
        if isinstance(value, dict):
            for key, rest in tries:
                if key in value:
                    found = value[key] if rest is None else rest(value[key])
                    if found is not None:
                        return found
        return None

    return find


def _at(indices: list[PathPart], rest: Find | None) -> Find:
    def find(value: Any) -> Any:
        for i, index in enumerate(indices):
            if not isinstance(value, list | tuple):
                return None
            if index == ALL:
                inner = _at(indices[i + 1 :], rest) if i + 1 < len(indices) else rest
                found = [one if inner is None else inner(one) for one in value]
                flat: list[Any] = []
                for one in found:
                    flat += one if isinstance(one, list) and inner is not None else [one]
                return [one for one in flat if one is not None] or None
            try:
                value = value[index]  # type: ignore[index]
            except IndexError:
                return None
        return value if rest is None else rest(value)

    return find
