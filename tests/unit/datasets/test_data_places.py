"""Where data may lie, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.datasets.data_places import called, directories, is_table, loose

ROOT = Path("/data")


@pytest.mark.parametrize(
    ("path", "name", "stamp", "build"),
    [
        ("orders.parquet", "orders", None, False),
        ("orders_20261127.parquet", "orders_20261127", "20261127", False),
        ("orders/2026/11/27", "orders", "2026/11/27", True),
        ("orders/2026-11-27.parquet", "orders", "2026-11-27", True),
        ("orders/dt=2026-11-27.parquet", "orders", "2026-11-27", True),
        ("orders/2026/11/27/06.parquet", "orders", "2026/11/27/06", True),
        ("2026/11/27/orders.parquet", "orders", "2026/11/27", False),
        ("2026-11-27.parquet", "data", "2026-11-27", True),
        ("orders/dt=2026-11-27/part-0.parquet", "part-0", "2026-11-27", False),
        ("orders.c000.snappy.parquet", "orders", None, False),
        ("orders.v1", "orders.v1", None, False),
    ],
)
def test_what_a_place_is_called(path: str, name: str, stamp: str | None, build: bool) -> None:
    found = called(ROOT / path, ROOT)
    assert (found.name, found.stamp and found.stamp.text, found.build) == (name, stamp, build)
    assert name in found.names


def test_a_directory_above_qualifies_a_name() -> None:
    assert "shop/orders" in called(ROOT / "shop/orders.parquet", ROOT).names
    assert "shop/orders" in called(ROOT / "shop/orders/20261127", ROOT).names
    assert "shop/orders" in called(ROOT / "shop/2026/11/27/orders.parquet", ROOT).names


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["part-0.parquet", "part-1.parquet"], True),
        (["000000_0.parquet", "000001_0.parquet"], True),
        ([f"part-{i}-{i}f2a9c1e-0000-4000-8000-00000000000f-c000.snappy.parquet" for i in range(3)], True),
        (["1e5f.parquet", "0a11.parquet"], True),
        (["snapshot.parquet"], True),
        (["customers.parquet", "products.parquet"], False),
    ],
)  # fmt: skip
def test_parts_are_alike_but_for_numbers(tmp_path: Path, names: list[str], wanted: bool) -> None:
    files = [tmp_path / "orders" / name for name in names]
    (tmp_path / "orders").mkdir()
    assert (tmp_path / "orders" in directories(files, tmp_path)) == wanted


def test_a_directory_above_others_is_no_table_of_parts(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a/0.parquet", "a/b/0.parquet")]
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert list(directories(files, tmp_path)) == [tmp_path / "a" / "b"]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("orders.parquet", True),
        ("a/orders.PARQ", True),
        ("_date=2026/orders.parquet", True),
        ("_temporary/0/orders.parquet", False),
        (".cache/orders.parquet", False),
        (".orders.parquet", False),
        ("orders.csv", False),
    ],
)
def test_what_writers_leave_behind_is_no_data(path: str, wanted: bool) -> None:
    assert loose(ROOT / path, ROOT) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"), [("a.csv", True), ("a.CSV.GZ", True), ("a.avro", True), ("a.json", False), ("a.md", False)]
)
def test_tables_in_any_usual_form(name: str, wanted: bool) -> None:
    assert is_table(name) == wanted
