"""Tables with deleted rows are read as the rows that are left, whoever reads them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.inference.describe import describe
from pytest_mlmonitor.tables.profile import Statistics
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.queries import table_streams
from pytest_mlmonitor.tables.scan.scan import scan
from pytest_mlmonitor.tables.scores.tally import scores_of
from pytest_mlmonitor.tables.source.source import head, source
from tests import deleted_rows as written
from tests import tables

ROWS = 60
FIRST, SECOND = pa.table({"n": range(ROWS)}), pa.table({"n": range(ROWS, 2 * ROWS)})


def numbers(path: Path) -> list[int]:
    with source(path) as table:
        found = [n for batch in table.batches() for n in batch.column("n").to_pylist()]
        assert table.head.rows == len(found)
        assert sum(batch.num_rows for batch in table.batches([])) == len(found)
        return sorted(found)


def delta(directory: Path, rows: Iterable[int], *parts: pa.Table, **options: Any) -> Path:
    """Return a table less the rows of these numbers."""
    return _less(tables.delta(directory, *parts), rows, lambda t, d: written.delete_in_delta(t, d, **options), "")


def iceberg(directory: Path, rows: Iterable[int], *parts: pa.Table) -> Path:
    """The same by files of position deletes."""
    made = tables.iceberg(directory, *parts)
    return _less(made, rows, lambda t, d: written.delete_in_iceberg(t, written.positions_file(t, d)), "file://")


def iceberg_vectors(directory: Path, rows: Iterable[int], *parts: pa.Table) -> Path:
    """The same by deletion vectors."""
    made = tables.iceberg(directory, *parts)
    return _less(made, rows, lambda t, d: written.delete_in_iceberg(t, *written.vector_file(t, d)), "file://")


def _less(table: Path, rows: Iterable[int], delete: Callable[[Path, dict[str, list[int]]], Path], scheme: str) -> Path:
    gone, by_part = set(rows), dict[str, list[int]]()
    for part in written.data_files(table) if scheme else written.parts_of_delta(table):
        path = Path(part.removeprefix(scheme)) if scheme else table / unquote(part)
        there = pq.read_table(path, partitioning=None).column("n").to_pylist()
        places = [place for place, n in enumerate(there) if n in gone]
        by_part |= {part: places} if places else {}
    return delete(table, by_part) if by_part else table


WRITERS = [delta, iceberg, iceberg_vectors]


@pytest.mark.parametrize("write", WRITERS)
def test_deleted_rows_are_not_there(tmp_path: Path, write: Callable[..., Path]) -> None:
    gone = {0, 7, 59, 60, 119}
    assert numbers(write(tmp_path / "t", gone, FIRST, SECOND)) == sorted(set(range(2 * ROWS)) - gone)


@pytest.mark.parametrize("write", WRITERS)
def test_a_table_of_deleted_rows_only_has_none(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = write(tmp_path / "t", range(2 * ROWS), FIRST, SECOND)
    assert numbers(path) == []
    assert head(path).rows == 0


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_all_readers_see_the_table_that_is_left(tmp_path: Path, write: Callable[..., Path], seed: int) -> None:
    """Held against a plain file of the rows that are left, on both engines."""
    place, draw, many = tmp_path, random.Random(seed), 200  # noqa: S311
    start = datetime(2026, 11, 1)
    whole = pa.table(
        {
            "n": range(many),
            "x": [draw.choice([None, draw.uniform(-5, 5)]) for _ in range(many)],
            "t": [draw.choice(["a", "b", ""]) for _ in range(many)],
            "when": [start + timedelta(hours=n) for n in range(many)],
            "y": pa.array([n % 2 for n in range(many)], pa.int64()),
            "said": pa.array([n % 3 % 2 for n in range(many)], pa.int64()),
            "score": [draw.random() for _ in range(many)],
        }
    )
    gone = set(draw.sample(range(many), draw.randint(1, 120)))
    path = write(place / "t", gone, whole.slice(0, 90), whole.slice(90))
    pq.write_table(_in_order(path, whole, gone), place / "left.parquet")
    contract = TableContract(
        "t",
        (
            Column("n", nullable=False, unique=True, maximum=many - 20),
            Column("x", nullable=False, minimum=-1, nan="allow"),
            Column("t", values=("a", "b")),
        ),
        key=("n",),
        extra="allow",
        metrics=(Metric("rows", Limit(">", (0,))), Metric("null", Limit("<", (5,), percent=True), ("x",))),
        sql=(SqlRule("few", "SELECT count(*) FROM {name} WHERE t = ''", Limit("==", (0,))),),
    )
    asked = Statistics(distinct=("t",), mean=("y",), extremes=("when",), summary=("x",), unique=(("t",),))
    for small in (engine.SMALL_ROWS, 10):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "SMALL_ROWS", small)
            patch.setattr(table_streams, "SMALL_ROWS", small)
            found, plain = (scan(one, contract, asked) for one in (path, place / "left.parquet"))
        for what in ("rows", "nulls", "failures", "duplicates", "figures", "counted", "answers", "distinct", "mean"):
            assert getattr(found, what) == getattr(plain, what), what
        assert found.ticks == plain.ticks
    left = place / "left.parquet"
    assert describe(path) == describe(left)
    assert compare(path, left, [("x", "numeric")]) == compare(left, left, [("x", "numeric")])
    assert scores_of(path, "y", "said", "score") == scores_of(left, "y", "said", "score")


def _in_order(path: Path, whole: pa.Table, gone: set[int]) -> pa.Table:
    """Return the rows that are left in the order in which parts are read: by name, which is a UUID's."""
    with source(path) as table:
        order = [n for batch in table.batches(["n"]) for n in batch.column(0).to_pylist()]
    assert sorted(order) == sorted(set(range(len(whole))) - gone)
    return whole.take(order)


# -- Delta -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"storage": "i"}, {"storage": "u"}, {"storage": "u", "prefix": "ab"}])
def test_vectors_stand_in_the_log_or_in_files(tmp_path: Path, options: dict[str, str]) -> None:
    assert numbers(delta(tmp_path / "t", {1, 2, 61}, FIRST, SECOND, **options)) == sorted(
        set(range(2 * ROWS)) - {1, 2, 61}
    )


def test_the_last_vector_of_a_part_counts(tmp_path: Path) -> None:
    table = delta(tmp_path / "t", {1}, FIRST)
    (part,) = written.parts_of_delta(table)
    written.delete_in_delta(table, {part: [1, 2]})
    written.delete_in_delta(table, {part: [5]})  # as RESTORE does
    assert numbers(table) == [n for n in range(ROWS) if n != 5]


def test_vectors_in_checkpoints_are_read(tmp_path: Path) -> None:
    from deltalake import DeltaTable

    table = delta(tmp_path / "t", {1, 2}, FIRST)
    DeltaTable(str(table)).create_checkpoint()
    for commit in table.glob("_delta_log/*.json"):
        commit.unlink()
    assert numbers(table) == [0, *range(3, ROWS)]


def test_partitions_have_deleted_rows(tmp_path: Path) -> None:
    from deltalake import write_deltalake

    table = tmp_path / "t"
    write_deltalake(str(table), pa.table({"n": range(4), "k": ["a b", "a b", "c", "c"]}), partition_by=["k"])
    _less(table, {0, 3}, written.delete_in_delta, "")
    assert numbers(table) == [1, 2]


def test_deltalake_reads_the_same(tmp_path: Path) -> None:
    from deltalake import DeltaTable, QueryBuilder

    table = delta(tmp_path / "t", {0, 7, 60}, FIRST, SECOND)
    asked = QueryBuilder().register("t", DeltaTable(str(table))).execute("SELECT n FROM t ORDER BY n")
    assert numbers(table) == pa.table(asked).column(0).to_pylist()


def test_a_log_that_does_not_say_how_many_rows(tmp_path: Path) -> None:
    table = delta(tmp_path / "t", {3}, FIRST)
    for commit in table.glob("_delta_log/*.json"):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in actions:
            action.get("add", {}).pop("stats", None)
        commit.write_text("".join(json.dumps(action) + "\n" for action in actions))
    assert numbers(table) == [n for n in range(ROWS) if n != 3]


# -- Iceberg -----------------------------------------------------------------------------------------------------------------


def test_deletes_add_up(tmp_path: Path) -> None:
    table = iceberg(tmp_path / "t", {1, 2}, FIRST, SECOND)
    files = written.data_files(table)
    written.delete_in_iceberg(table, written.positions_file(table, dict.fromkeys(files, (2, 3))))
    assert len(numbers(table)) == 2 * ROWS - 5


def test_deletes_reach_files_that_are_older_only(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", FIRST, SECOND)
    files = written.data_files(table)
    written.delete_in_iceberg(table, written.positions_file(table, dict.fromkeys(files, (0,))), sequence=1)
    assert len(numbers(table)) == 2 * ROWS - 1


def test_a_vector_takes_the_place_of_the_deletes_before_it(tmp_path: Path) -> None:
    table = iceberg(tmp_path / "t", {1, 2}, FIRST)
    (file,) = written.data_files(table)
    written.delete_in_iceberg(table, *written.vector_file(table, {file: [1, 2, 3]}))
    assert numbers(table) == [0, *range(4, ROWS)]


def test_one_of_several_vectors_of_a_file_may_be_in_force(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", FIRST, SECOND)
    one, other = written.data_files(table)
    kept, _ = written.vector_file(table, {one: [1], other: [2]})
    written.delete_in_iceberg(table, kept)
    assert len(numbers(table)) == 2 * ROWS - 1


def test_deletes_of_files_that_are_gone_do_nothing(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", FIRST)
    gone = f"file://{table}/data/gone.parquet"
    written.delete_in_iceberg(table, written.positions_file(table, {gone: [1], "s3://elsewhere/x.parquet": [1]}))
    assert numbers(table) == list(range(ROWS))


def test_pyiceberg_reads_the_same(tmp_path: Path) -> None:
    from pyiceberg.table import StaticTable

    table = iceberg(tmp_path / "t", {0, 7, 60}, FIRST, SECOND)
    metadata = max(table.glob("metadata/*.metadata.json"))
    assert numbers(table) == sorted(StaticTable.from_metadata(f"file://{metadata}").scan().to_arrow()["n"].to_pylist())


@pytest.mark.parametrize("write", [iceberg, iceberg_vectors])
def test_a_moved_table_is_read(tmp_path: Path, write: Callable[..., Path]) -> None:
    assert len(numbers(tables.moved(write(tmp_path / "t", {1}, FIRST), tmp_path / "elsewhere"))) == ROWS - 1
