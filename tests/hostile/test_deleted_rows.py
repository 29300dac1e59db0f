"""Deletion vectors and delete files that nobody vouches for: they lead nowhere else, and are never half believed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.manifest import DataFileContent, FileFormat

from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests import deleted_rows as written
from tests import tables

ROWS = pa.table({"x": [1, 2, 3]})


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a table made us connect")

    monkeypatch.setattr(socket.socket, "connect", connect)


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as caught, source(path) as table:
        list(table.batches())
    return str(caught.value)


# -- Delta -------------------------------------------------------------------------------------------------------------------


def delta(directory: Path, **changes: Any) -> Path:
    table = tables.delta(directory, ROWS)
    (part,) = written.parts_of_delta(table)
    return written.delete_in_delta(table, {part: [0, 1]}, **changes)


@pytest.mark.parametrize(
    "where",
    ["file:///etc/passwd", "/etc/passwd", "s3://bucket/dv.bin", "http://127.0.0.1:9/dv.bin", "deletion_vector.bin"],
)
def test_a_vector_at_an_absolute_path_is_refused(tmp_path: Path, where: str) -> None:
    message = refusal(delta(tmp_path / "t", storageType="p", pathOrInlineDv=where))
    assert f"that lies at '{where}'; expected a path inside the table's directory" in message


@pytest.mark.parametrize("prefix", ["..", "../..", "/etc", "a/../..", "file:", "http://127.0.0.1:9/"])
def test_a_prefix_leads_nowhere_else(tmp_path: Path, prefix: str) -> None:
    table = delta(tmp_path / "t")
    (vector,) = table.glob("*.bin")
    vector.rename(tmp_path / vector.name)
    number = written.z85(bytes.fromhex(vector.stem.removeprefix("deletion_vector_").replace("-", "")))
    table = delta(tmp_path / "u", pathOrInlineDv=prefix + number)
    assert "names the file" in refusal(table) or "does not exist" in refusal(table)


def test_a_vector_behind_a_link_is_refused(tmp_path: Path) -> None:
    table = delta(tmp_path / "t")
    (vector,) = table.glob("*.bin")
    vector.rename(tmp_path / "outside.bin")
    vector.symlink_to(tmp_path / "outside.bin")
    assert "which is reached through a link; links are not followed" in refusal(table)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cardinality": 1}, "deletes 2 rows; its log says 1"),
        ({"cardinality": None}, "cardinality"),
        ({"sizeInBytes": 1 << 31}, "at most 268,435,456 are read"),
        ({"sizeInBytes": 30}, "bytes; expected 30"),
        ({"offset": 4_000}, "stands behind the end of its file"),
        ({"offset": 0}, "stands behind the end of its file"),
        ({"pathOrInlineDv": "abc"}, "is not written in base 85"),
        ({"pathOrInlineDv": None}, "says not where it is"),
        ({"storageType": "x"}, "is stored in the way 'x', which is not known"),
        ({"storageType": "i", "pathOrInlineDv": "00000"}, "has 4 bytes; its log says"),
    ],
)
def test_what_the_log_says_of_a_vector_holds(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    message = refusal(delta(tmp_path / "t", **changes))
    assert said in message or "Delta log that cannot be read" in message


@pytest.mark.parametrize("place", range(0, 46, 3))
def test_no_byte_of_a_vector_s_file_may_change(tmp_path: Path, place: int) -> None:
    table = delta(tmp_path / "t")
    (vector,) = table.glob("*.bin")
    data = bytearray(vector.read_bytes())
    data[place % len(data)] ^= 0x40
    vector.write_bytes(data)
    assert "has a deletion vector of " in refusal(table)


def test_a_vector_that_is_not_there(tmp_path: Path) -> None:
    table = delta(tmp_path / "t")
    next(table.glob("*.bin")).unlink()
    assert "whose file does not exist" in refusal(table)


def test_a_vector_that_no_protocol_declares(tmp_path: Path) -> None:
    table = delta(tmp_path / "t")
    for commit in table.glob("_delta_log/*.json"):
        commit.write_text(commit.read_text().replace('"deletionVectors"', ""))
    assert "but its protocol declares none" in refusal(table)


def test_rows_beyond_the_part_are_refused(tmp_path: Path) -> None:
    table = tables.delta(tmp_path / "t", ROWS)
    (part,) = written.parts_of_delta(table)
    assert "deletes rows beyond the 3 of its part" in refusal(written.delete_in_delta(table, {part: [3]}))


# -- Iceberg -----------------------------------------------------------------------------------------------------------------


def iceberg(directory: Path, write: Callable[..., Any], **changes: Any) -> Path:
    table = tables.iceberg(directory, ROWS)
    said = write(table, {written.data_files(table)[0]: [0, 1]})
    (one,) = said if isinstance(said, list) else [said]
    return written.delete_in_iceberg(table, one | changes)


BOTH = pytest.mark.parametrize("write", [written.positions_file, written.vector_file])


def test_equality_deletes_are_refused(tmp_path: Path) -> None:
    table = iceberg(tmp_path / "t", written.positions_file, content=DataFileContent.EQUALITY_DELETES, equality_ids=[1])
    assert "uses equality deletes, which are not read; compact it first" in refusal(table)


@BOTH
@pytest.mark.parametrize("where", ["/etc/passwd", "file:///etc/passwd", "s3://bucket/x", "http://127.0.0.1:9/x"])
def test_delete_files_outside_of_the_table_are_refused(tmp_path: Path, write: Callable[..., Any], where: str) -> None:
    assert "which is not below the table's location" in refusal(iceberg(tmp_path / "t", write, file_path=where))


@BOTH
def test_delete_files_behind_links_are_refused(tmp_path: Path, write: Callable[..., Any]) -> None:
    table = iceberg(tmp_path / "t", write)
    (file,) = table.glob("data/deletes-*")
    file.rename(tmp_path / "outside")
    file.symlink_to(tmp_path / "outside")
    assert "which is reached through a link" in refusal(table)
    file.unlink()
    assert "does not exist" in refusal(table)


@BOTH
@pytest.mark.parametrize("change", [{"record_count": 1}, {"file_size_in_bytes": 7}])
def test_delete_files_are_what_the_manifest_says(
    tmp_path: Path, write: Callable[..., Any], change: dict[str, int]
) -> None:
    assert "manifest says" in refusal(iceberg(tmp_path / "t", write, **change))


def test_other_formats_are_refused(tmp_path: Path) -> None:
    assert "in the format" in refusal(iceberg(tmp_path / "t", written.positions_file, file_format=FileFormat.ORC))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"content_offset": None}, "says not where"),
        ({"content_size_in_bytes": None}, "says not where"),
        ({"referenced_data_file": None}, "says not where"),
        ({"content_offset": 4_000}, "stands behind the end of its file"),
        ({"content_offset": -1}, "stands behind the end of its file"),
        ({"content_offset": 3}, "bytes; expected"),
        ({"content_size_in_bytes": 1 << 40}, "at most 268,435,456 are read"),
        ({"content_size_in_bytes": -1}, "at most 268,435,456 are read"),
    ],
)
def test_a_vector_stands_where_the_manifest_says(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    assert said in refusal(iceberg(tmp_path / "t", written.vector_file, **change))


def test_two_vectors_of_one_file_are_refused(tmp_path: Path) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    (file,) = written.data_files(table)
    several = [*written.vector_file(table, {file: [0]}), *written.vector_file(table, {file: [1]})]
    assert "has two deletion vectors of" in refusal(written.delete_in_iceberg(table, *several))


@pytest.mark.parametrize("positions", [[3], [-1], [1 << 40]])
def test_positions_beyond_the_file_are_refused(tmp_path: Path, positions: list[int]) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    (file,) = written.data_files(table)
    written.delete_in_iceberg(table, written.positions_file(table, {file: positions}))
    assert "deletes rows beyond the 3 of " in refusal(table)


@pytest.mark.parametrize(
    "columns",
    [
        {"path": ["x"], "pos": [1]},
        {"file_path": ["x"], "pos": ["1"]},
        {"file_path": [1], "pos": [1]},
        {"file_path": pa.array([None], pa.string()), "pos": [1]},
    ],
)
def test_position_deletes_have_their_columns(tmp_path: Path, columns: dict[str, Any]) -> None:
    table = tables.iceberg(tmp_path / "t", ROWS)
    said = written.positions_file(table, {"x": [0]})
    path = Path(said["file_path"].removeprefix("file://"))
    pq.write_table(pa.table(columns), path)
    written.delete_in_iceberg(table, said | {"file_size_in_bytes": path.stat().st_size})
    assert "expected file_path (text) and pos (int64)" in refusal(table) or "has nulls" in refusal(table)
