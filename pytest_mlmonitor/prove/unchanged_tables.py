"""The reader process, asked once for what hangs on no file of the mutant: of a family one version changes, the others do not."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

PURE: Final = frozenset(
    (
        *("head", "scan", "drift", "concept", "told_apart", "taken", "join", "missing_keys", "scores"),
        *("chunk_counts", "latest", "committed", "columns"),
    )
)
"""What only reads the tables that it names; everything else is asked each time."""


class UnchangedTables(IsolatedReader):
    """A reader process that remembers its answers while nobody else writes to the files.

    Attributes:
        changed: files that are other than before, for the time being: nothing that hangs on one of them is remembered or told
            from memory.
    """

    changed: Set[Path] = frozenset()

    def __init__(self, memory_bytes: int) -> None:
        super().__init__(memory_bytes)
        self._known: dict[bytes, bytes] = {}  # pickled: whoever changes an answer changes it for nobody else

    def call(self, function: str, path: os.PathLike[str], *arguments: object, **options: object) -> Any:
        """Ask the process, unless it has said so before; see :class:`.isolated.IsolatedReader`."""
        asked = [path, *_paths(arguments), *_paths(options.values())]
        plain = type(Path())  # a path that stands for a list of files does not say which
        if function not in PURE or any(type(one) is not plain or self._hangs(one) for one in asked):
            return super().call(function, path, *arguments, **options)
        key = pickle.dumps((function, path, arguments, options))
        if key not in self._known:
            answer = super().call(function, path, *arguments, **options)
            self._known[key] = pickle.dumps(answer)
            return answer
        return pickle.loads(self._known[key])  # noqa: S301 (our own bytes)

    def _hangs(self, path: Any) -> bool:
        return any(path == one or path in one.parents for one in self.changed)


def _paths(values: Iterable[Any]) -> Iterator[Path]:
    """Yield every path that arguments hold, however deep: one that is missed would be answered from memory though it changed."""
    for one in values:
        if isinstance(one, Path):
            yield one
        elif isinstance(one, Mapping):
            yield from _paths((*one, *one.values()))
        elif isinstance(one, tuple | list | Set):
            yield from _paths(one)
        elif is_dataclass(one) and not isinstance(one, type):
            yield from _paths(getattr(one, field.name) for field in fields(one))
