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
_SAME = {"s3a:": "s3:", "s3n:": "s3:"}
"""Hadoop's words for one store."""
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
    clean = _clean(text)
    if "\0" in clean or not clean:
        return ForeignPath(text, (), False)
    based = _rebased(clean, {_clean(prefix): below for prefix, below in rebase.items()})
    if based is not None:
        return ForeignPath(text, _inside((one, based) for one in known), True)
    if clean.startswith("/"):
        below = [(one, os.path.relpath(clean, one)) for one in known if _begins(os.path.normpath(clean), str(one))]
        return ForeignPath(text, _inside(below), bool(below))
    if _SCHEME.match(clean):
        return ForeignPath(text, (), False)
    # A backslash may stand in a name here, and is what levels end with there.
    written = dict.fromkeys((clean, clean.replace("\\", "/")))
    places = [
        (root, place)
        for one in written
        for place in (os.path.relpath(os.path.normpath(beside / one), root), os.path.normpath(one))
    ]
    return ForeignPath(text, _inside(places), True)


def _clean(text: str) -> str:
    """Return a path or URL in the form in which equal ones are equal: what means a file is a path, ``/`` ends its levels."""
    clean = text.strip()
    if _FILE_URL.match(clean):
        clean = unquote(_FILE_URL.sub("", clean, count=1))
        clean = clean[1:] if _DRIVE.match(clean[1:]) else clean
    if _DRIVE.match(clean) or clean.startswith("\\\\"):
        clean = clean.replace("\\", "/")
    if clean.startswith("/"):
        return os.path.normpath(clean)
    scheme = _SCHEME.match(clean)
    if scheme is None:
        return clean
    word = scheme[0].lower()
    return f"{_SAME.get(word, word)}{clean[scheme.end() :]}"


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
