"""The contract as a pandera ``DataFrameSchema`` over polars, validated lazily: ``… contract FILE``.

pandera validates a ``LazyFrame``'s schema only, unless the depth says that its data is validated too. Over a lazy frame it
takes a third less CPU than over a frame that was read whole, so that is how it is measured.
"""

from __future__ import annotations

import os
import sys

os.environ["PANDERA_VALIDATION_DEPTH"] = "SCHEMA_AND_DATA"

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

from benchmarks.peers.rules import COLUMNS, GRID_MINUTES, KEY, LABEL_MINUTES, LARGEST
from benchmarks.peers.rules import Column as Rule

TYPES = {"string": pl.String(), "timestamp": pl.Datetime("us"), "int": pl.Int32(), "double": pl.Float64()}


def column(rule: Rule) -> pa.Column:
    """Return the pandera column of ``rule``."""
    checks = []
    if rule.values is not None:
        checks.append(pa.Check.isin(rule.values))
    elif rule.kind in ("int", "double"):
        low = -LARGEST if rule.low is None else rule.low
        high = LARGEST if rule.high is None else rule.high
        checks.append(pa.Check.in_range(low, high))
    if rule.name == "station_id":
        checks.append(pa.Check.str_matches(r"\s*\S"))
    if rule.nullable:
        checks.append(pa.Check(_not_all_null, name="not_all_null", ignore_na=False))
    return pa.Column(TYPES[rule.kind], checks, nullable=rule.nullable)


def _not_all_null(data: PolarsData) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key).count() > 0)


def _equal(left: pl.Expr, right: pl.Expr, name: str) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(left == right), name=name)


SCHEMA = pa.DataFrameSchema(
    {rule.name: column(rule) for rule in COLUMNS},
    checks=[
        pa.Check(lambda data: data.lazyframe.select(pl.len() > 0), name="at_least_one_row"),
        _equal(pl.col("feature_cutoff_ts"), pl.col("obs_ts"), "cut_off_at_the_observation"),
        _equal(
            pl.col("label_window_end"), pl.col("obs_ts") + pl.duration(minutes=LABEL_MINUTES), "label_60_minutes_ahead"
        ),
        _equal(pl.col("obs_ts"), pl.col("obs_ts").dt.truncate(f"{GRID_MINUTES}m"), "on_the_15_minute_grid"),
    ],
    unique=list(KEY),
    strict=True,
    ordered=True,
)


def holds(file: str) -> bool:
    """Return whether the dataset in ``file`` keeps the contract."""
    try:
        SCHEMA.validate(pl.scan_parquet(file), lazy=True)
    except pa.errors.SchemaErrors as errors:
        print(errors.failure_cases)
        return False
    return True


if __name__ == "__main__":
    sys.exit(not holds(sys.argv[1]))
