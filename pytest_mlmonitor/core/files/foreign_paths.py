"""Where a path that some other program wrote lies below the roots: by its text alone, nothing is opened (specification 8)."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_FILE_URL = re.compile(r"file:(?://(?:localhost)?(?=/))?(?=/)", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True)
class ForeignPath:
    """A path as another program wrote it, related to the roots.

    Attributes:
        text: as it is written.
        places: absolute paths below roots that it may mean, the likeliest first.
        related: whether it is known how it relates to the roots at all: not of an absolute path or URL that neither lies
            below a root nor begins like anything in ``rebase``.
    """

    text: str
    places: tuple[Path, ...]
    related: bool


def foreign_path(text: str, beside: Path, root: Path, roots: Iterable[Path], rebase: Mapping[str, str]) -> ForeignPath:
    """Return where a path lies.

    Args:
        text: the path or URL; ``file:`` is a path.
        beside: the directory of the document that says it: relative paths start there, or at ``root``.
        root: the root of that document.
        roots: all roots: absolute paths may lie below any of them.
        rebase: prefixes of absolute paths and URLs, and what they are below a root.
    """
    known = list(dict.fromkeys([root, *roots]))
    clean = text.strip()
    if "\0" in clean or not clean:
        return ForeignPath(text, (), False)
    if _FILE_URL.match(clean):
        clean = unquote(_FILE_URL.sub("", clean, count=1))
    if _DRIVE.match(clean):
        clean = clean.replace("\\", "/")
    based = _rebased(clean, rebase)
    if based is not None:
        return ForeignPath(text, _inside((one, based) for one in known), True)
    if clean.startswith("/"):
        below = [(one, os.path.relpath(clean, one)) for one in known if _begins(os.path.normpath(clean), str(one))]
        return ForeignPath(text, _inside(below), bool(below))
    if _SCHEME.match(clean):
        return ForeignPath(text, (), False)
    relative = [(one, os.path.normpath(clean)) for one in (root,)]
    near = os.path.relpath(os.path.normpath(beside / clean), root)
    return ForeignPath(text, _inside([(root, near), *relative]), True)


def _rebased(text: str, rebase: Mapping[str, str]) -> str | None:
    """Return a path less the longest prefix that it begins with, below what that stands for; None where it begins with none."""
    fitting = [prefix for prefix in rebase if _begins(text, prefix)]
    if not fitting:
        return None
    prefix = max(fitting, key=len)
    rest = text[len(prefix.rstrip("/")) :].lstrip("/")
    return os.path.normpath(os.path.join(rebase[prefix], rest))


def _begins(text: str, prefix: str) -> bool:
    """Return whether a path is, or is below, another; at ends of levels only."""
    stem = prefix.rstrip("/")
    return text == stem or text.startswith(f"{stem}/")


def _inside(found: Iterable[tuple[Path, str]]) -> tuple[Path, ...]:
    """Return the places that do not lead out of their root."""
    joined = ((root, Path(os.path.normpath(root / relative))) for root, relative in found)
    return tuple(dict.fromkeys(place for root, place in joined if place == root or root in place.parents))
