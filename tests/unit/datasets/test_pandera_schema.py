"""The built-in table contract as a pandera schema: the same rules on a person's own frame."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pandera.errors
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET
from pytest_mlmonitor.datasets.pandera_schema import to_pandera, training_dataset_schema
from pytest_mlmonitor.predictions.record import TEST_PREDICTIONS
from tests.unit.support import PARQUET, SAMPLE


@pytest.fixture
def frame() -> pd.DataFrame:
    return pq.read_table(SAMPLE / PARQUET).to_pandas()


def test_it_accepts_the_sample(frame: pd.DataFrame) -> None:
    training_dataset_schema().validate(frame, lazy=True)


def cell(column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index[3], column] = value
        return frame

    return change


def shifted(column: str, minutes: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index[3], column] += pd.Timedelta(minutes=minutes)
        return frame

    return change


FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no rows": lambda f: f.iloc[:0],
    "column missing": lambda f: f.drop(columns="ft_capacity"),
    "column extra": lambda f: f.assign(x=1.0),
    "column order": lambda f: f[[*f.columns[1:], f.columns[0]]],
    "another type": lambda f: f.assign(ft_capacity=f["ft_capacity"].astype(str)),
    "narrowed type": lambda f: f.assign(ft_capacity=f["ft_capacity"].astype("float32")),
    "target as float": lambda f: f.assign(target_empty_next_hour=f["target_empty_next_hour"].astype(float)),
    "null where none is allowed": cell("ft_bikes_available", None),
    "null key": cell("station_id", None),
    "blank key": cell("station_id", "  "),
    "duplicate key": lambda f: pd.concat([f, f.iloc[:1]], ignore_index=True),
    "target not binary": cell("target_empty_next_hour", 2),
    "below the minimum": cell("ft_capacity", -1.0),
    "above the maximum": cell("ft_availability_ratio", 1.01),
    "hour 24": cell("ft_hour_of_day", 24),
    "weekend 2": cell("ft_is_weekend", 2),
    "infinite": cell("ft_bikes_delta_60m", float("inf")),
    "cutoff after the observation": shifted("feature_cutoff_ts", 15),
    "label window too long": shifted("label_window_end", 15),
    "off the grid": lambda f: f.assign(
        obs_ts=f["obs_ts"] + pd.Timedelta(minutes=1),
        feature_cutoff_ts=f["feature_cutoff_ts"] + pd.Timedelta(minutes=1),
        label_window_end=f["label_window_end"] + pd.Timedelta(minutes=1),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_rejects_each_kind_of_fault(fault: str, frame: pd.DataFrame) -> None:
    changed = FAULTS[fault](frame)
    with pytest.raises(pandera.errors.SchemaErrors):
        training_dataset_schema().validate(changed, lazy=True)


def test_it_rejects_a_column_without_any_value(frame: pd.DataFrame) -> None:
    with pytest.raises(pandera.errors.SchemaErrors):
        training_dataset_schema().validate(frame.assign(ft_bikes_available_lag_15m=float("nan")), lazy=True)


@pytest.mark.parametrize("name", [c.name for c in TRAINING_DATASET.columns if c.nullable])
def test_nulls_are_accepted_where_the_contract_allows_them(name: str, frame: pd.DataFrame) -> None:
    training_dataset_schema().validate(cell(name, None)(frame), lazy=True)


def test_the_nullable_columns_are_those_of_the_specification() -> None:
    assert [c.name.removeprefix("ft_") for c in TRAINING_DATASET.columns if c.nullable] == [
        "availability_ratio",
        "bikes_available_lag_15m",
        "bikes_available_lag_30m",
        "bikes_available_lag_60m",
        "bikes_available_lag_24h",
        "avg_bikes_60m",
        "min_bikes_60m",
        "max_bikes_60m",
        "avg_ratio_60m",
        "pct_bikes_of_capacity",
        "pct_docks_of_capacity",
        "bikes_delta_60m",
    ]
    assert len(TRAINING_DATASET.columns) == 27


def predictions(**columns: list[object]) -> pd.DataFrame:
    values: dict[str, object] = {
        "station_id": ["1", "2"],
        "obs_ts": pd.to_datetime(["2026-04-26", "2026-04-26"]),
        "y_true": [0, 1],
        "y_score": [0.1, 0.5],
        "y_pred": [0, 1],
    }
    return pd.DataFrame(values | columns)


def test_predictions() -> None:
    schema = to_pandera(TEST_PREDICTIONS)
    schema.validate(predictions(), lazy=True)
    for fault in (
        {"y_pred": [1, 1]},
        {"y_score": [0.1, 1.5]},
        {"y_true": [0, 3]},
        {"station_id": ["2", "2"]},
        {"station_id": ["1", ""]},
    ):
        with pytest.raises(pandera.errors.SchemaErrors):
            schema.validate(predictions(**fault), lazy=True)  # type: ignore[arg-type]
