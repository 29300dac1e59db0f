"""One level of a path template matched with one name: what is caught, and whether it may be read in another way.

Names are what somebody else called a file. A regular expression decides the ordinary ones; where it would have to go back over a
long name too often, sets of positions decide: as many steps as the name has letters and the level has pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice

from pytest_mlmonitor.core.templates.caught_forms import CaughtForm

MAX_OPEN = 3
"""Open pieces a level: those that fit texts of any length."""

_STEPS = 50_000
"""How often a regular expression may go back over a name: its length to the power of the open pieces."""

MOST_READINGS = 300
"""Of one name, where all are asked for: a name has at most 255 letters."""

LevelReading = tuple[str, ...]
"""What a level caught, in the order of its slots."""


@dataclass(frozen=True)
class Piece:
    """What stands beside other pieces in a level.

    Attributes:
        ends: where a text that fits and begins at a place of a name may end, as a set of bits.
        pattern: regular expression of the texts that fit.
        lazy: the one that prefers short texts, where these are of many lengths.
        slot: number of what it catches among all that the template catches; None where it catches nothing.
        same: whether it repeats what its slot caught before it.
        text: the one that fits, empty where there are several.
    """

    ends: Callable[[str, int], int]
    pattern: str
    lazy: str | None = None
    slot: int | None = None
    same: bool = False
    text: str = ""


def plain(text: str) -> Piece:
    """Return the piece that fits one text."""

    def ends(name: str, start: int) -> int:
        return 1 << start + len(text) if name.startswith(text, start) else 0

    return Piece(ends, re.escape(text), text=text)


def any_letter() -> Piece:
    """Return the piece for ``?``."""
    return Piece(lambda name, start: 1 << start + 1 if start < len(name) else 0, ".")


def anything() -> Piece:
    """Return the piece for ``*``."""
    return Piece(_all_from, ".*", ".*?")


def placeholder(slot: int, form: CaughtForm | None, part: int, same: bool) -> Piece:
    """Return the piece for a placeholder, or for one level of a form that spans several."""
    if form is None:
        return Piece(lambda name, start: _all_from(name, start + 1), ".+", ".+?", slot, same)
    pattern = form.parts[part]
    compiled = re.compile(pattern, re.DOTALL)

    def ends(name: str, start: int) -> int:
        match = compiled.match(name, start)
        if match is None:
            return 0
        if form.lazy is None:
            return 1 << match.end()
        if form.text == "semver":
            fit = (end for end in range(start + 1, match.end() + 1) if compiled.fullmatch(name, start, end))
            return sum(1 << end for end in fit)
        return (1 << match.end() + 1) - (1 << start + 1)  # every beginning of digits is digits

    return Piece(ends, pattern, form.lazy, slot, same)


def _all_from(name: str, start: int) -> int:
    return (1 << len(name) + 1) - (1 << start) if start <= len(name) else 0


@dataclass(frozen=True)
class LevelPattern:
    """A level that is no plain name.

    Attributes:
        text: as it is written.
        pieces: from left to right.
        written: whether its names may begin with a dot or an underscore, because the first piece does.
        decided: whether something outside decides how it is to be read: a level below repeats what it catches, or what it
            catches must be a possible time.
    """

    text: str
    pieces: tuple[Piece, ...]
    written: bool
    decided: bool = False

    @cached_property
    def slots(self) -> tuple[int, ...]:
        """What it catches, in the order of its readings."""
        return tuple(piece.slot for piece in self.pieces if piece.slot is not None)

    def readings(self, name: str, caught: Mapping[int, str]) -> Sequence[LevelReading]:
        """Return what a name's slots catch: nothing where it does not fit, two that differ where it reads in several ways.

        Where something outside decides how it is to be read, all of its readings.

        Args:
            name: of a file or directory.
            caught: by slot, what the levels above caught.
        """
        if not self.written and name[:1] in (".", "_"):
            return ()
        if self._many and not self._repeats and len(name) ** self._open > _STEPS:
            return self._by_positions(name, caught)
        match = self._greedy.fullmatch(name)
        if match is None:
            return ()
        first = match.groups()
        if self._many and self.slots and not (self._between and name.find(self._between) == name.rfind(self._between)):
            other = self._lazy.fullmatch(name)
            if other is not None and other.regs != match.regs:
                if self._repeats and not caught.keys().isdisjoint(self.slots):
                    return replace(self, pieces=tuple(self._given(caught))).readings(name, {})
                if self._repeats:
                    return tuple(dict.fromkeys((self._of(match), self._of(other))))
                return self._by_positions(name, caught)
        if self._many or self._repeats:
            first = match.group(*self._groups) if len(self._groups) > 1 else self._of(match)
        if self._known and any(caught.get(slot, text) != text for slot, text in zip(self.slots, first, strict=True)):
            return ()
        return (first,)

    @cached_property
    def simple(self) -> Callable[[str], re.Match[str] | None] | None:
        """What decides every name alone, where that is one regular expression: its groups are the slots."""
        return self._greedy.fullmatch if not (self._many or self._repeats or self._known) else None

    def sure(self, instead: Mapping[int, str]) -> tuple[Callable[[str], re.Match[str] | None], str] | None:
        """Return what fits names that have one reading: its groups are the slots. Names that it does not fit may have one too.

        With it comes what such a name must have once, empty where that does not matter; None in all where nothing says so.

        Args:
            instead: by slot, the expression to use in the place of its own.
        """
        if self._repeats or self._known or (self._many and not (self._between and self._open == 2)):
            return None
        parts = [] if self.written else ["(?![._])"]
        for piece in self.pieces:
            if piece.slot is None:
                parts.append(piece.pattern)
            else:
                parts.append(f"({instead.get(piece.slot, piece.pattern)})")
        return re.compile("".join(parts), re.DOTALL).fullmatch, self._between if self._many else ""

    @cached_property
    def fits(self) -> Callable[[str], object]:
        """Whether a name fits."""
        if not self._many:
            return self._greedy.fullmatch
        return lambda name: bool(self.readings(name, {}))

    @cached_property
    def _open(self) -> int:
        return sum(piece.lazy is not None for piece in self.pieces)

    @cached_property
    def _many(self) -> bool:
        return self._open > 1

    @cached_property
    def _between(self) -> str:
        """What stands between two open pieces, where these are all: a name that has it once reads in one way."""
        places = [i for i, piece in enumerate(self.pieces) if piece.lazy is not None]
        return self.pieces[places[0] + 1].text if len(places) == 2 and places[1] == places[0] + 2 else ""

    @cached_property
    def _repeats(self) -> bool:
        """Whether a slot stands twice in this level."""
        return len(set(self.slots)) < len(self.slots)

    @cached_property
    def _known(self) -> bool:
        """Whether a slot is caught by a level above."""
        return any(piece.same for piece in self.pieces)

    @cached_property
    def _groups(self) -> tuple[str, ...]:
        return tuple(f"s{slot}" for slot in self.slots)

    def _of(self, match: re.Match[str]) -> LevelReading:
        found = match.groupdict()
        return tuple(found[f"s{slot}"] for slot in self.slots)

    def _expression(self, lazy: bool) -> re.Pattern[str]:
        parts = [] if self.written else ["(?![._])"]
        seen: set[int] = set()
        for piece in self.pieces:
            pattern = piece.lazy if lazy and piece.lazy is not None else piece.pattern
            if piece.slot is not None and piece.slot in seen:
                parts.append(f"(?P=s{piece.slot})")
            elif piece.slot is not None:
                seen.add(piece.slot)
                parts.append(f"(?P<s{piece.slot}>{pattern})")
            else:
                parts.append(f"({pattern})" if piece.lazy is not None and self._many else pattern)
        return re.compile("".join(parts), re.DOTALL)

    @cached_property
    def _greedy(self) -> re.Pattern[str]:
        return self._expression(lazy=False)

    @cached_property
    def _lazy(self) -> re.Pattern[str]:
        return self._expression(lazy=True)

    def _by_positions(self, name: str, caught: Mapping[int, str]) -> Sequence[LevelReading]:
        pieces = list(self._given(caught))
        return list(islice(read_by_positions(pieces, name, every=self.decided), MOST_READINGS if self.decided else 2))

    def _given(self, caught: Mapping[int, str]) -> Iterator[Piece]:
        """Yield the pieces, with what a level above caught as plain texts."""
        for piece in self.pieces:
            known = caught.get(piece.slot) if piece.slot is not None else None
            yield replace(plain(known), slot=piece.slot) if known is not None else piece


def read_by_positions(pieces: Sequence[Piece], name: str, *, every: bool = False) -> Iterator[LevelReading]:
    """Yield the readings of a name: all of them, or one for each text of the first slot whose text is not certain."""
    whole = 1 << len(name)
    reached = [1]
    for piece in pieces:
        reached.append(_reached(piece, name, reached[-1]))
    if not reached[-1] & whole:
        return
    alive = [whole]
    for piece, begun in zip(reversed(pieces), reversed(reached[:-1]), strict=True):
        alive.append(sum(1 << start for start in _bits(begun) if piece.ends(name, start) & alive[-1]))
    alive.reverse()
    texts: list[str] = []
    for i, piece in enumerate(pieces):
        if piece.slot is None:
            continue
        found = _texts(piece, name, alive[i], alive[i + 1])
        first, second = next(found), next(found, None)
        if second is not None:
            for text in chain((first, second), found):
                fixed = [*pieces[:i], replace(plain(text), slot=piece.slot), *pieces[i + 1 :]]
                yield from islice(read_by_positions(fixed, name, every=every), None if every else 1)
            return
        texts.append(first)
    yield tuple(texts)


def _reached(piece: Piece, name: str, begun: int) -> int:
    if piece.lazy is not None and piece.pattern[0] == ".":  # whatever a later place reaches, the first one reaches too
        return piece.ends(name, (begun & -begun).bit_length() - 1) if begun else 0
    reached = 0
    for start in _bits(begun):
        reached |= piece.ends(name, start)
    return reached


def _texts(piece: Piece, name: str, starts: int, ends: int) -> Iterator[str]:
    seen: set[str] = set()
    for start in _bits(starts):
        for end in _bits(piece.ends(name, start) & ends):
            text = name[start:end]
            if text not in seen:
                seen.add(text)
                yield text


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
