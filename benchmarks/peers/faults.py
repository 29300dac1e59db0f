"""Datasets with one planted fault each: ``plant(folder, base)``. Needs pyarrow, so it runs in our own environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW = 1234
MINUTE = 60_000_000

Fault = Callable[[pa.Table], pa.Table]


def changed(name: str, value: object) -> Fault:
    """Return the fault that ``name`` is ``value`` in one row."""
    return lambda table: _with(table, name, _replaced(table[name], value))


def moved(minutes: int, *names: str) -> Fault:
    """Return the fault that the times ``names`` are ``minutes`` later in one row."""

    def plant(table: pa.Table) -> pa.Table:
        for name in names:
            micro = table[name][ROW].cast(pa.int64()).as_py() + minutes * MINUTE
            table = _with(table, name, _replaced(table[name], pa.scalar(micro).cast(table[name].type)))
        return table

    return plant


def cast(name: str, kind: pa.DataType) -> Fault:
    """Return the fault that ``name`` is of another type."""
    return lambda table: _with(table, name, table[name].cast(kind))


def _repeated(table: pa.Table) -> pa.Table:
    # the same station and time again, with values of its own: no row is wholly the same
    return changed("station_id", table["station_id"][ROW - 1].as_py())(table)


def _swapped(table: pa.Table) -> pa.Table:
    names = list(table.schema.names)
    a, b = names.index("ft_capacity"), names.index("ft_avg_bikes_24h")
    names[a], names[b] = names[b], names[a]
    return table.select(names)


FAULTS: dict[str, Fault] = {
    "none (a good file)": lambda table: table,
    "negative count": changed("ft_bikes_available", -1.0),
    "null in a required column": changed("ft_capacity", None),
    "null in the key": changed("station_id", None),
    "blank key": changed("station_id", " "),
    "duplicate key": _repeated,
    "ratio 1.5": changed("ft_availability_ratio", 1.5),
    "hour 24": changed("ft_hour_of_day", 24),
    "day -1": changed("ft_day_of_week", -1),
    "weekend 2": changed("ft_is_weekend", 2),
    "target 2": changed("target_empty_next_hour", 2),
    "NaN in a required column": changed("ft_capacity", float("nan")),
    "NaN in a nullable column": changed("ft_avg_bikes_60m", float("nan")),
    "NaN in a column without bounds": changed("ft_bikes_delta_60m", float("nan")),
    "infinity in a count": changed("ft_capacity", float("inf")),
    "infinity without bounds": changed("ft_bikes_delta_60m", float("-inf")),
    "label ends 1 min late": moved(1, "label_window_end"),
    "cut-off 15 min late": moved(15, "feature_cutoff_ts"),
    "off the 15-min grid": moved(1, "obs_ts", "feature_cutoff_ts", "label_window_end"),
    "column missing": lambda table: table.drop_columns(["ft_avg_bikes_24h"]),
    "extra column": lambda table: table.append_column("ft_new", table["ft_capacity"]),
    "columns in another order": _swapped,
    "int64 for int32": cast("ft_hour_of_day", pa.int64()),
    "string for double": cast("ft_capacity", pa.string()),
    "timestamp[ms] for [us]": cast("obs_ts", pa.timestamp("ms")),
    "column wholly null": lambda table: _with(
        table, "ft_bikes_available_lag_24h", pa.nulls(table.num_rows, pa.float64())
    ),
    "no rows": lambda table: table.slice(0, 0),
}
"""Every kind of rule the contract has, and a file that breaks just that one."""


def plant(folder: Path, base: Path) -> Iterator[tuple[str, Path]]:
    """Write every fault into a folder of its own below ``folder`` and yield its name and file.

    Args:
        folder: where.
        base: a good file of 2,000 rows.
    """
    good = pq.read_table(base)
    for i, (name, fault) in enumerate(FAULTS.items()):
        table = fault(good)
        metadata = dict(good.schema.metadata)
        metadata[b"row_count"] = str(table.num_rows).encode()
        if table.num_rows and name != "target 2":
            metadata[b"positive_rate"] = f"{np.mean(table['target_empty_next_hour'].to_numpy()):.4f}".encode()
            times = pc.min_max(table["obs_ts"].cast(pa.timestamp("us"))).as_py()
            metadata[b"obs_ts_min"], metadata[b"obs_ts_max"] = (
                times[key].isoformat(sep=" ").encode() for key in ("min", "max")
            )
            stations = pc.count_distinct(table["station_id"], mode="only_valid").as_py()
            metadata[b"station_count"] = str(stations).encode()
        place = folder / f"{i:02d}"
        place.mkdir(parents=True)
        pq.write_table(table.replace_schema_metadata(metadata), place / base.name, write_page_checksum=True)
        yield name, place / base.name


def _with(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.names.index(name), name, values)


def _replaced(column: pa.ChunkedArray, value: object) -> pa.ChunkedArray:
    mask = np.zeros(len(column), dtype=bool)
    mask[ROW] = True
    scalar = value if isinstance(value, pa.Scalar) else pa.scalar(value, column.type)
    return pc.if_else(pa.array(mask), scalar, column)
