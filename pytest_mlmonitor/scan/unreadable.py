"""The one way in which a file refuses to be read; apart, so that the parent process need not import a reader."""

from __future__ import annotations


class Unreadable(Exception):
    """The file is no sound table; the message follows the file's name."""
