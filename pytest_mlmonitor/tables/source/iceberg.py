"""Iceberg tables: metadata, manifest list and manifests say which files are the table now; they are read like any others.

All of them are data. ``pyiceberg`` decodes them, but opens nothing itself: table properties may name a Python class to open
files with, and paths in manifests are absolute, of wherever the table was written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pytest_mlmonitor.core.files.opening import Refused, open_regular, read_bytes
from pytest_mlmonitor.core.text.names import quoted, safe
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
        Unreadable: the metadata is damaged, names files outside the table, or uses what is not read: delete files, other
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
    from pyiceberg.io.pyarrow import schema_to_pyarrow
    from pyiceberg.table.metadata import TableMetadataUtil

    path = newest_metadata(directory)
    try:
        metadata: Any = TableMetadataUtil.parse_raw(
            read_bytes(inside(directory, f"{METADATA}/{path.name}")).decode("utf-8")
        )
    except Refused as refusal:
        raise Unreadable(f"holds {METADATA}/{path.name}, which {refusal}") from None
    snapshot = metadata.current_snapshot()
    if snapshot is None:
        raise Unreadable("has no current snapshot: nothing was ever written to it")
    files = _files(directory, metadata.location)
    parts = [_part(entry.data_file, directory, metadata.location) for entry in _entries(files, snapshot.manifest_list)]
    return Layout(sorted_parts(parts), {}, schema_to_pyarrow(metadata.schema(), include_field_ids=True))


def _entries(files: Any, manifest_list: str) -> Iterator[Any]:
    """Yield the live entries of every manifest."""
    from pyiceberg.manifest import ManifestContent, read_manifest_list

    seen = 0
    # Not Snapshot.manifests: it remembers manifests by path for all tables of the process, and copies share their paths.
    for manifest in read_manifest_list(files.new_input(manifest_list)):
        if manifest.content != ManifestContent.DATA:
            raise Unreadable("uses delete files, which are not read; compact it first (rewrite_data_files)")
        for entry in manifest.fetch_manifest_entry(files, discard_deleted=True):
            seen += 1
            if seen > MAX_FILES:
                raise Unreadable(f"consists of more than {MAX_FILES:,} files")
            yield entry


def _part(file: Any, directory: Path, location: str) -> Part:
    from pyiceberg.manifest import DataFileContent, FileFormat

    if file.content != DataFileContent.DATA:
        raise Unreadable("uses delete files, which are not read; compact it first (rewrite_data_files)")
    if file.file_format != FileFormat.PARQUET:
        raise Unreadable(
            f"holds {quoted(file.file_path)} in the format {quoted(str(file.file_format))}; expected parquet"
        )
    name = _relocated(file.file_path, location)
    return Part(inside(directory, name), name, {}, file.record_count, file.file_size_in_bytes)


def _relocated(path: str, location: str) -> str:
    """Return ``path`` relative to the table."""
    whole, prefix = _plain(path), _plain(location).rstrip("/") + "/"
    if not whole.startswith(prefix):
        raise Unreadable(
            f"names the file {quoted(path, 200)}, which is not below the table's location {quoted(location, 200)}"
        )
    return whole.removeprefix(prefix)


def _plain(path: str) -> str:
    """Return a path without ``file:``, which writers spell with one slash, three, or not at all."""
    return re.sub(r"^file:/*", "/", path)


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
