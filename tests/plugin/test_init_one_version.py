"""What one version alone says of the next: its entity, and columns that number or date the load are not compared."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .init_projects import LAST, NOW, a_day_later, mlmonitor


def orders(lake: Path, day: date) -> None:
    chosen = np.random.default_rng(day.toordinal())
    rows = 2000
    first = (day.toordinal() - 739_000) * 3000
    seconds = np.sort(chosen.integers(0, 86_400, rows)).astype("timedelta64[s]").astype("timedelta64[us]")
    table = pa.table(
        {
            "order_id": pa.array(np.arange(first, first + rows)),
            "customer_id": pa.array(chosen.integers(1, 40_000, rows)),
            "placed": pa.array(np.datetime64(day, "us") + seconds),
            "amount": pa.array(np.round(chosen.lognormal(3, 0.7, rows), 2)),
            "country": pa.array(["de"] * rows),
            "batch_id": pa.array([day.toordinal()] * rows),
            "load_date": pa.array([str(day)] * rows),
        }
    )
    place = lake / "orders" / f"dt={day}"
    place.mkdir(parents=True)
    pq.write_table(table, place / "part-0.parquet")


def test_the_second_day_is_green(tmp_path: Path) -> None:
    orders(tmp_path / "lake", LAST)
    done = mlmonitor(tmp_path, "init", "lake", "--yes", "--now", NOW)
    assert done.returncode == 0, done.stdout
    source = tomllib.loads((tmp_path / "mlmonitor.toml").read_text(encoding="utf-8"))["source"]["orders"]
    assert source["entity"] == "order_id"  # neither the customer's, which occurs twice, nor the load's
    assert source["drift"]["excluded"] == ["batch_id", "load_date"]  # a country may not change without a word
    orders(tmp_path / "lake", date.fromordinal(LAST.toordinal() + 1))
    run = mlmonitor(tmp_path, "run", "lake", "--mlmonitor-now", a_day_later(), "-p", "no:cacheprovider")
    assert run.returncode == 0 and "warned" not in run.stdout, run.stdout
