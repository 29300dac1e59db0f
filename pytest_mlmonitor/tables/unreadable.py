"""The one way in which a file refuses to be read; apart, so that the parent process need not import a reader."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked


class Unreadable(NotChecked):
    """The file is no sound table.

    Attributes:
        reason: what is wrong; follows the file's name.
        path: the file, None while nobody has said which it is.
    """

    def __init__(self, reason: str, path: Path | None = None) -> None:
        self.reason = reason
        self.path = path
        super().__init__(reason if path is None else f"{path.name} {reason}")


MORE_MEMORY = "needs more memory than the reader process may use"
"""What is said of a table that may be sound; how much there is, and which key raises it, follow."""


def expected_of(reason: str) -> str:
    """Return what was expected of a file that cannot be read: where memory was short nothing is known against it."""
    return "enough memory to read it" if reason.startswith(MORE_MEMORY) else "a sound parquet file"


class MissingExtra(Unreadable):
    """The table may be sound, but the library that reads its log is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        """Say what the table is and which extra of this package reads it."""
        super().__init__(f"{what}, which needs an extra: pip install 'pytest-mlmonitor[{extra}]'")


class NoNewest(Unreadable):
    """A contract is about the newest partition, and the table has none that is newest."""
