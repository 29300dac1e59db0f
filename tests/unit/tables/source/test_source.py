"""One table out of a file or a directory: rows, order, partition columns, and what is refused of sound writers."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.source.source import columns, head, source
from pytest_mlmonitor.tables.unreadable import MissingExtra, Unreadable
from tests import tables
from tests.hostile.corpora import CORPORA, WHY_SKIPPED

ROWS = pa.table({"x": [1, 2, 3, 4], "s": ["a", "b", None, "d"]})


def rows(path: Path, names: list[str] | None = None) -> list[dict[str, object]]:
    with source(path) as table:
        found = [row for batch in table.batches(names) for row in batch.to_pylist()]
        assert [row for batch in table.batches(names) for row in batch.to_pylist()] == found
        assert table.head.rows == len(found)
        return found


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught, source(path) as table:
        list(table.batches())
    return str(caught.value)


class TestFile:
    def test_head_and_schema_are_the_file_s(self, tmp_path: Path) -> None:
        pq.write_table(ROWS.replace_schema_metadata({"k": "v"}), tmp_path / "t.parquet", row_group_size=3)
        with source(tmp_path / "t.parquet") as table:
            assert table.head.metadata == {b"k": b"v"}
            assert table.files == (tmp_path / "t.parquet",)
            assert table.schema.names == ["x", "s"]

    def test_all_columns_keep_duplicates_and_a_name_means_the_first(self, tmp_path: Path) -> None:
        table = pa.table(
            [pa.array([1]), pa.array([2]), pa.array([{"b": 3}]), pa.array([4])], names=["a", "a", "s", "s.b"]
        )
        pq.write_table(table, tmp_path / "t.parquet")
        with source(tmp_path / "t.parquet") as opened:
            assert next(opened.batches()).schema.names == ["a", "a", "s", "s.b"]
            assert [b.to_pydict() for b in opened.batches(["s.b", "a", "nowhere"])] == [{"s.b": [4], "a": [1]}]

    def test_no_columns_still_count_rows(self, tmp_path: Path) -> None:
        pq.write_table(ROWS, tmp_path / "t.parquet")
        with source(tmp_path / "t.parquet") as table:
            assert sum(batch.num_rows for batch in table.batches([])) == 4

    def test_batches_hold_no_more_than_asked_for(self, tmp_path: Path) -> None:
        pq.write_table(ROWS, tmp_path / "t.parquet")
        with source(tmp_path / "t.parquet") as table:
            assert [batch.num_rows for batch in table.batches(rows=3)] == [3, 1]


class TestHive:
    def test_partition_columns_come_last_with_types(self, tmp_path: Path) -> None:
        table = pa.table({"n": [1, -2, None], "id": ["07", "8", "9"], "x": [1.5, 2.5, 3.5]})
        path = tables.hive(tmp_path / "t", table, ["n", "id"])
        assert head(path).names == ("x", "n", "id")
        assert head(path).types == ("double", "int64", "string")
        assert rows(path) == [
            {"x": 2.5, "n": -2, "id": "8"},
            {"x": 1.5, "n": 1, "id": "07"},
            {"x": 3.5, "n": None, "id": "9"},
        ]
        assert rows(path, ["id", "x"])[0] == {"id": "8", "x": 2.5}
        assert rows(path, ["n"]) == [{"n": -2}, {"n": 1}, {"n": None}]
        assert columns(path, ["n", "nowhere"]) == {"n": [-2, 1, None]}

    def test_values_are_percent_decoded(self, tmp_path: Path) -> None:
        path = tables.hive(tmp_path / "t", pa.table({"x": [1, 2], "s": ["a b/c=d", "é%2F"]}), ["s"])
        assert {row["s"] for row in rows(path)} == {"a b/c=d", "é%2F"}

    @pytest.mark.parametrize("text", ["9223372036854775808", "1_000", "--1", "+1", "٣"])
    def test_what_is_no_64_bit_integer_is_text(self, tmp_path: Path, text: str) -> None:
        path = tables.hive(tmp_path / "t", pa.table({"x": [1, 2], "k": ["1", text]}), ["k"])
        assert head(path).types == ("int64", "string")

    def test_parts_need_the_same_keys(self, tmp_path: Path) -> None:
        path = tables.hive(tmp_path / "t", pa.table({"x": [1], "k": ["a"]}), ["k"])
        pq.write_table(ROWS, path / "part-9.parquet")
        assert "partitioned by 'no key'" in refusal(path) or "but 'part-9.parquet' by 'no key'" in refusal(path)

    def test_a_column_cannot_be_a_partition_too(self, tmp_path: Path) -> None:
        (tmp_path / "t.parquet/x=1").mkdir(parents=True)
        pq.write_table(ROWS, tmp_path / "t.parquet/x=1/p.parquet")
        assert "column 'x' both as a partition and in 'x=1/p.parquet'" in refusal(tmp_path / "t.parquet")

    def test_a_key_repeated_on_the_way_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "t.parquet/k=1/k=2").mkdir(parents=True)
        pq.write_table(ROWS, tmp_path / "t.parquet/k=1/k=2/p.parquet")
        assert "'k=1/k=2', whose key stands in the path above it" in refusal(tmp_path / "t.parquet")


class TestSpark:
    def test_parts_are_read_in_order_and_marks_are_not(self, tmp_path: Path) -> None:
        path = tables.spark(tmp_path / "t.parquet", ROWS.slice(0, 3), ROWS.slice(3))
        (path / "_metadata").write_bytes(b"summary")
        (path / "my_dataset_metadata.json").write_text("{}")
        (path / "demand.odcs.yaml").write_text("")
        assert rows(path) == ROWS.to_pylist()

    def test_columns_may_stand_in_another_order(self, tmp_path: Path) -> None:
        path = tables.spark(tmp_path / "t.parquet", ROWS, ROWS.select(["s", "x"]))
        assert rows(path) == ROWS.to_pylist() * 2

    def test_metadata_is_what_all_parts_say(self, tmp_path: Path) -> None:
        said = ROWS.replace_schema_metadata({"same": "1", "other": "1"})
        path = tables.spark(tmp_path / "t.parquet", said, said.replace_schema_metadata({"same": "1", "other": "2"}))
        assert head(path).metadata == {b"same": b"1"}

    def test_a_type_that_does_not_hold_the_others_is_refused_by_name(self, tmp_path: Path) -> None:
        second = ROWS.set_column(0, "x", [[1.0, 2, 3, 4]])
        message = refusal(tables.spark(tmp_path / "t.parquet", ROWS, second))
        assert "holds 'part-00001" in message
        assert "column 'x' is double, but int64 in 'part-00000" in message
        assert "expected the same" in message

    def test_duplicate_columns_are_refused(self, tmp_path: Path) -> None:
        twice = pa.table([[1], [2]], names=["a", "a"])
        assert "has column 'a' more than once" in refusal(tables.spark(tmp_path / "t.parquet", twice))

    def test_an_unfinished_write_is_refused(self, tmp_path: Path) -> None:
        path = tables.spark(tmp_path / "t.parquet", ROWS)
        (path / "_temporary").mkdir()
        assert "has not finished" in refusal(path)


class TestDelta:
    def test_only_active_files_are_read(self, tmp_path: Path) -> None:
        path = tables.delta(tmp_path / "t", ROWS)
        tables.delta(path, ROWS.slice(0, 1))
        from deltalake import write_deltalake

        write_deltalake(str(path), ROWS.slice(1, 2), mode="overwrite")
        assert len(list(path.glob("*.parquet"))) == 3
        assert rows(path) == ROWS.slice(1, 2).to_pylist()

    def test_partition_values_and_their_types_and_places_come_from_the_log(self, tmp_path: Path) -> None:
        table = pa.table({"d": [date(2026, 4, 1), None], "x": [1, 2], "k": ["a b/%2", "é"]})
        written = tables.delta(tmp_path / "t", table, partition_by=["d", "k"])
        path = tables.moved(written, tmp_path / "a%20 #table?")  # deltalake itself cannot open this one
        assert head(path).names == ("d", "x", "k")
        assert head(path).types == ("date32[day]", "int64", "string")
        assert sorted(rows(path), key=lambda row: row["x"]) == table.to_pylist()  # type: ignore[arg-type, return-value]

    def test_checkpoints_are_read(self, tmp_path: Path) -> None:
        from deltalake import DeltaTable

        path = tables.delta(tmp_path / "t", ROWS, ROWS)
        DeltaTable(str(path)).create_checkpoint()
        (path / "_delta_log/00000000000000000000.json").unlink()
        assert len(rows(path)) == 8

    def test_without_the_extra_the_message_says_which(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tables.delta(tmp_path / "t", ROWS)
        monkeypatch.setitem(sys.modules, "deltalake", None)
        with pytest.raises(MissingExtra, match=r"pip install 'pytest-mlmonitor\[delta\]'"), source(path):
            pass


class TestIceberg:
    def test_all_snapshots_of_a_moved_table_are_read(self, tmp_path: Path) -> None:
        written = tables.iceberg(tmp_path / "written", ROWS, ROWS.slice(0, 1))
        path = tables.moved(written, tmp_path / "t")
        assert sorted(map(str, rows(path))) == sorted(map(str, ROWS.to_pylist() + ROWS.slice(0, 1).to_pylist()))
        assert head(path).types == ("int64", "string")

    def test_replaced_files_are_not_read(self, tmp_path: Path) -> None:
        made = tables.iceberg_table(tmp_path / "t", ROWS.schema)
        tables.append(made, ROWS)
        made.overwrite(ROWS.slice(2))
        assert rows(tmp_path / "t") == ROWS.slice(2).to_pylist()

    def test_without_the_extra_the_message_says_which(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tables.iceberg(tmp_path / "t", ROWS)
        monkeypatch.setitem(sys.modules, "pyiceberg", None)
        with pytest.raises(MissingExtra, match=r"pip install 'pytest-mlmonitor\[iceberg\]'"), source(path):
            pass

    def test_the_version_hint_and_the_newest_metadata_agree(self, tmp_path: Path) -> None:
        path = tables.iceberg(tmp_path / "t", ROWS)
        (path / "metadata/version-hint.text").write_text("1")
        assert rows(path) == ROWS.to_pylist()
        (path / "metadata/version-hint.text").write_text("7")
        assert "says '7', but its newest metadata is of version 1" in refusal(path)

    def test_two_newest_metadata_files_are_refused(self, tmp_path: Path) -> None:
        path = tables.iceberg(tmp_path / "t", ROWS)
        newest = max(path.glob("metadata/*.metadata.json"))
        (path / "metadata/00001-other.metadata.json").write_text(json.dumps(json.loads(newest.read_text())))
        assert "several metadata files of its newest version" in refusal(path)


def test_a_part_replaced_between_look_and_read_is_noticed(tmp_path: Path) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS, ROWS)
    with source(path) as table:
        pq.write_table(ROWS.slice(1), table.files[1])
        with pytest.raises(Unreadable, match="was replaced while the table was read"):
            list(table.batches())


def test_a_group_without_fields_is_a_column_of_nulls() -> None:
    path = CORPORA / "parquet/duckdb/empty-group__empty_group_test.parquet"
    if not path.exists():
        pytest.skip(WHY_SKIPPED)
    with source(path) as table:
        assert all(batch.schema.names == table.schema.names for batch in table.batches())
