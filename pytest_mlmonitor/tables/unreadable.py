"""The one way in which a file refuses to be read; apart, so that the parent process need not import a reader."""

from __future__ import annotations


class Unreadable(Exception):
    """The file is no sound table; the message follows the file's name."""


class MissingExtra(Unreadable):
    """The table may be sound, but the library that reads its log is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        """Say what the table is and which extra of this package reads it."""
        super().__init__(f"{what}, which needs an extra: pip install 'pytest-mlmonitor[{extra}]'")
