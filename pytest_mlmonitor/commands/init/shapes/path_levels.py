"""The levels of a path: what the name of each is made of, and directories that spell one time together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_mlmonitor.commands.init.shapes.name_pieces import (
    DAYS_OF_MONTH,
    HOURS,
    MONTHS,
    YEARS,
    NamePiece,
    length_of,
    moment_of,
    pieces_of,
)

_UNITS = {"year": "%Y", "yyyy": "%Y", "y": "%Y", "month": "%m", "mm": "%m", "m": "%m",
          "day": "%d", "dd": "%d", "d": "%d",
          "hour": "%H", "hh": "%H", "h": "%H", "hr": "%H", "minute": "%M", "min": "%M"}  # fmt: skip
_ORDER = ("%Y", "%m", "%d", "%H", "%M")
_PLAIN = {
    "%Y": re.compile(YEARS),
    "%m": re.compile(MONTHS),
    "%d": re.compile(DAYS_OF_MONTH),
    "%H": re.compile(HOURS),
    "%M": re.compile("[0-5][0-9]"),
}
_KEYED = re.compile("([^=]+)=([0-9]{1,4})")


def levels_of(parts: Sequence[str], file: bool = True) -> tuple[tuple[NamePiece, ...], ...]:
    """Return the pieces of every level of a path; directories that spell one time together are one level.

    Args:
        parts: the names of the path.
        file: whether the last of them is that of a file, which is no part of such a time.

    >>> [p.form for p in levels_of(["a", "year=2026", "month=11", "day=27", "x.parquet"])[1]]
    ['year=%Y/month=%m/day=%d']
    """
    found: list[tuple[NamePiece, ...]] = []
    rest = list(parts)
    while rest:
        room = len(rest) - 1 if file else len(rest)
        spelled = _spelled(rest[:room])
        if spelled is not None:
            pieces, taken = spelled
            found.append(pieces)
            del rest[:taken]
            continue
        found.append(_level(rest.pop(0), is_file=file and not rest))
    return tuple(found)


def _level(text: str, *, is_file: bool) -> tuple[NamePiece, ...]:
    pieces = pieces_of(text)
    if is_file:
        return _numbers_of_names_joined(pieces)
    key, equals, value = text.partition("=")
    if equals and key and "=" not in value:
        inner = pieces_of(value)
        if any(piece.kind in ("time", "version") for piece in inner):
            return (NamePiece("text", f"{key}="), *inner)
        return (NamePiece("text", f"{key}="), NamePiece("number", value))
    loose = [piece for piece in pieces if piece.kind == "number"]
    if loose and len(pieces) > len(loose):  # layer1/ and layer2/ are names, 0001/ is a number
        return _joined(pieces)
    return pieces


_OF_PARTS = re.compile(r"(?i)(?:^|[^a-z])(?:part|chunk|file|c|shard|batch|worker|data|block|m|r|split|p)$")


def _numbers_of_names_joined(pieces: Sequence[NamePiece]) -> tuple[NamePiece, ...]:
    """Return pieces in which a number that ends a word is text: ``nyc13`` is a name, ``part13`` is not."""
    found: list[NamePiece] = []
    for piece in pieces:
        before = found[-1].text if found and found[-1].kind == "text" else ""
        glued = piece.kind == "number" and before[-1:].isalpha() and not _OF_PARTS.search(before)
        if before and (glued or piece.kind == "text"):
            found[-1] = NamePiece("text", before + piece.text)
        else:
            found.append(piece)
    return tuple(found)


def _joined(pieces: Sequence[NamePiece]) -> tuple[NamePiece, ...]:
    """Return pieces with the numbers as part of the text around them."""
    found: list[NamePiece] = []
    for piece in pieces:
        text = piece.kind in ("text", "number")
        if text and found and found[-1].kind == "text":
            found[-1] = NamePiece("text", found[-1].text + piece.text)
        else:
            found.append(NamePiece("text", piece.text) if text else piece)
    return tuple(found)


def _spelled(parts: Sequence[str]) -> tuple[tuple[NamePiece, ...], int] | None:
    """Return the pieces of directories that spell one time, and how many directories those are; None where they do not."""
    forms: list[str] = []
    texts: list[str] = []
    before: tuple[NamePiece, ...] = ()
    expected = 0
    for part in parts:
        if not forms and (first := _day_first(part)) is not None:
            before, form, text = first
            expected = 1 + max(i for i, letter in enumerate(_ORDER) if letter in form)
            forms.append(form)
            texts.append(text)
            continue
        if expected >= len(_ORDER):
            break
        letter = _ORDER[expected]
        keyed = _KEYED.fullmatch(part)
        if keyed is not None and _UNITS.get(keyed[1].lower()) == letter and (expected or len(keyed[2]) == 4):
            forms.append(f"{keyed[1]}={letter}")
        elif keyed is None and _PLAIN[letter].fullmatch(part) and (not forms or "=" not in forms[-1]):
            forms.append(letter)
        else:
            break
        texts.append(part)
        expected += 1
    form, text = "/".join(forms), "/".join(texts)
    if len(forms) < 2 or moment_of(text, form) is None:
        return None
    return (*before, NamePiece("time", text, form)), len(forms)


def _day_first(part: str) -> tuple[tuple[NamePiece, ...], str, str] | None:
    """Return what stands before a day that ends a directory's name, the day's form, and its text; None where none does."""
    key, equals, value = part.rpartition("=")
    pieces = pieces_of(value)
    if len(pieces) != 1 or pieces[0].kind != "time" or pieces[0].form is None or length_of(pieces[0].form) != 86400.0:
        return None
    before = (NamePiece("text", f"{key}="),) if equals else ()
    return before, pieces[0].form, pieces[0].text
