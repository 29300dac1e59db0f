"""``exclude``: patterns of paths that are never taken, in linear time whatever the paths are called."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mlmonitor.core.text.globs import matcher


class ExcludedPaths:
    """Patterns with ``*``, ``?`` and levels ``**``.

    A pattern without ``/`` holds for a name at any depth. What fits a directory leaves out everything in it.

    >>> ExcludedPaths(["*.tmp", "silver/old/**"])("silver/a.tmp/part-0.parquet"), ExcludedPaths(["old"])("older/x")
    (True, False)
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        levels = [pattern.strip("/").split("/") for pattern in patterns]
        whole = [one if len(one) > 1 else ["**", *one] for one in levels]
        self._patterns = [[matcher(n.replace("[", "[[]")) if n != "**" else None for n in one] for one in whole]

    def __call__(self, path: str) -> bool:
        """Return whether a path, relative to the root, is left out."""
        parts = path.split("/")
        return any(self._leaves_out(pattern, parts) for pattern in self._patterns)

    @staticmethod
    def _leaves_out(pattern: Sequence[object], parts: Sequence[str]) -> bool:
        places = {0}
        for part in parts:
            reached: set[int] = set()
            while places:
                place = places.pop()
                level = pattern[place]
                if level is None:  # ** stands for nothing, or for this level too
                    reached.add(place)
                    if place + 1 < len(pattern):
                        places.add(place + 1)
                elif callable(level) and level(part):
                    reached.add(place + 1)
            if len(pattern) in reached or (pattern[-1] is None and len(pattern) - 1 in reached):
                return True
            places = reached
        return False
