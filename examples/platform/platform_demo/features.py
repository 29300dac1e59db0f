"""The feature pipeline: a week of reports becomes a table to train on, with a sidecar that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from platform_demo.places import Places, stamp_of, text_of, write_json
from platform_demo.stations import HOUR, reports

NAME = "bike_demand"
TARGET = "empty_next_hour"
NUMBERS = ("capacity", "bikes_available", "fill_ratio", "departures_60m", "temp_c", "wind_kmh")
FEATURES = (*NUMBERS, "weather", "hour_of_day")
WEEK = 7 * 24
"""Hours in a build."""

Fault = Callable[[pa.Table], pa.Table]


def with_features(table: pa.Table) -> pa.Table:
    """Return reports with what is computed from them: ``fill_ratio`` (0 to 1) and ``hour_of_day`` (UTC)."""
    ratio = pc.divide(pc.cast(table["bikes_available"], pa.float64()), pc.cast(table["capacity"], pa.float64()))
    hour = pc.cast(pc.hour(table["obs_ts"]), pa.int32())
    return table.append_column("fill_ratio", ratio).append_column("hour_of_day", hour)


def training_table(origin: datetime, built_at: datetime) -> pa.Table:
    """Return the rows of the week whose labels are known by then: keys, features and target."""
    last = int((built_at - origin) / HOUR) - 1  # the hour after it is over
    table = with_features(reports(origin, range(last - WEEK + 1, last + 1)))
    observed = table["obs_ts"]
    table = table.append_column("feature_cutoff_ts", observed)
    table = table.append_column("label_window_end", pc.add(observed, pa.scalar(timedelta(hours=1), pa.duration("us"))))
    return table.select(["station_id", "obs_ts", "feature_cutoff_ts", "label_window_end", *FEATURES, TARGET])


def build(places: Places, origin: datetime, built_at: datetime, fault: Fault | None = None) -> Path:
    """Write a build of the training data, then the sidecar that makes it known.

    Args:
        places: of the platform.
        origin: when it began.
        built_at: when this is, on the platform's clock.
        fault: what goes wrong on the way.

    Returns:
        The sidecar.
    """
    table = training_table(origin, built_at)
    if fault is not None:
        table = fault(table)
    places.features.mkdir(parents=True, exist_ok=True)
    file = places.features / f"{NAME}_{stamp_of(built_at)}.parquet"
    fresh = file.with_name(f".{file.name}.new")
    pq.write_table(table, fresh)
    fresh.rename(file)
    sidecar = file.with_name(f"{file.stem}.dataset_metadata.json")
    keys = {"station_id", "obs_ts", "feature_cutoff_ts", "label_window_end", TARGET}
    write_json(
        sidecar,
        {
            "dataset_name": NAME,
            "dataset_version": text_of(built_at),
            "path": file.name,
            "built_at": text_of(built_at),
            "row_count": table.num_rows,
            "feature_count": len([name for name in table.column_names if name not in keys]),
            "target": TARGET,
            "entity": "station_id",
            "event_ts": "obs_ts",
            "schema_version": "v1",
        },
    )
    return sidecar


def matrix(table: pa.Table) -> tuple[np.ndarray, list[str]]:
    """Return the features as numbers, one column each and one for every weather but the first, and their names."""
    from platform_demo.stations import WEATHER

    weather = np.array(table["weather"].to_pylist(), dtype=object)
    columns = [table[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in NUMBERS]
    columns += [(weather == one).astype(np.float64) for one in WEATHER[1:]]
    angle = 2 * np.pi * table["hour_of_day"].to_numpy(zero_copy_only=False) / 24
    columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns), [*NUMBERS, *(f"weather_{one}" for one in WEATHER[1:]), "hour_sin", "hour_cos"]
