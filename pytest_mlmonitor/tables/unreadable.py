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


class MissingExtra(Unreadable):
    """The table may be sound, but the library that reads its log is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        """Say what the table is and which extra of this package reads it."""
        super().__init__(f"{what}, which needs an extra: pip install 'pytest-mlmonitor[{extra}]'")
