"""What a ``.dvcignore`` leaves out of a tracked directory: patterns as in a ``.gitignore``, matched in bounded time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.text.globs import matcher

IGNORE = ".dvcignore"
_MAX_BYTES = 1024 * 1024
_MAX_PATTERNS = 1_000
_ANY = "**"
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class _Pattern:
    """One line.

    Attributes:
        levels: of a path, each a pattern; ``**`` for any number of them.
        directories: whether it is about directories only.
        back: whether what it names is taken back in.
    """

    levels: tuple[str, ...]
    directories: bool
    back: bool


class Ignored:
    """The patterns that hold for one directory: of the files in it and above it, up to a root."""

    def __init__(self, directory: Path, root: Path) -> None:
        """Read the files; what cannot be read says nothing."""
        self._held: list[tuple[Path, list[_Pattern]]] = []
        for above in [*reversed(directory.parents), directory]:
            if above.is_relative_to(root):
                found = read_patterns(above / IGNORE)
                if found:
                    self._held.append((above, found))

    def __bool__(self) -> bool:
        """Return whether anything may be left out."""
        return bool(self._held)

    def leaves_out(self, path: Path, is_directory: bool) -> bool:
        """Return whether a file or directory is left out; of one that lies in a directory that is, nobody asks."""
        left = False
        for above, patterns in self._held:
            parts = path.relative_to(above).parts
            for pattern in patterns:
                if pattern.back == left and (is_directory or not pattern.directories) and _fits(pattern.levels, parts):
                    left = not pattern.back
        return left


def read_patterns(path: Path) -> list[_Pattern]:
    """Return the lines of a file, none of one that is not there."""
    try:
        lines = read_bytes(path, _MAX_BYTES).decode("utf-8").splitlines()
    except (Refused, UnicodeDecodeError):
        return []
    found = [_pattern(line) for line in map(str.strip, lines) if line and not line.startswith("#")]
    return found[:_MAX_PATTERNS]


def _pattern(line: str) -> _Pattern:
    back = line.startswith("!")
    text = line.removeprefix("!")
    directories = text.endswith("/")
    text = text.rstrip("/")
    levels = [_level(one) for one in text.removeprefix("/").split("/")]
    if "/" not in text:
        levels.insert(0, _ANY)
    return _Pattern(tuple(levels), directories, back)


def _level(text: str) -> str:
    if text == _ANY:
        return text
    return _ESCAPED.sub(lambda found: f"[{found[1]}]" if found[1] in "*?[" else found[1], text.replace("[^", "[!"))


def _fits(levels: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether the whole of a path has the form of a pattern; the cost is that of their lengths multiplied."""
    reached = {0}
    for place, level in enumerate(levels):
        if level == _ANY:
            if place == len(levels) - 1:  # all that lies in it, and not it itself
                return any(one < len(parts) for one in reached)
            reached = set(range(min(reached), len(parts) + 1))
        else:
            fits = matcher(level)
            reached = {one + 1 for one in reached if one < len(parts) and fits(parts[one])}
        if not reached:
            return False
    return len(parts) in reached
