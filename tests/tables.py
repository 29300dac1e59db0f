"""Table directories as their own libraries write them."""

from __future__ import annotations

import shutil
import uuid
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO, _pyarrow_to_schema_without_ids
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import assign_fresh_schema_ids
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import update_table_metadata


def hive(directory: Path, table: pa.Table, keys: list[str]) -> Path:
    """Write ``table`` in ``key=value`` directories."""
    pq.write_to_dataset(table, directory, partition_cols=keys, basename_template="part-{i}.parquet")
    return directory


def spark(directory: Path, *tables: pa.Table) -> Path:
    """Write one part file for each of ``tables``, with what Spark leaves beside them."""
    directory.mkdir(parents=True)
    for number, table in enumerate(tables):
        name = f"part-{number:05d}-00000000-0000-4000-8000-000000000000-c000.snappy.parquet"
        pq.write_table(table, directory / name)
        (directory / f".{name}.crc").write_bytes(b"crc\0\0\0\2\0")
    (directory / "_SUCCESS").touch()
    (directory / "._SUCCESS.crc").write_bytes(b"crc\0\0\0\2\0")
    return directory


def delta(directory: Path, *tables: pa.Table, **options: Any) -> Path:
    """Append ``tables`` to a Delta table, one commit each."""
    for table in tables:
        write_deltalake(str(directory), table, mode="append", **options)
    return directory


def iceberg(directory: Path, *tables: pa.Table) -> Path:
    """Append ``tables`` to an Iceberg table, one snapshot each."""
    made = iceberg_table(directory, tables[0].schema)
    for table in tables:
        append(made, table)
    return directory


def append(made: Any, table: pa.Table) -> None:
    """Add a snapshot to what :func:`iceberg_table` made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.append(table)


def iceberg_table(directory: Path, schema: pa.Schema, **properties: str) -> Any:
    """Return a new ``pyiceberg`` table that writes into ``directory``, as a Hadoop catalog would."""
    files = PyArrowFileIO()
    location = f"file://{directory}"
    versions = iter(range(10_000))

    def written(metadata: Any) -> str:
        path = f"{location}/metadata/{next(versions):05d}-{uuid.uuid4()}.metadata.json"
        ToOutputFile.table_metadata(metadata, files.new_output(path), overwrite=True)
        return path

    class Catalog(NoopCatalog):
        def commit_table(self, table: Any, requirements: Any, updates: Any) -> CommitTableResponse:
            metadata = update_table_metadata(table.metadata, updates)
            return CommitTableResponse(metadata=metadata, metadata_location=written(metadata))

    metadata = new_table_metadata(
        schema=assign_fresh_schema_ids(_pyarrow_to_schema_without_ids(schema)),
        partition_spec=UNPARTITIONED_PARTITION_SPEC,
        sort_order=UNSORTED_SORT_ORDER,
        location=location,
        properties=dict(properties),
    )
    (directory / "metadata").mkdir(parents=True)
    return Table(("test", "table"), metadata, written(metadata), files, Catalog("test"))


def moved(directory: Path, target: Path) -> Path:
    """Move a table: logs that hold absolute paths go on naming the place where it was written."""
    return Path(shutil.move(directory, target))
