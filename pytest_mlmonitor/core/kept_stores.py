"""Stores of other programs: directories that belong to whoever reads the store, to the last file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.unfollowed import Unfollowed

if TYPE_CHECKING:
    from pytest_mlmonitor.core.discover import Discovery


def outside_stores(
    directories: Iterable[Directory],
    result: Discovery,
    adapters: Sequence[Adapter],
    recognised: dict[Path, list[Adapter]],
    unfollowed: Unfollowed,
) -> Iterator[Directory]:
    """Yield the directories of a walk that no store holds, and note what the others hold.

    Args:
        directories: in the order of the walk.
        result: what the root holds.
        adapters: in the order in which they are asked.
        recognised: who recognised an anchor.
        unfollowed: what was met and not entered.
    """
    asked = [adapter for adapter in adapters if adapter.keeps_stores]
    held: tuple[Path, Adapter] | None = None
    for found in directories:
        if held is None or not found.path.is_relative_to(held[0]):
            held = None
            for adapter in asked if not found.hidden else ():
                anchor = adapter.store(found)
                if anchor is not None:
                    held = (found.path, adapter)
                    recognised.setdefault(anchor, []).append(adapter)
                    break
        if held is None:
            yield found
            continue
        result.gathering.left_of(found)  # a declared source goes before
        result.files.extend(found.paths.values())
        result.regular.update(found.regular_paths)
        result.claimed.update(found.paths.values())
        if held[0] in (found.path, found.path.parent):
            unfollowed.in_store(held[1], found)
