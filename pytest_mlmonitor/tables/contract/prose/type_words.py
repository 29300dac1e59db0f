"""Arrow types in words: ``an integer``, ``a date and time``, ``a list of text``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.tables.contract import types as arrow
from pytest_mlmonitor.tables.families import FLOATS, INTEGERS, STRINGS

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a number", (*arrow.NUMBERS, *arrow.CODED_NUMBERS)),
    ("a number", arrow.NUMBERS),
    ("an integer", (*INTEGERS, *arrow.CODED_INTEGERS)),
    ("an integer", INTEGERS),
    ("a floating-point number", FLOATS),
    ("a decimal", arrow.DECIMALS),
    ("a decimal without a fraction", arrow.WHOLE_DECIMALS),
    ("text", arrow.TEXT),
    ("text", STRINGS),
    ("true or false", arrow.BOOLEANS),
    ("a date", arrow.DATES),
    ("a date and time without a time zone", arrow.NAIVE_TIMES),
    ("a date and time with a time zone", arrow.ZONED_TIMES),
    ("a date and time", arrow.TIMESTAMPS),
    ("a time of day", arrow.CLOCK_TIMES),
    ("bytes", arrow.BYTES),
    ("a list", arrow.LISTS),
    ("an object", arrow.STRUCTS),
    ("a map", arrow.MAPS),
)
"""Families of types that are said in a word, the widest first."""

_FOUND: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("an integer", (*INTEGERS, *arrow.CODED_INTEGERS)),
    ("a floating-point number", FLOATS),
    ("a number", arrow.CODED_NUMBERS),
    ("a decimal", arrow.DECIMALS),
    ("text", arrow.TEXT),
    ("true or false", arrow.BOOLEANS),
    ("a date", arrow.DATES),
    ("a date and time with a time zone", arrow.ZONED_TIMES),
    ("a date and time without a time zone", arrow.TIMESTAMPS),
    ("a time of day", arrow.CLOCK_TIMES),
    ("a length of time", ("duration[*]",)),
    ("bytes", arrow.BYTES),
    ("an object", arrow.STRUCTS),
    ("a map", arrow.MAPS),
)
_PLURALS = {
    "text": "text",
    "bytes": "bytes",
    "true or false": "true or false",
    "a time of day": "times of day",
    "a length of time": "lengths of time",
    "a date and time": "dates and times",
    "a date and time with a time zone": "dates and times with a time zone",
    "a date and time without a time zone": "dates and times without a time zone",
}
_DECIMAL = re.compile(r"decimal[0-9]+(\(.*\))")
_SHOWN = 4
_LENGTH = 80


def types_in_words(types: Sequence[str]) -> str:
    """Return the types that a contract allows: in words where it allows all of a family, else as Arrow spells them.

    >>> types_in_words(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")), types_in_words(("int64",))
    ('an integer', 'int64')
    """
    left, said = list(types), list[str]()
    for words, group in _GROUPS:
        if set(group) <= set(left):
            left = [type_ for type_ in left if type_ not in group]
            said.append(words)
    said += [_nested(type_, types_in_words) or _DECIMAL.sub(r"decimal\1", type_) for type_ in left]
    found = list(dict.fromkeys(said))
    return " or ".join(found) if len(found) <= _SHOWN else f"one of {listing(found, _SHOWN)}"


def type_in_words(type_: str) -> str | None:
    """Return a type that a file has in words, None for what has none.

    >>> type_in_words("double"), type_in_words("list<element: string>"), type_in_words("month_day_nano_interval")
    ('a floating-point number', 'a list of text', None)
    """
    words = next((words for words, group in _FOUND if arrow.type_matches(type_, group)), None)
    return words or _nested(type_, lambda types: type_in_words(types[0]) or types[0])


def is_and_expected(there: str, types: Sequence[str]) -> tuple[str, str]:
    """Return what a column is and what a contract allows it to be, for one sentence.

    Where the contract asks for a type as Arrow spells it, so is what is there.
    """
    expected = types_in_words(types)
    raw = bare(there, _LENGTH)
    words = type_in_words(there)
    spelled = any(type_ in expected.split(" or ") for type_ in types if type_ not in ("binary", "text"))
    return (raw if words is None or spelled else f"{words} ({raw})"), expected


def _nested(type_: str, inside: Callable[[list[str]], str]) -> str | None:
    found = arrow.nested(type_)
    if found is None:
        return None
    if found.kind in ("struct", "map"):
        return None
    values = [member for _, types in found.children for member in types]
    if values == ["*"]:
        return "a list"
    words = inside(values)
    return f"a list of {' or '.join(map(plural, words.split(' or ') if words != 'true or false' else [words]))}"


def held_in_words(type_: str) -> str:
    """Return what a column of a type holds, and the type: ``text (string)``, ``integers (int64)``."""
    words = type_in_words(type_)
    raw = bare(type_, _LENGTH)
    return raw if words is None else f"{plural(words)} ({raw})"


def plural(words: str) -> str:
    """Return the words of a type for several values.

    >>> plural("an integer"), plural("text"), plural("int64")
    ('integers', 'text', 'int64')
    """
    if words in _PLURALS:
        return _PLURALS[words]
    return f"{words.split(' ', 1)[1]}s" if words.startswith(("a ", "an ")) else words
