"""P3's feature store: its registry, its offline tables, and what serving reads (its own code made the layout; the SQL is its)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.datasets.checks.feature_store import materialization, online_rows
from pytest_mlmonitor.datasets.checks.freshness import freshness
from pytest_mlmonitor.datasets.checks.record import dataset_contract, dataset_readable
from tests.unit.support import NOW, only, platform_at, result_of

VIEW = "station_demand_15m"
DB = "data/metadata/feature_registry.db"
OFFLINE = f"data/offline/{VIEW}/part-0.parquet"
ONLINE = f"data/online_snapshots/{VIEW}_latest.parquet"
SOURCE = "data/curated/station_activity_15m.parquet"
MADE = NOW - timedelta(minutes=10)
STATIONS, BUCKETS = 5, 96


def table() -> pa.Table:
    start = datetime(2026, 4, 25, 12, tzinfo=UTC).replace(tzinfo=None)
    keys = [(f"station_{i:03}", start + timedelta(minutes=15 * k)) for i in range(STATIONS) for k in range(BUCKETS)]
    return pa.table(
        {
            "station_id": pa.array([station for station, _ in keys]),
            "ts_15m": pa.array([moment for _, moment in keys], pa.timestamp("us")),
            "rides_started_lag_1": pa.array([float(i % 7) for i in range(len(keys))]),
            "rides_ended_lag_1": pa.array([float("nan") if i % 50 == 3 else float(i % 5) for i in range(len(keys))]),
        }
    )


def put(root: Path, name: str, content: pa.Table) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(content, root / name)


def tell(root: Path, *statements: str) -> None:
    connection = sqlite3.connect(root / DB)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def run(status: str, made: datetime, place: str = OFFLINE, view: str = VIEW) -> str:
    stamp = made.strftime("%Y-%m-%d %H:%M:%S")
    return f"INSERT INTO materializations VALUES ('{view}', 'v1', 'run-{status}', '{status}', '{place}', '{stamp}')"  # noqa: S608


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / DB).parent.mkdir(parents=True)
    tell(
        tmp_path,
        "CREATE TABLE feature_views (name TEXT, version TEXT, description TEXT, owner TEXT, "
        "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (name, version))",
        "CREATE TABLE materializations (name TEXT, version TEXT, run_id TEXT, status TEXT, storage_path TEXT, "
        "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
        f"INSERT INTO feature_views (name, version) VALUES ('{VIEW}', 'v1')",  # noqa: S608
        run("success", MADE),
    )
    for name in (OFFLINE, ONLINE, SOURCE):
        put(tmp_path, name, table())
    return tmp_path.resolve()


def said(store: Path) -> Finding:
    return only(result_of(online_rows, store, name=VIEW))


def test_a_sound_store_is_green_and_its_tables_are_datasets(store: Path) -> None:
    found = platform_at(store)
    assert {(ref.kind, artifact.dataset_name) for ref, artifact in found.artifacts} == {
        ("dataset", VIEW),
        ("dataset", f"{VIEW}_latest"),
        ("dataset", "station_activity_15m"),
    }
    assert found.unclaimed == []
    for check in (materialization, online_rows, freshness, dataset_readable):
        assert result_of(check, store, name=VIEW).status == "pass", check.name


@pytest.mark.parametrize("base", ["data", "."])
def test_the_root_may_be_the_store_or_what_is_around_it(base: str, store: Path) -> None:
    assert result_of(materialization, (store / base).resolve(), name=VIEW).status == "pass"


def test_the_age_is_that_of_the_last_materialization_that_succeeded(store: Path) -> None:
    tell(store, run("success", NOW - timedelta(hours=9), OFFLINE), run("failed", NOW - timedelta(minutes=1), ""))
    finding = only(result_of(freshness, store, name=VIEW))
    assert finding.message.startswith("STALE: built 9 h ago")
    assert (finding.severity, finding.column) == (Severity.ERROR, "created_at of its materialization")


def test_a_failed_materialization_is_an_error_though_an_older_table_is_there(store: Path) -> None:
    tell(store, run("failed", NOW - timedelta(minutes=2), ""))
    finding = only(result_of(materialization, store, name=VIEW))
    assert finding.message == (
        f"the last materialization of feature view '{VIEW}' v1 ended 'failed' 2026-04-26T13:58:37Z (run run-failed); "
        "what lies there is of 2026-04-26T13:50:37Z"
    )
    assert finding.severity == Severity.ERROR


def test_one_that_succeeds_again_ends_it(store: Path) -> None:
    tell(store, run("failed", NOW - timedelta(minutes=5), ""), run("success", NOW - timedelta(minutes=2)))
    assert result_of(materialization, store, name=VIEW).status == "pass"


def test_a_view_that_never_succeeded(store: Path) -> None:
    tell(store, run("failed", NOW, "data/offline/other/part-0.parquet", "other"))
    findings = result_of(materialization, store, name="other").findings
    assert ["none ever succeeded" in f.message or "not registered" in f.message for f in findings] == [True, True]


def test_a_view_that_is_only_registered_is_information(store: Path) -> None:
    tell(store, "INSERT INTO feature_views (name, version) VALUES ('planned', 'v1')")
    assert only(result_of(materialization, store, name="planned")).severity == Severity.INFO


def test_a_table_that_is_gone_is_an_error(store: Path) -> None:
    (store / OFFLINE).unlink()
    assert only(result_of(materialization, store, name=VIEW)).column == "storage_path"


@pytest.mark.parametrize(("made", "column"), [("soon", "created_at"), ("2026-05-26 14:00:00", "created_at")])
def test_a_time_that_cannot_be(made: str, column: str, store: Path) -> None:
    tell(store, f"UPDATE materializations SET created_at = '{made}'")  # noqa: S608
    assert only(result_of(materialization, store, name=VIEW)).column == column


def latest(whole: pa.Table) -> pa.Table:
    return whole.filter(pc.equal(whole["ts_15m"], pc.max(whole["ts_15m"])))


def test_the_newest_row_of_each_entity_is_enough(store: Path) -> None:
    put(store, ONLINE, latest(table()).slice(0))
    assert result_of(online_rows, store, name=VIEW).status == "pass"


def test_a_row_order_of_its_own_is_no_fault(store: Path) -> None:
    put(store, ONLINE, table().sort_by([("ts_15m", "descending"), ("station_id", "descending")]))
    assert result_of(online_rows, store, name=VIEW).status == "pass"


def changed(whole: pa.Table, column: str, row: int, value: object) -> pa.Table:
    values = whole[column].to_pylist()
    values[row] = value
    return whole.set_column(whole.column_names.index(column), column, pa.array(values, whole[column].type))


@pytest.mark.parametrize(
    ("edit", "column", "words"),
    [
        (lambda t: t.drop_columns(["rides_ended_lag_1"]), "rides_ended_lag_1", "lacks 'rides_ended_lag_1'"),
        (lambda t: t.append_column("x", t["rides_ended_lag_1"]), "x", "has, unlike the offline table, 'x'"),
        (
            lambda t: t.set_column(2, "rides_started_lag_1", t["rides_started_lag_1"].cast("float")),
            "rides_started_lag_1",
            "is float in",
        ),
        (
            lambda t: changed(t, "rides_started_lag_1", 9, 77.0),
            "rides_started_lag_1",
            "77.0 for station_id = station_000",
        ),
        (lambda t: changed(t, "rides_started_lag_1", 9, None), "rides_started_lag_1", "is another in 1 row"),
        (lambda t: changed(t, "station_id", 9, "station_999"), "station_id", "1 row that the offline table has not"),
        (lambda t: pa.concat_tables([t, t.slice(7, 2)]), "station_id", "2 keys more than once"),
        (lambda t: t.filter(pc.not_equal(t["station_id"], "station_003")), "station_id", "lacks 1 entity"),
        (
            lambda t: t.filter(pc.less(t["ts_15m"], pc.max(t["ts_15m"]))),
            "ts_15m",
            "is behind for 5 entities: station_id = station_",
        ),
    ],
)
def test_each_difference_of_what_serving_reads_is_an_error(
    edit: Callable[[pa.Table], pa.Table], column: str, words: str, store: Path
) -> None:
    put(store, ONLINE, edit(table()))
    finding = said(store)
    assert (finding.severity, finding.column) == (Severity.ERROR, column)
    assert words in finding.message


def test_without_a_key_columns_and_counts_are_compared(store: Path) -> None:
    bare = table().drop_columns(["station_id"])
    put(store, OFFLINE, bare)
    put(store, ONLINE, bare)
    assert said(store).severity == Severity.INFO
    put(store, ONLINE, pa.concat_tables([bare, bare]))
    assert [f.severity for f in result_of(online_rows, store, name=VIEW).findings] == [Severity.ERROR, Severity.INFO]


def test_a_torn_snapshot_is_not_compared_and_said_of_its_own_dataset(store: Path) -> None:
    whole = (store / ONLINE).read_bytes()
    (store / ONLINE).write_bytes(whole[:-40])
    assert result_of(online_rows, store, name=VIEW).status == "not_checked"
    assert result_of(dataset_readable, store, name=f"{VIEW}_latest").severity == Severity.ERROR


def test_without_a_snapshot_there_is_nothing_to_compare(store: Path) -> None:
    (store / ONLINE).unlink()
    assert result_of(online_rows, store, name=VIEW).status == "not_checked"


# The database.


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"not a database", "is no SQLite database"), (None, "cannot be read as an SQLite database")],
)
def test_a_registry_that_cannot_be_read(content: bytes | None, words: str, store: Path) -> None:
    path = store / DB
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100) if content is None else content)
    finding = only(result_of(dataset_readable, store, name="feature_registry"))
    assert (finding.severity, words in finding.message) == (Severity.ERROR, True)


def test_a_registry_of_another_version_says_which_columns_are_missing(store: Path) -> None:
    tell(store, "ALTER TABLE materializations DROP COLUMN status")
    finding = only(result_of(dataset_contract, store, name=VIEW))
    assert "materializations.status" in finding.message


def test_a_database_of_something_else_is_left_alone(store: Path) -> None:
    (store / DB).unlink()
    tell(store, "CREATE TABLE features (id INTEGER, name TEXT)")
    assert platform_at(store).artifacts == []


@pytest.fixture
def locked(store: Path) -> Iterator[Path]:
    connection = sqlite3.connect(store / DB, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    yield store
    connection.execute("ROLLBACK")
    connection.close()


def test_a_locked_registry_is_said(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.formats.mlflow.tracking_database.WAIT_SECONDS", 0.1)
    assert "is locked by another program" in only(result_of(dataset_readable, locked, name="feature_registry")).message


def test_nothing_is_written_beside_it(store: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    assert result_of(online_rows, store, name=VIEW).status == "pass"
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before


def test_a_path_out_of_the_root_is_never_followed(store: Path) -> None:
    outside = store.parent / f"{store.name}-outside"
    put(outside, "part-0.parquet", table())
    for place in (f"../{outside.name}/part-0.parquet", str(outside / "part-0.parquet")):
        tell(store, f"UPDATE materializations SET name = 'other', storage_path = '{place}'")  # noqa: S608
        assert all(str(outside) not in os.fspath(ref.path) for ref, _ in platform_at(store).artifacts)
