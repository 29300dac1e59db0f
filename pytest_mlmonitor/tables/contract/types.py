"""Arrow types by the names that contracts use, and how a type found in a file is matched with what a contract allows.

A contract allows types as Arrow spells them (``str(pa_type)``); where Arrow's spelling has parameters, an entry may hold
``*``, which stands for any text: ``timestamp[*]``, ``decimal128(*)``, ``dictionary<values=string, *>``. Nothing else is
special: the brackets of ``timestamp[us]`` are themselves. Lists, structs and maps are compared by what is inside them
(:func:`nested`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pytest_mlmonitor.core.text.globs import stars
from pytest_mlmonitor.tables.families import FLOATS, INTEGERS, STRINGS

TEXT = (
    *STRINGS,
    "dictionary<values=string, *>",
    "dictionary<values=large_string, *>",
)
DECIMALS = ("decimal32(*)", "decimal64(*)", "decimal128(*)", "decimal256(*)")
NUMBERS = (*INTEGERS, *FLOATS, *DECIMALS)
CODED_INTEGERS = ("dictionary<values=int*, indices=*>", "dictionary<values=uint*, indices=*>")
CODED_NUMBERS = (*CODED_INTEGERS, "dictionary<values=float, *>", "dictionary<values=double, *>")
BOOLEANS = ("bool",)
DATES = ("date32[day]", "date64[ms]")
NAIVE_TIMES = ("timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]")
ZONED_TIMES = ("timestamp[*, tz=*]",)
TIMESTAMPS = ("timestamp[*]",)
CLOCK_TIMES = ("time32[*]", "time64[*]")
BYTES = ("binary", "large_binary", "binary_view", "fixed_size_binary[*]")
LISTS = ("array<*>",)
STRUCTS = ("struct<*>",)
MAPS = ("map<*>",)
JSON = (*TEXT, "extension<arrow.json*>", *STRUCTS, *MAPS, *LISTS)

LOGICAL = {
    "string": TEXT,
    "integer": (*INTEGERS, *CODED_INTEGERS),
    "number": (*NUMBERS, *CODED_NUMBERS),
    "boolean": BOOLEANS,
    "date": DATES,
    "timestamp": TIMESTAMPS,
    "time": CLOCK_TIMES,
    "array": LISTS,
    "object": (*STRUCTS, *MAPS),
    "map": MAPS,
    "vector": LISTS,
}
"""What each logical type of ODCS is in Arrow."""

WHOLE_DECIMALS = tuple(f"decimal{bits}(*, 0)" for bits in (32, 64, 128, 256))
"""Where integers lie in files of systems that know one kind of number: NUMBER(38, 0)."""

_NAMELESS = (*BYTES, "duration[*]", "*interval", "null", "*_union<*>", "run_end_encoded<*>", "extension<*>")
"""What the standard has no logical type for; authors call it string."""


def stored_as(logical: str, physical: tuple[str, ...], *, bare: bool = True) -> bool:
    """Return whether values of a logical type are rightly stored as ``physical``, though Arrow's types of the two differ.

    Args:
        logical: the logical type.
        physical: the Arrow types of the physical one.
        bare: whether nothing but the type is said of the values: rules of text need text.

    >>> stored_as("object", physical=JSON), stored_as("string", BYTES), stored_as("string", ("int64",))
    (True, True, False)
    """
    if logical in ("object", "array", "map"):
        return physical == JSON
    known = (*_NAMELESS, *TEXT) if bare else _NAMELESS
    return logical == "string" and bool(physical) and all(type_matches(type_, known) for type_ in physical)


FORMATS = {
    **{f"i{bits}": (f"int{bits}",) for bits in (8, 16, 32, 64)},
    **{f"u{bits}": (f"uint{bits}",) for bits in (8, 16, 32, 64)},
    "f32": ("float",),
    "f64": ("double",),
}
"""What ``logicalTypeOptions.format`` of a number is in Arrow; 128-bit integers have no Arrow type."""


def type_matches(type_: str, patterns: Iterable[str]) -> bool:
    """Return whether an Arrow type is one of ``patterns``; no pattern at all allows every type.

    >>> type_matches("timestamp[us]", ("timestamp[*]",)), type_matches("timestamp[us]", ("timestamp[ns]",))
    (True, False)
    """
    allowed = tuple(patterns)
    return not allowed or any(_matches(type_, pattern) for pattern in allowed)


def _matches(type_: str, pattern: str) -> bool:
    if type_ == pattern:
        return True
    if "<" in pattern and "<" in type_:
        inner, outer = nested(type_), nested(pattern)
        if inner is not None and outer is not None:
            return _fits(inner, outer)
    return "*" in pattern and bool(stars(pattern)(type_))


@dataclass(frozen=True)
class Nested:
    """A list, struct or map type as Arrow spells it.

    Attributes:
        kind: ``list``, ``large_list``, ``struct``, ``map``, …
        children: name and types of what is inside: of a file's type one type each, of a pattern all that are allowed. Only
            fields of structs have names: what the values of lists and maps are called differs from writer to writer.
        size: ``[3]`` of a list whose lists are all that long.
    """

    kind: str
    children: tuple[tuple[str, tuple[str, ...]], ...]
    size: str = ""


_GROUPS = {"text": TEXT}
"""Names that stand for several types inside a nested pattern: Arrow has none of that name."""


def _fits(type_: Nested, pattern: Nested) -> bool:
    if pattern.kind != ANY_LIST and (type_.kind, type_.size) != (pattern.kind, pattern.size):
        return False
    if pattern.kind == ANY_LIST and type_.kind in ("struct", "map"):
        return False
    if type_.kind == "struct":  # engines look fields up by name
        there, wanted = dict(type_.children), dict(pattern.children)
        pairs = [(there[name], wanted[name]) for name in wanted if name in there]
        if len(there) != len(type_.children) or there.keys() != wanted.keys():
            return False
    else:
        pairs = [(one, other) for (_, one), (_, other) in zip(type_.children, pattern.children, strict=True)]
    # A list of which every one is empty has values of no type.
    return all(one == "null" or type_matches(one, allowed) for types, allowed in pairs for one in types)


@lru_cache(maxsize=1024)
def nested(text: str) -> Nested | None:
    """Return a nested type or pattern in its parts, None for what is none (or has names that cannot be told from types).

    In a pattern the types allowed inside are separated by ``|``, ``text`` stands for every form of text, and ``array`` for every
    form of list: ``array<int32|int64>``, ``struct<a: text>``. Whether what is inside may be null is no part of it.

    >>> nested("map<string, int64 ('value')>").children
    (('', ('string',)), ('', ('int64',)))
    """
    match = _NESTED.fullmatch(text)
    if match is None:
        return None
    kind, inside, size = match.groups(default="")
    if kind == "map":
        parts = split(inside, ",")
        if len(parts) not in (2, 3) or (len(parts) == 3 and ENTRY_NAME.sub("", parts[2]).strip() != "keys_sorted"):
            return None
        return Nested(kind, tuple(("", _alternatives(ENTRY_NAME.sub("", part))) for part in parts[:2]), size)
    if kind != "struct":
        return Nested(kind, (("", _alternatives(_named(inside)[1])),), size)
    fields = [_named(part) for part in split(inside, ",")] if inside else []
    if any(name is None for name, _ in fields):
        return None
    return Nested(kind, tuple((str(name), _alternatives(type_)) for name, type_ in fields), size)


ANY_LIST = "array"
_NESTED = re.compile(r"(array|(?:large_|fixed_size_)?list(?:_view)?|struct|map)<(.*)>(\[[0-9]+\])?", re.DOTALL)
ENTRY_NAME = re.compile(r"(?: \('(?:(?! \(').)*'\))+$", re.DOTALL)
"""The name of an entry, which Arrow prints behind a map's key or value; inside a map's value stand other maps with theirs."""

_OPENING, _CLOSING = "<([{", ">)]}"


def split(text: str, separator: str) -> list[str]:
    """Return the parts of ``text`` between separators that stand in no brackets and no quotes."""
    parts, depth, start, quote = [], 0, 0, ""
    for i, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "`\"'":
            quote = character if character in text[i + 1 :] else ""
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == separator and depth <= 0:
            parts.append(text[start:i])
            start = i + 1
    return [part.strip() for part in (*parts, text[start:])]


_WORD = re.compile(r"[^\s`'\"<>()\[\]{}|,:*]+(?: [^\s`'\"<>()\[\]{}|,:*]+)*")
_QUOTED_NAME = re.compile(r"`((?:[^`]|``)*)`: (.*)", re.DOTALL)


def field_name(name: str) -> str:
    """Return the name of a field as it stands in the text of a type: in backticks unless it is words.

    >>> field_name("price"), field_name("it's"), nested(f"struct<{field_name('a`, b: c')}: int8>").children
    ('price', "`it's`", (('a`, b: c', ('int8',)),))
    """
    return name if _WORD.fullmatch(name) else f"`{name.replace('`', '``')}`"


def _named(text: str) -> tuple[str | None, str]:
    """Return the name and the type of ``item: int64 not null``; the name is None where there is none."""
    if (quoted := _QUOTED_NAME.fullmatch(text)) is not None:
        return quoted.group(1).replace("``", "`"), quoted.group(2).removesuffix(" not null").strip()
    depth = 0
    type_at = None
    quoted_name = False
    for i, character in enumerate(text):
        if character == "`" and (quoted_name or "`" in text[i + 1 :]):
            quoted_name = not quoted_name
        if quoted_name:  # of what lies inside: its brackets and colons are its own
            continue
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0 and text.startswith(": ", i):
            type_at = i
    if type_at is None:
        return None, text.removesuffix(" not null").strip()
    return text[:type_at], text[type_at + 2 :].removesuffix(" not null").strip()


def _alternatives(text: str) -> tuple[str, ...]:
    types = split(text.strip().removesuffix(" not null"), "|")
    return tuple(member for type_ in types for member in _GROUPS.get(type_, (type_,)))


def narrowed(types: tuple[str, ...], by: tuple[str, ...]) -> tuple[str, ...]:
    """Return what both allow, in the narrower spelling of the two; empty when nothing is in both.

    Sound for the vocabulary of this module, where of two overlapping entries one always covers the other.

    >>> narrowed(("timestamp[*]",), ("timestamp[us]", "date32[day]"))
    ('timestamp[us]',)
    """
    if not types or not by:
        return types or by
    both = [b for b in by if any(_matches(b, t) for t in types)]
    both += [t for t in types if t not in both and any(_matches(t, b) for b in by)]
    return tuple(both)
