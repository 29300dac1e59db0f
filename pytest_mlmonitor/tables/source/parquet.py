"""Opening parquet files that nobody vouches for.

pyarrow alone reads them, from a file object (a path could be a glob or a URL), with page checksums verified and the
Thrift structures of the footer bounded. Column-chunk metadata is never inspected: broken footers abort the process there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.tables.arrays.small_batches import BATCH_BYTES, decoded_bytes
from pytest_mlmonitor.tables.arrays.type_traits import TypeTraits, traits_of
from pytest_mlmonitor.tables.families import ticks_per_second, time_text
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.source import int96
from pytest_mlmonitor.tables.source.held.named_columns import NamedColumns, named_columns
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

MAX_THRIFT_STRING = 16 * 1024 * 1024
MAX_THRIFT_CONTAINER = 200_000
BATCH_ROWS = 65_536
"""Rows of a batch, unless they are many columns or long texts …"""

BATCH_CELLS = 1 << 21
LEAST_BATCH_ROWS = 2048
"""… of which a batch holds no more, but so many rows that what each batch costs does not count."""

FIRST_ROWS = 64
GROWTH = 16
"""What a row of texts or lists takes is known once some were read: a dictionary of fifty long texts is small in the file. So the
first batch is small, and the next ones hold so many times more at most."""

WHOLE_BYTES = 1 << 20
"""A file that is no larger is taken into memory as a whole: pyarrow calls Python for every page of a file object, which took a
quarter of reading a file of 100 rows."""

PAGE_BUFFER = 64 * 1024
"""Bytes that are read of a column at a time. Without it the column chunks of a whole row group are held: 5.0 GiB against 1.6 for
5,000 columns of 100,000 rows, and more CPU."""


@contextmanager
def opened(path: Path, unit: int96.TimeUnit | None = None) -> Iterator[Any]:
    """Open ``path`` as a ``pyarrow.parquet.ParquetFile``.

    Args:
        path: the file.
        unit: the unit of its INT96 timestamps, where other files have a say in it; else the finest that holds them all.

    Raises:
        Unreadable: it is no regular file, is empty, or is no sound parquet file.
    """
    try:
        file = open_regular(path)
    except Refused as refusal:
        raise Unreadable(str(refusal)) from None
    with file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            raise Unreadable("is empty (0 bytes)")
        with refusing():
            yield _parquet_file(file, size, unit)


def _parquet_file(file: Any, size: int, unit: int96.TimeUnit | None) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.py_buffer(file.read(size)) if size <= WHOLE_BYTES else None

    def read(with_unit: int96.TimeUnit = "ns") -> Any:
        return pq.ParquetFile(
            file if content is None else pa.BufferReader(content),
            # Read ahead, row groups are held until the file is closed: 435 MiB at the peak of ten groups of a million
            # rows, against 186 MiB, and more CPU.
            pre_buffer=False,
            buffer_size=PAGE_BUFFER,
            page_checksum_verification=True,
            thrift_string_size_limit=MAX_THRIFT_STRING,
            thrift_container_size_limit=MAX_THRIFT_CONTAINER,
            coerce_int96_timestamp_unit=with_unit,
        )

    found = read()
    names = int96.columns_of(found)
    if not names:
        return found
    chosen = unit or int96.unit_of(file.fileno(), names, read)
    if chosen == "ns":
        return found
    int96.refuse_finer(names, chosen, read)
    return read(chosen)


@contextmanager
def refusing() -> Iterator[None]:
    """Say what pyarrow raises as ``Unreadable``; where memory is short nothing is said against the file."""
    import pyarrow as pa

    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"cannot be read as parquet: {_first_line(error)}") from None


def head_of(file: Any, columns: NamedColumns | None = None) -> ParquetHead:
    """Return what the footer of an open file says; ``columns`` are its columns, where they are known.

    Raises:
        Unreadable: the footer contradicts itself.
    """
    schema, names, types = columns or named_columns(file)
    footer, groups = file.metadata, group_rows(file)
    if footer.num_rows < 0 or footer.num_rows != sum(groups):
        counted = sum(groups)
        raise Unreadable(f"has a footer that lies: {footer.num_rows:,} rows, but its row groups hold {counted:,}")
    metadata = {k: v for k, v in (schema.metadata or {}).items() if k not in (b"ARROW:schema", b"pandas")}
    pandas = (schema.metadata or {}).get(b"pandas")
    return ParquetHead(names, types, footer.num_rows, metadata, pandas)


def group_rows(file: Any) -> tuple[int, ...]:
    """Return the rows of every row group of an open file, as its footer says."""
    return tuple(file.metadata.row_group(i).num_rows for i in range(file.num_row_groups))


def batch_rows(columns: int, row_bytes: int) -> int:
    """Return how many rows a batch of ``columns`` columns holds whose rows take about ``row_bytes`` bytes."""
    rows = min(BATCH_ROWS, max(LEAST_BATCH_ROWS, BATCH_CELLS // max(1, columns)))
    return max(1, min(rows, BATCH_BYTES // max(1, row_bytes)))


def batches(
    file: Any,
    rows: int = BATCH_ROWS,
    columns: Sequence[str] | None = None,
    traits: TypeTraits | None = None,
    only: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an open file in validated batches of at most ``rows``: all columns, or those of some names.

    ``traits`` are those of the columns, where they are known. ``only`` are the row groups that are read, all of them by default.

    Raises:
        Unreadable: the rows counted are not the rows claimed. Damaged pages raise pyarrow's errors, which
            :func:`opened` turns into the same.
    """
    counted, most, total = 0, rows, file.metadata.num_rows
    if only is not None:
        total = sum(file.metadata.row_group(number).num_rows for number in only)
        if not total:
            return
    if traits is None:
        wanted = None if columns is None else frozenset(columns)
        traits = traits_of([field.type for field in file.schema_arrow if wanted is None or field.name in wanted])
    fixed = traits.fixed
    if not fixed:
        rows = min(most, max(FIRST_ROWS, 0 if traits.nested else _rows_that_fit(file)))
    groups: list[list[int] | None] = [None if only is None else list(only)]
    if traits.dictionaries:
        # Each row group has its own dictionaries, and Arrow does not put two of them into one array of objects or lists.
        groups = [[i] for i in (range(file.num_row_groups) if only is None else only)]
    for group in groups:
        for batch in file.iter_batches(batch_size=rows, row_groups=group, columns=columns, use_threads=False):
            batch.validate(full=True)
            counted += batch.num_rows
            if not fixed and batch.num_rows and counted < total:
                room = BATCH_BYTES * batch.num_rows // max(1, decoded_bytes(batch))
                rows = max(1, min(most, room, GROWTH * rows))
                file.reader.set_batch_size(rows)  # holds for the next batch
            yield batch
    if counted != total:
        raise Unreadable(f"has a footer that lies: {total:,} rows, but {counted:,} were read")


def _rows_that_fit(file: Any) -> int:
    """Return how many rows surely fit a batch, of columns without lists: no row is larger than all pages of its group."""
    footer = file.metadata
    largest = max((footer.row_group(i).total_byte_size for i in range(footer.num_row_groups)), default=0)
    return BATCH_BYTES // largest if largest > 0 else 0


def to_python(scalar: Any) -> object:
    """Return a value for a message: what Python cannot hold (nanoseconds, a date in the year 50,000) as ISO-8601 text."""
    type_, ticks = str(scalar.type), getattr(scalar, "value", None)
    if type_.startswith("dictionary<"):
        return None if ticks is None else to_python(ticks)
    per_second = ticks_per_second(type_)
    if per_second is None or not isinstance(ticks, int):
        try:
            return scalar.as_py()
        except (ValueError, OverflowError):
            return f"{type_} {'?' if ticks is None else ticks}"
    if (Fraction(ticks) / per_second * 10**6).denominator == 1:
        try:
            return scalar.as_py()
        except (ValueError, OverflowError, LookupError):  # a zone that nobody knows may be a LookupError
            pass
    return time_text(ticks, type_)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return safe(lines[0][:160]) if lines else type(error).__name__
