"""When a table with a log was last written: by the log's own words, whatever they are worth."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.source.commits import committed
from pytest_mlmonitor.tables.source.layout import MAX_LOG_BYTES
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests import tables

ROWS = pa.table({"id": pa.array(range(4), pa.int64())})
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ADD = {"add": {"path": "a.parquet", "dataChange": True, "modificationTime": 1_795_000_000_000}}


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def at(hours: float) -> dict[str, Any]:
    return {"commitInfo": {"timestamp": ms(NOON + timedelta(hours=hours))}}


def delta(root: Path, *commits: list[Any]) -> Path:
    """Write a Delta log of these commits; nothing else of a table is there."""
    log = root / "_delta_log"
    log.mkdir(parents=True)
    for i, actions in enumerate(commits):
        (log / f"{i:020d}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))
    return root


def iceberg(root: Path, **metadata: Any) -> Path:
    (root / "metadata").mkdir(parents=True)
    (root / "metadata/v1.metadata.json").write_text(json.dumps(metadata))
    return root


def snapshot(number: int, hours: float, operation: str = "append", parent: int | None = None) -> dict[str, Any]:
    moment = ms(NOON + timedelta(hours=hours))
    return {
        "snapshot-id": number,
        "timestamp-ms": moment,
        "summary": {"operation": operation},
        "parent-snapshot-id": parent,
    }


@pytest.mark.parametrize("write", [tables.delta, tables.iceberg])
def test_what_writers_write(write: Any, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    path = write(tmp_path / "t", ROWS)
    found = committed(path)
    assert found is not None and before <= found <= datetime.now(UTC)


def test_compaction_by_deltalake_makes_nothing_new(tmp_path: Path) -> None:
    from deltalake import DeltaTable

    path = tables.delta(tmp_path / "t", ROWS, ROWS)
    before = committed(path)
    table = DeltaTable(str(path))
    assert table.optimize.compact()["numFilesRemoved"] == 2
    assert len(list((path / "_delta_log").glob("*.json"))) == 3
    assert committed(path) == before


@pytest.mark.parametrize(
    ("commits", "hours"),
    [
        ([[at(0), ADD]], 0),
        ([[at(0), ADD], [ADD, at(5)]], 5),
        # commits that change no row
        ([[at(0), ADD], [at(5), {"metaData": {}}]], 0),
        ([[at(0), ADD], [at(5), {"add": {"path": "b", "dataChange": False}}]], 0),
        ([[at(0), ADD], [at(5), {"remove": {"path": "a", "dataChange": True}}]], 5),
        ([[at(0), {"metaData": {}}], [at(5), {"protocol": {}}]], 5),
        # the clock of the commit itself goes before that of the writer
        ([[{"commitInfo": {"timestamp": 1, "inCommitTimestamp": ms(NOON)}}, ADD]], 0),
        # no commitInfo: the files say
        ([[{"add": {"path": "a", "modificationTime": ms(NOON)}}]], 0),
        ([[{"remove": {"path": "a", "deletionTimestamp": ms(NOON)}}]], 0),
        ([[at(-9), ADD], [{"add": {"path": "b"}}]], -9),
    ],
)
def test_the_last_commit_that_changed_data(commits: list[list[Any]], hours: float, tmp_path: Path) -> None:
    assert committed(delta(tmp_path, *commits)) == NOON + timedelta(hours=hours)


@pytest.mark.parametrize(
    "stamp", [None, True, "2026-11-27", -1, 0, 1.5, [], 10**30, float("inf"), ms(NOON) * 10**6], ids=str
)
def test_a_time_that_is_none_is_not_taken(stamp: Any, tmp_path: Path) -> None:
    info = {"commitInfo": {"timestamp": stamp, "inCommitTimestamp": stamp}}
    assert committed(delta(tmp_path / "d", [info, {"add": {"modificationTime": stamp}}])) is None
    made = snapshot(1, 0) | {"timestamp-ms": stamp}
    assert committed(iceberg(tmp_path / "i", **{"current-snapshot-id": 1, "snapshots": [made]})) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_read(value: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        actions = [value, {"commitInfo": value}, {"add": value}, {"commitInfo": {"timestamp": value}}]
        committed(delta(Path(directory) / "d", actions))
        committed(iceberg(Path(directory) / "i", **{"snapshots": value, "current-snapshot-id": value}))
        committed(
            iceberg(Path(directory) / "j", **{"snapshots": [value, {"summary": value}], "current-snapshot-id": None})
        )


@pytest.mark.parametrize(
    ("snapshots", "current", "hours"),
    [
        ([snapshot(1, 0)], 1, 0),
        ([snapshot(1, 0), snapshot(2, 5, parent=1)], 2, 5),
        ([snapshot(1, 0), snapshot(2, 5, parent=1)], 1, 0),  # rolled back
        ([snapshot(1, 0), snapshot(2, 5, "replace", 1), snapshot(3, 6, "replace", 2)], 3, 0),
        ([snapshot(2, 5, "replace", 1)], 2, 5),  # what it was made of is expired
        ([snapshot(2, 5, "delete", 1), snapshot(1, 0)], 2, 5),
        ([snapshot(2, 5, "replace", 3), snapshot(3, 4, "replace", 2)], 2, 5),  # a ring
        ([snapshot(1, 0)], 7, None),
        ([], None, None),
        ([], -1, None),
    ],
)
def test_the_snapshot_that_is_the_table(
    snapshots: list[Any], current: int | None, hours: float | None, tmp_path: Path
) -> None:
    path = iceberg(tmp_path, **{"snapshots": snapshots, "current-snapshot-id": current})
    assert committed(path) == (None if hours is None else NOON + timedelta(hours=hours))


def test_no_log_says_nothing(tmp_path: Path) -> None:
    tables.spark(tmp_path / "t.parquet", ROWS)
    assert committed(tmp_path / "t.parquet") is None
    assert committed(tmp_path / "absent") is None
    assert committed(next((tmp_path / "t.parquet").glob("*.parquet"))) is None


def test_a_damaged_log_is_named(tmp_path: Path) -> None:
    path = delta(tmp_path / "d", [at(0), ADD])
    (path / "_delta_log" / f"{1:020d}.json").write_text('{"add": {\n')
    with pytest.raises(Unreadable, match=r"_delta_log/0+1.json:1 is not JSON"):
        committed(path)
    (tmp_path / "i/metadata").mkdir(parents=True)
    (tmp_path / "i/metadata/v1.metadata.json").write_text("[")
    with pytest.raises(Unreadable, match=r"metadata/v1.metadata.json, which is not JSON"):
        committed(tmp_path / "i")


def test_links_are_not_followed(tmp_path: Path) -> None:
    real = delta(tmp_path / "real", [at(0), ADD])
    (tmp_path / "linked").symlink_to(real)
    assert committed(tmp_path / "linked") is None
    (tmp_path / "log").mkdir()
    (tmp_path / "log/_delta_log").symlink_to(real / "_delta_log")
    with pytest.raises(Unreadable, match="links are not followed"):
        committed(tmp_path / "log")
    (real / "_delta_log" / f"{1:020d}.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unreadable, match=r"_delta_log/0+1.json"):
        committed(real)


def test_a_log_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.tables.source.commits.MAX_LOG_BYTES", 300)
    assert MAX_LOG_BYTES > 300
    assert committed(
        delta(tmp_path, [at(0), ADD], *([at(i), {"metaData": {}}] for i in range(1, 9)))
    ) == NOON + timedelta(hours=8)
