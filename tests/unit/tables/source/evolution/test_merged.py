"""Tables whose parts have other columns than their neighbours, as their own libraries write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.profile import PartDifference
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests import tables

ROWS = pa.table({"x": [1, 2], "s": ["a", None]})
FIRST = "_delta_log/00000000000000000000.json"


def read(path: Path, names: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows; every batch has the schema that the table says."""
    with source(path) as table:
        found = []
        for batch in table.batches(names):
            wanted = table.schema if names is None else pa.schema([table.schema.field(name) for name in names])
            assert batch.schema.equals(wanted)
            batch.validate(full=True)
            found += batch.to_pylist()
        assert names is not None or table.head.rows == len(found)
        return found


def types(path: Path) -> dict[str, str]:
    with source(path) as table:
        return dict(zip(table.head.names, table.head.types, strict=True))


def differences(path: Path) -> list[PartDifference]:
    with source(path) as table:
        return list(table.head.differences)


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read(path)
    return str(caught.value)


def parts(path: Path, *of: pa.Table) -> Path:
    return tables.spark(path / "t.parquet", *of)


class TestParts:
    def test_added_and_dropped_columns_are_null_where_they_are_missing(self, tmp_path: Path) -> None:
        path = parts(tmp_path, ROWS, pa.table({"y": [True], "x": [3]}))
        assert types(path) == {"x": "int64", "s": "string", "y": "bool"}
        assert read(path) == [
            {"x": 1, "s": "a", "y": None},
            {"x": 2, "s": None, "y": None},
            {"x": 3, "s": None, "y": True},
        ]
        assert read(path, ["y", "s"])[-1] == {"y": True, "s": None}
        first, second = (f"part-0000{n}-00000000-0000-4000-8000-000000000000-c000.snappy.parquet" for n in (0, 1))
        assert differences(path) == [
            PartDifference("missing", ("y",), None, None, 1, 2, first),
            PartDifference("missing", ("s",), None, None, 1, 2, second),
            PartDifference("order", ("",), None, None, 1, 2, second),
        ]

    def test_parts_of_one_schema_do_not_differ(self, tmp_path: Path) -> None:
        assert differences(parts(tmp_path, ROWS, ROWS)) == []

    def test_columns_that_came_together_are_one_difference(self, tmp_path: Path) -> None:
        wide = pa.table({"x": [3], **{f"new{n}": [n] for n in range(50)}})
        (only,) = differences(parts(tmp_path, ROWS.select(["x"]), ROWS.select(["x"]), wide))
        assert (only.what, len(only.columns), only.parts, only.of) == ("missing", 50, 2, 3)

    @pytest.mark.parametrize(
        ("narrow", "value", "wide", "read_as"),
        [
            (pa.int32(), 7, pa.int64(), "int64"),
            (pa.int8(), 7, pa.float32(), "float"),
            (pa.int32(), 7, pa.float32(), "double"),
            (pa.uint32(), 7, pa.int32(), "int64"),
            (pa.float32(), 1.5, pa.float64(), "double"),
            (pa.null(), None, pa.string(), "string"),
            (pa.null(), None, pa.list_(pa.int8()), "list<element: int8>"),
            (pa.decimal128(5, 2), Decimal("1.25"), pa.decimal128(12, 4), "decimal128(12, 4)"),
            (pa.decimal128(38, 0), Decimal(1), pa.decimal128(10, 2), "decimal256(40, 2)"),
            (pa.int32(), 7, pa.decimal128(20, 2), "decimal128(20, 2)"),
            (pa.date32(), date(2026, 4, 7), pa.timestamp("us"), "timestamp[us]"),
            (pa.timestamp("ms"), datetime(2026, 4, 7), pa.timestamp("us"), "timestamp[us]"),
            (pa.time32("ms"), None, pa.time64("us"), "time64[us]"),
            (pa.dictionary(pa.int32(), pa.string()), "a", pa.string(), "string"),
            (pa.binary(2), b"ab", pa.binary(), "binary"),
        ],
    )
    @pytest.mark.parametrize("turned", [False, True])
    def test_what_holds_every_value_is_the_type(
        self, tmp_path: Path, narrow: pa.DataType, value: object, wide: pa.DataType, read_as: str, turned: bool
    ) -> None:
        one, other = pa.table({"x": pa.array([value], narrow)}), pa.table({"x": pa.array([None], wide)})
        path = parts(tmp_path, *((other, one) if turned else (one, other)))
        assert types(path) == {"x": read_as}
        found = {row["x"] for row in read(path) if row["x"] is not None}
        expected = datetime.combine(value, datetime.min.time()) if type(value) is date else value
        assert found == ({expected} if value is not None else set())
        assert {one.what for one in differences(path)} == {"type"}

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (pa.int64(), pa.float64()),
            (pa.uint64(), pa.int64()),
            (pa.int64(), pa.string()),
            (pa.bool_(), pa.int8()),
            (pa.timestamp("us"), pa.timestamp("us", "UTC")),
            (pa.date32(), pa.timestamp("us", "UTC")),
            (pa.date32(), pa.int32()),
            (pa.string(), pa.binary()),
            (pa.list_(pa.int8()), pa.int8()),
            (pa.list_(pa.int64()), pa.list_(pa.string())),
            (pa.struct([("a", pa.int64())]), pa.struct([("a", pa.string())])),
            (pa.decimal128(5, 2), pa.float64()),
        ],
    )
    def test_what_holds_no_common_type_is_a_finding_with_part_and_column(
        self, tmp_path: Path, one: pa.DataType, other: pa.DataType
    ) -> None:
        path = parts(tmp_path, ROWS, *(pa.table({"x2": pa.nulls(1, type_)}) for type_ in (one, other)))
        message = refusal(path)
        assert message.startswith("holds 'part-00002")
        assert "whose column 'x2' is" in message
        assert "in 'part-00001" in message

    def test_a_value_beyond_the_finer_unit_is_a_finding_with_part_and_column(self, tmp_path: Path) -> None:
        far = pa.table({"t": pa.array([datetime(9999, 12, 31)], pa.timestamp("us"))})
        path = parts(tmp_path, far, pa.table({"t": pa.array([None], pa.timestamp("ns"))}))
        message = refusal(path)
        assert message.startswith("holds 'part-00000")
        assert "column 't' of type timestamp[us], with a value that timestamp[ns]" in message

    def test_fields_inside_are_widened_and_added(self, tmp_path: Path) -> None:
        old = pa.array([{"a": 1, "b": "x"}, None], pa.struct([("a", pa.int32()), ("b", pa.string())]))
        new = pa.array(
            [{"b": "y", "c": [1], "a": 2}],
            pa.struct([("b", pa.string()), ("c", pa.list_(pa.int8())), ("a", pa.int64())]),
        )
        path = parts(tmp_path, pa.table({"s": old}), pa.table({"s": new}))
        assert read(path) == [
            {"s": {"a": 1, "b": "x", "c": None}},
            {"s": None},
            {"s": {"a": 2, "b": "y", "c": [1]}},
        ]
        assert {(one.what, one.columns) for one in differences(path)} == {("missing", ("s.c",)), ("type", ("s.a",))}

    def test_structs_in_lists_and_maps(self, tmp_path: Path) -> None:
        def of(inner: pa.DataType, value: dict[str, int]) -> pa.Table:
            return pa.table(
                {
                    "l": pa.array([[value, None], None, []], pa.list_(inner)),
                    "m": pa.array([[("k", value)], None, []], pa.map_(pa.string(), inner)),
                }
            )

        small, large = pa.struct([("a", pa.int8())]), pa.struct([("z", pa.int8()), ("a", pa.int64())])
        path = parts(tmp_path, of(small, {"a": 1}), of(large, {"z": 2, "a": 3}))
        found = read(path)
        assert found[0] == {"l": [{"a": 1, "z": None}, None], "m": [("k", {"a": 1, "z": None})]}
        assert found[3] == {"l": [{"a": 3, "z": 2}, None], "m": [("k", {"a": 3, "z": 2})]}
        assert found[1] == found[4] == {"l": None, "m": None}

    def test_timestamps_of_96_bits_have_one_unit_wherever_they_begin(self, tmp_path: Path) -> None:
        directory = tmp_path / "t.parquet"
        directory.mkdir()
        pq.write_table(pa.table({"x": [0]}), directory / "0.parquet")
        for number, year in enumerate((2026, 9999), 1):
            table = pa.table({"x": [number], "t": pa.array([datetime(year, 1, 1)], pa.timestamp("us"))})
            pq.write_table(table, directory / f"{number}.parquet", use_deprecated_int96_timestamps=True)
        assert [row["t"] for row in read(directory)] == [None, datetime(2026, 1, 1), datetime(9999, 1, 1)]

    def test_duplicates_in_a_later_part_are_refused(self, tmp_path: Path) -> None:
        twice = pa.table([[1], [2]], names=["a", "a"])
        assert "has column 'a' more than once" in refusal(parts(tmp_path, pa.table({"a": [1]}), twice))

    def test_partitions_that_gained_a_column(self, tmp_path: Path) -> None:
        path = tables.hive(tmp_path / "t", pa.table({"x": [1], "day": ["2026-04-06"]}), ["day"])
        duckdb.sql("SELECT 2 AS x, 1.5 AS y, '2026-04-07' AS day").to_parquet(
            str(path), partition_by=["day"], per_thread_output=False, append=True
        )
        assert read(path) == [
            {"x": 1, "y": None, "day": "2026-04-06"},
            {"x": 2, "y": Decimal("1.5"), "day": "2026-04-07"},
        ]

    def test_no_more_schemas_than_can_be_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from pytest_mlmonitor.tables.source.evolution import merged

        monkeypatch.setattr(merged, "MAX_SCHEMAS", 1)
        assert "more than 1 different schemas" in refusal(parts(tmp_path, ROWS, ROWS.select(["x"])))


LADDERS: dict[str, list[tuple[pa.DataType, Callable[[int], object]]]] = {
    "whole": [
        (pa.null(), lambda _: None),
        *((t, lambda n: n) for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64())),
    ],
    "real": [(t, lambda n: n / 2) for t in (pa.float32(), pa.float64())] + [(pa.int16(), lambda n: n)],
    "money": [
        (pa.decimal128(8, 2), lambda n: Decimal(n) / 4),
        (pa.decimal128(20, 6), lambda n: Decimal(n) / 8),
        (pa.int32(), lambda n: n),
    ],
    "when": [
        (pa.timestamp("ms"), lambda n: datetime(2026, 1, 1, n % 24)),
        (pa.timestamp("us"), lambda n: datetime(2026, 1, 2)),
    ],
    "text": [
        (pa.string(), str),
        (pa.large_string(), str),
        (pa.dictionary(pa.int8(), pa.string()), str),
        (pa.null(), lambda _: None),
    ],
    "inner": [
        (pa.struct([("a", pa.int8())]), lambda n: {"a": n}),
        (pa.struct([("b", pa.string()), ("a", pa.int64())]), lambda n: {"b": str(n), "a": n}),
    ],
    "many": [(pa.list_(pa.int8()), lambda n: [n, None]), (pa.list_(pa.int64()), lambda n: [n])],
}


@st.composite
def evolved(draw: st.DrawFn) -> list[pa.Table]:
    found = []
    for _ in range(draw(st.integers(1, 5))):
        columns: dict[str, pa.Array] = {"id": pa.array(draw(st.lists(st.integers(0, 100), max_size=4)), pa.int64())}
        names = draw(st.permutations(sorted(LADDERS)))[: draw(st.integers(0, len(LADDERS)))]
        for name in names:
            type_, value = draw(st.sampled_from(LADDERS[name]))
            column = [None if draw(st.booleans()) else value(n.as_py()) for n in columns["id"]]
            columns[name] = pa.array(column, type_)
        order = draw(st.permutations(list(columns)))
        found.append(pa.table({name: columns[name] for name in order}))
    return found


def by_name(tables_: list[pa.Table]) -> list[dict[str, Any]]:
    """Return the rows of all tables, a missing column as null: what a reader in Python would do."""
    names = list(dict.fromkeys(name for table in tables_ for name in table.column_names))
    inner = (
        {"a", "b"}
        if any("b" in [f.name for f in t.schema.field("inner").type] for t in tables_ if "inner" in t.column_names)
        else {"a"}
    )
    rows = []
    for table in tables_:
        for row in table.to_pylist():
            whole = {name: row.get(name) for name in names}
            if whole.get("inner") is not None:
                whole["inner"] = {key: whole["inner"].get(key) for key in inner}
            rows.append(whole)
    return rows


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(evolved())
def test_evolved_parts_are_a_concatenation_by_name(
    tmp_path_factory: pytest.TempPathFactory, found: list[pa.Table]
) -> None:
    path = parts(tmp_path_factory.mktemp("evolved"), *found)
    rows = by_name(found)
    assert read(path) == rows
    simple = [table.select([n for n in table.column_names if n in ("id", "whole", "many")]) for table in found]
    together = pa.concat_tables(simple, promote_options="permissive")
    assert read(path, together.column_names) == together.to_pylist()
    frames = [table.select([n for n in table.column_names if n in ("id", "text")]).to_pandas() for table in found]
    import pandas as pd

    texts = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    if "text" in texts:
        assert [row["text"] for row in read(path, ["text"])] == [None if pd.isna(v) else v for v in texts["text"]]


class TestDelta:
    def test_instants_with_and_without_a_zone_are_those_that_the_log_declares(self, tmp_path: Path) -> None:
        """Spark writes INT96 without a zone, deltalake microseconds in UTC: the log says that both are instants."""
        moments = pa.table({"t": pa.array([datetime(2026, 4, 7)], pa.timestamp("us", "UTC"))})
        path = tables.delta(tmp_path / "t", moments, moments)
        part = min(path.glob("*.parquet"))
        pq.write_table(moments, part, use_deprecated_int96_timestamps=True, store_schema=False)
        for log in path.glob("_delta_log/*.json"):
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            for line in lines:
                if line.get("add", {}).get("path") == part.name:
                    line["add"]["size"] = part.stat().st_size
            log.write_text("\n".join(map(json.dumps, lines)) + "\n")
        assert read(path) == [{"t": datetime(2026, 4, 7, tzinfo=UTC)}] * 2

    def test_a_merged_column_is_null_in_older_parts(self, tmp_path: Path) -> None:
        from deltalake import DeltaTable

        path = tables.delta(tmp_path / "t", ROWS)
        tables.delta(path, ROWS.append_column("new", [[1.5, 2.5]]), schema_mode="merge")
        tables.delta(path, ROWS.select(["x"]), schema_mode="merge")
        expected = DeltaTable(str(path)).to_pyarrow_table().to_pylist()
        found = read(path)
        assert len(found) == 6
        assert sorted(found, key=str) == sorted(expected, key=str)
        assert {(one.what, one.columns) for one in differences(path)} == {("missing", ("new",))}

    def test_a_column_that_is_not_declared_any_more_is_not_read(self, tmp_path: Path) -> None:
        path = tables.delta(tmp_path / "t", ROWS)
        change_schema(path, lambda fields: [field for field in fields if field["name"] == "x"])
        assert read(path) == [{"x": 1}, {"x": 2}]
        assert [(one.what, one.columns) for one in differences(path)] == [("undeclared", ("s",))]

    @pytest.mark.parametrize("feature", ["typeWidening", "typeWidening-preview"])
    def test_a_declared_wider_type_is_the_type(self, tmp_path: Path, feature: str) -> None:
        path = tables.delta(tmp_path / "t", pa.table({"x": pa.array([1], pa.int32()), "d": [date(2026, 4, 7)]}))
        with_feature(path, feature)
        change_schema(
            path, lambda fields: [f | {"type": {"integer": "long", "date": "timestamp_ntz"}[f["type"]]} for f in fields]
        )
        assert types(path) == {"x": "int64", "d": "timestamp[us]"}
        assert read(path) == [{"x": 1, "d": datetime(2026, 4, 7)}]

    def test_a_declared_narrower_type_is_refused(self, tmp_path: Path) -> None:
        path = tables.delta(tmp_path / "t", ROWS)
        change_schema(path, lambda fields: [f | {"type": "integer"} if f["name"] == "x" else f for f in fields])
        assert "column 'x' is int64; the table's log declares int32" in refusal(path)

    @pytest.mark.parametrize("mode", ["name", "id"])
    def test_mapped_columns_are_known_by_their_stored_names_or_numbers(self, tmp_path: Path, mode: str) -> None:
        inner = pa.field("col-4", pa.int64(), metadata={"PARQUET:field_id": "4"})
        schema = pa.schema(
            [
                pa.field("col-1", pa.int64(), metadata={"PARQUET:field_id": "1"}),
                pa.field("col-3", pa.struct([inner]), metadata={"PARQUET:field_id": "3"}),
                pa.field("col-2", pa.string(), metadata={"PARQUET:field_id": "2"}),
            ]
        )
        stored = pa.table([[1, 2, 3], [{"col-4": 1}, None, {"col-4": 3}], ["k", "k", "l"]], schema=schema)
        path = tables.delta(tmp_path / "t", stored, partition_by=["col-2"])
        called = {"col-1": "col-3x", "col-2": "part", "col-3": "col-1", "col-4": "inner"}

        def mapped(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
            found = []
            for field in fields:
                name, type_ = field["name"], field["type"]
                if isinstance(type_, dict):
                    type_ = type_ | {"fields": mapped(type_["fields"])}
                said = {"delta.columnMapping.id": int(name[-1]), "delta.columnMapping.physicalName": name}
                found.append(field | {"name": called[name], "type": type_, "metadata": said})
            return found

        with_feature(path, "columnMapping")
        change_schema(path, mapped, partitionColumns=["part"], configuration={"delta.columnMapping.mode": mode})
        assert sorted(read(path), key=str) == [
            {"col-3x": 1, "col-1": {"inner": 1}, "part": "k"},
            {"col-3x": 2, "col-1": None, "part": "k"},
            {"col-3x": 3, "col-1": {"inner": 3}, "part": "l"},
        ]
        assert differences(path) == []

    def test_a_table_without_rows(self, tmp_path: Path) -> None:
        from deltalake import DeltaTable

        made = tmp_path / "made"
        DeltaTable.create(
            str(made), pa.schema([("x", pa.int64()), ("s", pa.string()), ("t", pa.timestamp("us", "UTC"))])
        )
        emptied = tables.delta(tmp_path / "emptied", ROWS)
        DeltaTable(str(emptied)).delete()
        assert read(made) == read(emptied) == []
        assert types(made) == {"x": "int64", "s": "string", "t": "timestamp[us, tz=UTC]"}
        assert types(emptied) == {"x": "int64", "s": "string"}


def change_schema(table: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], **others: Any) -> None:
    """Change the columns that the first commit declares, as ALTER TABLE of another engine would."""
    actions = [json.loads(line) for line in (table / FIRST).read_text().splitlines()]
    for action in actions:
        if "metaData" in action:
            schema = json.loads(action["metaData"]["schemaString"])
            schema["fields"] = change(schema["fields"])
            action["metaData"] |= {"schemaString": json.dumps(schema), **others}
        if "add" in action:
            action["add"]["stats"] = None
    (table / FIRST).write_text("\n".join(map(json.dumps, actions)) + "\n")


def with_feature(table: Path, feature: str) -> None:
    actions = [json.loads(line) for line in (table / FIRST).read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            both = {"readerFeatures": [feature, "timestampNtz"], "writerFeatures": [feature, "timestampNtz"]}
            action["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7, **both}
    (table / FIRST).write_text("\n".join(map(json.dumps, actions)) + "\n")


class TestIceberg:
    def test_every_change_of_a_schema_is_read_as_pyiceberg_reads_it(self, tmp_path: Path) -> None:
        from pyiceberg.types import DateType, DoubleType, LongType, StringType

        inner = pa.struct([("p", pa.int32()), ("q", pa.string())])
        first = {
            "a": pa.array([1], pa.int32()),
            "b": [2],
            "f": pa.array([1.5], pa.float32()),
            "s": pa.array([{"p": 1, "q": "x"}], inner),
        }
        made = tables.iceberg_table(tmp_path / "t", pa.table(first).schema)
        tables.append(made, pa.table(first))
        for old, new in pairwise(["a", "c"]):
            rename(made, old, new)
        rename(made, "b", "a")
        rename(made, "c", "b")
        with made.update_schema() as update:
            update.update_column("b", field_type=LongType())
            update.update_column("f", field_type=DoubleType())
            update.add_column("new", StringType())
            update.add_column(("s", "r"), DateType())
            update.rename_column(("s", "p"), "pp")
            update.delete_column(("s", "q"))
        later = pa.struct([("pp", pa.int32()), ("r", pa.date32())])
        tables.append(
            made, pa.table({"b": [2**40], "a": [3], "f": [2.5], "s": pa.array([{"pp": 1}], later), "new": ["n"]})
        )
        with made.update_schema() as update:
            update.move_first("new")
            update.delete_column("f")
        found = read(tmp_path / "t")
        assert sorted(found, key=str) == sorted(made.scan().to_arrow().to_pylist(), key=str)
        assert {"new": None, "b": 1, "a": 2, "s": {"pp": 1, "r": None}} in found
        said = {(one.what, one.columns) for one in differences(tmp_path / "t")}
        assert said >= {("missing", ("new", "s.r")), ("renamed", ("b",)), ("type", ("b",)), ("undeclared", ("f",))}

    def test_a_name_given_to_another_column_is_not_the_old_one(self, tmp_path: Path) -> None:
        from pyiceberg.types import LongType

        made = tables.iceberg_table(tmp_path / "t", ROWS.schema)
        tables.append(made, ROWS)
        with made.update_schema() as update:
            update.delete_column("x")
        with made.update_schema() as update:
            update.add_column("x", LongType())
        assert [row["x"] for row in read(tmp_path / "t")] == [None, None]

    def test_files_without_ids_are_known_by_the_name_mapping(self, tmp_path: Path) -> None:
        made = tables.iceberg_table(tmp_path / "t", ROWS.schema)
        pq.write_table(ROWS, tmp_path / "t/added.parquet")
        made.add_files([f"file://{tmp_path}/t/added.parquet"])
        assert read(tmp_path / "t") == ROWS.to_pylist()
        rename(made, "x", "y")
        assert read(tmp_path / "t") == [{"y": 1, "s": "a"}, {"y": 2, "s": None}]

    def test_renamed_columns_of_files_without_ids_or_mapping_are_refused(self, tmp_path: Path) -> None:
        made = tables.iceberg_table(tmp_path / "t", ROWS.schema)
        pq.write_table(ROWS, tmp_path / "t/added.parquet")
        made.add_files([f"file://{tmp_path}/t/added.parquet"])
        rename(made, "x", "y")
        newest = max((tmp_path / "t").glob("metadata/*.metadata.json"))
        document = json.loads(newest.read_text())
        del document["properties"]["schema.name-mapping.default"]
        newest.write_text(json.dumps(document))
        assert "'added.parquet', which has no field ids: columns were renamed ('y')" in refusal(tmp_path / "t")

    def test_a_default_for_older_rows_is_refused(self, tmp_path: Path) -> None:
        made = tables.iceberg_table(tmp_path / "t", ROWS.schema)
        tables.append(made, ROWS)
        newest = max((tmp_path / "t").glob("metadata/*.metadata.json"))
        document = json.loads(newest.read_text())
        schema = document["schemas"][-1]
        schema["fields"].append({"id": 9, "name": "new", "type": "long", "required": False, "initial-default": 5})
        newest.write_text(json.dumps(document | {"format-version": 3, "next-row-id": 0, "last-column-id": 9}))
        assert "lacks column 'new': rows older than it have a default value" in refusal(tmp_path / "t")

    def test_a_table_without_rows(self, tmp_path: Path) -> None:
        tables.iceberg_table(tmp_path / "made", ROWS.schema)
        emptied = tables.iceberg_table(tmp_path / "emptied", ROWS.schema)
        tables.append(emptied, ROWS)
        emptied.delete("x > 0")
        for name in ("made", "emptied"):
            assert read(tmp_path / name) == []
            assert types(tmp_path / name) == {"x": "int64", "s": "string"}


def rename(made: Any, old: str, new: str) -> None:
    with made.update_schema() as update:
        update.rename_column(old, new)
