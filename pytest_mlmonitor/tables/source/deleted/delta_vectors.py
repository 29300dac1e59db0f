"""Deletion vectors of a Delta table: where a log says that they are, and what they delete (Delta protocol, "Deletion Vectors")."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.source.deleted.deleted_rows import DeletedRows
from pytest_mlmonitor.tables.source.deleted.deletion_vectors import MAX_BYTES, DamagedVector, mark, unframed
from pytest_mlmonitor.tables.source.layout import inside, named
from pytest_mlmonitor.tables.unreadable import Unreadable

_UUID_LENGTH = 20
_OURS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_PYTHONS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_TO_PYTHONS = str.maketrans(_OURS, _PYTHONS)
_VERSION = 1


def read_vector(directory: Path, descriptor: Mapping[str, Any], rows: DeletedRows, part: str) -> None:
    """Mark the rows that a vector deletes.

    Args:
        directory: of the table, resolved.
        descriptor: ``deletionVector`` of an ``add`` action.
        rows: of the part.
        part: its name.

    Raises:
        Unreadable: the vector is damaged, lies outside the table, or deletes another number of rows than the log says.
    """
    of = f"of {named(part)}"
    try:
        mark(rows, _bytes_of(directory, descriptor))
        if rows.count != (said := _number(descriptor, "cardinality")):
            raise DamagedVector(f"deletes {rows.count:,} rows; its log says {said:,}")
    except DamagedVector as error:
        raise Unreadable(f"has a deletion vector {of} that {error}") from None
    except Refused as refusal:
        raise Unreadable(f"has a deletion vector {of} whose file {refusal}") from None


def _bytes_of(directory: Path, descriptor: Mapping[str, Any]) -> bytes:
    kind, text = descriptor.get("storageType"), descriptor.get("pathOrInlineDv")
    length = _number(descriptor, "sizeInBytes")
    if not isinstance(text, str):
        raise DamagedVector("says not where it is")
    if length > MAX_BYTES:
        raise DamagedVector(f"has {length:,} bytes; at most {MAX_BYTES:,} are read")
    if kind == "i":
        inline = _decoded(text)
        if not 0 <= len(inline) - length < 4:  # it is written in fours
            raise DamagedVector(f"has {len(inline):,} bytes; its log says {length:,}")
        return inline[:length]
    if kind == "p":
        raise DamagedVector(f"lies at {quoted(text)}; expected a path inside the table's directory")
    if kind != "u":
        raise DamagedVector(f"is stored in the way {quoted(str(kind))}, which is not known")
    offset = 1 if descriptor.get("offset") is None else _number(descriptor, "offset")
    with open_regular(inside(directory, _file_of(text))) as file:
        if file.read(1) != bytes([_VERSION]):
            raise DamagedVector("stands in a file of a version that is not read")
        if offset < 1 or offset + length + 8 > os.fstat(file.fileno()).st_size:
            raise DamagedVector("stands behind the end of its file")
        file.seek(offset)
        return unframed(file.read(length + 8))


def _file_of(text: str) -> str:
    """Return the name of the file that a vector stands in, seen from the table: a prefix may be a directory."""
    prefix, number = text[:-_UUID_LENGTH], text[-_UUID_LENGTH:]
    known = _decoded(number)
    if len(known) != len(uuid.NAMESPACE_OID.bytes):
        raise DamagedVector("has no file's number")
    name = f"deletion_vector_{uuid.UUID(bytes=known)}.bin"
    return f"{prefix}/{name}" if prefix else name


def _decoded(text: str) -> bytes:
    """Return what is written in Z85, whose digits are not those of Python's base 85."""
    try:
        if len(text) % 5 or set(text) - set(_OURS):
            raise ValueError(text)
        return base64.b85decode(text.translate(_TO_PYTHONS))
    except ValueError:
        raise DamagedVector("is not written in base 85") from None


def _number(descriptor: Mapping[str, Any], key: str) -> int:
    value = descriptor.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DamagedVector(f"has the {key} {quoted(str(value))}; expected a whole number")
    return value
