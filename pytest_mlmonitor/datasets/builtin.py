"""The built-in contract of the family ``training_dataset`` (specification 1.1), exact to the column order."""

from __future__ import annotations

from datetime import timedelta

from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset
from pytest_mlmonitor.tables.contract.table import Column, TableContract

FAMILY = "training_dataset"
TARGET = "target_empty_next_hour"
ENTITY = "station_id"
EVENT_TS = "obs_ts"
NON_FEATURES = 5
"""station_id, three timestamps and the target are no features; every other column is one."""

_TIME = ("timestamp[us]",)
_DOUBLE = ("double",)
_INT = ("int32",)
_HOUR = timedelta(minutes=60)


def _count(name: str, *, nullable: bool = False) -> Column:
    return Column(name, _DOUBLE, nullable=nullable, minimum=0)


def _share(name: str, *, nullable: bool = False) -> Column:
    return Column(name, _DOUBLE, nullable=nullable, minimum=0, maximum=1)


TRAINING_DATASET = TableContract(
    name=FAMILY,
    columns=(
        Column(ENTITY, ("string",), not_blank=True),
        Column(EVENT_TS, _TIME),
        Column("feature_cutoff_ts", _TIME),
        Column("label_window_end", _TIME),
        Column(TARGET, _INT, values=(0, 1)),
        _count("ft_bikes_available"),
        _count("ft_docks_available"),
        _share("ft_availability_ratio", nullable=True),
        _count("ft_bikes_available_lag_15m", nullable=True),
        _count("ft_bikes_available_lag_30m", nullable=True),
        _count("ft_bikes_available_lag_60m", nullable=True),
        _count("ft_bikes_available_lag_24h", nullable=True),
        _count("ft_avg_bikes_60m", nullable=True),
        _count("ft_min_bikes_60m", nullable=True),
        _count("ft_max_bikes_60m", nullable=True),
        _count("ft_avg_bikes_24h"),
        _count("ft_min_bikes_24h"),
        _count("ft_max_bikes_24h"),
        _share("ft_avg_ratio_60m", nullable=True),
        _share("ft_low_avail_freq_24h"),
        Column("ft_hour_of_day", _INT, minimum=0, maximum=23),
        Column("ft_day_of_week", _INT, minimum=0, maximum=6),
        Column("ft_is_weekend", _INT, values=(0, 1)),
        _count("ft_capacity"),
        _share("ft_pct_bikes_of_capacity", nullable=True),
        _share("ft_pct_docks_of_capacity", nullable=True),
        Column("ft_bikes_delta_60m", _DOUBLE, nullable=True),
    ),
    key=(ENTITY, EVENT_TS),
    target=TARGET,
    entity=ENTITY,
    event_ts=EVENT_TS,
    rules=(
        Offset("feature_cutoff_ts", "==", EVENT_TS, meaning="features are cut off at the observation (no leakage)"),
        Offset("label_window_end", "==", EVENT_TS, _HOUR, meaning="the label looks 60 minutes ahead"),
        Grid(EVENT_TS, timedelta(minutes=15)),
        Offset(
            "feature_cutoff_ts", "<=", EVENT_TS, topic="point_in_time", meaning="features from after the event leak"
        ),
        Offset("label_window_end", ">", EVENT_TS, topic="point_in_time", meaning="the label must lie ahead"),
    ),
)

TABLE_CONTRACTS = {FAMILY: TRAINING_DATASET}
"""Built-in contracts by dataset family."""
