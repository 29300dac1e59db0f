"""The contract as a pandera ``DataFrameSchema`` over pandas, validated lazily: ``… contract FILE``."""

from __future__ import annotations

import sys

import pandas as pd
import pandera.pandas as pa

from benchmarks.peers.rules import COLUMNS, GRID_MINUTES, KEY, LABEL_MINUTES, LARGEST
from benchmarks.peers.rules import Column as Rule

TYPES = {"string": "str", "timestamp": "datetime64[us]", "int": "int32", "double": "float64"}


def column(rule: Rule) -> pa.Column:
    """Return the pandera column of ``rule``."""
    checks = []
    if rule.values is not None:
        checks.append(pa.Check.isin(rule.values))
    elif rule.kind in ("int", "double"):
        low = -LARGEST if rule.low is None else rule.low
        high = LARGEST if rule.high is None else rule.high
        checks.append(pa.Check.in_range(low, high))
    if rule.kind == "timestamp":  # pandera takes every unit for the same type
        checks.append(pa.Check(lambda series: series.dtype == "datetime64[us]", name="in_microseconds"))
    if rule.name == "station_id":
        checks.append(pa.Check.str_matches(r"\s*\S"))
    if rule.nullable:
        checks.append(pa.Check(lambda series: bool(series.notna().any()), ignore_na=False, name="not_all_null"))
    return pa.Column(TYPES[rule.kind], checks, nullable=rule.nullable)


SCHEMA = pa.DataFrameSchema(
    {rule.name: column(rule) for rule in COLUMNS},
    checks=[
        pa.Check(lambda frame: len(frame) > 0, name="at_least_one_row"),
        pa.Check(lambda frame: frame["feature_cutoff_ts"] == frame["obs_ts"], name="cut_off_at_the_observation"),
        pa.Check(
            lambda frame: frame["label_window_end"] == frame["obs_ts"] + pd.Timedelta(minutes=LABEL_MINUTES),
            name="label_60_minutes_ahead",
        ),
        pa.Check(
            lambda frame: frame["obs_ts"] == frame["obs_ts"].dt.floor(f"{GRID_MINUTES}min"),
            name="on_the_15_minute_grid",
        ),
    ],
    unique=list(KEY),
    strict=True,
    ordered=True,
)


def holds(file: str) -> bool:
    """Return whether the dataset in ``file`` keeps the contract."""
    try:
        SCHEMA.validate(pd.read_parquet(file), lazy=True)
    except pa.errors.SchemaErrors as errors:
        print(errors.failure_cases)
        return False
    return True


if __name__ == "__main__":
    sys.exit(not holds(sys.argv[1]))
