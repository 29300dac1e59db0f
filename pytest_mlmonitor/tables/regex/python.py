r"""Python's regular expressions in RE2, where both provably say the same; pandera's patterns are Python's.

The pattern is parsed as Python parses it and written anew, piece by piece, in the common part of RE2's language: explicit
ranges instead of ``\d`` and ``\s`` (Unicode in Python, ASCII in RE2), ``\n?\z`` instead of ``$``. What has no such form is
refused, and the caller leaves it to Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

MAX_REPEAT = 100
"""Bound of nested repetitions multiplied: RE2's is 1,000, but it also compiles within a fixed memory."""

MAX_PIECES = 2_000
"""Bound of the characters and classes that a pattern expands to; at 8,000 times ``\\d`` RE2 gives up."""

_FLAGS = re.UNICODE | re.DOTALL | re.ASCII | re.VERBOSE
_ANY = r"[\x{0}-\x{10FFFF}]"
_ANY_BUT_NEWLINE = r"[^\n]"
_ASCII_SETS = {"DIGIT": "0-9", "SPACE": r"\t-\r ", "WORD": "0-9A-Za-z_"}


class Untranslatable(ValueError):
    """The pattern has something that RE2 lacks or takes differently; the message says what."""


def in_re2(pattern: str | re.Pattern[str], *, start: bool) -> str:
    r"""Return ``pattern`` for an RE2 search that finds exactly what Python's ``re`` does.

    Args:
        pattern: a pattern of strings, compiled or not.
        start: whether it must match at the start of the string (``re.match``), otherwise anywhere (``re.search``).

    Raises:
        Untranslatable: there is no such pattern, or none that is certain to be the same.

    >>> in_re2("v[0-9]+$", start=True)
    '\\A(?:v(?:[0-9])+\\n?\\z)'
    """
    from re import _parser  # type: ignore[attr-defined]  # pandas reads patterns in the same way

    try:
        compiled = re.compile(pattern)
        if not isinstance(compiled.pattern, str):
            raise Untranslatable("is a pattern of bytes")
        flags = compiled.flags & ~re.DEBUG
        if flags & ~_FLAGS:
            raise Untranslatable("has flags")
        tree = _parser.parse(compiled.pattern, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise Untranslatable(f"is no regular expression ({error})") from None
    text = _Writer(flags).sequence(tree, last=True, repeat=1)
    return rf"\A(?:{text})" if start else f"(?:{text})"


def literal(text: str) -> str:
    r"""Return an RE2 pattern of exactly ``text``.

    >>> print(literal("a.b"))
    a\.b
    """
    return "".join(_character(ord(c)) for c in text)


def _character(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF:
        raise Untranslatable("has half a surrogate pair")
    if code == 0:
        raise Untranslatable("has a NUL")
    character = chr(code)
    if character.isalnum() or character in " _":
        return character
    return f"\\{character}" if character.isascii() and character.isprintable() else f"\\x{{{code:X}}}"


class _Writer:
    """Writes the nodes of a parsed pattern; ``last`` says that nothing follows, ``repeat`` how often a node is repeated."""

    def __init__(self, flags: int) -> None:
        self._ascii = bool(flags & re.ASCII)
        self._dot = _ANY if flags & re.DOTALL else _ANY_BUT_NEWLINE
        self._pieces = 0

    def sequence(self, nodes: Any, *, last: bool, repeat: int) -> str:
        items = list(nodes)
        return "".join(
            self._node(str(op), value, last=last and i == len(items) - 1, repeat=repeat)
            for i, (op, value) in enumerate(items)
        )

    def _node(self, op: str, value: Any, *, last: bool, repeat: int) -> str:
        self._pieces += repeat
        if self._pieces > MAX_PIECES:
            raise Untranslatable("is too large")
        if op == "LITERAL":
            return _character(value)
        if op == "NOT_LITERAL":
            return f"[^{_character(value)}]"
        if op == "ANY":
            return self._dot
        if op == "IN":
            return self._class(value)
        if op == "BRANCH":
            return "(?:" + "|".join(self.sequence(branch, last=last, repeat=repeat) for branch in value[1]) + ")"
        if op == "SUBPATTERN":
            _, add, drop, inner = value
            if add or drop:
                raise Untranslatable("has flags inside")
            return f"(?:{self.sequence(inner, last=last, repeat=repeat)})"
        if op in ("MAX_REPEAT", "MIN_REPEAT"):
            return self._repeat(value, repeat)
        if op == "AT":
            return self._at(str(value), last=last)
        raise Untranslatable(f"has {op.lower()}, which RE2 lacks")

    def _repeat(self, value: Any, repeat: int) -> str:
        low, high, inner = int(value[0]), value[1], value[2]
        endless = str(high) == "MAXREPEAT"
        times = max(low, 1 if endless else int(high), 1) * repeat
        if times > MAX_REPEAT:
            raise Untranslatable(f"repeats more than {MAX_REPEAT} times")
        body = self.sequence(inner, last=False, repeat=times)
        sign = {(0, True): "*", (1, True): "+"}.get((low, endless), f"{{{low},{'' if endless else int(high)}}}")
        return f"(?:{body}){sign}"  # whether it is lazy decides nothing

    def _at(self, where: str, *, last: bool) -> str:
        if where in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return r"\A"
        if where == "AT_END_STRING":
            return r"\z"
        if where == "AT_END" and last:
            return r"\n?\z"  # before a trailing newline, too
        raise Untranslatable("looks at the border of a word" if "BOUNDARY" in where else "has $ before its end")

    def _class(self, items: Sequence[tuple[Any, Any]]) -> str:
        parts, negated = [], ""
        for op, value in items:
            if str(op) == "NEGATE":
                negated = "^"
            elif str(op) == "LITERAL":
                parts.append(_character(value))
            elif str(op) == "RANGE":
                parts.append(f"{_character(value[0])}-{_character(value[1])}")
            elif str(op) == "CATEGORY":
                parts.append(self._category(str(value).removeprefix("CATEGORY_")))
            else:
                raise Untranslatable(f"has {str(op).lower()} in []")
        return f"[{negated}{''.join(parts)}]"

    def _category(self, name: str) -> str:
        positive = name.removeprefix("NOT_")
        if name != positive:
            return _written(_complement(_ranges_of(positive, self._ascii)))
        return _ASCII_SETS[positive] if self._ascii else _written(_ranges_of(positive, False))


@lru_cache
def _ranges_of(name: str, only_ascii: bool) -> tuple[tuple[int, int], ...]:
    """Return the code points of one of Python's categories, asked of Python itself: RE2 knows another Unicode."""
    holds: Callable[[str], bool] | None = {"DIGIT": str.isdecimal, "SPACE": str.isspace}.get(name)
    if only_ascii:
        member = re.compile(f"[{_ASCII_SETS[name]}]")
        return tuple(_runs(c for c in range(128) if member.fullmatch(chr(c))))
    if holds is None:
        raise Untranslatable("has a class of word characters")  # 770 ranges: more than RE2 compiles when repeated
    return tuple(_runs(c for c in range(0x110000) if holds(chr(c))))


def _runs(codes: Iterator[int]) -> Iterator[tuple[int, int]]:
    start = end = -1
    for code in codes:
        if code != end + 1 or start < 0:
            if start >= 0:
                yield start, end
            start = code
        end = code
    if start >= 0:
        yield start, end


def _complement(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    starts = [0, *(end + 1 for _, end in ranges)]
    ends = [*(start - 1 for start, _ in ranges), 0x10FFFF]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start <= end]


def _written(ranges: Sequence[tuple[int, int]]) -> str:
    return "".join(f"\\x{{{start:X}}}-\\x{{{end:X}}}" for start, end in ranges)
