"""Platforms that grow in one way: ``python -m benchmarks.generate_growth builds|datasets|files|columns NUMBER DIRECTORY``."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import START, table, write

BUILD_ROWS = 1000
PART_ROWS = 100
WIDE_ROWS = 100_000

_CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: wide
name: wide
version: 1.0.0
status: active
schema:
  - name: wide
    properties:
"""


def builds(number: int, place: Path) -> None:
    """Write hourly builds of one family."""
    for i in range(number):
        write(place / f"training_dataset_{START + timedelta(days=150, hours=i):%Y%m%d_%H%M%S}.parquet", BUILD_ROWS, i)


def datasets(number: int, place: Path) -> None:
    """Write one build each of so many families."""
    for i in range(number):
        family = place / f"family_{i:04}"
        family.mkdir()
        write(family / f"training_dataset_{START + timedelta(days=150):%Y%m%d_%H%M%S}.parquet", BUILD_ROWS, i)


def files(number: int, place: Path) -> None:
    """Write a directory that is one table of many files, and a contract that names its columns."""
    directory = place / "stations_20260601_000000.parquet"
    directory.mkdir()
    for i in range(number):
        pq.write_table(table(i * PART_ROWS, PART_ROWS, 1), directory / f"part-{i:05}.parquet")
    columns = "".join(f"      - name: {name}\n" for name in table(0, 1, 1).column_names)
    (place / "stations.odcs.yaml").write_text(_CONTRACT.replace("wide", "stations") + columns)


def columns(number: int, place: Path) -> None:
    """Write a wide table under a contract with two rules a column."""
    random = np.random.default_rng(1)
    wide = pa.table({f"x{i}": random.normal(size=WIDE_ROWS) for i in range(number)})
    pq.write_table(wide, place / "wide_20260601_000000.parquet")
    rule = "logicalType: number, required: true, logicalTypeOptions: {minimum: -100, maximum: 100}"
    text = "".join(f"      - {{name: x{i}, {rule}}}\n" for i in range(number))
    (place / "wide.odcs.yaml").write_text(_CONTRACT + text)


def main() -> None:
    """Write one platform."""
    kinds = {"builds": builds, "datasets": datasets, "files": files, "columns": columns}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("number", type=int)
    parser.add_argument("directory", type=Path)
    given = parser.parse_args()
    given.directory.mkdir(parents=True)
    kinds[given.kind](given.number, given.directory)


if __name__ == "__main__":
    main()
