"""The log of a Delta table of which every file was written anew: one commit, of the moment of the newest there was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_mlmonitor.core.text.times import microseconds_of
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.tables.source.commits import committed
from pytest_mlmonitor.tables.source.delta import LOG, log_names, schema_json
from pytest_mlmonitor.tables.source.layout import Part

_FIRST = f"{0:020d}.json"
_NAIVE = "timestampNtz"


@dataclass(frozen=True)
class AddedFile:
    """A data file of the commit.

    Attributes:
        part: which part it is.
        rows: that it holds.
        size: bytes.
    """

    part: Part
    rows: int
    size: int


def fresh_log(
    directory: Path, schema: Any, partitions: Sequence[str], files: Sequence[AddedFile], moment: datetime | None = None
) -> dict[Path, FileContent]:
    """Return the files of a log with one commit in the place of the log that is there.

    Args:
        directory: of the table.
        schema: the Arrow schema of its rows, partition columns too.
        partitions: the names of these.
        files: the data files.
        moment: of the commit, aware; that of the newest commit that changed data by default.

    Raises:
        Unreadable: Delta has no place for a type.
    """
    moment = moment or committed(directory)
    stamp = microseconds_of(moment) // 1000 if moment is not None else 1
    text = schema_json(schema)
    protocol: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 2}
    if '"timestamp_ntz"' in text:
        features = {"readerFeatures": [_NAIVE], "writerFeatures": [_NAIVE]}
        protocol = {"minReaderVersion": 3, "minWriterVersion": 7, **features}
    actions: list[dict[str, Any]] = [
        {"protocol": protocol},
        {
            "metaData": {
                "id": "00000000-0000-4000-8000-000000000000",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": text,
                "partitionColumns": list(partitions),
                "configuration": {},
                "createdTime": stamp,
            }
        },
        *({"add": _add(file, stamp)} for file in files),
        {"commitInfo": {"timestamp": stamp, "operation": "WRITE"}},
    ]
    log = directory / LOG
    found = {log / name: FileContent(None) for name in log_names(log)}
    data = "".join(json.dumps(action) + "\n" for action in actions).encode("utf-8", "surrogatepass")
    return {**found, log / _FIRST: FileContent(data)}


def _add(file: AddedFile, stamp: int) -> dict[str, Any]:
    return {
        "path": quote(file.part.name, safe="/="),
        "partitionValues": {key: _text(value) for key, value in file.part.values.items()},
        "size": file.size,
        "modificationTime": stamp,
        "dataChange": True,
        "stats": json.dumps({"numRecords": file.rows}),
    }


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
