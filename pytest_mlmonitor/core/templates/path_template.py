"""Path templates: ``silver/{name}/dt={version:%Y-%m-%d}/*.parquet``, read into levels (specification 8).

path   = level { "/" level }
level  = "**" | { literal | "*" | "?" | "{" ident [ ":" form ] "}" }
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from pytest_mlmonitor.core.templates.caught_forms import CaughtForm, form_of
from pytest_mlmonitor.core.templates.level_patterns import (
    MAX_OPEN,
    LevelPattern,
    Piece,
    any_letter,
    anything,
    placeholder,
    plain,
)

MAX_ANY = 2
"""How often ``**`` may stand in a template."""

ANY = None
"""The level ``**``: any number of directories that are not hidden."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ELSEWHERE = re.compile(r"[A-Za-z]:/|~[^/]*/")
"""A drive, or somebody's home."""


class TemplateError(ValueError):
    """A template that cannot be read; the message says what is wrong with it, and what is allowed."""


@dataclass(frozen=True)
class PathTemplate:
    """A path template.

    Attributes:
        text: as it is written.
        levels: a plain name, a pattern, or ``ANY``.
        texts: of every level, as it is written.
        slots: what the numbers of slots stand for: (placeholder, part of its form). The parts of one are in order.
        forms: by placeholder; None where any text of one level will do.
    """

    text: str
    levels: tuple[str | LevelPattern | None, ...]
    texts: tuple[str, ...]
    slots: tuple[tuple[str, int], ...]
    forms: Mapping[str, CaughtForm | None]

    @classmethod
    def parse(cls, text: str) -> PathTemplate:
        """Return what a text says.

        Raises:
            TemplateError: it is no template.

        >>> PathTemplate.parse("silver/{name}/dt={version:%Y-%m-%d}/*.parquet").placeholders
        ('name', 'version')
        """
        return _parsed(text)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of what it catches, in order."""
        return tuple(self.forms)

    @cached_property
    def parts(self) -> Mapping[str, tuple[int, ...]]:
        """By placeholder, the slots whose texts make up what it caught."""
        found: dict[str, list[int]] = {}
        for slot, (name, _) in enumerate(self.slots):
            found.setdefault(name, []).append(slot)
        return {name: tuple(slots) for name, slots in found.items()}

    @cached_property
    def times(self) -> Mapping[int, tuple[tuple[CaughtForm, tuple[int, ...]], ...]]:
        """By the slot that completes it, the form of a time and its slots: not every text of its form is a possible time."""
        return {
            self.parts[name][-1]: ((form, self.parts[name]),)
            for name, form in self.forms.items()
            if form is not None and form.is_time
        }

    def caught(self, texts: Mapping[int, str]) -> dict[str, str]:
        """Return by placeholder what the slots caught: levels with ``/`` between them."""
        return {name: "/".join(texts[slot] for slot in slots) for name, slots in self.parts.items()}


@lru_cache(maxsize=1024)
def _parsed(text: str) -> PathTemplate:
    if not text.strip():
        raise TemplateError("is empty: expected a path below the root, as in data/{version:%Y-%m-%d}/*.parquet")
    if text.startswith("/"):
        raise TemplateError("begins with /: expected a path below the root")
    if _URL.match(text):
        raise TemplateError(
            'is a URL: expected a path below the root, which may be one: artifacts = ["s3://bucket/data"]'
        )
    if _ELSEWHERE.match(text):
        raise TemplateError(f"begins with {text.partition('/')[0]}/: expected a path below the root")
    reader = _Reader(text)
    for piece in _tokens(text):
        reader.take(piece)
    return reader.template()


def _tokens(text: str) -> Iterator[str]:
    """Yield single letters, ``**``, and whole placeholders."""
    place = 0
    while place < len(text):
        if text[place] == "{":
            end = text.find("}", place)
            if end < 0:
                raise TemplateError(f"has no }} for the {{ of {text[place:]!r}")
            yield text[place : end + 1]
            place = end + 1
        elif text[place] == "}":
            raise TemplateError("has a } without {")
        else:
            yield text[place]
            place += 1


class _Reader:
    """A template while it is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._levels: list[str | LevelPattern | None] = []
        self._texts: list[str] = []
        self._slots: dict[tuple[str, int], int] = {}
        self._forms: dict[str, CaughtForm | None] = {}
        self._written: dict[str, str | None] = {}
        self._pieces: list[Piece | str] = []
        self._level = ""

    def take(self, piece: str) -> None:
        if piece == "/":
            self._end_level()
        elif piece.startswith("{"):
            self._placeholder(piece)
        else:
            self._level += piece
            self._pieces.append(anything() if piece == "*" else any_letter() if piece == "?" else piece)

    def template(self) -> PathTemplate:
        self._end_level()
        if self._levels[-1] is ANY:
            self._levels.append(LevelPattern("*", (anything(),), written=False))
            self._texts.append("*")
        return PathTemplate(
            self._text,
            tuple(_with_decided(self._levels, self._of_times())),
            tuple(self._texts),
            tuple(self._slots),
            self._forms,
        )

    def _of_times(self) -> set[int]:
        forms = {name for name, form in self._forms.items() if form is not None and form.is_time}
        return {slot for (name, _), slot in self._slots.items() if name in forms}

    def _placeholder(self, piece: str) -> None:
        name, colon, written = piece[1:-1].partition(":")
        if not _NAME.fullmatch(name):
            raise TemplateError(
                f"{piece}: a placeholder is called by small letters, digits and _, as in {{version}} or {{version:%Y-%m-%d}}"
            )
        if colon and not written:
            raise TemplateError(
                f"{piece}: expected a form after the colon, as in {{{name}:%Y-%m-%d}} or {{{name}:int}}"
            )
        same = name in self._forms
        if same and colon and written != self._written[name]:
            raise TemplateError(
                f"{piece}: {{{name}}} stands there twice, in two forms, and a repeated placeholder repeats its text: "
                f"write {{{name}}}, or *"
            )
        if not same:
            try:
                self._forms[name] = form_of(written) if colon else None
            except ValueError as error:
                raise TemplateError(f"{piece}: {error}") from None
            self._written[name] = written if colon else None
        form = self._forms[name]
        if same and form is not None and len(form.parts) > 1:
            raise TemplateError(f"{piece}: what spans several levels cannot be repeated; write *")
        said = written.split("/") if colon else [written]
        for part in range(len(form.parts) if form is not None else 1):
            if part:
                self._end_level()
            self._level += f"{{{name}:{said[part]}}}" if colon else piece
            slot = self._slots.setdefault((name, part), len(self._slots))
            self._pieces.append(placeholder(slot, form, part, same))

    def _end_level(self) -> None:
        text, pieces = self._level, self._pieces
        self._level, self._pieces = "", []
        if not text:
            raise TemplateError("has an empty level: write one / between two levels, and none at the end")
        if text in (".", ".."):
            raise TemplateError(f"has the level {text!r}: expected a path below the root")
        if text == "**":
            if self._levels.count(ANY) == MAX_ANY:
                raise TemplateError(f"has more than {MAX_ANY} levels **: write the levels between them out, with *")
            if self._levels and self._levels[-1] is ANY:
                raise TemplateError("has ** after **: one is enough")
            self._levels.append(ANY)
        elif "**" in text:
            raise TemplateError(f"has ** inside the level {text!r}: it is a level of its own; within one write *")
        elif all(isinstance(piece, str) for piece in pieces):
            self._levels.append(text)
        else:
            self._levels.append(self._pattern(text, pieces))
        self._texts.append(text)

    @staticmethod
    def _pattern(text: str, pieces: list[Piece | str]) -> LevelPattern:
        joined: list[Piece] = []
        literal = ""
        for piece in [*pieces, None]:
            if isinstance(piece, str):
                literal += piece
                continue
            if literal:
                joined.append(plain(literal))
                literal = ""
            if piece is not None:
                joined.append(piece)
        opened = sum(piece.lazy is not None for piece in joined)
        if opened > MAX_OPEN:
            raise TemplateError(
                f"has {opened} open pieces in the level {text!r}, at most {MAX_OPEN} are read: join some of them to one *"
            )
        return LevelPattern(text, tuple(joined), written=text[0] in "._")


def _with_decided(levels: list[str | LevelPattern | None], of_times: set[int]) -> Iterator[str | LevelPattern | None]:
    """Yield the levels, those marked of which one below repeats what they catch, or which catch a part of a time."""
    for i, level in enumerate(levels):
        if isinstance(level, LevelPattern):
            below = {slot for other in levels[i + 1 :] if isinstance(other, LevelPattern) for slot in other.slots}
            yield replace(level, decided=not (below | of_times).isdisjoint(level.slots))
        else:
            yield level
