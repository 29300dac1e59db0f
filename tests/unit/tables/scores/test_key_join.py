"""Looking rows up by their key, against a merge in pandas."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.scores.key_join import SAMPLE_ROWS, join_on_key
from pytest_mlmonitor.tables.unreadable import Unreadable

START = datetime(2026, 4, 26)
KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from([START + timedelta(minutes=m) for m in (0, 15, 30)]))
LEFT = st.dictionaries(KEYS, st.sampled_from([0, 1]), max_size=9)
RIGHT = st.dictionaries(KEYS, st.sampled_from([0, 1]), max_size=9)


def write(path: Path, rows: dict[Any, int | None], value: str, /, **types: Any) -> Path:
    table = pa.table(
        {
            "station_id": pa.array([k[0] for k in rows], types.get("id", pa.string())),
            "obs_ts": pa.array([k[1] for k in rows], types.get("ts", pa.timestamp("us"))),
            value: pa.array(list(rows.values()), types.get("value", pa.int32())),
        }
    )
    pq.write_table(table, path)
    return path


def join(left: Path, right: Path) -> Any:
    return join_on_key(left, right, ("station_id", "obs_ts"), "y_true", "target")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("join")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEFT, RIGHT)
def test_it_finds_what_a_merge_finds(place: Path, left: dict[Any, int], right: dict[Any, int]) -> None:
    found = join(write(place / "l.parquet", left, "y_true"), write(place / "r.parquet", right, "target"))
    keys = ["station_id", "obs_ts"]
    mine = pd.DataFrame([(*k, v) for k, v in left.items()], columns=[*keys, "y_true"]).astype(
        {"obs_ts": "datetime64[us]"}
    )
    theirs = pd.DataFrame([(*k, v) for k, v in right.items()], columns=[*keys, "target"]).astype(
        {"obs_ts": "datetime64[us]"}
    )
    merged = mine.astype({"station_id": "object"}).merge(
        theirs.astype({"station_id": "object"}), on=keys, how="left", indicator=True
    )
    alone = merged[merged["_merge"] == "left_only"]
    differing = merged[(merged["_merge"] == "both") & (merged["y_true"] != merged["target"])]
    assert (found.unknown, found.differing) == (len(alone), len(differing))
    wanted = sorted((r.station_id, r.obs_ts.to_pydatetime()) for r in alone.itertuples())
    assert [(row["station_id"], row["obs_ts"]) for row in found.unknown_sample] == wanted[:SAMPLE_ROWS]
    wanted = sorted((r.station_id, r.obs_ts.to_pydatetime()) for r in differing.itertuples())
    assert [(row["station_id"], row["obs_ts"]) for row in found.differing_sample] == wanted[:SAMPLE_ROWS]


ONE = {("a", START): 1}


@pytest.mark.parametrize(
    "types",
    [
        {"id": pa.large_string()},
        {"ts": pa.timestamp("ns")},
        {"ts": pa.timestamp("ms")},
        {"ts": pa.timestamp("us", "UTC")},
        {"value": pa.int64()},
        {"value": pa.uint8()},
    ],
    ids=str,
)
def test_types_that_mean_the_same_are_compared(types: dict[str, Any], tmp_path: Path) -> None:
    left = write(tmp_path / "l.parquet", ONE, "y_true", **types)
    found = join(left, write(tmp_path / "r.parquet", ONE, "target"))
    assert (found.unknown, found.differing) == (0, 0)


def test_a_partner_without_a_value_is_no_missing_partner(tmp_path: Path) -> None:
    found = join(
        write(tmp_path / "l.parquet", ONE, "y_true"), write(tmp_path / "r.parquet", {("a", START): None}, "target")
    )
    assert (found.unknown, found.differing) == (0, 0)


def test_a_row_without_a_key_has_no_partner(tmp_path: Path) -> None:
    right = write(tmp_path / "r.parquet", ONE | {(None, START): 1}, "target")
    assert join(write(tmp_path / "l.parquet", {(None, START): 1}, "y_true"), right).unknown == 1


def test_a_missing_column_or_another_type_is_said(tmp_path: Path) -> None:
    left = write(tmp_path / "l.parquet", ONE, "y_true")
    with pytest.raises(Unreadable, match="has no column target"):
        join(left, write(tmp_path / "r.parquet", ONE, "other"))
    pq.write_table(pa.table({"station_id": ["a"], "obs_ts": ["soon"], "target": [1]}), tmp_path / "r.parquet")
    with pytest.raises(Unreadable, match="has columns of other types"):
        join(left, tmp_path / "r.parquet")
    (tmp_path / "r.parquet").write_bytes(b"")
    with pytest.raises(Unreadable, match="is empty"):
        join(left, tmp_path / "r.parquet")
