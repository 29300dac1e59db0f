"""What is held of files that were read a moment ago: footers, and the columns of small files.

Of a build of a family every check asks, and so does the build after it: one of 1,000 rows was opened eight times and read in
fourteen passes. Each file of a directory was opened three times.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.small_batches import BATCH_BYTES
from pytest_mlmonitor.tables.arrays.type_traits import holds_dictionary
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.data_file import Looked, look, selected
from pytest_mlmonitor.tables.source.held.file_stamps import FileStamp, file_stamp
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

FILE_BYTES = 1 << 20
"""The columns of a larger file are read each time: reading them is most of their cost."""

COLUMN_BYTES = 1 << 22
"""The same of one whose columns take more when they are decoded: a few would push out all others."""

HELD_BYTES = BATCH_BYTES
"""What all columns that are held may take."""

HELD_FIELDS = 100_000
"""The columns that all footers that are held may name: some 40 MB."""

WIDE = 1_000
"""Columns from which a file stays open until another one as wide is read: it is read part by part."""

Read = Callable[[Sequence[str] | None, int], "Iterator[pa.RecordBatch]"]
"""Yields batches of some columns, or of all, of so many rows at most (see :func:`.data_file.selected`)."""


@dataclass
class _Held:
    looked: Looked
    columns: dict[str, pa.Array] = field(default_factory=dict)


class HeldFiles:
    """Files by what the file system says of them, and the unit of their timestamps.

    Those asked for longest ago are forgotten first.
    """

    def __init__(self, fields: int = HELD_FIELDS, most: int = HELD_BYTES) -> None:
        """Hold footers with ``fields`` columns in all, and ``most`` bytes of columns."""
        self._fields, self._most = fields, most
        self._named = self._bytes = 0
        self._last: Looked | None = None
        self._known: OrderedDict[tuple[FileStamp, str | None], _Held] = OrderedDict()
        self._open: tuple[FileStamp, Any] | None = None
        self._ends = ExitStack()
        weakref.finalize(
            self, self._ends.close
        )  # once the interpreter takes modules down, a file cannot be left in order
        self._busy = False

    @contextmanager
    def opened(self, path: Path) -> Iterator[tuple[Looked, Read]]:
        """Open a file, unless its footer is held; what is read of it goes by name of columns and rows of a batch at most.

        Raises:
            Unreadable: it is no sound parquet file; also what pyarrow raises while it is open.
        """
        with ExitStack() as opened:
            stamp, file = file_stamp(path), None
            looked = self.find(stamp)
            if looked is None:
                file = opened.enter_context(parquet.opened(path))
                looked = look(file)
                self.note(stamp, looked)
            else:
                opened.enter_context(parquet.refusing())
            yield looked, lambda names, rows: self._batches(path, stamp, looked, file, names, rows)

    def find(self, stamp: FileStamp | None, unit: str | None = None) -> Looked | None:
        """Return what the footer of a file says, None where it is not held."""
        if stamp is None or (stamp, unit) not in self._known:
            return None
        self._known.move_to_end((stamp, unit))
        return self._known[stamp, unit].looked

    def note(self, stamp: FileStamp | None, looked: Looked, unit: str | None = None) -> None:
        """Hold a footer.

        Args:
            stamp: of the file *before* it was opened: where it is another one by now nothing is held.
            looked: what the footer says.
            unit: the unit of its timestamps that was asked for.
        """
        if stamp is None or (stamp, unit) in self._known or file_stamp(stamp.path) != stamp:
            return
        self._last = looked = _sharing(looked, self._last)
        self._known[stamp, unit] = _Held(looked)
        self._named += len(looked.schema)
        self._forget()

    def _batches(
        self,
        path: Path,
        stamp: FileStamp | None,
        looked: Looked,
        file: Any,
        names: Sequence[str] | None,
        rows: int,
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches of a file, from memory where all the columns are held; ``file`` is None where it was not opened."""
        known = self._known.get((stamp, None)) if stamp is not None else None
        if stamp is not None and known is not None and file_stamp(path) == stamp:
            columns = known.looked.columns
            wanted = columns.schema.names if names is None else [n for n in dict.fromkeys(names) if n in columns]
            if wanted and all(name in known.columns for name in wanted):
                yield from _slices(known, wanted, rows)
                return
        if file is not None:
            yield from self._read(stamp, looked, file, names, rows)
            return
        if stamp is not None and known is not None and len(known.looked.schema) >= WIDE and not self._busy:
            self._busy = True  # two readers of one open file would set the size of each other's batches
            try:
                with parquet.refusing():
                    yield from self._read(stamp, looked, self._still_open(path, stamp), names, rows)
            finally:
                self._busy = False
            return
        with parquet.opened(path) as opened:
            if file_stamp(path) != stamp:
                raise Unreadable("was replaced while the table was read")
            yield from self._read(stamp, looked, opened, names, rows)

    def _still_open(self, path: Path, stamp: FileStamp) -> Any:
        """Return a wide file that is opened once for all of its parts: each time takes as long as its columns are many.

        Raises:
            Unreadable: it is another file by now, or no sound one.
        """
        if file_stamp(path) != stamp:
            raise Unreadable("was replaced while the table was read")
        if self._open is None or self._open[0] != stamp:
            self._ends.close()
            self._open = None
            file = self._ends.enter_context(parquet.opened(path))
            if file_stamp(path) != stamp:
                raise Unreadable("was replaced while the table was read")
            self._open = stamp, file
        return self._open[1]

    def _read(
        self, stamp: FileStamp | None, looked: Looked, file: Any, names: Sequence[str] | None, rows: int
    ) -> Iterator[pa.RecordBatch]:
        small = stamp is not None and stamp.size <= FILE_BYTES
        parts: list[pa.RecordBatch] = []
        size = 0
        for batch in selected(file, looked.columns, names, rows):
            size += batch.nbytes
            small = small and size <= COLUMN_BYTES
            if small:
                parts.append(batch)
            else:
                parts.clear()
            yield batch
        if small and stamp is not None and parts and file_stamp(stamp.path) == stamp:
            self._keep(stamp, parts)

    def _keep(self, stamp: FileStamp, parts: Sequence[pa.RecordBatch]) -> None:
        import pyarrow as pa

        known, names = self._known.get((stamp, None)), parts[0].schema.names
        if known is None or len(set(known.looked.schema.names)) < len(known.looked.schema):
            return
        for name in names:
            several = [part.column(name) for part in parts]
            if name not in known.columns and (len(several) == 1 or not holds_dictionary(several[0].type)):
                known.columns[name] = several[0] if len(several) == 1 else pa.concat_arrays(several)
                self._bytes += known.columns[name].nbytes
        self._forget()

    def _forget(self) -> None:
        while self._known and (self._bytes > self._most or self._named > self._fields):
            _, gone = self._known.popitem(last=False)
            self._named -= len(gone.looked.schema)
            self._bytes -= sum(column.nbytes for column in gone.columns.values())


def _sharing(looked: Looked, last: Looked | None) -> Looked:
    """Return what a footer says with the names and types of the one before, where they are equal: as in most parts of a table."""
    if last is None or looked.schema is last.schema or not looked.schema.equals(last.schema, check_metadata=True):
        return looked
    head = replace(looked.head, names=last.head.names, types=last.head.types)
    return replace(looked, schema=last.schema, head=head)


def _slices(known: _Held, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    schema = pa.schema([known.looked.schema.field(name) for name in names])
    whole = pa.RecordBatch.from_arrays([known.columns[name] for name in names], schema=schema)
    if rows >= whole.num_rows > 0:
        yield whole
        return
    for first in range(0, whole.num_rows, rows):
        yield whole.slice(first, rows)


HELD = HeldFiles()
"""Of this process: the reader's, or one that runs people's own checks."""
