"""A table of orders, built daily, on a workbench: faults are made of its newest version, and lines against them proposed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.proof import MutantResult
from pytest_mlmonitor.prove.proposals.proposal import Proposal, in_force
from pytest_mlmonitor.prove.proposals.proposing import proposed
from pytest_mlmonitor.prove.workbench import Workbench

FIRST = datetime(2026, 11, 20, 6, tzinfo=UTC)
ROWS = 1200

POLICY = """
contracts = "contracts"
freshness = "30h"
drift = false
[source.orders]
path = "orders/{version:%Y-%m-%d}/part.parquet"
built_at = "version"
target = "late"
event_ts = "sold_at"
entity = "shop"
"""

CONTRACT = """# what the shop promises
kind: DataContract
apiVersion: v3.1.0
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - name: order_id # of the till
        logicalType: integer
      - name: shop
        logicalType: string
      - name: sold_at
        logicalType: timestamp
        physicalType: timestamp[us]
      - name: price
        logicalType: number
      - {name: total, logicalType: number}
      - {name: kind, logicalType: string}
      - name: late
        logicalType: integer
      - {name: note, logicalType: string}
"""


def orders(day: int, rows: int = ROWS) -> pa.Table:
    """Return the orders of a day: prices that move a little, a total of them, kinds, notes of which some are missing."""
    draw = np.random.default_rng(day)
    rows = int(rows * draw.uniform(0.97, 1.03))
    midnight = np.datetime64((FIRST + timedelta(days=day)).strftime("%Y-%m-%dT00:00"), "us")
    sold = midnight - np.sort(draw.integers(0, 86_400, rows))[::-1].astype("timedelta64[s]")
    price = np.round(np.exp(draw.normal(3, 0.4, rows)) * draw.uniform(0.98, 1.02), 2)
    return pa.table(
        {
            "order_id": np.arange(rows) + day * 10_000,
            "shop": [f"S{i:03}" for i in draw.integers(0, 9, rows)],
            "sold_at": pa.array(sold, pa.timestamp("us")),
            "price": price,
            "total": np.round(price * 1.19 + draw.normal(0, 0.5, rows), 2),
            "kind": draw.choice(["web", "shop", "app"], rows, p=[0.5, 0.3, 0.2]),
            "late": (draw.random(rows) < 0.2).astype("int64"),
            "note": pa.array(["n" * 6] * rows, mask=draw.random(rows) < 0.02),
        }
    )


def written(root: Path, days: int) -> Path:
    """Write some days of orders below a root."""
    for day in range(days):
        place = root / "orders" / f"{FIRST + timedelta(days=day):%Y-%m-%d}"
        place.mkdir(parents=True)
        pq.write_table(orders(day), place / "part.parquet")
    return root.resolve()


@dataclass
class Bench:
    """The orders on a workbench, judged as they are."""

    bench: Workbench
    platform: Platform
    sound: RunRecord
    newest: Dataset
    settings: Settings

    def survivor(self, fault: str, change: Callable[[pa.Table], pa.Table], column: str | None = None) -> MutantResult:
        """Return the mutant of a fault, as one that nobody noticed."""
        material = Material(self.platform)

        def make() -> Any:
            return material.written(self.newest, change(material.table(self.newest)))

        operator = mutation("dataset", per="column", words=fault, fault=fault)(lambda *_: ())
        return MutantResult(self.newest.ref, operator, Mutant(fault, make, column), "survived")

    def proposed(self, *results: MutantResult, seconds: float = 300.0) -> list[MutantResult]:
        """Return the results with what is proposed."""
        return proposed(self.bench, self.platform, self.sound, results, time.monotonic() + seconds)

    def line(self, fault: str, change: Callable[[pa.Table], pa.Table], column: str | None = None) -> str:
        """Return the text that is proposed against a fault, the reason where none is."""
        (result,) = self.proposed(self.survivor(fault, change, column))
        return result.proposals[0].text if result.proposals else f"none: {result.reason}"

    def found(self, proposals: list[Proposal], directory: Path) -> RunRecord:
        """Judge the sound orders with lines in force."""
        settings, changes = in_force(proposals, self.bench.settings, directory)
        with self.bench.holding(changes):
            return self.bench.judged(settings)


@contextmanager
def bench(place: Path, days: int = 5, contract: str | None = CONTRACT, policy: str = POLICY) -> Iterator[Bench]:
    """Hold some days of orders, with their contract in the project (or none), on a workbench."""
    root = written(place / "data", days)
    (place / "contracts").mkdir(exist_ok=True)
    if contract is not None:
        (place / "contracts" / "orders.odcs.yaml").write_text(contract, encoding="utf-8")
    else:
        policy = policy.replace('contracts = "contracts"\n', "")
    (place / "mlmonitor.toml").write_text(policy, encoding="utf-8")
    settings = load(place / "mlmonitor.toml", overrides={"artifacts": [str(root)]})
    now = FIRST + timedelta(days=days - 1, hours=1)
    held = Workbench(place / "bench", [root], settings, now)
    try:
        platform = held.platform()
        datasets: list[Dataset] = platform.of_kind("dataset")
        newest = max(datasets, key=lambda one: one.built_at or now)
        yield Bench(held, platform, held.judged(), newest, settings)
    finally:
        held.close()


def column(name: str, make: Callable[[Any], Any]) -> Callable[[pa.Table], pa.Table]:
    """Return the change of one column: from its values, as numpy has them, to others."""

    def change(table: pa.Table) -> pa.Table:
        at = table.column_names.index(name)
        values = table.column(name).combine_chunks().to_numpy(zero_copy_only=False).copy()
        return table.set_column(at, name, pa.array(make(values)))

    return change
