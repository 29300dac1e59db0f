"""Training datasets of any size on the P2 schema: ``python -m benchmarks.generate FILE ROWS [--seed N] [--shuffle] [--shift X]``.

The rows keep the built-in contract. Values are what the feature pipeline writes: counts of bikes, ratios of them,
averages over an hour and a day, calendar fields. Sorted by (obs_ts, station_id), as the pipeline writes them.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET

STATIONS = 2000
GROUP_ROWS = 1_000_000
START = datetime(2026, 1, 1)
_QUARTER = 15 * 60 * 1_000_000


def table(first: int, rows: int, seed: int, shift: float = 0.0, order: np.ndarray | None = None) -> pa.Table:
    """Return rows ``first`` to ``first + rows`` of the dataset of ``seed``.

    Args:
        first: the first row.
        rows: how many.
        seed: another seed gives other values of the same distributions.
        shift: how far the stations are fuller than usual, as a share of their capacity.
        order: which (time, station) stands in which row, a permutation of all rows; None for the pipeline's order.
    """
    random = np.random.default_rng([seed, first])
    index = np.arange(first, first + rows) if order is None else order[first : first + rows]
    station, slot = index % STATIONS, index // STATIONS
    start = int(START.replace(tzinfo=UTC).timestamp() * 1_000_000)
    observed = start + slot * _QUARTER
    capacity = (15 + station % 30).astype(float)
    daily = 0.5 + 0.3 * np.sin((slot % 96) / 96 * 2 * np.pi + station % 7)
    ratio = np.clip(daily + shift + random.normal(0, 0.15, rows), 0, 1)
    bikes = np.round(ratio * capacity)

    def about(spread: float) -> np.ndarray:
        return np.clip(np.round(bikes + random.normal(0, spread, rows)), 0, capacity)

    def mean_of(base: np.ndarray, samples: int) -> np.ndarray:
        values = np.clip(base + random.normal(0, 1.0, rows), 0, capacity)
        rounded: np.ndarray = np.round(values, 3 if samples > 10 else 1)
        return rounded

    lags = {name: about(spread) for name, spread in (("15m", 1.0), ("30m", 1.5), ("60m", 2.0), ("24h", 4.0))}
    average, day_average = mean_of(bikes, 60), mean_of(capacity * 0.5, 1440)
    hour = (slot // 4 % 24).astype(np.int32)
    day = (slot // 96 % 7).astype(np.int32)
    values: dict[str, np.ndarray] = {
        "target_empty_next_hour": (random.random(rows) < 0.06).astype(np.int32),
        "ft_bikes_available": bikes,
        "ft_docks_available": capacity - bikes,
        "ft_availability_ratio": bikes / capacity,
        **{f"ft_bikes_available_lag_{name}": lag for name, lag in lags.items()},
        "ft_avg_bikes_60m": average,
        "ft_min_bikes_60m": np.floor(np.minimum(average, bikes)),
        "ft_max_bikes_60m": np.ceil(np.maximum(average, bikes)),
        "ft_avg_bikes_24h": day_average,
        "ft_min_bikes_24h": np.floor(day_average * 0.3),
        "ft_max_bikes_24h": np.ceil(np.minimum(day_average * 1.7, capacity)),
        "ft_avg_ratio_60m": average / capacity,
        "ft_low_avail_freq_24h": random.beta(1, 6, rows),
        "ft_hour_of_day": hour,
        "ft_day_of_week": day,
        "ft_is_weekend": (day >= 5).astype(np.int32),
        "ft_capacity": capacity,
        "ft_pct_bikes_of_capacity": bikes / capacity,
        "ft_pct_docks_of_capacity": 1 - bikes / capacity,
        "ft_bikes_delta_60m": bikes - lags["60m"],
    }
    nulls = {"ft_bikes_available_lag_15m": 0.003, "ft_bikes_available_lag_24h": 0.03, "ft_avg_ratio_60m": 0.01}
    arrays: list[pa.Array] = []
    for column in TRAINING_DATASET.columns:
        if column.name == "station_id":
            names = pa.array([f"{7000 + i:05d}" for i in range(STATIONS)])
            arrays.append(names.take(pa.array(station)))
        elif column.types[0].startswith("timestamp"):
            moved = observed + (3_600_000_000 if column.name == "label_window_end" else 0)
            arrays.append(pa.array(moved, pa.timestamp("us")))
        else:
            mask = random.random(rows) < nulls[column.name] if column.name in nulls else None
            arrays.append(pa.array(values[column.name], mask=mask))
    return pa.table(arrays, names=[column.name for column in TRAINING_DATASET.columns])


def write(path: Path, rows: int, seed: int = 1, *, shuffle: bool = False, shift: float = 0.0) -> None:
    """Write a dataset of ``rows`` rows with the metadata that the pipeline embeds.

    Args:
        path: ``training_dataset_YYYYMMDD_HHMMSS.parquet``.
        rows: how many.
        seed: of the values.
        shuffle: whether the rows stand in random order, across the whole file.
        shift: see :func:`table`.
    """
    last = START + timedelta(microseconds=(rows - 1) // STATIONS * _QUARTER)
    positives = 0
    order = np.random.default_rng(seed).permutation(rows) if shuffle else None
    tables = path.with_suffix(".tmp")
    schema = table(0, 1, seed).schema
    for again in (False, True):
        # The rate stands in the footer's schema, which a writer takes when it opens: so everything is made twice.
        metadata = {
            "upstream_db_path": "benchmarks",
            "build_timestamp": path.stem[-15:],
            "row_count": str(rows),
            "positive_rate": f"{positives / rows:.4f}",
            "station_count": str(min(STATIONS, rows)),
            "obs_ts_min": START.isoformat(sep=" "),
            "obs_ts_max": last.isoformat(sep=" "),
        }
        writer = pq.ParquetWriter(tables, schema.with_metadata(metadata), write_page_checksum=True) if again else None
        for first in range(0, rows, GROUP_ROWS):
            part = table(first, min(GROUP_ROWS, rows - first), seed, shift, order)
            if writer is None:
                positives += int(np.sum(part["target_empty_next_hour"].to_numpy()))
                continue
            writer.write_table(part.replace_schema_metadata(metadata), row_group_size=GROUP_ROWS)
        if writer is not None:
            writer.close()
    tables.rename(path)


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shuffle", action="store_true")
    parser.add_argument("--shift", type=float, default=0.0)
    given = parser.parse_args()
    write(given.file, given.rows, given.seed, shuffle=given.shuffle, shift=given.shift)


if __name__ == "__main__":
    main()
