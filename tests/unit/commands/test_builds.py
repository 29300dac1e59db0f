"""What builds there are below paths, and what their dataset is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.commands.builds import builds_of, name_of


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("orders_20261127.parquet", "orders"),
        ("lake/orders/part-0.parquet", "orders"),
        ("lake/orders/data.parquet", "orders"),
        ("lake/orders/00000-0-3f2504e0-4f89-11d3-9a0c-0305e82c3301.parquet", "orders"),
        ("lake/orders/part-00000-3f2504e0-4f89-11d3-9a0c-0305e82c3301-c000.snappy.parquet", "orders"),
        ("lake/orders/dt=2026-11-27/0.parquet", "orders"),
        ("lake/orders/2026/11/27/data_0.parquet", "orders"),
        ("lake/orders/2026-11-27.parquet", "orders"),
        ("lake/order_data.parquet", "order_data"),
        ("lake/sales_2025.parquet", "sales_2025"),
    ],
)
def test_the_name_is_that_of_the_dataset(path: str, name: str) -> None:
    assert name_of([Path("/") / path]) == (name, [])


def test_builds_of_several_names_are_called_by_their_directory() -> None:
    assert name_of([Path("/lake/orders/a.parquet"), Path("/lake/orders/b.parquet")]) == ("orders", ["a", "b"])
    assert name_of([Path("/x/a.parquet"), Path("/y/b.parquet")]) == ("a", ["a", "b"])


def made(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_a_directory_of_dated_tables_is_as_many_builds(tmp_path: Path) -> None:
    root = made(tmp_path / "orders", "2026-11-28.parquet", "2026-11-27.parquet", "_SUCCESS")
    assert [path.name for path in builds_of([root])] == ["2026-11-27.parquet", "2026-11-28.parquet"]
    deep = made(
        tmp_path / "deep", "2026/11/27/part-0.parquet", "2026/11/28/part-0.parquet", "2026/11/28/part-1.parquet"
    )
    assert [path.relative_to(deep).as_posix() for path in builds_of([deep])] == ["2026/11/27", "2026/11/28"]


def test_any_other_directory_is_one_table(tmp_path: Path) -> None:
    for root in (
        made(tmp_path / "parts", "part-0.parquet", "part-1.parquet"),
        made(tmp_path / "hive", "dt=2026-11-27/0.parquet", "dt=2026-11-28/0.parquet"),
        made(tmp_path / "delta", "_delta_log/0.json", "2026-11-27.parquet", "2026-11-28.parquet"),
    ):
        assert builds_of([root]) == [root]


def test_builds_are_in_the_order_of_their_dates_or_as_given(tmp_path: Path) -> None:
    root = made(tmp_path, "o_20261128.parquet", "o_20261127.parquet", "b.parquet", "a.parquet")
    dated = [root / "o_20261128.parquet", root / "o_20261127.parquet"]
    assert builds_of(dated) == dated[::-1]
    assert builds_of([root / "b.parquet", root / "a.parquet"]) == [root / "b.parquet", root / "a.parquet"]
