"""Whether pandas' own metadata in a parquet file makes the frame differ from what the file's Arrow types say."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

_PLAIN = re.compile(r"u?int(8|16|32|64)|float(32|64)|bool|object|str|(datetime|timedelta)64\[\w+\]")


def not_plain(metadata: bytes | None, names: Collection[str] | None) -> str | None:
    """Return why the frame is not decided by the Arrow types alone, None when it is.

    Args:
        metadata: the value of the key ``pandas`` in the file's schema.
        names: columns whose dtypes matter, None for all.
    """
    if metadata is None:
        return None
    try:
        described = json.loads(metadata)
        for entry in described["index_columns"]:
            if not isinstance(entry, dict):
                return f"its column {entry} is the index of the frame"
            if (entry["start"], entry["step"]) != (0, 1):
                return "the index of the frame does not count from 0"
        for entry in described.get("column_indexes", ()):
            if entry["pandas_type"] not in ("unicode", "string", "empty") or len(described["column_indexes"]) > 1:
                return "the labels of the frame's columns are no strings"
        for entry in described["columns"]:
            if (names is None or entry["name"] in names) and not _PLAIN.fullmatch(str(entry["numpy_type"])):
                return f"pandas wrote its column {entry['name']} as {entry['numpy_type']}"
    except (ValueError, KeyError, TypeError):
        return "it holds metadata of pandas that cannot be read"
    return None
