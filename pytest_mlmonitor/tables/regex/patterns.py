r"""Regular expressions of a contract: which of them RE2 can evaluate, and what the named formats look like.

ODCS takes its expressions from ECMA-262, the scan evaluates them with RE2, which has no lookaround and no back-references.
Only what both understand alike is let through; whatever else there is becomes "not checked", never a crash of the scan.

RE2 itself is not asked. It comes with pyarrow or DuckDB, which the process that reads contracts does without (0.3 s and 50 MB),
and compiling is work that the contract's author decides on: ``\p{L}{446}`` takes 0.8 s, and a contract may hold thousands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.regex.real_days import real_days

MAX_REPEAT = 1000
"""RE2's bound of one repetition and of nested ones multiplied."""

MAX_SIZE = 120_000
"""Bound of the characters a pattern may expand to; RE2 compiles within a fixed memory and refuses beyond it."""

_ISO_DAY = real_days(("yyyy", "-", "MM", "-", "dd"))

FORMATS = {
    "email": r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
    "uuid": r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$",
    "date": f"^{_ISO_DAY}$",
    "time": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?$",
    "date-time": f"^{_ISO_DAY}[Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?$",
    "ipv4": r"^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])$",
    "ipv6": r"^([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$|^(([0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{1,4})?::"
    r"(([0-9a-fA-F]{1,4}:){0,6}[0-9a-fA-F]{1,4})?$|^([0-9a-fA-F]{0,4}:){2,6}([0-9]{1,3}\.){3}[0-9]{1,3}$",
    "hostname": r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
}
"""Formats of strings that are checked, as RE2 patterns: the shape, not whether it exists."""

FORMAT_WORDS = {
    "email": "a valid e-mail address",
    "uuid": "a valid UUID",
    "uri": "a valid URI",
    "date": "a valid date such as 2026-04-07",
    "time": "a valid time such as 08:30:00",
    "date-time": "a valid date and time such as 2026-04-07T08:30:00Z",
    "ipv4": "a valid IPv4 address",
    "ipv6": "a valid IPv6 address",
    "hostname": "a valid host name",
}
"""What a format is for a reader, who has no use for its expression."""

_CLASSES = "dDwWsS"
_CONTROLS = "tnrfv"
_PUNCTUATION = frozenset("^$\\.*+?()[]{}|/-\"'!#%&,:;<=>@_`~")
_UNICODE = re.compile(
    r"\{(\^?)(?:L[ulmot]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|Latin|Greek|Cyrillic|Han)\}|[LMNPSZ]"
)
_QUANTIFIER = re.compile(r"([*+?]|\{([0-9]{1,400})(,([0-9]{1,400})?)?\})(\??)")
_GROUP = re.compile(r"\?(?::|P?<[A-Za-z][A-Za-z0-9]*>)")
_NO_GROUP = re.compile(r"\?(?:P?<[^>]*\Z|[^=!<>:P#|&'R(0-9+\-^A-Za-z]|\Z)")
"""What begins a group in no dialect: a name that does not end, or a sign without meaning."""

_POSIX = re.compile(r"\[[:.=]")
_UNICODE_SIZE = 600


class NotInRe2(ValueError):
    """The pattern cannot be evaluated; the message says why in words that follow "pattern"."""


class BrokenPattern(NotInRe2):
    """The pattern is a regular expression in no dialect."""


def for_re2(pattern: str) -> str:
    r"""Return ``pattern`` as RE2 takes it.

    ECMA's ``\uXXXX`` becomes ``\x{XXXX}``; everything else passes unchanged or not at all.

    Raises:
        BrokenPattern: it is no regular expression.
        NotInRe2: it has something that RE2 has not, or is too large.
    """
    reader = _Reader(pattern)
    reader.alternatives(depth=0)
    if reader.at < len(pattern):
        raise BrokenPattern("has a ) without (")
    return "".join(reader.out)


@dataclass
class _Size:
    """What an expression costs: characters it expands to, and the product of the repetitions inside it."""

    length: int = 0
    repeat: int = 1


class _Reader:
    """Reads one pattern from left to right; ``out`` is what RE2 gets."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.out: list[str] = []
        self.names: set[str] = set()

    def alternatives(self, depth: int) -> _Size:
        if depth > 50:
            raise NotInRe2("is nested too deeply")
        total = _Size()
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self._take(1)
                continue
            size = self._quantified(self._atom(depth))
            total = _Size(total.length + size.length, max(total.repeat, size.repeat))
            if total.length > MAX_SIZE:
                raise NotInRe2("is too large")
        return total

    def _quantified(self, size: _Size) -> _Size:
        match = _QUANTIFIER.match(self.text, self.at)
        if match is None:
            if self.text.startswith("{", self.at):
                raise NotInRe2("has a { that is no repetition")
            return size
        self._take(len(match.group()))
        if self.at < len(self.text) and self.text[self.at] in "*+?{":
            if self.text[self.at] == "+":  # what Java and PCRE call possessive
                raise NotInRe2("has a possessive repetition")
            raise BrokenPattern(f"repeats a repetition, {self.text[self.at]} after {match.group()}")
        if match.group(2) is None:
            return _Size(size.length + 1, size.repeat)
        low = int(match.group(2))
        high = low if match.group(3) is None else int(match.group(4)) if match.group(4) else low + 1
        if high < low:
            raise BrokenPattern(f"has the repetition {match.group(1)}, whose end lies before its beginning")
        times = max(high, 1) * size.repeat
        if times > MAX_REPEAT:
            around = f" in all ({match.group(1)} around other repetitions)" if size.repeat > 1 else ""
            raise NotInRe2(f"repeats a part {times:,} times{around}; at most {MAX_REPEAT:,} can be evaluated")
        return _Size(size.length * max(high, 1) + 1, size.repeat * max(high, 1))

    def _atom(self, depth: int) -> _Size:
        character = self.text[self.at]
        if character == "(":
            return self._group(depth)
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape(inside=False)
        if character in "*+?{":
            raise BrokenPattern(f"has {character} with nothing before it")
        if character in "}]":
            raise NotInRe2(f"has a {character} without its opening bracket")
        self._take(1)
        return _Size(0 if character in "^$" else _width(character))

    def _group(self, depth: int) -> _Size:
        self._take(1)
        if self.text.startswith("?", self.at):
            match = _GROUP.match(self.text, self.at)
            if match is None:
                look = self.text.startswith(("?=", "?!", "?<=", "?<!"), self.at)
                if not look and _NO_GROUP.match(self.text, self.at):
                    raise BrokenPattern(
                        f"has a group that begins with ({quoted(self.text[self.at : self.at + 3])[1:-1]}"
                    )
                raise NotInRe2(
                    "looks ahead or behind" if look else "has a kind of group that is not common to RE2 and ECMA"
                )
            opening = match.group()
            if opening != "?:":
                if opening in self.names:
                    raise NotInRe2("names two groups alike")
                self.names.add(opening)
                opening = opening.replace("?<", "?P<")  # older RE2 knows only this spelling
            self.at = match.end()
            self.out.append(opening)
        size = self.alternatives(depth + 1)
        if self.at >= len(self.text):
            raise BrokenPattern("has a ( without )")
        self._take(1)
        return _Size(size.length + 2, size.repeat)

    def _escape(self, *, inside: bool) -> _Size:
        letter = self.text[self.at + 1 : self.at + 2]
        if (
            (letter and letter in _CLASSES + _CONTROLS)
            or letter in _PUNCTUATION
            or (letter in "bB" and letter and not inside)
        ):
            self._take(2)
            return _Size(4)
        if letter and letter in "pP":
            match = _UNICODE.match(self.text, self.at + 2)
            if match is None:
                raise NotInRe2(f"has a \\{letter} that is not known")
            self._take(2 + len(match.group()))
            return _Size(_UNICODE_SIZE)
        digits = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})").match(self.text, self.at + 1)
        if digits:
            code = int(digits.group(1) or digits.group(2), 16)
            if 0xD800 <= code <= 0xDFFF:
                raise NotInRe2("has half a surrogate pair")
            self.at = digits.end()
            self.out.append(f"\\x{{{code:X}}}")
            return _Size(3)
        if letter.isdigit():
            raise NotInRe2("has a back-reference or an octal escape")
        if letter == "k":
            raise NotInRe2("has a back-reference")
        if not letter:
            raise BrokenPattern("ends with a \\")
        raise NotInRe2(f"has the escape \\{letter}, which is not common to RE2 and ECMA")

    def _class(self) -> _Size:
        self._take(1)
        if self.text.startswith("^", self.at):
            self._take(1)
        if self.text.startswith("]", self.at):
            raise NotInRe2("has an empty [] or a ] that is not escaped")
        size, low = 4, None
        while self.at < len(self.text) and self.text[self.at] != "]":
            if _POSIX.match(self.text, self.at):
                raise NotInRe2("has a POSIX class")
            start = self.at
            is_range = self.text[start] == "-" and low is not None and not self.text.startswith("-]", start)
            if is_range:
                self._take(1)
                start = self.at
            code = self._member()
            size += _UNICODE_SIZE if code is None else 1
            if is_range:
                if code is not None and low is not None and code < low:
                    raise BrokenPattern(
                        f"has a range in [] whose end lies before its beginning: …{self.text[start - 1 : self.at]}"
                    )
                if code is None or low is None:
                    raise NotInRe2(f"has a range in [] that is none: …{self.text[start - 1 : self.at]}")
                low = None
            else:
                low = code
        if self.at >= len(self.text):
            raise BrokenPattern("has a [ without ]")
        self._take(1)
        return _Size(size)

    def _member(self) -> int | None:
        """Take one member of a class and return its code point, None for a set."""
        if self.at >= len(self.text):
            raise BrokenPattern("has a [ without ]")
        if self.text[self.at] == "]":
            raise NotInRe2("has a range in [] that is none")
        if self.text[self.at] != "\\":
            code = ord(self.text[self.at])
            if 0xD800 <= code <= 0xDFFF:
                raise NotInRe2("has half a surrogate pair")
            self._take(1)
            return code
        start = len(self.out)
        escape = self.text[self.at + 1 : self.at + 2]
        self._escape(inside=True)
        taken = self.out[start]
        if taken.startswith("\\x{"):
            return int(taken[3:-1], 16)
        if escape in _CLASSES or escape in "pP":
            return None
        return ord({"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}.get(escape, escape))

    def _take(self, number: int) -> None:
        self.out.append(self.text[self.at : self.at + number])
        self.at += number


def _width(character: str) -> int:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise NotInRe2("has half a surrogate pair")
    return 4 if character == "." else 1 if code < 0x80 else 4
