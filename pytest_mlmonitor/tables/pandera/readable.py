"""Arrow tables as pandas frames, also those whose types pandas can write but not read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_SUFFIX = "[pyarrow]"


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as pandas reads it.

    pandas writes the names of its Arrow types into a file, and cannot read those of lists, structs, maps and decimals
    (``list<item: int64>[pyarrow]``: pandas issue 53011). Such columns get the Arrow type that the file itself says.
    """
    try:
        frame: pd.DataFrame = table.to_pandas()
    except TypeError:
        named = _of_arrow(table)
        if not named:
            raise
        frame = _without_types(table, named).to_pandas()
        from pandas import Series
        from pandas.arrays import ArrowExtensionArray

        for name in named:
            if name in frame.columns:
                frame[name] = Series(ArrowExtensionArray(table[name]), index=frame.index)
    return frame


def _pandas_metadata(table: pa.Table) -> dict[str, object]:
    found: dict[str, object] = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    return found


def _of_arrow(table: pa.Table) -> list[str]:
    """Return the columns that pandas kept as an Arrow type."""
    columns = _pandas_metadata(table).get("columns")
    entries = [entry for entry in columns if isinstance(entry, dict)] if isinstance(columns, list) else []
    names = [entry.get("field_name") for entry in entries if str(entry.get("numpy_type")).endswith(_SUFFIX)]
    return [name for name in names if isinstance(name, str) and table.column_names.count(name) == 1]


def _without_types(table: pa.Table, named: list[str]) -> pa.Table:
    metadata = _pandas_metadata(table)
    columns = metadata["columns"]
    assert isinstance(columns, list)
    metadata["columns"] = [
        {**entry, "numpy_type": "object"} if entry.get("field_name") in named else entry for entry in columns
    ]
    return table.replace_schema_metadata({**(table.schema.metadata or {}), b"pandas": json.dumps(metadata).encode()})
