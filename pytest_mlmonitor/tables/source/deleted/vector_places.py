"""Where Iceberg's deletion vectors stand: manifests of version 3 say it, and ``pyiceberg`` leaves that out when it reads them."""

from __future__ import annotations

from typing import Any


def vector_places(files: Any, manifest: str) -> list[tuple[Any, ...]]:
    """Return of every live entry of a manifest the data file that it is of, and its offset and length in its own file.

    Args:
        files: ``pyiceberg``'s way to open files.
        manifest: path of the manifest.
    """
    from pyiceberg.avro.file import AvroFile
    from pyiceberg.manifest import (
        DATA_FILE_TYPE,
        MANIFEST_ENTRY_SCHEMAS,
        DataFile,
        DataFileContent,
        FileFormat,
        ManifestEntry,
        ManifestEntryStatus,
    )

    names = [field.name for field in DATA_FILE_TYPE[3].fields]
    places = [names.index(name) for name in ("referenced_data_file", "content_offset", "content_size_in_bytes")]
    enums: Any = {0: ManifestEntryStatus, 101: FileFormat, 134: DataFileContent}
    types: Any = {-1: ManifestEntry, 2: DataFile}
    with AvroFile[ManifestEntry](files.new_input(manifest), MANIFEST_ENTRY_SCHEMAS[3], types, enums) as entries:
        live = [entry.data_file for entry in entries if entry.status != ManifestEntryStatus.DELETED]
    return [tuple(file[place] for place in places) for file in live]
