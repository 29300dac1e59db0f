"""A parquet file in which rows are others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def edited_table(path: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> bytes:
    """Return a parquet file in which rows are others; columns of which none is changed, and the schema, stay as they are.

    Args:
        path: of the file; its rows are held.
        change: asked once a row; returns it as it shall be, itself where it stays as it is, None where it shall not be there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        table = file.read()
    rows = table.to_pylist()
    made = [change(row) for row in rows]
    kept = [place for place, after in enumerate(made) if after is not None]
    pairs = [(rows[place], made[place] or {}) for place in kept]
    table = table.take(kept) if len(kept) < len(rows) else table
    for at, field in enumerate(table.schema):
        if any(after is not row and after.get(field.name) != row[field.name] for row, after in pairs):
            column = pa.array([after.get(field.name) for _, after in pairs], field.type)
            table = table.set_column(at, field.with_nullable(True), column)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content
