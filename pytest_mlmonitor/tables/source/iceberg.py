"""Iceberg tables: metadata, manifest list and manifests say which files are the table now; they are read like any others.

All of them are data. ``pyiceberg`` decodes them, but opens nothing itself: table properties may name a Python class to open
files with, and paths in manifests are absolute, of wherever the table was written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pytest_mlmonitor.core.files.opening import Refused, open_regular, read_bytes
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.source.deleted.delete_files import DeleteFiles, StoredFile, VectorFile
from pytest_mlmonitor.tables.source.deleted.vector_places import vector_places
from pytest_mlmonitor.tables.source.evolution.iceberg_columns import declared_columns
from pytest_mlmonitor.tables.source.layout import MAX_ENTRIES, MAX_FILES, Layout, Part, inside, sorted_parts
from pytest_mlmonitor.tables.unreadable import MissingExtra, Unreadable

METADATA = "metadata"
HINT = "version-hint.text"
MAX_AVRO_BYTES = 256 * 1024**2

_VERSION = re.compile(r"v?([0-9]{1,18})(-[0-9a-zA-Z-]+)?\.metadata\.json")


def layout(directory: Path) -> Layout:
    """Return the data files of the current snapshot of the table in ``directory``.

    Paths start with the table's location when it was written; that prefix stands for ``directory``, wherever it is now.

    Raises:
        MissingExtra: ``pyiceberg`` is not installed.
        Unreadable: the metadata is damaged, names files outside the table, or uses what is not read: equality deletes, other
            formats than parquet.
    """
    try:
        import pyiceberg  # noqa: F401
    except ImportError:
        raise MissingExtra("is an Iceberg table", "iceberg") from None
    try:
        return _current(directory)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # a decoder of hostile bytes raises anything
        text = (str(error).strip().splitlines() or [""])[0]
        raise Unreadable(
            f"has Iceberg metadata that cannot be read: {type(error).__name__}: {safe(text[:200])}"
        ) from None


def newest_metadata(directory: Path) -> Path:
    """Return the metadata file of the highest version.

    Raises:
        Unreadable: none, several of that version, or an older one than the version hint says.
    """
    versions: dict[int, list[str]] = {}
    try:
        names = sorted(os.listdir(directory / METADATA))
    except OSError as error:
        raise Unreadable(f"has a {METADATA} that cannot be listed ({error.strerror})") from None
    if len(names) > MAX_ENTRIES:
        raise Unreadable(f"has more than {MAX_ENTRIES:,} files of metadata")
    for name in names:
        if (match := _VERSION.fullmatch(name)) is not None:
            versions.setdefault(int(match[1]), []).append(name)
    if not versions:
        raise Unreadable(f"has no {METADATA}/vN.metadata.json or {METADATA}/N-UUID.metadata.json")
    newest = max(versions)
    if len(versions[newest]) > 1:
        listed = ", ".join(versions[newest])
        raise Unreadable(f"has several metadata files of its newest version: {quoted(listed, 200)}; expected one")
    _agrees_with_hint(directory, newest, names)
    return directory / METADATA / versions[newest][0]


def _agrees_with_hint(directory: Path, newest: int, names: list[str]) -> None:
    if HINT not in names:
        return
    try:
        hint = read_bytes(directory / METADATA / HINT, 1_000).decode("utf-8", "replace").strip()
    except Refused as refusal:
        raise Unreadable(f"holds {METADATA}/{HINT}, which {refusal}") from None
    match = _VERSION.fullmatch(hint if hint.endswith(".metadata.json") else f"{hint}.metadata.json")
    if match is None or int(match[1]) > newest:
        raise Unreadable(f"has a {HINT} that says {quoted(hint)}, but its newest metadata is of version {newest}")


def _current(directory: Path) -> Layout:
    from pyiceberg.table.metadata import TableMetadataUtil

    path = newest_metadata(directory)
    try:
        metadata: Any = TableMetadataUtil.parse_raw(
            read_bytes(inside(directory, f"{METADATA}/{path.name}")).decode("utf-8")
        )
    except Refused as refusal:
        raise Unreadable(f"holds {METADATA}/{path.name}, which {refusal}") from None
    snapshot = metadata.current_snapshot()
    files = _files(directory, metadata.location)
    # A table that nothing was ever written to has no snapshot, and the columns that it was made with.
    found = [] if snapshot is None else list(_entries(files, snapshot.manifest_list))
    table = _Table(directory, metadata.location)
    data = [table.data_file(entry) for entry, pieces in found if pieces is None]
    deletes = table.delete_files((entry, pieces) for entry, pieces in found if pieces is not None)
    deleted = deletes.deleted(data, table.name_of)
    parts = [
        Part(one.path, one.name, {}, one.rows, one.size, deleted.get(one.name), _partition_of(metadata, one.partition))
        for one in data
    ]
    specs = {entry.data_file.spec_id for entry, pieces in found if pieces is None}
    return Layout(sorted_parts(parts), {}, declared_columns(metadata, specs))


def _partition_of(metadata: Any, partition: tuple[int, tuple[Any, ...]]) -> tuple[str, ...]:
    """Return ``key=value`` of a file's partition as people read them; what its transform cannot show is left out."""
    from pyiceberg.transforms import YearTransform

    number, values = partition
    spec = next((spec for spec in metadata.partition_specs if spec.spec_id == number), None)
    said = []
    for field, value in zip(spec.fields if spec is not None else (), values, strict=False):
        types = [
            one.field_type for schema in metadata.schemas for one in schema.fields if one.field_id == field.source_id
        ]
        if value is None or not types:
            continue
        key = "year" if isinstance(field.transform, YearTransform) else field.name
        said.append(f"{key}={field.transform.to_human_string(types[-1], value)}")
    return tuple(said)


def _entries(files: Any, manifest_list: str) -> Iterator[tuple[Any, tuple[Any, ...] | None]]:
    """Yield the live entries of every manifest; of delete files also what :func:`.vector_places` says, of data files None."""
    from pyiceberg.manifest import FileFormat, ManifestContent, read_manifest_list

    seen = 0
    # Not Snapshot.manifests: it remembers manifests by path for all tables of the process, and copies share their paths.
    for manifest in read_manifest_list(files.new_input(manifest_list)):
        entries = manifest.fetch_manifest_entry(files, discard_deleted=True)
        seen += len(entries)
        if seen > MAX_FILES:
            raise Unreadable(f"consists of more than {MAX_FILES:,} files")
        deletes = manifest.content != ManifestContent.DATA
        vectors = any(entry.data_file.file_format == FileFormat.PUFFIN for entry in entries)
        pieces = vector_places(files, manifest.manifest_path) if deletes and vectors else [()] * len(entries)
        for entry, piece in zip(entries, pieces, strict=True):
            yield entry, piece if deletes else None


class _Table:
    """Files of a table as they are named: by absolute paths, of where it was written."""

    def __init__(self, directory: Path, location: str) -> None:
        self.directory, self.location = directory, location

    def data_file(self, entry: Any) -> StoredFile:
        from pyiceberg.manifest import DataFileContent, FileFormat

        if entry.data_file.content != DataFileContent.DATA:
            raise Unreadable(f"lists {quoted(entry.data_file.file_path, 200)} as data and as a delete file")
        self._expect(entry.data_file, FileFormat.PARQUET)
        return StoredFile(*self._said(entry))

    def delete_files(self, entries: Iterable[tuple[Any, tuple[Any, ...]]]) -> DeleteFiles:
        from pyiceberg.manifest import DataFileContent, FileFormat

        found = DeleteFiles()
        for entry, piece in entries:
            file = entry.data_file
            if file.content != DataFileContent.POSITION_DELETES:
                kind = "equality" if file.content == DataFileContent.EQUALITY_DELETES else "other"
                raise Unreadable(f"uses {kind} deletes, which are not read; compact it first (rewrite_data_files)")
            if file.file_format == FileFormat.PUFFIN:
                of, offset, length = piece
                if of is None or offset is None or length is None:
                    raise Unreadable(f"says not where in {quoted(file.file_path, 200)} a deletion vector stands")
                vector = VectorFile(*self._said(entry), of=self.name_of(of) or "", offset=offset, length=length)
                found.vectors.append(vector)
                continue
            self._expect(file, FileFormat.PARQUET)
            found.positions.append(StoredFile(*self._said(entry)))
        return found

    def name_of(self, path: str) -> str | None:
        try:
            return _relocated(path, self.location)
        except Unreadable:
            return None

    def _expect(self, file: Any, format_: Any) -> None:
        if file.file_format != format_:
            raise Unreadable(
                f"holds {quoted(file.file_path)} in the format {quoted(str(file.file_format))}; expected parquet"
            )

    def _said(self, entry: Any) -> tuple[str, Path, int, tuple[int, tuple[Any, ...]], int, int]:
        file = entry.data_file
        if entry.sequence_number is None:
            raise Unreadable(f"says not since when {quoted(file.file_path, 200)} counts (sequence number)")
        name = _relocated(file.file_path, self.location)
        partition = (file.spec_id, tuple(file.partition[i] for i in range(len(file.partition))))
        path = inside(self.directory, name)
        return name, path, entry.sequence_number, partition, file.record_count, file.file_size_in_bytes


def _relocated(path: str, location: str) -> str:
    """Return ``path`` relative to the table."""
    whole, prefix = _plain(path), _plain(location).rstrip("/") + "/"
    if not whole.startswith(prefix):
        raise Unreadable(
            f"names the file {quoted(path, 200)}, which is not below the table's location {quoted(location, 200)}"
        )
    return whole.removeprefix(prefix)


def _plain(path: str) -> str:
    """Return a path without ``file:``, which writers spell with one slash, three, or not at all; nor ``./``."""
    return re.sub(r"^(\./+)+", "", re.sub(r"^file:/*", "/", path))


def _files(directory: Path, location: str) -> Any:
    """Return the only way for pyiceberg to open files: regular ones below ``directory``, for reading."""
    from pyiceberg.io import FileIO, InputFile

    class Inside(InputFile):
        def __init__(self, path: str) -> None:
            super().__init__(path)
            self.name = _relocated(path, location)
            self.path = inside(directory, self.name)

        def __len__(self) -> int:
            return os.stat(self.path).st_size

        def exists(self) -> bool:
            return self.path.is_file()

        def open(self, seekable: bool = True) -> BinaryIO:  # noqa: ARG002
            try:
                file = open_regular(self.path)
            except Refused as refusal:
                raise Unreadable(f"holds {quoted(self.name, 200)}, which {refusal}") from None
            if os.fstat(file.fileno()).st_size > MAX_AVRO_BYTES:
                file.close()
                raise Unreadable(f"holds {quoted(self.name, 200)}, which is larger than {MAX_AVRO_BYTES:,} bytes")
            return file

    class Files(FileIO):
        def new_input(self, location: str) -> Inside:
            return Inside(location)

        def new_output(self, location: str) -> Any:
            raise Unreadable(f"would be written to ({quoted(location)})")

        def delete(self, location: Any) -> None:
            raise Unreadable(f"would be written to ({quoted(str(location))})")

    return Files()
