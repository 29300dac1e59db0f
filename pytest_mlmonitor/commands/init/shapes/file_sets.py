"""Files whose paths are alike but for dates and numbers are one set; several sets that differ in one name are one, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pytest_mlmonitor.commands.init.shapes.name_pieces import NamePiece, length_of
from pytest_mlmonitor.commands.init.shapes.path_levels import levels_of

DataForm = Literal["table", "log", "document", "delta", "iceberg"]

Path_ = tuple[str, ...]
"""A path below the root, name by name."""

_SUFFIX = re.compile(
    r"(?i)(?P<suffix>(?:\.(?:snappy|zstd|gz|lz4|brotli|c000))*\.(?:parquet|parq|pq)|\.(?:jsonl|ndjson|log|json)(?:\.gz)?)"
    r"(?P<rotated>[.-](?:[0-9]{1,4}|[0-9]{4}-?[0-9]{2}-?[0-9]{2}[0-9T_-]*)(?:\.gz)?)?"
)
_OPEN = re.compile(r"[*?{}\[\]\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What a path template gives a meaning to, and what no policy should hold."""

_COUNTED = re.compile("0[0-9]{2,}")
"""A number that somebody counts parts with."""

_SAYS_NOTHING = re.compile(r"(?i)(?:part|parts|chunk|batch|shard|block|file|data|output|out|c|r|m|of|tid|[-_. ])*")


@dataclass(frozen=True)
class Listed:
    """A file, or a directory that is a table, and what its path is made of."""

    path: Path_
    form: DataForm
    levels: tuple[tuple[NamePiece, ...], ...]
    suffix: str = ""
    rotated: bool = False

    @property
    def expressible(self) -> bool:
        """Whether a template can be written: nothing in the names has a meaning there."""
        return _OPEN.search("/".join(self.path)) is None and all(name == name.strip() for name in self.path)


def listed(path: Path_, form: DataForm | None = None) -> Listed | None:
    """Return what a path is made of; None for a file that is no table, log or document by its name.

    Args:
        path: below the root.
        form: of a directory that is a table.
    """
    if form is not None:
        return Listed(path, form, levels_of(path, file=False))
    name = path[-1]
    match = next((m for m in _SUFFIX.finditer(name) if m.end() == len(name)), None)
    if match is None or not match.start():
        return None
    suffix = match["suffix"]
    bare = suffix.lower().removesuffix(".gz")
    table = bare.endswith((".parquet", ".parq", ".pq"))
    if table and match["rotated"]:
        return None
    kind: DataForm = "table" if table else "document" if bare == ".json" else "log"
    return Listed(path, kind, levels_of((*path[:-1], name[: match.start()])), suffix, bool(match["rotated"]))


@dataclass
class FileSet:
    """Files that one path template is to take.

    Attributes:
        form: what they are.
        files: in the order found.
        named: the level (of the pieces, not of the path) whose name tells families apart; None for one family.
    """

    form: DataForm
    files: list[Listed] = field(default_factory=list)
    named: int | None = None

    @property
    def first(self) -> Listed:
        """The file by whose pieces the template is written."""
        return self.files[0]

    def split_at(self) -> tuple[int, int] | None:
        """Return where the version (or date) stands, level and piece: the finest time, of several the last; None without."""
        best: tuple[float, int, int] | None = None
        for i, level in enumerate(self.first.levels):
            for j, piece in enumerate(level):
                if piece.kind == "time" and piece.form is not None:
                    found = (-length_of(piece.form), i, j)
                    best = max(best, found) if best is not None else found
        if best is not None:
            return best[1:]
        places = [
            (i, j)
            for i, level in enumerate(self.first.levels)
            for j, piece in enumerate(level)
            if piece.kind == "version"
        ]
        return places[-1] if places else None

    def piece(self, one: Listed) -> NamePiece | None:
        """Return the version (or date) of a file of the set."""
        place = self.split_at()
        return one.levels[place[0]][place[1]] if place is not None else None

    @property
    def is_dated_only(self) -> bool:
        """Whether the times are parts of one artifact, and no versions: those of logs, and years."""
        place = self.split_at()
        if place is None:
            return False
        piece = self.first.levels[place[0]][place[1]]
        return piece.kind == "time" and (self.form == "log" or length_of(piece.form or "") > 92 * 86400)

    def family_of(self, one: Listed) -> str | None:
        """Return the name that tells families apart, as a file has it; None for one family."""
        if self.named is None:
            return None
        return _word(one.levels[self.named][0].text)[0]

    def families(self) -> list[str | None]:
        """Return the names of the families, sorted; ``[None]`` for one."""
        return sorted({self.family_of(one) for one in self.files}, key=str)

    def path(self, *, loose: bool = True) -> str:
        """Return the template.

        Args:
            loose: write ``*`` for names of parts that say nothing.
        """
        place = self.split_at()
        levels = [self._level(i, level, place, loose=loose) for i, level in enumerate(self.first.levels)]
        return "/".join(levels)

    def _level(self, i: int, level: Sequence[NamePiece], place: tuple[int, int] | None, *, loose: bool) -> str:
        is_file = self.form not in ("delta", "iceberg") and i == len(self.first.levels) - 1
        ending = self._ending() if is_file else ""
        texts = "".join(piece.text for piece in level if piece.kind == "text")
        here = place is not None and place[0] == i
        numbers = any(piece.kind == "number" for piece in level)
        if is_file and loose and not here and i != self.named and numbers and _SAYS_NOTHING.fullmatch(texts):
            return "*" + ending
        word = "date" if self.is_dated_only else "version"
        found: list[str] = []
        for j, piece in enumerate(level):
            if here and place is not None and place[1] == j:
                found.append(f"{{{word}:{piece.form}}}" if piece.form else f"{{{word}}}")
            elif i == self.named and j == 0:
                found.append("{name}" + _word(piece.text)[1])
            elif piece.kind == "text" or (piece.kind == "number" and self._same(i, j)):
                found.append(piece.text)
            else:
                found.append("*")
        return _few_stars(found) + ending

    def _same(self, i: int, j: int) -> bool:
        """Return whether a number is the same in all files, and so a part of the name, unless it is that of a part."""
        numbered = {one.levels[i][j].text for one in self.files}
        before = self.first.levels[i][j - 1].text if j else ""
        of_parts = _SAYS_NOTHING.fullmatch(before) or before.endswith("=") or _COUNTED.fullmatch(min(numbered))
        return len(numbered) == 1 and not of_parts

    def _ending(self) -> str:
        suffixes = sorted({one.suffix for one in self.files})
        rotated = any(one.rotated for one in self.files)
        if len(suffixes) == 1:
            return suffixes[0] + ("*" if rotated else "")
        shared = "." + suffixes[0].split(".")[-1]
        if all(suffix.endswith(shared) for suffix in suffixes) and self.form == "table":
            return shared if self._numbered() else f"*{shared}"
        return "." + suffixes[0].removesuffix(".gz").split(".")[-1] + "*"

    def _numbered(self) -> bool:
        return any(piece.kind == "number" for piece in self.first.levels[-1])


def _word(text: str) -> tuple[str, str]:
    """Return a name and the separators behind it: ``orders_`` stands before a date."""
    word = text.rstrip("-_.") or text
    return word, text[len(word) :]


def _few_stars(pieces: Iterable[str]) -> str:
    """Return a level with at most three open pieces: the rest goes into one ``*``."""
    found: list[str] = []
    for piece in pieces:
        if piece != "*" or not found or found[-1] != "*":
            found.append(piece)
    stars = [i for i, piece in enumerate(found) if piece == "*"]
    typed = sum(piece.startswith("{") for piece in found)
    if len(stars) + typed > 3 and len(stars) > 1 and not any(p.startswith("{") for p in found[stars[0] : stars[-1]]):
        found[stars[0] : stars[-1] + 1] = ["*"]
    return "".join(found)


Mask = tuple[str, ...]


def _mask(one: Listed, *, without: int | None = None) -> Mask:
    timed = any(piece.kind == "time" for level in one.levels for piece in level)
    found: list[str] = [one.form]
    for i, level in enumerate(one.levels):
        if i == without:
            first = level[0] if level and level[0].kind == "text" else None
            rest = _texts(level[1:], timed) if first else _texts(level, timed)
            found.append(f"\0*{_word(first.text)[1] if first else ''}{rest}")
        else:
            found.append(_texts(level, timed))
    return tuple(found)


def _texts(level: Sequence[NamePiece], timed: bool) -> str:
    texts: list[str] = []
    for piece in level:
        if piece.kind == "text" or (piece.kind == "version" and timed):
            texts.append(piece.text)
        else:
            texts.append(f"\0{piece.kind[0]}{piece.form or ''}")
    return "".join(texts)


def sets_of(files: Iterable[Listed]) -> list[FileSet]:
    """Return the sets of files that are alike but for dates, versions and numbers."""
    found: dict[Mask, FileSet] = {}
    for one in files:
        found.setdefault(_mask(one), FileSet(one.form)).files.append(one)
    return list(found.values())


def merged(sets: Sequence[FileSet]) -> list[FileSet]:
    """Return the sets with those as one that differ in the name of one level: ``silver/flights/…``, ``silver/weather/…``.

    Directories go before file names, inner directories before outer ones.
    """
    rest = list(sets)
    for of_files in (False, True):
        for depth in range(max((len(one.first.levels) for one in rest), default=0)):
            rest = list(_merged_at(rest, depth, of_files=of_files))
    return rest


def _merged_at(sets: Sequence[FileSet], depth: int, *, of_files: bool) -> Iterator[FileSet]:
    groups: dict[Mask, list[FileSet]] = {}
    for one in sets:
        level = _place(one, depth, of_files=of_files)
        key = _mask(one.first, without=level) if level is not None else ("", str(id(one)))
        groups.setdefault(key, []).append(one)
    for together in groups.values():
        if len(together) == 1:
            yield together[0]
            continue
        level = _place(together[0], depth, of_files=of_files)
        yield FileSet(together[0].form, [file for one in together for file in one.files], level)


def _place(one: FileSet, depth: int, *, of_files: bool) -> int | None:
    """Return the level at which a set may be merged: ``depth`` levels above the innermost directory, or the file's name."""
    if one.named is not None or one.form == "document":
        return None
    levels = one.first.levels
    directories = len(levels) if one.form in ("delta", "iceberg") else len(levels) - 1
    if of_files:
        if depth or one.form in ("delta", "iceberg") or one.form == "log":
            return None
        level = len(levels) - 1
    else:
        level = directories - 1 - depth
    if level < 0 or not levels[level] or levels[level][0].kind != "text":
        return None
    if not of_files and (len(levels[level]) > 1 or "=" in levels[level][0].text):
        return None
    place = one.split_at()
    if not of_files and place is not None and level > place[0] and one.form != "table":
        return None
    return level if _word(levels[level][0].text)[0] else None
