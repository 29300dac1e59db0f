"""Tables with deleted rows, as the protocols write them: ``deltalake`` and ``pyiceberg`` delete by writing files anew."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (
    MANIFEST_ENTRY_SCHEMAS,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    read_manifest_list,
    write_manifest_list,
)
from pyiceberg.typedef import Record
from pyroaring import BitMap

MAGIC = 1_681_511_377
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_B85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"


def z85(data: bytes) -> str:
    return base64.b85encode(data).decode().translate(str.maketrans(_B85, _Z85))


def vector(positions: Iterable[int], *, runs: bool = False) -> bytes:
    """Return a deletion vector."""
    by_high: dict[int, BitMap] = {}
    for position in positions:
        by_high.setdefault(position >> 32, BitMap()).add(position & 0xFFFFFFFF)
    data = MAGIC.to_bytes(4, "little") + len(by_high).to_bytes(8, "little")
    for high, bitmap in sorted(by_high.items()):
        if runs:
            bitmap.run_optimize()
        data += high.to_bytes(4, "little") + bitmap.serialize()
    return data


def framed(data: bytes) -> bytes:
    """Return a vector as it stands in a file."""
    return len(data).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")


# -- Delta -------------------------------------------------------------------------------------------------------------------


def delete_in_delta(
    table: Path, rows: Mapping[str, Iterable[int]], *, storage: str = "u", prefix: str = "", **changes: Any
) -> Path:
    """Delete rows of parts of a Delta table by position, in one commit; ``changes`` are made to what is said of the vectors."""
    log = table / "_delta_log"
    commits = sorted(log.glob("*.json"))
    adds, protocol = {}, None
    for commit in commits:
        for action in map(json.loads, commit.read_text().splitlines()):
            if "add" in action:
                adds[action["add"]["path"]] = action["add"]
            protocol = action.get("protocol", protocol)
    features = sorted({*protocol.get("readerFeatures", ()), "deletionVectors"})
    written = [
        {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": features,
                "writerFeatures": features,
            }
        }
    ]
    blob = b"\x01"
    number = uuid.uuid4()
    for part, positions in rows.items():
        data = vector(positions)
        said: dict[str, Any] = {"sizeInBytes": len(data), "cardinality": len(set(positions)), "storageType": storage}
        if storage == "i":
            said["pathOrInlineDv"] = z85(data + b"\0" * (-len(data) % 4))
        else:
            said |= {"pathOrInlineDv": prefix + z85(number.bytes), "offset": len(blob)}
            blob += framed(data)
        old = adds[part]
        removed = {"path": part, "deletionTimestamp": 1, "dataChange": True}
        if (before := old.get("deletionVector")) is not None:
            removed["deletionVector"] = before
        written += [{"remove": removed}, {"add": {**old, "deletionVector": said | changes}}]
    if storage != "i":
        (table / prefix).mkdir(exist_ok=True)
        (table / prefix / f"deletion_vector_{number}.bin").write_bytes(blob)
    (log / f"{len(commits):020d}.json").write_text("".join(json.dumps(action) + "\n" for action in written))
    return table


def parts_of_delta(table: Path) -> list[str]:
    from deltalake import DeltaTable

    return sorted(pa.table(DeltaTable(str(table)).get_add_actions(flatten=True)).column("path").to_pylist())


# -- Iceberg -----------------------------------------------------------------------------------------------------------------


def positions_file(table: Path, rows: Mapping[str, Iterable[int]]) -> dict[str, Any]:
    """Write a file of position deletes; return what a manifest says of it."""
    pairs = sorted((path, position) for path, positions in rows.items() for position in positions)
    path = table / "data" / f"deletes-{uuid.uuid4()}.parquet"
    columns = {
        "file_path": pa.array([p for p, _ in pairs], pa.string()),
        "pos": pa.array([n for _, n in pairs], pa.int64()),
    }
    pq.write_table(pa.table(columns), path)
    return {
        "content": DataFileContent.POSITION_DELETES,
        "file_path": f"file://{path}",
        "file_format": FileFormat.PARQUET,
        "record_count": len(pairs),
        "file_size_in_bytes": path.stat().st_size,
    }


def vector_file(table: Path, rows: Mapping[str, Iterable[int]]) -> list[dict[str, Any]]:
    """Write a file of deletion vectors; return what a manifest says of each."""
    path = table / "data" / f"deletes-{uuid.uuid4()}.puffin"
    blob, said = b"PFA1", []
    for of, positions in rows.items():
        data = framed(vector(positions, runs=True))
        said.append(
            {
                "content": DataFileContent.POSITION_DELETES,
                "file_path": f"file://{path}",
                "file_format": FileFormat.PUFFIN,
                "record_count": len(set(positions)),
                "referenced_data_file": of,
                "content_offset": len(blob),
                "content_size_in_bytes": len(data),
            }
        )
        blob += data
    path.write_bytes(blob)
    return [one | {"file_size_in_bytes": len(blob)} for one in said]


def data_files(table: Path) -> list[str]:
    """Return the paths of the data files of an Iceberg table, as its manifests say them."""
    files = PyArrowFileIO()
    listed = str(max(table.glob("metadata/snap-*.avro"), key=lambda path: path.stat().st_mtime_ns))
    found = []
    for manifest in read_manifest_list(files.new_input(listed)):
        if manifest.content == ManifestContent.DATA:
            found += [entry.data_file.file_path for entry in manifest.fetch_manifest_entry(files)]
    return sorted(found)


def delete_in_iceberg(
    table: Path, *deletes: Mapping[str, Any], partition: Record | None = None, sequence: int | None = None
) -> Path:
    """Add a snapshot to an Iceberg table that deletes rows by the files ``deletes``."""
    files = PyArrowFileIO()
    newest = max(table.glob("metadata/*.metadata.json"))
    metadata = json.loads(newest.read_text())
    number = metadata["last-sequence-number"] + 1
    snapshot = 7_000_000_000 + number
    before = next(s for s in metadata["snapshots"] if s["snapshot-id"] == metadata["current-snapshot-id"])
    manifest = f"file://{table}/metadata/deletes-{number}-m0.avro"
    output = files.new_output(manifest)
    meta = {
        "schema": "{}",
        "partition-spec": "[]",
        "partition-spec-id": "0",
        "format-version": "3",
        "content": "deletes",
    }
    with AvroOutputFile[ManifestEntry](
        output, MANIFEST_ENTRY_SCHEMAS[3], "manifest_entry", MANIFEST_ENTRY_SCHEMAS[3], meta
    ) as writer:
        for said in deletes:
            file = DataFile.from_args(_table_format_version=3, partition=partition or Record(), **said)
            entry = ManifestEntry.from_args(
                _table_format_version=3,
                status=ManifestEntryStatus.ADDED,
                snapshot_id=snapshot,
                sequence_number=sequence,
                data_file=file,
            )
            writer.write_block([entry])
    made = ManifestFile.from_args(
        manifest_path=manifest,
        manifest_length=len(output),
        partition_spec_id=0,
        content=ManifestContent.DELETES,
        sequence_number=number,
        min_sequence_number=number,
        added_snapshot_id=snapshot,
        added_files_count=len(deletes),
        existing_files_count=0,
        deleted_files_count=0,
        added_rows_count=sum(said["record_count"] for said in deletes),
        existing_rows_count=0,
        deleted_rows_count=0,
        partitions=[],
        key_metadata=None,
    )
    manifests = [*read_manifest_list(files.new_input(before["manifest-list"])), made]
    listed = f"file://{table}/metadata/snap-{snapshot}-{uuid.uuid4()}.avro"
    with write_manifest_list(2, files.new_output(listed), snapshot, before["snapshot-id"], number, "null") as lists:
        lists.add_manifests(manifests)
    metadata["snapshots"].append(
        {
            **before,
            "snapshot-id": snapshot,
            "sequence-number": number,
            "manifest-list": listed,
            "summary": {"operation": "delete"},
        }
    )
    metadata |= {"current-snapshot-id": snapshot, "last-sequence-number": number}
    metadata.get("refs", {}).get("main", {})["snapshot-id"] = snapshot
    version = int(newest.name.split("-")[0]) + 1
    (table / "metadata" / f"{version:05d}-{uuid.uuid4()}.metadata.json").write_text(json.dumps(metadata))
    return table
