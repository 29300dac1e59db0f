"""Deletion vectors: positions of deleted rows as a compressed bitmap (Delta protocol and Iceberg specification, both the same).

Read here and not by ``deltalake`` or ``pyiceberg``: both follow whatever path a vector has, check no checksum, and take as much
memory as its highest position asks for. The format is Roaring's portable one of 64 bits, in a frame of length and CRC-32.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.source.deleted.deleted_rows import SPAN, DeletedRows

if TYPE_CHECKING:
    import numpy as np

MAX_BYTES = 256 * 1024**2
"""A larger vector is refused; without compression it would be of 2,147,483,648 rows."""

_MAGIC = 1_681_511_377
_WITH_RUNS, _WITHOUT_RUNS = 12_347, 12_346
_FEW = 4
"""Containers of a bitmap with runs that needs no table of their places."""

_MOST_LISTED = 4096
"""A container of more values is a plain bitmap."""


class DamagedVector(ValueError):
    """The bytes are no deletion vector; the message says why, and follows its name."""


def unframed(data: bytes) -> bytes:
    """Return the vector in a frame: four bytes of length before it, four of CRC-32 after it, the highest byte first.

    Raises:
        DamagedVector: length or checksum are others.
    """
    length = int.from_bytes(data[:4], "big")
    if len(data) != length + 8:
        raise DamagedVector(f"says that it has {length:,} bytes; expected {max(len(data) - 8, 0):,}")
    vector = data[4:-4]
    if zlib.crc32(vector) != int.from_bytes(data[-4:], "big"):
        raise DamagedVector("has another checksum than its bytes")
    return vector


def mark(rows: DeletedRows, vector: bytes) -> None:
    """Mark the rows of a vector.

    Raises:
        DamagedVector: it is none, or deletes rows that the part has not.
    """
    for place, bits in _containers(_Bytes(vector)):
        try:
            rows.mark(place, bits)
        except IndexError:
            raise DamagedVector(f"deletes rows beyond the {rows.rows:,} of its part") from None


class _Bytes:
    """Takes bytes from the front."""

    def __init__(self, data: bytes) -> None:
        self._data, self.place = memoryview(data), 0

    @property
    def left(self) -> int:
        return len(self._data) - self.place

    def take(self, length: int) -> memoryview:
        if length > self.left:
            raise DamagedVector("ends too early")
        self.place += length
        return self._data[self.place - length : self.place]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "little")

    def numbers(self, count: int, type_: str = "<u2") -> np.ndarray[Any, Any]:
        import numpy as np

        return np.frombuffer(self.take(count * np.dtype(type_).itemsize), type_).astype(np.int64)


def _containers(data: _Bytes) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yield the marks of a vector, ``SPAN`` at a time, with their place."""
    if (magic := data.number(4)) != _MAGIC:
        raise DamagedVector(f"is of a format that is not read ({magic})")
    last = -1
    for _ in range(data.number(8)):
        high = data.number(4)
        if high <= last:
            raise DamagedVector("has its parts in no order")
        last = high
        for low, bits in _bitmap(data):
            yield high * SPAN + low, bits
    if data.left:
        raise DamagedVector(f"goes on for {data.left:,} bytes behind its end")


def _bitmap(data: _Bytes) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yield the containers of a bitmap of 32 bits (github.com/RoaringBitmap/RoaringFormatSpec)."""
    import numpy as np

    begin = data.place
    cookie = data.number(4)
    runs = np.zeros(0, dtype=bool)
    if cookie & 0xFFFF == _WITH_RUNS:
        count = (cookie >> 16) + 1
        runs = np.unpackbits(np.frombuffer(data.take(-(-count // 8)), np.uint8), bitorder="little").astype(bool)
    elif cookie == _WITHOUT_RUNS:
        count = data.number(4)
    else:
        raise DamagedVector(f"holds a bitmap of a format that is not read ({cookie})")
    if count > SPAN:
        raise DamagedVector(f"holds a bitmap of {count:,} containers; expected at most {SPAN:,}")
    keys, sizes = data.numbers(2 * count).reshape(-1, 2).T
    if (np.diff(keys) <= 0).any():
        raise DamagedVector("has its parts in no order")
    places = data.numbers(count, "<u4") if not len(runs) or count >= _FEW else None
    for i, (key, size) in enumerate(zip(keys.tolist(), (sizes + 1).tolist(), strict=True)):
        if places is not None and places[i] != data.place - begin:
            raise DamagedVector("has its parts at other places than it says")
        bits = _container(data, size, run=bool(len(runs) and runs[i]))
        if int.from_bytes(bits.tobytes(), "little").bit_count() != size:
            raise DamagedVector("holds another number of rows than it says")
        yield key, bits


def _container(data: _Bytes, size: int, *, run: bool) -> np.ndarray[Any, Any]:
    import numpy as np

    if not run and size > _MOST_LISTED:
        return np.frombuffer(data.take(SPAN // 8), np.uint8)
    marks = np.zeros(SPAN + 1, dtype=np.int8)
    if run:
        starts, more = data.numbers(2 * data.number(2)).reshape(-1, 2).T
        ends = starts + more
        if (ends >= SPAN).any() or (starts[1:] <= ends[:-1]).any():
            raise DamagedVector("has its runs in no order")
        marks[starts] += 1
        marks[ends + 1] -= 1
        marks = np.cumsum(marks, dtype=np.int8)
    else:
        marks[data.numbers(size)] = 1
    return np.packbits(marks[:SPAN].astype(bool), bitorder="little")
