"""Delete files of an Iceberg table: position deletes and deletion vectors (Iceberg specification, "Row-level Deletes").

``pyiceberg`` decodes manifests only. Of a file of several vectors it would take all, also those that no manifest names any more.
Equality deletes are not read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.deleted.deleted_rows import DeletedRows, Deletions
from pytest_mlmonitor.tables.source.deleted.deletion_vectors import MAX_BYTES, DamagedVector, mark, unframed
from pytest_mlmonitor.tables.source.layout import named
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np

PATHS, POSITIONS = "file_path", "pos"
"""The columns of a file of position deletes."""


@dataclass(frozen=True)
class StoredFile:
    """A data file or a delete file, as manifests say.

    Attributes:
        name: as seen from the table's directory.
        path: absolute, no link.
        sequence: number of the commit that it counts from.
        partition: number of its specification, and its values.
        rows: how many it holds, or deletes.
        size: number of its bytes.
    """

    name: str
    path: Path
    sequence: int
    partition: tuple[int, tuple[Any, ...]]
    rows: int
    size: int


@dataclass(frozen=True)
class VectorFile(StoredFile):
    """A deletion vector, which is a piece of a file.

    Attributes:
        of: name of the data file that it is of.
        offset, length: where it stands, in bytes.
    """

    of: str = ""
    offset: int = 0
    length: int = 0


@dataclass
class DeleteFiles:
    """The delete files of a table.

    Attributes:
        positions, vectors: by kind.
    """

    positions: list[StoredFile] = field(default_factory=list)
    vectors: list[VectorFile] = field(default_factory=list)

    def deleted(self, data: Iterable[StoredFile], name_of: Callable[[str], str | None]) -> dict[str, DeletedRows]:
        """Return the deleted rows of data files by name; a file without any may be absent.

        Args:
            data: the data files.
            name_of: the name of a file by the path that delete files have of it, None for one outside the table.

        Raises:
            Unreadable: a delete file is damaged, or contradicts the manifests.
        """
        known = {one.name: one for one in data}
        deletions, found = Deletions(), dict[str, DeletedRows]()

        def rows_of(one: StoredFile) -> DeletedRows:
            if one.name not in found:
                found[one.name] = deletions.of(one.rows, one.name)
            return found[one.name]

        under_vector = set()
        for vector in self.vectors:
            if (one := known.get(vector.of)) is None or vector.sequence < one.sequence:
                continue  # its data file is gone, or was written after it
            if one.name in under_vector:
                raise Unreadable(f"has two deletion vectors of {named(one.name)}; expected one")
            under_vector.add(one.name)
            _same_partition(vector, one)
            _take_vector(vector, rows_of(one), one.name)
        # A vector holds what the position deletes before it said, and takes their place.
        open_ = {name: one for name, one in known.items() if name not in under_vector}
        for file in self.positions:
            _take_positions(file, open_, rows_of, name_of)
        return found


def _same_partition(delete: StoredFile, one: StoredFile) -> None:
    if delete.partition != one.partition:
        raise Unreadable(f"has the delete file {named(delete.name)} of another partition than {named(one.name)}")


def _take_vector(vector: VectorFile, rows: DeletedRows, part: str) -> None:
    try:
        if not 0 < vector.length <= MAX_BYTES:
            raise DamagedVector(f"has {vector.length:,} bytes; at most {MAX_BYTES:,} are read")
        with open_regular(vector.path) as file:
            if (size := os.fstat(file.fileno()).st_size) != vector.size:
                raise DamagedVector(f"has a file of {size:,} bytes; its manifest says {vector.size:,}")
            if vector.offset < 0 or vector.offset + vector.length > size:
                raise DamagedVector("stands behind the end of its file")
            file.seek(vector.offset)
            mark(rows, unframed(file.read(vector.length)))
        if rows.count != vector.rows:
            raise DamagedVector(f"deletes {rows.count:,} rows; its manifest says {vector.rows:,}")
    except DamagedVector as error:
        raise Unreadable(f"has a deletion vector of {named(part)} in {named(vector.name)} that {error}") from None
    except Refused as refusal:
        raise Unreadable(f"holds {named(vector.name)}, which {refusal}") from None


def _take_positions(
    file: StoredFile,
    data: Mapping[str, StoredFile],
    rows_of: Callable[[StoredFile], DeletedRows],
    name_of: Callable[[str], str | None],
) -> None:
    try:
        with parquet.opened(file.path) as opened:
            if (size := os.stat(file.path).st_size) != file.size:
                raise Unreadable(f"has {size:,} bytes; its manifest says {file.size:,}")
            if (rows := parquet.head_of(opened).rows) != file.rows:
                raise Unreadable(f"has {rows:,} rows; its manifest says {file.rows:,}")
            _check_columns(opened.schema_arrow)
            for batch in parquet.batches(opened, columns=[PATHS, POSITIONS]):
                for path, positions in _by_path(batch):
                    one = data.get(name_of(path) or "")
                    if one is None or file.sequence < one.sequence:
                        continue
                    _same_partition(file, one)
                    try:
                        rows_of(one).mark_rows(positions)
                    except IndexError:
                        beyond = f"deletes rows beyond the {one.rows:,} of {named(one.name)}"
                        raise Unreadable(beyond) from None
    except Unreadable as error:
        raise Unreadable(f"holds {named(file.name)}, which {error}") from None


def _check_columns(schema: Any) -> None:
    import pyarrow as pa

    there = {name: schema.field(name).type for name in (PATHS, POSITIONS) if schema.names.count(name) == 1}
    text = PATHS in there and (pa.types.is_string(there[PATHS]) or pa.types.is_large_string(there[PATHS]))
    if not text or there.get(POSITIONS) != pa.int64():
        listed = quoted(", ".join(f"{f.name} {f.type}" for f in schema), 200)
        raise Unreadable(f"has the columns {listed}; expected {PATHS} (text) and {POSITIONS} (int64)")


def _by_path(batch: Any) -> Iterable[tuple[str, np.ndarray[Any, Any]]]:
    import numpy as np
    import pyarrow.compute as pc

    paths, positions = batch.column(PATHS), batch.column(POSITIONS)
    if paths.null_count or positions.null_count:
        raise Unreadable("has nulls")
    codes = pc.dictionary_encode(paths)
    numbers, where = positions.to_numpy(), codes.indices.to_numpy()
    order = np.argsort(where, kind="stable")
    ends = np.searchsorted(where[order], np.arange(len(codes.dictionary) + 1))
    for i, path in enumerate(codes.dictionary.to_pylist()):
        yield path, numbers[order[ends[i] : ends[i + 1]]]
