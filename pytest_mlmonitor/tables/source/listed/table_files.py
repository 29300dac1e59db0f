"""A table that is some files, or some rows, as a path.

A table is known by its path everywhere; what is read of it hangs on which files and rows are meant.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PosixPath
from typing import Any


@dataclass(frozen=True)
class EventSpan:
    """The rows of a table whose event time lies in a span.

    Attributes:
        column: the event time.
        start: microseconds since 1970 as the column counts them: UTC, or a wall clock's.
        end: the same; no longer part of it.
        rows: how many there are.
    """

    column: str
    start: int
    end: int
    rows: int


class TableFiles(PosixPath):
    """The directory that some files of one table lie in, which knows them; equal to another only with the same files and rows.

    What is made of it (``parent``, ``relative_to``) knows no files any more.

    Attributes:
        files: absolute, in the order in which they are read; empty for all of a directory that is a table by its own form.
        span: the rows that are meant, None for all.
    """

    files: tuple[Path, ...] = ()
    span: EventSpan | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TableFiles):
            return not self._is_some and super().__eq__(other)
        return bool(super().__eq__(other)) and self.span == other.span and self.files == other.files

    def __hash__(self) -> int:
        if not self._is_some:
            return super().__hash__()
        known: int | None = self.__dict__.get("_known")
        if known is None:
            known = self.__dict__["_known"] = hash((super().__hash__(), self.files, self.span))
        return known

    def __reduce__(self) -> Any:
        return _made, (os.fspath(self), self.files, self.span)

    @property
    def _is_some(self) -> bool:
        return bool(self.files) or self.span is not None


def table_files(directory: Path, files: Iterable[Path] = (), span: EventSpan | None = None) -> TableFiles:
    """Return some files below a directory, or some rows of a table, as one path."""
    return _made(os.fspath(directory), tuple(files), span)


def some_of(path: Path) -> TableFiles | None:
    """Return a path as the files and rows that it stands for, None for one that stands for itself alone."""
    return path if isinstance(path, TableFiles) and (path.files or path.span is not None) else None


def files_meant(path: Path) -> tuple[Path, ...]:
    """Return the files that a path lists; none for any other path."""
    return path.files if isinstance(path, TableFiles) else ()


def _made(directory: str, files: tuple[Path, ...], span: EventSpan | None) -> TableFiles:
    made = TableFiles(directory)
    made.files, made.span = files, span
    return made
