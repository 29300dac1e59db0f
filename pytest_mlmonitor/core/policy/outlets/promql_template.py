"""Queries of Prometheus with places for what an artifact is called, filled so that no name can become a part of the query.

    100 * rate(process_cpu_seconds_total{job="{service_name}"}[{window}])

A name stands in the value of a label matcher, and nowhere else: there, and there alone, a quoted text cannot be left and a
pattern cannot be widened, whatever the name is. What is filled in is written as Prometheus reads it (its lexer and
``strutil.Unquote``: Go's escapes, of which the quote that closes the text is one and the other quote is none).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pytest_mlmonitor.core.text.near import did_you_mean

PLACEHOLDERS = (
    "deployment_id",
    "service_name",
    "service_version",
    "model_name",
    "model_version",
    "environment",
)
"""What a deployment is called, as its last event or its latest window says."""

WINDOW = "window"
"""Stands for ``prometheus.window_seconds``, anywhere outside of quotes."""

_TOKEN = re.compile(r"""#[^\n]*|(?P<quote>["'`])|\{(?P<name>[A-Za-z_]\w*)\}|=~|!~|!=|=|\s+|.""", re.DOTALL)
_INNER = re.compile(r"\{(?P<name>[A-Za-z_]\w*)\}")
_PLAIN_ESCAPES = re.compile(r"""(?:[^\\]|\\[\\"'])*\Z""", re.DOTALL)
_MATCHERS = {"=": "text", "!=": "text", "=~": "pattern", "!~": "pattern"}

Form = Literal["text", "pattern"]


@dataclass(frozen=True)
class _Name:
    """A name that is filled in: within which quote, and whether within a pattern."""

    name: str
    quote: str
    form: Form


@dataclass(frozen=True)
class PromqlTemplate:
    """A query with places for names.

    Attributes:
        pieces: text, names, and None for the window.
    """

    pieces: tuple[str | _Name | None, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What it asks to be filled in, in order."""
        return tuple(dict.fromkeys(piece.name for piece in self.pieces if isinstance(piece, _Name)))

    def filled(self, values: Mapping[str, str], window_seconds: float) -> str:
        """Return the query.

        Args:
            values: by placeholder, those of :attr:`names` at least; out of artifacts, so they may be anything.
            window_seconds: for ``{window}``.
        """
        made = []
        for piece in self.pieces:
            if piece is None:
                made.append(f"{window_seconds:.0f}s" if window_seconds % 1 == 0 else f"{window_seconds * 1000:.0f}ms")
            elif isinstance(piece, str):
                made.append(piece)
            else:
                value = values[piece.name]
                made.append(escaped(as_pattern(value) if piece.form == "pattern" else value, piece.quote))
        return "".join(made)


def escaped(value: str, quote: str) -> str:
    r"""Return a text as it stands between two quotes in a query.

    >>> escaped('a"b\\', '"'), escaped("a\nb", "'")
    ('a\\"b\\\\', 'a\\u000ab')
    """
    return "".join(_sign(sign, quote) for sign in value)


def _sign(sign: str, quote: str) -> str:
    if sign in (quote, "\\"):
        return f"\\{sign}"
    if 0xD800 <= ord(sign) <= 0xDFFF:  # half of a pair: no text of Prometheus holds one
        return "\ufffd"
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}" if ord(sign) > 0xFFFF else f"\\u{ord(sign):04x}"


def as_pattern(value: str) -> str:
    r"""Return a pattern (RE2) that a text alone matches.

    >>> as_pattern("svc.v1+")
    'svc\\.v1\\+'
    """
    return re.sub(r"[-\\.+*?()|\[\]{}^$]", r"\\\g<0>", value)


@lru_cache(maxsize=64)
def promql_template(text: str) -> PromqlTemplate:
    """Return a template out of the policy.

    Raises:
        ValueError: it names what there is not, or names stand where they could become a part of the query.
    """
    if not text.strip():
        raise ValueError("expected a query of Prometheus")
    pieces: list[str | _Name | None] = []
    at, before = 0, ""
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None
        if token["quote"]:
            end = _end_of(text, at)
            pieces += _within(text[at:end], before)
            at, before = end, ""
            continue
        if token["name"] == WINDOW:
            pieces.append(None)
        elif token["name"] is not None:
            raise ValueError(_misplaced(token["name"]))
        else:
            pieces.append(token[0])
        if not token[0].isspace() and not token[0].startswith("#"):
            before = token[0]
        at = token.end()
    return PromqlTemplate(tuple(pieces))


def _end_of(text: str, begin: int) -> int:
    """Return the place behind the quote that closes the text which begins at ``begin``."""
    quote, at = text[begin], begin + 1
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "\\" and quote != "`" else 1
    if at >= len(text):
        raise ValueError(f"a text in it is not closed: {quote} is missing")
    return at + 1


def _within(literal: str, before: str) -> list[str | _Name | None]:
    """Return the pieces of a quoted text, ``before`` being what stands before it."""
    quote = literal[0]
    found = list(_INNER.finditer(literal))
    if not found:
        return [literal]
    form = _MATCHERS.get(before)
    for one in found:
        if one["name"] not in PLACEHOLDERS or form is None:
            raise ValueError(_misplaced(one["name"]))
    if quote == "`" or not _PLAIN_ESCAPES.match(literal[1:-1]):
        raise ValueError(
            f"{{{found[0]['name']}}} stands in a text that a name could break: expected one in \" or ' without escapes other "
            "than \\\\, \\\" and \\'"
        )
    pieces: list[str | _Name | None] = []
    at = 0
    for one in found:
        if form == "pattern" and literal[: one.start()].endswith("\\"):  # \\w, \\Q: the name would begin with a class
            raise ValueError(
                f"a backslash stands before {{{one['name']}}}: the pattern would be another one for every name"
            )
        pieces += [literal[at : one.start()], _Name(one["name"], quote, "pattern" if form == "pattern" else "text")]
        at = one.end()
    return [*pieces, literal[at:]]


def _misplaced(name: str) -> str:
    known = ", ".join(f"{{{one}}}" for one in (*PLACEHOLDERS, WINDOW))
    if name == WINDOW:
        return f"{{{WINDOW}}} stands in quotes: it is a length of time, as in rate(…[{{{WINDOW}}}])"
    if name in PLACEHOLDERS:
        return f'{{{name}}} stands outside of the value of a label: expected it as in {{job="{{{name}}}"}}'
    return f"there is no {{{name}}}{did_you_mean(name, (*PLACEHOLDERS, WINDOW))}; allowed: {known}"
