"""Files of records, one a line, as writers and log rotation leave them: plain, rotated, compressed by gzip.

``metrics_50.jsonl`` is the *base name* of ``metrics_50.jsonl.1``, ``metrics_50.jsonl-20260426.gz``, ``metrics_50.1.jsonl`` and
``metrics_50.jsonl.gz``: what stands in them was written to the file of that name, which may have stood one directory higher
(logrotate's ``olddir``).
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import NamedTuple

from pytest_mlmonitor.core.files.opening import MAX_DOCUMENT_BYTES, Refused, read_bytes

SUFFIX = ".jsonl"
COMPRESSED = ".gz"

LEAST_BYTES = 4 << 20
MAX_RATIO = 400
"""A file may hold so many times its compressed size (and always :data:`LEAST_BYTES`): near-identical windows come to 75, a bomb
to 1,000. What a tree costs to read stays in proportion to its size on disk."""

MAX_MEMBERS = 10_000
"""Members of one gzip file: one is added whenever somebody appends, and each costs as much as 50 lines."""

_GZIP = b"\x1f\x8b"
_STEP = 16 * 1024

# logrotate (dateext, dateformat, extension, addextension), Python's logging, loguru, lumberjack, logback: .1, .1.gz, -20260426,
# -2026042613, .2026-04-26_13, .26-04-2026, -20260426T130000+0000, .1.jsonl, -2026-04-26T13-00-00.000.jsonl, …
_NAME = re.compile(
    r"(?P<stem>.+?)(?P<before>\.[0-9]{1,3}|[-._](?:[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2})[-+0-9T_.:]*Z?)?\.jsonl"
    r"(?P<after>[-._][0-9][-+0-9T_.:]*Z?(?:\.jsonl)?)?(?P<compressed>\.gz)?",
    re.DOTALL,
)
# Forms in which records are kept and that are not read. Temporary names of a writer (.jsonl.tmp) hold "jsonl"; a manifest.json is
# nothing of the kind, a metrics_50.json is.
_LIKE = re.compile(
    r".*(?:jsonl|ndjson|\.(?:gz|z|bz2|xz|lzma|zst|zstd|lz4|sz|snappy|br|zip|7z|tar|tgz)(?:[-._][-0-9T_.:]*)?$)"
    r"|(?:metrics_[0-9]|deployment_events).*\.[a-z]",
    re.IGNORECASE | re.DOTALL,
)
# What other tools put beside a file: checksums, signatures, locks, how far a shipper has read, an index, DVC's pointer.
_BESIDE = re.compile(
    r".*\.(?:md5|sha[0-9]{1,3}(?:sum)?|crc(?:32c?)?|asc|sig|lock|lck|pid|pos|offsets?|idx|index|meta|dvc|license)",
    re.IGNORECASE | re.DOTALL,
)
_PLACE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}")


class Content(NamedTuple):
    """What a file of records holds.

    Attributes:
        data: its lines, as far as they can be read.
        flaw: why that is not all, in words that follow the file's name; None where it is.
        unfinished: whether the flaw is what a file has while it is being compressed.
    """

    data: bytes
    flaw: str | None = None
    unfinished: bool = False


def is_record_file(name: str) -> bool:
    """Return whether a file of that name is read as records."""
    # Nearly every name of a tree ends so, and there may be a million.
    return not name.startswith(".") and (name.endswith(SUFFIX) or _NAME.fullmatch(name) is not None)


def called_like_records(name: str) -> bool:
    """Return whether a file that is not read as records has a name as if it held some."""
    return not name.startswith((".", "_")) and _LIKE.match(name) is not None and _BESIDE.fullmatch(name) is None


def base_name(path: str) -> str:
    """Return the path of the file that the records of ``path`` were written to.

    >>> base_name("2026-04-26/13/metrics_50.jsonl-20260427.gz"), base_name("2026-04-26/13/metrics_50.jsonl")
    ('2026-04-26/13/metrics_50.jsonl', '2026-04-26/13/metrics_50.jsonl')
    """
    directory, slash, name = path.rpartition("/")
    match = _NAME.fullmatch(name)
    return f"{directory}{slash}{match['stem']}{SUFFIX}" if match else path


def original(name: str) -> str:
    """Return the file of a tree that the records of ``name`` were written to; rotated files may have a directory of their own.

    Args:
        name: relative to the tree, whose directories are days and hours.

    >>> original("2026-04-26/13/old/metrics_50.jsonl.1"), original("2026-04-26/13/old/metrics_50.jsonl")
    ('2026-04-26/13/metrics_50.jsonl', '2026-04-26/13/old/metrics_50.jsonl')
    """
    base = base_name(name)
    if base == name:
        return name
    *directories, file = base.split("/")
    return "/".join([*(part for part in directories if _PLACE.fullmatch(part)), file])


def is_compressed(name: str) -> bool:
    """Return whether a file of that name holds compressed bytes."""
    return name.endswith(COMPRESSED)


def read_records(path: Path) -> Content:
    """Return the content of a file of records.

    Raises:
        Refused: see :func:`~pytest_mlmonitor.core.files.opening.read_bytes`; it is no gzip file, or holds more than is read.
    """
    data = read_bytes(path)
    return inflated(data) if is_compressed(path.name) else Content(data)


def inflated(data: bytes, most: int = MAX_DOCUMENT_BYTES) -> Content:
    """Return what the bytes of a gzip file hold: its members one after the other.

    Args:
        data: of the file.
        most: bytes that it may hold.

    Raises:
        Refused: it is no gzip file, or holds more than ``most`` bytes, or than its size lets expect.
    """
    if not data:
        return Content(b"", "is empty; expected a gzip file", unfinished=True)
    if not data.startswith(_GZIP):
        raise Refused("is called like a gzip file and is none")
    limit = min(most, max(LEAST_BYTES, MAX_RATIO * len(data)))
    view = memoryview(data)
    parts: list[bytes] = []
    at = held = members = 0
    while at < len(data):
        if data[at : at + 2] != _GZIP:
            rest = data[at:].strip(b"\0")  # zeros are padding
            return Content(b"".join(parts), f"holds {len(rest):,} bytes after its compressed data" if rest else None)
        members += 1
        if members > MAX_MEMBERS:
            raise Refused(f"holds more than {MAX_MEMBERS:,} gzip members")
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof and at < len(data):
            # In steps: of what follows a member zlib makes a copy.
            piece = view[at : at + _STEP]
            try:
                part = inflater.decompress(piece, limit - held + 1)
            except zlib.error as error:
                return Content(b"".join(parts), f"is damaged gzip data ({str(error).rpartition(': ')[2]})")
            parts.append(part)
            held += len(part)
            if held > limit:
                how = "" if limit == most else f", {MAX_RATIO} times its size"
                raise Refused(f"expands to more than {limit:,} bytes{how}")
            at += len(piece) - len(inflater.unused_data)
        if not inflater.eof:
            return Content(b"".join(parts), "is cut short: its compressed data do not end", unfinished=True)
    return Content(b"".join(parts))
