"""A contract from some days holds on the days that follow, and what is wrong on one of them is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pytest_mlmonitor.tables.contract.table import TableContract
from tests.unit.tables.inference.daily import DailyTable
from tests.unit.tables.inference.inferred import broken, contract_of, written


@pytest.mark.parametrize(("seed", "days"), [(1, 1), (2, 2), (3, 3), (4, 5)])
def test_the_days_that_follow_keep_it(seed: int, days: int, tmp_path: Path) -> None:
    table = DailyTable(seed)
    paths = [written(tmp_path / f"{day}.parquet", table.build(day)) for day in range(days + 7)]
    contract = contract_of(*paths[:days])
    assert {path.name: found for path in paths if (found := broken(path, contract))} == {}


def replaced(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def times(name: str, factor: int) -> Callable[[pa.Table], pa.Table]:
    return lambda table: replaced(table, name, pc.multiply(table[name].cast(pa.float64()), factor))


def with_nulls(name: str) -> Callable[[pa.Table], pa.Table]:
    def fault(table: pa.Table) -> pa.Table:
        some = np.random.default_rng(0).random(len(table)) < 0.2
        return replaced(table, name, pc.if_else(pa.array(some), pa.scalar(None, table[name].type), table[name]))

    return fault


FAULTS: dict[str, Callable[[pa.Table], pa.Table]] = {
    **{
        f"{name} in other units": times(name, 1000)
        for name in ("price", "amount", "sales", "temperature", "walk", "items")
    },
    **{f"{name} negative": times(name, -1) for name in ("price", "amount", "walk", "items")},
    **{f"nulls in {name}": with_nulls(name) for name in ("order_id", "price", "sold_at", "status", "walk", "hour")},
    "a column dropped": lambda table: table.drop_columns(["price"]),
    "an object dropped": lambda table: table.drop_columns(["address"]),
    "numbers as text": lambda table: replaced(table, "price", table["price"].cast(pa.string())),
    "times as text": lambda table: replaced(table, "sold_at", table["sold_at"].cast(pa.string())),
    "integers with fractions": lambda table: replaced(table, "items", pc.add(table["items"].cast(pa.float64()), 0.5)),
    "hours from 1 to 24": lambda table: replaced(table, "hour", pc.add(table["hour"], 1)),
    "a flag of 2": lambda table: replaced(table, "is_late", pc.add(table["is_late"], 1)),
    "percent for shares": times("probability", 100),
    "another coding": lambda table: replaced(table, "status", pa.array(["N"] * len(table))),
    "a torn build": lambda table: table.slice(0, len(table) // 50),
    "rows twice": lambda table: pa.concat_tables([table, table]),
}


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, TableContract]:
    directory = tmp_path_factory.mktemp("days")
    table = DailyTable(11)
    paths = [written(directory / f"{day}.parquet", table.build(day)) for day in range(3)]
    return table.build(3), contract_of(*paths)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_noticed(
    fault: Callable[[pa.Table], pa.Table], three_days: tuple[pa.Table, TableContract], tmp_path: Path
) -> None:
    build, contract = three_days
    assert broken(written(tmp_path / "sound.parquet", build), contract) == []
    assert broken(written(tmp_path / "faulty.parquet", fault(build)), contract) != []
