"""Tables of daily builds: of bikes on the P2 schema, and of flights, weather and planes as nycflights13 has them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from benchmarks.generate import START, table
from benchmarks.proven.process import Table, of_tables, within

CARRIERS = {"UA": 58, "B6": 54, "EV": 54, "DL": 48, "AA": 32, "MQ": 26, "US": 20, "9E": 18, "WN": 12, "VX": 5, "FL": 3}
AIRPORTS = ("EWR", "JFK", "LGA")
WEEKEND = 5
"""The first day of it, Monday being 0."""


def bikes(day: int, draw: np.random.Generator) -> pa.Table:
    """Return the training dataset of a day, 2,400 rows: what generate.py makes, moved to the day."""
    made = table(0, 2400, int(draw.integers(1 << 30)))
    moved = within(day) - np.datetime64(START, "us")
    columns = {}
    for name in made.column_names:
        column = made.column(name)
        if pa.types.is_timestamp(column.type):
            column = pa.array(column.combine_chunks().to_numpy(zero_copy_only=False) + moved, column.type)
        columns[name] = column
    return pa.table(columns)


def flights(day: int, draw: np.random.Generator) -> pa.Table:
    """Return the flights of a day, about 900: fewer at the week's end; 1 % to 4 % of them were cancelled."""
    weekend = within(day).astype("datetime64[D]").astype(object).weekday() >= WEEKEND
    rows = int(draw.normal(900 * (0.85 if weekend else 1), 25))
    hour = draw.choice(np.arange(5, 24), rows, p=_shares([4, *[6] * 15, 4, 2, 1]))
    distance = np.round(np.exp(draw.normal(6.7, 0.6, rows))).clip(80, 4983)
    late = np.where(draw.random(rows) < 0.4, draw.exponential(20, rows), 0) - draw.exponential(4, rows)
    cancelled = draw.random(rows) < draw.uniform(0.01, 0.04)

    def flown(values: np.ndarray) -> pa.Array:
        return pa.array(values, mask=cancelled)

    return pa.table(
        {
            "carrier": draw.choice(list(CARRIERS), rows, p=_shares(list(CARRIERS.values()))),
            "flight": draw.integers(1, 8500, rows),
            "tailnum": flown(np.array([f"N{number}" for number in draw.integers(10_000, 14_000, rows)], object)),
            "origin": draw.choice(AIRPORTS, rows, p=[0.36, 0.33, 0.31]),
            "dest": draw.choice([f"D{number:02}" for number in range(60)], rows),
            "dep_delay": flown(np.round(late)),
            "arr_delay": flown(np.round(late + draw.normal(-4, 12, rows))),
            "air_time": flown(np.round(distance / 7.8 + 18 + draw.normal(0, 6, rows))),
            "distance": distance,
            "hour": hour,
            "minute": draw.integers(0, 60, rows),
            "time_hour": pa.array(np.sort(within(day) + hour.astype("timedelta64[h]")), pa.timestamp("us")),
            "late": (late > 15).astype("int64"),
        }
    )


def weather(day: int, draw: np.random.Generator) -> pa.Table:
    """Return the weather of a day, an hour and an airport a row: days differ far more than rows of one, as weather does."""
    rows = 24 * len(AIRPORTS)
    hour = np.tile(np.arange(24), len(AIRPORTS))
    by_day = 12 + 6 * np.sin(day / 58) + draw.normal(0, 2.5)
    degrees = by_day + 5 * np.sin((hour - 9) / 24 * 2 * np.pi) + draw.normal(0, 1, rows)
    pressure = 1015 + draw.normal(0, 6) + draw.normal(0, 1, rows)
    seen = np.where(draw.random(rows) < 0.9, 10.0, np.round(draw.uniform(0, 10, rows), 1))
    return pa.table(
        {
            "origin": np.repeat(AIRPORTS, 24),
            "hour": hour,
            "temp": degrees,
            "dewp": degrees - draw.gamma(3, 2, rows),
            "humid": draw.uniform(35, 98, rows),
            "wind_speed": draw.gamma(4, 2.5, rows),
            "wind_gust": pa.array(draw.gamma(5, 4, rows), mask=draw.random(rows) < 0.75),
            "precip": np.round(draw.exponential(0.05, rows) * (draw.random(rows) < 0.1), 2),
            "pressure": pa.array(pressure, mask=draw.random(rows) < 0.1),
            "visib": seen,
            "time_hour": pa.array(within(day) + hour.astype("timedelta64[h]"), pa.timestamp("us")),
        }
    )


def planes(day: int, _: np.random.Generator) -> pa.Table:
    """Return all planes there are, 1,500 and three more a day."""
    draw, rows, most = np.random.default_rng(7), 1500 + 3 * day, 4000
    kinds = ["Fixed wing multi engine", "Fixed wing single engine", "Rotorcraft"]
    made = ["BOEING", "AIRBUS INDUSTRIE", "BOMBARDIER INC", "AIRBUS", "EMBRAER"]
    found = {
        "tailnum": np.array([f"N{number}" for number in range(10_000, 10_000 + most)]),
        "year": pa.array(draw.integers(1956, 2014, most), mask=draw.random(most) < 0.02),
        "type": draw.choice(kinds, most, p=[0.98, 0.015, 0.005]),
        "manufacturer": draw.choice(made, most),
        "engines": draw.choice([2, 1, 3, 4], most, p=[0.98, 0.01, 0.005, 0.005]),
        "seats": draw.choice([55, 140, 149, 182, 200, 379], most),
    }
    return pa.table({name: values[:rows] for name, values in found.items()})


def _shares(weights: list[int]) -> np.ndarray:
    return np.array(weights, float) / sum(weights)


BIKES = of_tables(
    "bikes: daily builds on the P2 schema, 2,400 rows",
    Table(
        "training_dataset",
        bikes,
        {"target": "target_empty_next_hour", "entity": "station_id", "event_ts": "obs_ts"},
    ),
)
FLIGHTS = of_tables(
    "flights, weather, planes: daily builds, 900, 72 and 1,500 rows",
    Table("flights", flights, {"target": "late", "entity": "tailnum", "event_ts": "time_hour"}),
    Table("weather", weather, {"entity": "origin", "event_ts": "time_hour"}),
    Table("planes", planes, {"entity": "tailnum"}),
)
