"""One fault of one artifact, and the files that it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileContent:
    """What a file of a mutant holds.

    Attributes:
        data: its bytes, None for a file that is not there.
        modified: when it was modified, seconds since the epoch; None for the time of the file in whose place it is, or of the
            newest file beside it.
    """

    data: bytes | None
    modified: float | None = None


FileChanges = Mapping[Path, FileContent]
"""The files that a mutant changes, adds or removes, by absolute path; every other file is as it was."""


@dataclass(frozen=True)
class Mutant:
    """An artifact with one fault, described and not yet made.

    Attributes:
        what: the fault in a sentence about the data, for a person: ``20 % of fare_amount are null``.
        make: returns the files that are other than before; it is called once, when the mutant is judged.
        column: the column that is wrong, None where it is none.
        equivalent: why no rule can tell it from sound data; None where one could.
    """

    what: str
    make: Callable[[], FileChanges]
    column: str | None = None
    equivalent: str | None = None
