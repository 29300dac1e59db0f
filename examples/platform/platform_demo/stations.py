"""What the stations report each hour, and what became of them an hour later. The world outside of the platform.

Everything follows from (seed, hours since the platform began): the same hour says the same whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

STATIONS = 24
WEATHER = ("clear", "cloudy", "rain", "fog")
HOUR = timedelta(hours=1)
_SEED = 20260426
_FIRST = 1_000_000
"""Seeds are not negative; hours before the platform began are."""


def reports(origin: datetime, hours: Sequence[int]) -> pa.Table:
    """Return one row for every station and hour.

    Args:
        origin: when the platform began, UTC.
        hours: since then; below 0 for those before.

    Returns:
        Rows by hour and station: ``station_id``, ``obs_ts`` (UTC, without a zone), ``capacity`` and ``bikes_available`` (bikes),
        ``departures_60m`` (bikes in the hour before), ``temp_c`` (°C), ``wind_kmh`` (km/h), ``weather``, and
        ``empty_next_hour`` (0 or 1), which nobody can know before the hour is over.
    """
    fixed = np.random.default_rng(_SEED)
    capacity = fixed.integers(12, 41, STATIONS)
    side = np.where(np.arange(STATIONS) % 2 == 0, 1.0, -1.0)  # where people live, where people work
    columns: dict[str, list[np.ndarray]] = {}
    for hour in hours:
        for name, values in _hour(hour, origin, capacity, side).items():
            columns.setdefault(name, []).append(values)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    stamps = np.repeat([np.datetime64((origin + hour * HOUR).replace(tzinfo=None), "us") for hour in hours], STATIONS)
    names = [f"{1000 + number}" for number in range(STATIONS)] * len(hours)
    return pa.table({"station_id": names, "obs_ts": pa.array(stamps, pa.timestamp("us")), **joined})


def _hour(hour: int, origin: datetime, capacity: np.ndarray, side: np.ndarray) -> dict[str, np.ndarray]:
    chance = np.random.default_rng([_SEED, _FIRST + hour])
    of_day = (origin + hour * HOUR).hour
    rush = np.exp(-(((of_day - 8) / 2.0) ** 2)) - np.exp(-(((of_day - 17) / 2.5) ** 2))
    busy = abs(rush)
    weather = chance.choice(np.array(WEATHER, dtype=object), STATIONS, p=[0.45, 0.3, 0.18, 0.07])
    fill = np.clip(0.42 - 0.3 * rush * side + chance.normal(0, 0.22, STATIONS), 0, 1)
    bikes = np.round(capacity * fill)
    departures = chance.poisson((1.5 + 5 * busy) * np.where(weather == "rain", 0.7, 1.0))
    left = bikes - 0.8 * departures + chance.normal(0, 2.0, STATIONS)
    return {
        "capacity": capacity.astype(np.int32),
        "bikes_available": bikes.astype(np.int32),
        "departures_60m": departures.astype(np.int32),
        "temp_c": np.round(13 + 5 * np.sin(2 * np.pi * (of_day - 9) / 24) + chance.normal(0, 1.5, STATIONS), 1),
        "wind_kmh": np.round(chance.gamma(4.0, 3.0, STATIONS), 1),
        "weather": weather,
        "empty_next_hour": (left < 1.0).astype(np.int32),
    }
