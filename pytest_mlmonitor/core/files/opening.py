"""Opening files of an artifact root: regular files below the root, never through a link, never past a size."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pytest_mlmonitor.core.text.names import quoted, url_of

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
"""A JSON document or one JSONL file larger than this is refused: windows are about 1.5 KB each."""

_STEP = 1 << 20
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Refused(Exception):
    """A file or a path that is not opened; the message says why in words that follow the file's name."""


class Missing(Refused):
    """There is nothing of that name."""


class NoFile(Refused):
    """There is something, or a directory is meant: no regular file."""


class Outside(Refused):
    """A path leads out of the artifact root."""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; links, directories, pipes, sockets and devices are refused.

    Raises:
        Refused: it is no regular file, does not exist or may not be read.
    """
    return os.fdopen(_opened(path)[0], "rb")


def read_bytes(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Return the whole content of a regular file.

    Raises:
        Refused: see :func:`open_regular`, or it is larger than ``limit`` bytes.
    """
    handle, size = _opened(path)
    parts, left = [], limit + 1
    try:
        wanted = min(size + 1, left)
        while left and (part := os.read(handle, wanted)):
            parts.append(part)
            left -= len(part)
            if len(part) < wanted:
                break
            wanted = min(_STEP, left)  # it grows while we read it
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror})") from None
    finally:
        os.close(handle)
    if not left:
        raise Refused(f"is larger than {limit:,} bytes")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _opened(path: Path) -> tuple[int, int]:
    """Return a file descriptor and the size of a regular file.

    Raises:
        Refused: see :func:`open_regular`.
    """
    try:
        # O_NONBLOCK: opening a pipe without a writer would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Missing("does not exist") from None
    except OSError as error:
        # O_NOFOLLOW says so of a link
        raise Refused(
            "is a link, which is not followed: put the file itself there"
            if error.errno == errno.ELOOP
            else f"cannot be read ({error.strerror})"
        ) from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise NoFile("is not a regular file")
    return handle, found.st_size


def resolve_inside(
    text: str, base: Path, root: Path, table: Callable[[Path], bool] | None = None, *, absolute: bool = False
) -> Path:
    """Return the file that a path field names, as an absolute path without links.

    Args:
        text: the field as written: data, so schemes are never opened, and absolute paths only with ``absolute``.
        base: the directory that relative paths start from (specification 1).
        root: the artifact root that it must stay inside.
        table: says of a directory whether it is one table, and as good as a file; no directory is, without it.
        absolute: whether an absolute path is followed where it leads into the root, as a relative one is.

    Raises:
        Refused: a scheme, an absolute path, a way out of the root, nothing there, or no regular file.
    """
    if "\0" in text:
        raise Refused("holds a NUL character")
    url = url_of(root)
    if url is not None and text.startswith(f"{url}/"):  # in a copied root: where its own URL says that it is
        base, text = root, text.removeprefix(f"{url}/")
    if _SCHEME.match(text):
        raise Refused("has a scheme; expected a relative path inside the artifact root")
    if text.endswith("/") and table is None:
        raise NoFile("names a directory; expected a file")
    if text.startswith("/") and not absolute:
        raise Refused("is absolute; expected a relative path inside the artifact root")
    try:
        target = (base / text).resolve()
    except (OSError, RuntimeError, UnicodeError):
        raise Refused("cannot be resolved") from None
    if not target.is_relative_to(root):
        far = "is absolute and lies outside the artifact root, so it is not opened"
        raise Outside(far if text.startswith("/") else "leads out of the artifact root")
    try:
        mode = os.stat(target, follow_symlinks=False).st_mode
    except FileNotFoundError:
        raise Missing("names a file that does not exist") from None
    except (OSError, UnicodeError) as error:
        below_a_file = isinstance(error, NotADirectoryError)
        raise (NoFile if below_a_file else Refused)(f"cannot be read ({quoted(str(error))})") from None
    if stat.S_ISDIR(mode) and table is not None:
        if not table(target):
            raise NoFile("names a directory that is no table; expected a parquet file or a table directory")
    elif not stat.S_ISREG(mode):
        raise NoFile("names something that is not a regular file")
    elif text.endswith("/"):
        raise NoFile("names a file as if it were a directory")
    return target
