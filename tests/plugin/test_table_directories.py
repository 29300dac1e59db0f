"""A sidecar may name a directory that is one table: partitions, Spark's part files, a Delta or an Iceberg table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import tables

from .sample import DATASET, SIDECAR, Project, assert_clean

WRITERS: dict[str, Callable[[Path, pa.Table], Path]] = {
    "spark": lambda path, table: tables.spark(path, table.slice(0, 500), table.slice(500)),
    "delta": lambda path, table: tables.delta(path, table.slice(0, 500), table.slice(500)),
    "iceberg": lambda path, table: tables.iceberg(path, table.slice(0, 500), table.slice(500)),
}


@pytest.fixture
def p2(project: Project) -> Project:
    """A project that holds the dataset alone, its file still there."""
    project.keep("p2")
    for name in ("models", "training_metadata.json"):
        path = project.root / "p2" / name
        path.rename(project.path / name)
    return project


def stored_as(project: Project, write: Callable[[Path, pa.Table], Path], name: str = "table.parquet") -> Path:
    """Store the dataset in another way, and say so in its sidecar."""
    file = project.root / "p2/output" / f"{DATASET}.parquet"
    table = pq.read_table(file).replace_schema_metadata(None)
    file.unlink()
    path = write(project.root / "p2/output" / name, table)
    project.edit(SIDECAR, path=f"output/{name}")
    return path


def test_every_way_to_store_it_keeps_the_contract(p2: Project, writer: str) -> None:
    path = stored_as(p2, WRITERS[writer])
    results = p2.results()
    assert {r["status"] for r in results["results"]} <= {"pass", "not_checked"}
    assert {r["check"] for r in results["results"] if r["status"] == "pass"} >= {"schema", "rows", "row_count"}
    assert results["unclaimed"] == []
    assert_clean(p2.check())
    tables.moved(path, p2.path / "elsewhere")
    assert p2.check().ret == 1


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_broken_row_in_any_part_is_found(p2: Project, writer: str) -> None:
    def write(path: Path, table: pa.Table) -> Path:
        target = table.schema.get_field_index("target_empty_next_hour")
        values = table.column(target).to_pylist()
        values[-1] = 7
        return WRITERS[writer](path, table.set_column(target, table.field(target), pa.array(values, pa.int32())))

    stored_as(p2, write)
    result = p2.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*target_empty_next_hour*"])


def test_partition_columns_are_columns(p2: Project) -> None:
    def write(path: Path, table: pa.Table) -> Path:
        sparse = [name for name in table.column_names if table[name].null_count > 100]  # allowed by the contract only
        p2.edit(SIDECAR, feature_count=22 - len(sparse))
        return tables.hive(path, table.drop_columns(sparse), ["ft_hour_of_day", "ft_is_weekend"])

    stored_as(p2, write, "by_hour")
    p2.edit(SIDECAR, dataset_name="demand")  # another family: the contract asks for columns in order
    assert_clean(p2.check())
    p2.edit(SIDECAR, row_count=1)
    result = p2.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*row_count*"])


def test_parts_are_no_artifacts_of_their_own(p2: Project) -> None:
    def write(path: Path, table: pa.Table) -> Path:
        tables.spark(path, table)
        part = next(path.glob("*.parquet"))
        part.rename(path / "training_dataset_20260101_000000.parquet")
        return path

    stored_as(p2, write)
    assert {name.split("::")[0] for name in p2.ids()} == {f"artifacts/{SIDECAR}"}


def test_a_sidecar_may_stand_in_its_table(p2: Project) -> None:
    path = stored_as(p2, WRITERS["delta"], "table")
    document = json.loads((p2.root / SIDECAR).read_text())
    (p2.root / SIDECAR).unlink()
    (path / "dataset_metadata.json").write_text(json.dumps(document | {"path": "."}))
    assert_clean(p2.check())


def test_a_plain_directory_stays_an_error(p2: Project) -> None:
    p2.edit(SIDECAR, path="output")
    result = p2.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*path 'output' names a directory that is no table*"])


def test_a_damaged_log_is_one_finding_that_says_so(p2: Project) -> None:
    path = stored_as(p2, WRITERS["delta"], "table")
    newest = max((path / "_delta_log").glob("*.json"))
    newest.write_bytes(newest.read_bytes()[:-30])
    result = p2.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*table has a damaged log: _delta_log/{newest.name}:* is not JSON*"])


def test_spark_s_directory_without_a_sidecar_is_a_dataset(p2: Project) -> None:
    (p2.root / SIDECAR).unlink()
    file = p2.root / "p2/output" / f"{DATASET}.parquet"
    table = pq.read_table(file)
    file.unlink()
    tables.spark(file, table)
    assert_clean(p2.check())
    (file / "README").write_text("x")
    assert p2.check().ret == 1


def test_a_person_s_test_gets_the_rows(p2: Project) -> None:
    stored_as(p2, WRITERS["iceberg"], "table")
    p2.write(
        "test_rows.py",
        "from pytest_mlmonitor import to_pandas\n"
        "def test_rows(dataset):\n"
        "    assert len(to_pandas(dataset)) == 1076\n"
        "    assert list(to_pandas(dataset, ['obs_ts', 'station_id'])) == ['obs_ts', 'station_id']\n",
    )
    result = p2.run("--mlmonitor=artifacts", "test_rows.py")
    assert result.ret == 0, result.stdout.str()


def evolved(path: Path, table: pa.Table) -> Path:
    """The first half lacks the nullable columns and has narrower integers, as a part from before a migration has."""
    first = table.slice(0, 500)
    nullable = [name for name in table.column_names if "_lag_" in name]
    integers = [i for i, field in enumerate(table.schema) if field.type == pa.int32()]
    for i in integers:
        first = first.set_column(i, table.column_names[i], first.column(i).cast(pa.int16()))
    return tables.spark(path, first.drop_columns(nullable), table.slice(500))


def test_parts_of_different_schemas_are_read_and_said(p2: Project) -> None:
    stored_as(p2, evolved)
    results = {result["check"]: result for result in p2.results()["results"]}
    assert results["readable"]["status"] == "pass"
    assert results["row_count"]["status"] == "pass"
    said = [finding["message"] for finding in results["schema"]["findings"] if finding["severity"] == "info"]
    assert any(" missing in 1 of 2 parts: read as null; it is 'part-00000" in message for message in said), said
    assert any(" is int16 in 1 of 2 parts: read as int32" in message or " are int16 in" in message for message in said)
    assert results["schema"]["status"] == "pass"


def test_a_type_that_no_part_may_change_to_is_a_finding_of_readable(p2: Project) -> None:
    def write(path: Path, table: pa.Table) -> Path:
        i = table.schema.get_field_index("ft_hour_of_day")
        text = table.set_column(i, "ft_hour_of_day", table.column(i).cast(pa.string()))
        return tables.spark(path, table.slice(0, 500), text.slice(500))

    stored_as(p2, write)
    result = p2.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*holds 'part-00001*, whose column 'ft_hour_of_day' is string, but * in 'part-00000*"])


@pytest.mark.parametrize("form", ["delta", "iceberg"])
def test_a_table_whose_rows_were_all_deleted_has_no_rows(p2: Project, form: str) -> None:
    def write(path: Path, table: pa.Table) -> Path:
        if form == "delta":
            from deltalake import DeltaTable

            DeltaTable(str(tables.delta(path, table))).delete()
            return path
        made = tables.iceberg_table(path, table.schema)
        tables.append(made, table)
        made.delete("station_id is not null")
        return path

    stored_as(p2, write, "table")
    results = {result["check"]: result for result in p2.results()["results"]}
    assert results["readable"]["status"] == "pass"
    assert results["schema"]["status"] == "pass"
    assert "0 rows" in results["rows"]["findings"][0]["message"]
