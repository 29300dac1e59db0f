"""Files below the roots that belong to no artifact: what they are, and which source nearly takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.sources.near_sources import near_source
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.formats.foreign_files import ForeignFiles
from pytest_mlmonitor.kinds import Platform

_SHOWN = 3
"""Files that are named of those that are left over for one reason."""

MOST = 200
"""Files that are looked at one by one."""


def left_over(platform: Platform, below: Path) -> tuple[list[dict[str, Any]], int]:
    """Return what is said of files that nothing takes, and how many more there are.

    Args:
        platform: what was read.
        below: a file, or the directory that they lie in.
    """
    wanted = [path for path in platform.unclaimed if path == below or path.is_relative_to(below)]
    known = ForeignFiles()
    return [_said(platform, path, known) for path in wanted[:MOST]], max(0, len(wanted) - MOST)


def _said(platform: Platform, path: Path, known: ForeignFiles) -> dict[str, Any]:
    return {
        "kind": "unclaimed",
        "name": safe(path.name),
        "path": shown(path),
        "contract": {},
        "policy": {},
        "accepted": [],
        "warnings": [],
        "reason": "; ".join(reasons(platform, path, known)),
    }


def as_marker(platform: Platform, path: Path) -> str | None:
    """Return which source looks for a file that says that a version is whole, None where none does."""
    for name, source in platform.settings.source.items():
        if source.ready == path.name:
            return f"source.{name} looks whether it is there (ready), and reads nothing in it"
    return None


def reasons(platform: Platform, path: Path, known: ForeignFiles) -> Iterator[str]:
    """Yield why nothing takes a file: what it is, and which source nearly takes it."""
    discovery = next((one for one in platform.discoveries if path.is_relative_to(one.root)), None)
    sources = platform.settings.source
    marker = as_marker(platform, path)
    if marker is not None:
        yield marker
        return
    foreign = known.format_of(path)
    if foreign is not None:
        yield f"{foreign.what}: {foreign.advice}"
    near = near_source(discovery.gathering, path) if discovery is not None and sources else None
    if near is not None:
        yield str(near)
    elif foreign is None and sources:
        yield f"no path of {', '.join(f'source.{name}' for name in sources)} is near"
    elif foreign is None:
        yield "no contract or metadata speaks of it, no known format is recognised by its name, and no source is declared"


def unclaimed_lines(files: Iterable[Mapping[str, Any]], more: int) -> Iterator[str]:
    """Yield a line for each file that nothing takes."""
    by_reason: dict[str, list[str]] = {}
    for one in files:
        by_reason.setdefault(one["reason"], []).append(one["path"])
    for reason, paths in by_reason.items():
        yield f"unclaimed  {listing(paths, _SHOWN)}: {reason}"
    if more:
        yield f"unclaimed  {more:,} more (mlmonitor describe DIR FILE answers for one of them)"
