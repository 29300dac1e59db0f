"""What an error says of an SQLite file: that it is damaged, or no more than that it cannot be had just now."""

from __future__ import annotations

# Primary result codes, the last byte of the extended ones: https://www.sqlite.org/rescode.html
BUSY = 5
CORRUPT = 11
_IO = 10
_SHORT_READ = 522
_AROUND = frozenset({3, BUSY, 6, 7, 8, 9, 13, 14, 15, 22})
"""Permission, locked, no memory, read-only, interrupted, full, cannot be opened, protocol, no large files."""


def primary_code(error: BaseException) -> int:
    """Return the primary result code of an error of SQLite, 0 of any other."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def from_around(error: BaseException) -> bool:
    """Return whether an error says nothing of what is in the file: it is locked, full, read-only, its path is no text."""
    code = primary_code(error)
    read_short = getattr(error, "sqlite_errorcode", 0) == _SHORT_READ
    return isinstance(error, OSError | UnicodeEncodeError) or code in _AROUND or (code == _IO and not read_short)
