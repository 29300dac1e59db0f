"""The rules of the dataset family, written down for the peers: none of them has pytest_mlmonitor in its environment.

``python -m benchmarks.peers verify`` compares them with the built-in contract.
"""

from __future__ import annotations

import sys
from typing import Literal, NamedTuple

LARGEST = sys.float_info.max
"""A bound that every finite number keeps and infinity does not."""


class Column(NamedTuple):
    """What the contract says of a column; see ``pytest_mlmonitor.tables.contract.table.Column``."""

    name: str
    kind: Literal["string", "timestamp", "int", "double"]
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    values: tuple[int, ...] | None = None


COLUMNS = (
    Column("station_id", "string"),
    Column("obs_ts", "timestamp"),
    Column("feature_cutoff_ts", "timestamp"),
    Column("label_window_end", "timestamp"),
    Column("target_empty_next_hour", "int", values=(0, 1)),
    Column("ft_bikes_available", "double", low=0),
    Column("ft_docks_available", "double", low=0),
    Column("ft_availability_ratio", "double", nullable=True, low=0, high=1),
    Column("ft_bikes_available_lag_15m", "double", nullable=True, low=0),
    Column("ft_bikes_available_lag_30m", "double", nullable=True, low=0),
    Column("ft_bikes_available_lag_60m", "double", nullable=True, low=0),
    Column("ft_bikes_available_lag_24h", "double", nullable=True, low=0),
    Column("ft_avg_bikes_60m", "double", nullable=True, low=0),
    Column("ft_min_bikes_60m", "double", nullable=True, low=0),
    Column("ft_max_bikes_60m", "double", nullable=True, low=0),
    Column("ft_avg_bikes_24h", "double", low=0),
    Column("ft_min_bikes_24h", "double", low=0),
    Column("ft_max_bikes_24h", "double", low=0),
    Column("ft_avg_ratio_60m", "double", nullable=True, low=0, high=1),
    Column("ft_low_avail_freq_24h", "double", low=0, high=1),
    Column("ft_hour_of_day", "int", low=0, high=23),
    Column("ft_day_of_week", "int", low=0, high=6),
    Column("ft_is_weekend", "int", values=(0, 1)),
    Column("ft_capacity", "double", low=0),
    Column("ft_pct_bikes_of_capacity", "double", nullable=True, low=0, high=1),
    Column("ft_pct_docks_of_capacity", "double", nullable=True, low=0, high=1),
    Column("ft_bikes_delta_60m", "double", nullable=True),
)
KEY = ("station_id", "obs_ts")
GRID_MINUTES = 15
LABEL_MINUTES = 60

FEATURES = tuple(column.name for column in COLUMNS[5:])
CALENDAR = ("ft_hour_of_day", "ft_day_of_week", "ft_is_weekend")
"""The features that count as categories; every other one is numeric."""
