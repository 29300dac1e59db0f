"""Whatever happens to tables, contracts, policy and memory: a run that remembers says what a run says that reads everything."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.tables.reader import identity
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from tests import tables

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
VOLATILE = ("started_at", "duration_seconds")


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    made = IsolatedReader()
    yield made
    made.close()


class Shop:
    """Builds of a few small tables that refer to one another, and what may become of them."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 (what happens, not what is secret)
        self.root, self.state = path / "root", path / "memory" / "state.db"
        self.policy: dict[str, Any] = {}
        self.now, self.comment = NOW, 0
        self.limit: dict[str, Any] = {"minimum": 0, "query": "SELECT count(*) FROM {object} WHERE amount > 90"}
        self.root.mkdir()
        for day in (25, 26, 27):
            pq.write_table(self.orders(), self.root / f"orders_202611{day}.parquet")
        pq.write_table(self.customers(), self.root / "customers.parquet")
        tables.hive(self.root / "events", self.orders(), ["country"])
        tables.delta(self.root / "log", self.orders())
        self.contract()

    def orders(self) -> pa.Table:
        number = self.random.choice((8, 40))
        some = [self.random.randrange(12) for _ in range(number)]
        return pa.table(
            {
                "order_id": range(number),
                "customer": [f"c-{one}" for one in some],
                "amount": [self.random.uniform(-0.5, 100) for _ in some],
                "country": [("DE", "FR", "XX")[one % 3] for one in some],
                "at": pa.array([NOW - timedelta(hours=one) for one in some], pa.timestamp("us", "UTC")),
            }
        )

    def customers(self) -> pa.Table:
        return pa.table({"id": [f"c-{one}" for one in range(self.random.randrange(8, 14))]})

    def contract(self) -> None:
        amount = {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"minimum": self.limit["minimum"]}}
        rule = {"name": "dear", "type": "sql", "query": self.limit["query"], "mustBeLessThan": 3}
        customer = {"name": "customer", "logicalType": "string", "relationships": [{"to": "customers.id"}]}
        orders = {"name": "orders", "properties": [customer, amount], "quality": [rule]}
        others = [{"name": name, "properties": [amount]} for name in ("events", "log")]
        document = {
            **{"kind": "DataContract", "apiVersion": "v3.1.0", "id": "shop", "version": "1.0.0", "status": "active"},
            "schema": [orders, {"name": "customers", "properties": [{"name": "id", "unique": True}]}, *others],
            "slaProperties": [{"property": "freshness", "value": 9, "unit": "h", "element": "orders.at"}],
        }
        (self.root / "shop.odcs.yaml").write_text(f"# {self.comment}\n{yaml.safe_dump(document)}")

    # what may happen

    def another_build(self) -> None:
        pq.write_table(self.orders(), self.root / f"orders_202611{self.random.randrange(22, 29)}.parquet")

    def other_customers(self) -> None:
        pq.write_table(self.customers(), self.root / "customers.parquet")

    def a_byte(self) -> None:
        path = self.random.choice(sorted(self.root.glob("*.parquet")))
        data, before = bytearray(path.read_bytes()), path.stat()
        data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        with open(path, "r+b") as file:
            file.write(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def two_swapped(self) -> None:
        one, other = self.random.sample(sorted(self.root.glob("orders_*.parquet")), 2)
        aside = self.root / "aside"
        one.rename(aside)
        other.rename(one)
        aside.rename(other)

    def a_partition(self) -> None:
        place = self.root / "events" / f"country={self.random.choice(('DE', 'FR', 'NL'))}"
        if place.exists():
            shutil.rmtree(place)
        else:
            place.mkdir()
            pq.write_table(self.orders().drop(["country"]), place / "part-0.parquet")

    def a_commit(self) -> None:
        tables.delta(self.root / "log", self.orders())

    def an_older_commit(self) -> None:
        commits = sorted((self.root / "log" / "_delta_log").glob("*.json"))
        if len(commits) > 1:
            commits[-1].unlink()

    def other_rules(self) -> None:
        self.limit["minimum"] = self.random.choice((0, 0.0, 1, -5))
        joined = "SELECT count(*) FROM {object} o JOIN customers c ON o.customer = c.id WHERE o.amount > 80"
        clock = "SELECT count(*) FROM {object} WHERE at < now() - INTERVAL 100 YEAR"
        self.limit["query"] = self.random.choice((joined, clock, "SELECT count(*) FROM custmers"))
        self.contract()

    def a_comment(self) -> None:
        self.comment += 1
        self.contract()

    def another_policy(self) -> None:
        self.policy = self.random.choice(
            ({}, {"state_verify": "digest"}, {"superseded": "full"}, {"versions": 2}, {"severity": {"rows": "info"}})
        )

    def another_time(self) -> None:
        self.now = NOW + timedelta(hours=self.random.randrange(-30, 60))

    def a_damaged_memory(self) -> None:
        if self.state.exists():
            data = bytearray(self.state.read_bytes())
            for _ in range(self.random.choice((1, 3, 40))):
                data[self.random.randrange(100, len(data))] = self.random.randrange(256)
            self.state.write_bytes(data)

    def answers_at_other_questions(self) -> None:
        if self.state.exists():
            try:
                with sqlite3.connect(self.state) as connection:
                    keys = [key for (key,) in connection.execute("SELECT key FROM answers ORDER BY key")]
                    self.random.shuffle(keys)
                    contents = [c for (c,) in connection.execute("SELECT content FROM answers ORDER BY key").fetchall()]
                    rows = list(zip(contents, keys, strict=True))
                    connection.executemany("UPDATE answers SET content = ? WHERE key = ?", rows)
            except sqlite3.Error:
                pass  # damaged before

    def nothing(self) -> None:
        """Run again."""

    def told(self, reader: IsolatedReader, state: Path | None) -> list[Any]:
        platform = Platform([self.root], Settings(**self.policy), self.now, reader=reader, state=state)
        found = [(node, result.to_dict()) for node, result in judge(platform).results]
        if platform.answers is not None:
            platform.answers.close()
        return [(node, {key: value for key, value in one.items() if key not in VOLATILE}) for node, one in found]


HAPPENINGS: tuple[Callable[[Shop], None], ...] = (
    *(Shop.another_build, Shop.other_customers, Shop.a_byte, Shop.two_swapped, Shop.a_partition, Shop.a_commit),
    *(Shop.an_older_commit, Shop.other_rules, Shop.a_comment, Shop.another_policy, Shop.another_time),
    *(Shop.a_damaged_memory, Shop.answers_at_other_questions, Shop.nothing),
)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_a_memory_changes_no_verdict(
    tmp_path: Path, reader: IsolatedReader, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "FINE_NS", 10_000_000)  # a tick; the rest is reserve
    shop = Shop(tmp_path, seed)
    shop.told(reader, shop.state)
    happened = []
    for happening in shop.random.sample(HAPPENINGS, 9):
        happening(shop)
        happened.append(happening.__name__)
        time.sleep(0.03)
        assert shop.told(reader, shop.state) == shop.told(reader, None), happened
