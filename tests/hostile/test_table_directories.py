"""Directories that nobody vouches for: logs that point elsewhere, links, lies, and what would be read silently wrong."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.source import hive, layout
from pytest_mlmonitor.tables.source.directories import is_table_directory
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests import tables

ROWS = pa.table({"x": [1, 2, 3]})
FIRST = "_delta_log/00000000000000000000.json"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a table made us connect")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    reader = IsolatedReader(seconds=30)
    yield reader
    reader.close()


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught, source(path) as table:
        list(table.batches())
    return str(caught.value)


# -- directories without a log ---------------------------------------------------------------------------------------------


def test_no_part_at_all(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").mkdir()
    assert refusal(tmp_path / "t.parquet") == "holds no parquet file"


@pytest.mark.parametrize("target", ["/etc/passwd", "part.parquet", "nowhere"])
def test_links_are_refused_wherever_they_lead(tmp_path: Path, target: str) -> None:
    path = tmp_path / "t.parquet"
    path.mkdir()
    pq.write_table(ROWS, path / "part.parquet")
    (path / "z.parquet").symlink_to(target)
    assert refusal(path) == "holds 'z.parquet', which is a link; links are not followed"


def test_a_linked_partition_is_refused(tmp_path: Path) -> None:
    outside = tables.spark(tmp_path / "outside.parquet", ROWS)
    (tmp_path / "t.parquet").mkdir()
    (tmp_path / "t.parquet/k=1").symlink_to(outside)
    assert "'k=1', which is a link" in refusal(tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["rows.csv", "part.parquet.exe", "core"])
def test_what_is_no_part_is_refused(tmp_path: Path, name: str) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    (path / name).write_text("x")
    assert refusal(path) == f"holds '{name}'; expected parquet files (*.parquet) only"


def test_pipes_and_plain_directories_are_refused(tmp_path: Path) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    os.mkfifo(path / "x.parquet")
    assert "'x.parquet', which is not a regular file" in refusal(path)
    (path / "x.parquet").unlink()
    (path / "more").mkdir()
    assert refusal(path) == "holds the directory 'more'; expected partitions (key=value) only"


@pytest.mark.parametrize(("mark", "said"), [(".hoodie", "Hudi"), ("_spark_metadata", "structured streaming")])
def test_other_logs_are_not_ignored(tmp_path: Path, mark: str, said: str) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    (path / mark).mkdir()
    assert said in refusal(path)


def test_names_that_are_no_utf8_or_hold_controls(tmp_path: Path) -> None:
    (tmp_path / "t.parquet" / "k=%FF").mkdir(parents=True)
    assert "'k=%FF', which is not UTF-8" in refusal(tmp_path / "t.parquet")
    (tmp_path / "t.parquet" / "k=%FF").rename(tmp_path / "t.parquet" / "\x1b[2J")
    assert "\\x1b[2J" in refusal(tmp_path / "t.parquet")
    os.rename(tmp_path / "t.parquet" / "\x1b[2J", os.fsencode(tmp_path / "t.parquet") + b"/k=\xff")
    assert "not UTF-8" in refusal(tmp_path / "t.parquet")


def test_depth_and_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath("t.parquet", *(f"k{n}=1" for n in range(hive.MAX_DEPTH + 1)))
    deep.mkdir(parents=True)
    assert refusal(tmp_path / "t.parquet") == "is partitioned by more than 16 keys"
    monkeypatch.setattr(layout, "MAX_FILES", 1)
    assert "consists of 2 parquet files; at most 1" in refusal(tables.spark(tmp_path / "s.parquet", ROWS, ROWS))
    monkeypatch.setattr(hive, "MAX_ENTRIES", 3)
    assert refusal(tmp_path / "s.parquet") == "holds more than 3 files"


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet at all"])
def test_a_damaged_part_is_named(tmp_path: Path, data: bytes) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    (path / "part-1.parquet").write_bytes(data)
    assert refusal(path).startswith("holds 'part-1.parquet', which ")


def test_a_part_damaged_behind_its_footer_is_named(tmp_path: Path) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    pq.write_table(ROWS, path / "part-1.parquet", write_page_checksum=True)
    data = bytearray((path / "part-1.parquet").read_bytes())
    data[30] ^= 0xFF
    (path / "part-1.parquet").write_bytes(data)
    assert refusal(path).startswith("holds 'part-1.parquet', which cannot be read as parquet")


def test_a_part_that_lies_about_its_rows_is_named(tmp_path: Path, footer_lie: bytes) -> None:
    path = tables.spark(tmp_path / "t.parquet", ROWS)
    (path / "part-1.parquet").write_bytes(footer_lie)
    assert "holds 'part-1.parquet', which has a footer that lies" in refusal(path)


@pytest.fixture
def footer_lie(tmp_path: Path) -> bytes:
    """A file whose footer claims 64 more rows than its row group: the field after the schema, a zigzag varint."""
    pq.write_table(pa.table({"x": range(40)}), tmp_path / "lie.parquet", store_schema=False)
    data = (tmp_path / "lie.parquet").read_bytes()
    honest = b"\x16" + bytes([40 << 1])
    assert honest in data
    for at in [i for i in range(len(data)) if data.startswith(honest, i)]:
        lie = data[: at + 1] + bytes([41 << 1]) + data[at + 2 :]
        try:
            claimed = pq.ParquetFile(pa.BufferReader(lie)).metadata
        except (OSError, pa.ArrowException):
            continue
        if claimed.num_rows != claimed.row_group(0).num_rows:
            return lie
    raise AssertionError("no byte of the footer makes it lie")


# -- the path that names a directory -----------------------------------------------------------------------------------------


def test_only_table_directories_inside_the_root_may_be_named(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tables.spark(root / "t.parquet", ROWS)
    tables.spark(root / "plain", ROWS)
    tables.spark(tmp_path / "outside.parquet", ROWS)
    (root / "link.parquet").symlink_to(tmp_path / "outside.parquet")
    (root / "inner.parquet").symlink_to(root / "t.parquet")
    for text in ("t.parquet", "t.parquet/", "./t.parquet", "inner.parquet"):
        assert resolve_inside(text, root, root, is_table_directory) == root / "t.parquet"
    for text, said in {
        "plain": "is no table",
        ".": "is no table",
        "link.parquet": "out of the artifact root",
        "../outside.parquet": "out of the artifact root",
        "t.parquet/_SUCCESS/": "as if it were a directory",
        "/etc": "absolute",
    }.items():
        with pytest.raises(Refused, match=said):
            resolve_inside(text, root, root, is_table_directory)
    for text in ("t.parquet", "t.parquet/"):
        with pytest.raises(Refused):
            resolve_inside(text, root, root)


# -- Delta logs ------------------------------------------------------------------------------------------------------------


def change_adds(table: Path, **fields: Any) -> None:
    """Change what the first commit says of its files."""
    lines = []
    for line in (table / FIRST).read_text().splitlines():
        action = json.loads(line)
        if "add" in action:
            action["add"] |= fields
        lines.append(json.dumps(action))
    (table / FIRST).write_text("\n".join(lines) + "\n")


def change_all(table: Path, change: Any) -> None:
    """Change every action of the first commit."""
    actions = [json.loads(line) for line in (table / FIRST).read_text().splitlines()]
    for action in actions:
        change(action)
    (table / FIRST).write_text("\n".join(map(json.dumps, actions)) + "\n")


ESCAPES = [
    "../../etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "s3://bucket/part.parquet",
    "http://127.0.0.1:9/part.parquet",
    "%2e%2e/outside.parquet",
    "%2Fetc/passwd",
    "k=1/%2e%2e/%2e%2e/outside.parquet",
    "./part.parquet",
    "a//b.parquet",
    "",
    "\x00",
    "%00.parquet",
    "%FF.parquet",
]


@pytest.mark.parametrize("path", ESCAPES)
def test_delta_files_outside_of_the_table_are_refused(tmp_path: Path, path: str) -> None:
    pq.write_table(ROWS, tmp_path / "outside.parquet")
    table = tables.delta(tmp_path / "t", ROWS)
    change_adds(table, path=path)
    message = refusal(table)
    assert "names the file" in message or "cannot be read" in message
    assert "\x00" not in message


def test_delta_parts_behind_links_are_refused(tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "outside.parquet")
    table = tables.delta(tmp_path / "t", ROWS)
    (table / "link.parquet").symlink_to(tmp_path / "outside.parquet")
    change_adds(table, path="link.parquet")
    assert "'link.parquet', which is reached through a link" in refusal(table)
    (table / "d").symlink_to(tmp_path)
    change_adds(table, path="d/outside.parquet")
    assert "'d/outside.parquet', which is reached through a link" in refusal(table)


def test_delta_parts_that_are_not_there_are_named(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    change_adds(table, path="gone.parquet")
    assert refusal(table) == "holds 'gone.parquet', which does not exist"
    (table / "gone.parquet").mkdir()
    assert refusal(table) == "holds 'gone.parquet', which is not a regular file"


def test_delta_parts_are_what_the_log_says(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    part = next(table.glob("*.parquet"))
    change_adds(table, size=part.stat().st_size + 1)
    assert "bytes; its log says" in refusal(table)
    change_adds(table, size=part.stat().st_size, stats=json.dumps({"numRecords": 7}))
    assert "with 3 rows; its log says 7" in refusal(table)


def test_delta_parts_have_the_declared_columns(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    part = next(table.glob("*.parquet"))
    for other, said in {
        "y": "lacks every column that the table's log declares",
        "x": "column 'x' is string; the table's log declares int64",
    }.items():
        pq.write_table(pa.table({other: ["a", "b", "c"]}), part)
        change_adds(table, size=part.stat().st_size)
        assert said in refusal(table)


def test_delta_without_active_files(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    change_all(table, lambda action: action.pop("add", None))
    with source(table) as opened:
        assert (opened.head.names, opened.head.types, opened.head.rows) == (("x",), ("int64",), 0)
        assert list(opened.batches()) == []


@pytest.mark.parametrize("keep", [-2, -20, 40, 0])
def test_torn_delta_logs(tmp_path: Path, keep: int) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    data = (table / FIRST).read_bytes()
    (table / FIRST).write_bytes(data[:keep])
    assert "log" in refusal(table)


def test_an_empty_commit_is_not_the_version_before_it(tmp_path: Path) -> None:
    made = tables.delta(tmp_path / "t", pa.table({"n": [1]}), pa.table({"n": [2]}))
    (made / "_delta_log" / f"{1:020d}.json").write_bytes(b"")
    assert refusal(made) == f"has a damaged log: _delta_log/{1:020d}.json is empty"


def test_a_delta_log_with_a_gap(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS, ROWS, ROWS)
    (table / "_delta_log/00000000000000000001.json").unlink()
    assert "Delta log that cannot be read" in refusal(table)


def test_deletion_vectors_that_no_file_has_are_no_matter(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    change_all(table, lambda action: _feature(action, "deletionVectors"))
    with source(table) as opened:
        assert opened.head.rows == 3


@pytest.mark.parametrize("feature", ["v2Checkpoint", "variantType", "made-up", "\x1b]0;"])
def test_unknown_reader_features_are_refused(tmp_path: Path, feature: str) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    change_all(table, lambda action: _feature(action, feature))
    message = refusal(table)
    assert "not read" in message or "cannot be read" in message
    assert "\x1b" not in message


def test_unknown_column_mapping_is_refused(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)

    def change(action: dict[str, Any]) -> None:
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 2, "minWriterVersion": 5}
        if "metaData" in action:
            action["metaData"]["configuration"] = {"delta.columnMapping.mode": "other"}

    change_all(table, change)
    assert "olumn" in refusal(table)


def _feature(action: dict[str, Any], name: str) -> None:
    if "protocol" in action:
        action["protocol"] = {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": [name],
            "writerFeatures": [name],
        }


def test_delta_logs_are_plain_files(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    log = table / "_delta_log"
    (log / "00000000000000000001.json").symlink_to("/etc/passwd")
    assert "00000000000000000001.json', which is a link" in refusal(table)
    (log / "00000000000000000001.json").unlink()
    os.mkfifo(log / "00000000000000000001.json")
    assert "which is not a regular file" in refusal(table)
    (log / "00000000000000000001.json").unlink()
    (log / "_sidecars").mkdir()
    assert "'_delta_log/_sidecars', which is not read" in refusal(table)
    (log / "_sidecars").rmdir()
    shutil.move(log, tmp_path / "log")
    log.symlink_to(tmp_path / "log")
    assert "_delta_log that is a link" in refusal(table)


def test_hostile_delta_schemas_do_not_end_the_session(tmp_path: Path, reader: IsolatedReader) -> None:
    nested = '{"type":"struct","fields":[]}'
    for _ in range(5_000):
        nested = '{"type":"array","elementType":' + nested + ',"containsNull":true}'
    for number, text in enumerate(
        ["", "null", "[]", '{"type":"struct"}', '{"type":"struct","fields":[{"name":"x"}]}', nested]
    ):
        table = tables.delta(tmp_path / str(number), ROWS)

        def change(action: dict[str, Any], text: str = text) -> None:
            if "metaData" in action:
                action["metaData"]["schemaString"] = text

        change_all(table, change)
        with pytest.raises(Unreadable):
            reader.call("head", table)


def test_delta_is_read_in_the_reader_process(tmp_path: Path, reader: IsolatedReader) -> None:
    assert reader.call("head", tables.delta(tmp_path / "t", ROWS)).rows == 3


# -- Iceberg metadata --------------------------------------------------------------------------------------------------------


def change_metadata(table: Path, **fields: Any) -> None:
    newest = max(table.glob("metadata/*.metadata.json"))
    newest.write_text(json.dumps(json.loads(newest.read_text()) | fields))


def test_iceberg_is_read_in_the_reader_process(tmp_path: Path, reader: IsolatedReader) -> None:
    assert reader.call("head", tables.iceberg(tmp_path / "t", ROWS)).rows == 3


@pytest.mark.parametrize("location", ["/etc", "s3://bucket/t", "http://127.0.0.1:9/t", "file:///somewhere/else"])
def test_iceberg_files_outside_of_the_location_are_refused(tmp_path: Path, location: str) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    change_metadata(table, location=location)
    assert "is not below the table's location" in refusal(table)


def test_iceberg_paths_with_dots_are_refused(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    document = json.loads(max(table.glob("metadata/*.metadata.json")).read_text())
    document["snapshots"][-1]["manifest-list"] = document["location"] + "/../../etc/passwd"
    change_metadata(table, snapshots=document["snapshots"])
    assert "names the file '../../etc/passwd'; expected a relative path" in refusal(table)


def test_iceberg_properties_name_no_code(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("raise SystemExit('imported')")
    sys.path.insert(0, str(tmp_path))
    try:
        table = tables.iceberg(tmp_path / "t", ROWS)
        change_metadata(table, properties={"py-io-impl": "planted.IO", "write.data.path": "s3://bucket/"})
        with source(table) as opened:
            assert opened.head.rows == 3
    finally:
        sys.path.remove(str(tmp_path))
    assert "planted" not in sys.modules


def test_iceberg_files_behind_links_are_refused(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    shutil.move(table / "data", tmp_path / "data")
    (table / "data").symlink_to(tmp_path / "data")
    assert "which is reached through a link" in refusal(table)
    (table / "data").unlink()
    shutil.move(tmp_path / "data", table / "data")
    manifest = next(table.glob("metadata/*-m0.avro"))
    shutil.move(manifest, tmp_path / "m0.avro")
    manifest.symlink_to(tmp_path / "m0.avro")
    assert "which is reached through a link" in refusal(table)


def test_iceberg_parts_are_what_the_manifest_says(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    part = next(table.glob("data/*.parquet"))
    pq.write_table(ROWS.slice(1), part)
    assert "bytes; its log says" in refusal(table)
    part.unlink()
    assert "which does not exist" in refusal(table)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b'{"format-version": 9}', b"[" * 100_000, gzip.compress(b"{}", mtime=0)]
)
def test_damaged_iceberg_metadata(tmp_path: Path, data: bytes) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    max(table.glob("metadata/*.metadata.json")).write_bytes(data)
    assert "Iceberg metadata that cannot be read" in refusal(table)


def test_damaged_iceberg_manifests_are_refused_or_read_right(tmp_path: Path, reader: IsolatedReader) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    for name in ("metadata/snap-*.avro", "metadata/*-m0.avro"):
        manifest = next(table.glob(name))
        data = manifest.read_bytes()
        for at in range(0, len(data), 61):
            manifest.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
            with contextlib.suppress(Unreadable):
                assert reader.call("head", table).rows == 3
        manifest.write_bytes(data[: len(data) // 2])
        assert refusal(table)
        manifest.write_bytes(data)
