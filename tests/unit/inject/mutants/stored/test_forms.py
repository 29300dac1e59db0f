"""Changed rows are stored as the dataset is, and everything beside them is true of them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.columns.categories import constant, new_category
from pytest_mlmonitor.inject.mutants.columns.missing import nulls_20
from pytest_mlmonitor.inject.mutants.columns.retyped import text_type
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.stored.embedded_figures import figures_of
from pytest_mlmonitor.inject.mutants.stored.stamps_written import stamp_moved
from pytest_mlmonitor.inject.mutants.tables.columns_there import dropped_column
from pytest_mlmonitor.inject.mutants.tables.rows_there import duplicate_rows, half_lost
from pytest_mlmonitor.tables.source.commits import committed
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan, table_files
from tests.unit.inject.mutants.plain import material_of, mutants_of, put, rows_after, verdicts
from tests.unit.support import PARQUET, SIDECAR, copy_of_sample, load_json, platform_at

ROWS = {"x": list(range(8)), "city": ["a", "b", None, "a"] * 2, "day": [1, 1, 2, 2] * 2}


def directory(path: Path) -> Dataset:
    return Dataset(ArtifactRef("dataset", path, path.name, path.parent), data_path=path, dataset_name=path.name)


def hive(path: Path, *by: str) -> Dataset:
    pq.write_to_dataset(pa.table(ROWS), path, partition_cols=list(by))
    return directory(path)


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return sorted(tuple(str(row[name]) for name in sorted(row)) for row in table.to_pylist())


def test_partitions_keep_their_rows(tmp_path: Path) -> None:
    dataset = hive(tmp_path / "orders", "day", "city")
    files = sorted(tmp_path.rglob("*.parquet"))
    before = material_of(dataset).table(dataset)
    after = rows_after(dataset, mutants_of(nulls_20, dataset)["x"].make())
    assert sorted(tmp_path.rglob("*.parquet")) == files
    assert (after["x"].null_count, after.schema) == (2, before.schema)
    assert after.select(["day", "city"]) == before.select(["day", "city"])


def test_rows_go_to_the_partitions_that_they_name(tmp_path: Path) -> None:
    dataset = hive(tmp_path / "orders", "city")
    after = rows_after(dataset, mutants_of(new_category, dataset)["city"].make())
    assert after["city"].to_pylist().count("new_category") == 1
    assert len(list((tmp_path / "orders/city=new_category").iterdir())) == 1
    after = rows_after(dataset, mutants_of(constant, dataset)["city"].make())
    assert [path.parent.name for path in tmp_path.rglob("*.parquet")] == ["city=a"]
    assert after.num_rows == 8


def test_what_stands_in_the_names_of_directories_has_no_type_to_change(tmp_path: Path) -> None:
    dataset = hive(tmp_path / "orders", "day")
    assert "day" not in mutants_of(text_type, dataset)
    assert set(mutants_of(dropped_column, dataset)) == {"x", "city"}


def test_parts_stay_as_many_also_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    path.mkdir()
    for number in range(3):
        pq.write_table(pa.table(ROWS).slice(number * 3, 3), path / f"part-{number}.parquet")
    dataset = directory(path)
    rows_after(dataset, mutants_of(nulls_20, dataset)["x"].make())
    assert [pq.read_metadata(part).num_rows for part in sorted(path.iterdir())] == [3, 3, 2]
    assert rows_after(dataset, mutants_of(half_lost, dataset)[None].make()).num_rows == 4
    empty = material_of(dataset)
    put(empty.written(dataset, empty.table(dataset).slice(0, 0)))
    assert [pq.read_metadata(part).num_rows for part in sorted(path.iterdir())] == [0, 0, 0]


@pytest.mark.parametrize("by", [None, ["city"]])
def test_a_delta_table_gets_a_log_of_one_commit(by: list[str] | None, tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake")
    for _ in range(2):
        deltalake.write_deltalake(tmp_path / "orders", pa.table(ROWS), mode="append", partition_by=by)
    dataset = directory(tmp_path / "orders")
    when, before = committed(dataset.file), material_of(dataset).table(dataset)
    after = rows_after(dataset, mutants_of(nulls_20, dataset)["x"].make())
    assert (after.schema, after["x"].null_count) == (before.schema, 4)
    assert (committed(dataset.file), len(list((tmp_path / "orders/_delta_log").glob("*.json")))) == (when, 1)
    assert rows_after(dataset, mutants_of(duplicate_rows, dataset)[None].make()).num_rows == 17
    assert deltalake.DeltaTable(tmp_path / "orders").to_pyarrow_table().num_rows == 17


def test_what_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "iceberg/metadata").mkdir(parents=True)
    (tmp_path / "iceberg/metadata/v1.metadata.json").write_text("{}")
    with pytest.raises(NotChecked, match=r"Iceberg table.*as parquet"):
        mutants_of(nulls_20, directory(tmp_path / "iceberg"))
    pq.write_table(pa.table(ROWS), tmp_path / "o.parquet")
    chunk = directory(table_files(tmp_path / "o.parquet", (), EventSpan("x", 0, 1, 1)))
    with pytest.raises(NotChecked, match="a chunk of a table"):
        mutants_of(nulls_20, chunk)


def test_metadata_are_true_of_the_changed_rows(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p2")
    platform = platform_at(root)
    (dataset,) = platform.of_kind("dataset")
    (mutant,) = half_lost.mutants(dataset, Material(platform))
    put(mutant.make())
    table = pq.read_table(root / PARQUET)
    metadata = pq.read_schema(root / PARQUET).metadata
    assert (load_json(root / SIDECAR)["row_count"], metadata[b"row_count"]) == (538, b"538")
    roles = {"label": "target_empty_next_hour", "entity": "station_id", "event_ts": "obs_ts"}
    assert dict(figures_of(table, roles)).items() <= metadata.items()
    assert metadata[b"build_timestamp"] == b"20260426_130148"
    assert not list(root.glob("p2/models/*.json"))  # what a trainer reported of the sound rows
    assert {one for one in verdicts(root, freshness={"max_age_seconds": 21_600}) if one[2] == "error"} == set()


def test_features_are_counted_as_the_writer_counts_them(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path, "p2")
    platform = platform_at(root)
    (dataset,) = platform.of_kind("dataset")
    dropped = {one.column: one for one in dropped_column.mutants(dataset, Material(platform))}
    changes = {path.name: content for path, content in dropped["ft_capacity"].make().items()}
    document = json.loads(changes["dataset_metadata.json"].data or b"")
    assert (document["feature_count"], document["row_count"]) == (21, 1076)


def test_stamps_keep_their_form() -> None:
    day = timedelta(days=-1)
    assert stamp_moved("a_20260301_000000.parquet", day) == "a_20260228_000000.parquet"
    assert stamp_moved("2026-03-01", day) == "2026-02-28"
    assert stamp_moved("orders-2026-03-01T06:00:00Z", day) == "orders-2026-02-28T06:00:00Z"
    assert stamp_moved("march", day) is None
