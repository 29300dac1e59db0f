"""A table that is built daily by a process that never changes: levels move, weekends differ, chance decides the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa


class DailyTable:
    """One process; its parameters are drawn once, :meth:`build` draws a day after the other."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        draw = self.random
        self.rows = int(np.exp(draw.uniform(np.log(100), np.log(3000))))
        self.trend, self.weekend, self.first = draw.uniform(-0.02, 0.04), draw.uniform(0, 0.5), int(draw.integers(7))
        self.sigma, self.scale, self.alpha = draw.uniform(0.2, 1.6), np.exp(draw.uniform(-3, 8)), draw.uniform(1.5, 4)
        self.temperature, self.level = draw.uniform(-5, 25), draw.uniform(50, 150)
        self.mean, self.rare = np.exp(draw.uniform(-2, 4)), np.exp(draw.uniform(np.log(0.002), np.log(0.4)))
        self.nulls = np.exp(draw.uniform(np.log(1e-4), np.log(0.5), 4))
        self.stations = int(draw.integers(3, 30))
        self.odometers, self.next_id, self.kinds = draw.uniform(0, 1e5, self.stations), int(draw.integers(1, 10**6)), 4

    def build(self, day: int) -> pa.Table:
        """Return the build of a day."""
        draw = self.random
        weekday = (day + self.first) % 7
        level = (1 + self.trend) ** day * (1 - self.weekend * (weekday >= 5))
        rows = max(30, int(self.rows * level * draw.uniform(0.8, 1.2)))
        self.level += draw.normal(0, 3)
        self.kinds += int(draw.random() < 0.2)
        self.odometers = self.odometers + draw.exponential(100, self.stations)
        station = draw.integers(0, self.stations, rows)
        midnight = np.datetime64("2026-03-01", "us") + np.timedelta64(day, "D")
        times = midnight + np.sort(draw.integers(0, 86_400 * 10**6, rows)).astype("timedelta64[us]")
        hours = ((times - midnight) / np.timedelta64(1, "h")).astype(int)
        price = self.scale * np.exp(draw.normal(0, self.sigma, rows)) * level
        warm = self.temperature + draw.normal(0, 2) + draw.normal(0, 4, rows) + 3 * np.sin(hours / 4)
        first, self.next_id = self.next_id, self.next_id + rows
        statuses = draw.choice(["new", "paid", "sent", "lost"], rows, p=[0.5, 0.3, 0.15, 0.05])
        columns: dict[str, Any] = {
            "order_id": np.arange(first, first + rows),
            "station_id": [f"S{i:03}" for i in station],
            "sold_at": pa.array(times, pa.timestamp("us" if day % 2 else "ns")),
            "price": price,
            "amount": self._with_nulls(np.round(price * 1.19, 2), 0),
            "cents": pa.array([Decimal(int(v)) / 100 for v in price * 100], pa.decimal128(20, 2)),
            "sales": self.scale * (1 + draw.pareto(self.alpha, rows)),
            "temperature": self._with_nulls(warm, 1),
            "walk": self.level + draw.normal(0, 1, rows),
            "returns": draw.standard_t(3, rows) / 100,
            "items": pa.array(draw.poisson(self.mean * level, rows), pa.int32() if day % 2 else pa.int64()),
            "fines": np.where(draw.random(rows) < 0.97, 0, np.round(np.exp(draw.normal(4, 1, rows)), 2)),
            "odometer": self.odometers[station],
            "probability": draw.beta(2, 3, rows),
            "hour": hours.astype("int8"),
            "day_of_week": np.full(rows, weekday),
            "is_late": (draw.random(rows) < self.rare).astype("int64"),
            "active": self._with_nulls(draw.random(rows) < 0.3, 2),
            "status": pa.array(statuses).dictionary_encode() if day % 2 else pa.array(statuses),
            "category": [f"c{i}" for i in draw.integers(0, self.kinds, rows)],
            "remark": self._with_nulls(np.array(["x" * int(n) for n in draw.lognormal(3, 1, rows)], object), 3),
            "nothing": pa.nulls(rows),
            "tags": [["a"] * n for n in draw.integers(0, 4, rows)],
            "address": [{"zip": f"1{i:04}", "floor": i % 7} for i in draw.integers(0, 9999, rows)],
        }
        return pa.table(columns)

    def _with_nulls(self, values: Any, place: int) -> pa.Array:
        return pa.array(values, mask=self.random.random(len(values)) < self.nulls[place])
