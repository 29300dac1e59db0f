"""The figures that upstream's writer embeds in a parquet file, of the rows that it holds (specification 1.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

FIGURES = ("row_count", "positive_rate", "station_count", "obs_ts_min", "obs_ts_max")
"""The keys that are figures of the rows."""


def figures_of(
    table: Any, roles: Mapping[str, str | None], keys: Collection[str] = FIGURES
) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of the figures of a table, as upstream writes them; none where a column or its values lack.

    Args:
        table: a ``pyarrow.Table`` that has at least the columns of the roles.
        roles: by ``label``, ``entity`` and ``event_ts`` the names of columns.
        keys: the figures that are wanted.
    """
    for key in FIGURES:
        text = _figure(table, key, roles) if key in keys else None
        if text is not None:
            yield key.encode(), text.encode()


def _figure(table: Any, key: str, roles: Mapping[str, str | None]) -> str | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if key == "row_count":
        return str(table.num_rows)
    name = roles.get({"positive_rate": "label", "station_count": "entity"}.get(key, "event_ts"))
    if name is None or table.schema.names.count(name) != 1:
        return None
    column = table.column(name)
    kind = column.type
    if key == "positive_rate":
        numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        mean = pc.mean(column).as_py() if numbers else None
        return f"{mean:.4f}" if mean is not None else None
    if key == "station_count":
        return str(pc.count_distinct(column).as_py())
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    moment = pc.min_max(column)[key.rsplit("_", 1)[1]].as_py()
    return str(moment) if moment is not None else None
