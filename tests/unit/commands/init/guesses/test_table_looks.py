"""What columns of a few versions say: when, about what, and which of them always differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.commands.init.guesses.first_contracts import contract_text
from pytest_mlmonitor.commands.init.guesses.table_looks import (
    FamilyLook,
    advancing,
    chosen,
    entity,
    event_time,
    targets,
)
from pytest_mlmonitor.commands.init.shapes.source_draft import VersionFiles
from pytest_mlmonitor.tables.inference.describe import describe
from pytest_mlmonitor.tables.odcs.document import read_odcs

FIRST = datetime(2026, 11, 20, tzinfo=UTC)
ROWS = 200


def look(tmp_path: Path, *builds: dict[str, Any]) -> FamilyLook:
    found = FamilyLook("orders")
    for i, columns in enumerate(builds):
        path = tmp_path / f"{i}.parquet"
        pq.write_table(pa.table(columns), path)
        start = FIRST + timedelta(days=i)
        found.versions.append(VersionFiles(f"{start:%Y-%m-%d}", start, start + timedelta(days=1), ((path.name,),)))
        found.builds.append(describe(path))
    return found


def day(i: int, **columns: Any) -> dict[str, Any]:
    start = np.datetime64("2026-11-20", "us") + np.timedelta64(i, "D")
    times = start + np.arange(ROWS) * np.timedelta64(60, "s").astype("timedelta64[us]")
    return {
        "created_at": times,
        "user_id": np.arange(ROWS) % 50,
        "amount": np.random.default_rng(i).normal(50, 5, ROWS),
        **columns,
    }


def test_the_only_time_is_that_of_the_event(tmp_path: Path) -> None:
    assert event_time(look(tmp_path, day(0), day(1))).column == "created_at"


def test_of_two_times_the_one_that_lies_in_the_version(tmp_path: Path) -> None:
    late = {"loaded_at": day(2)["created_at"]}
    assert event_time(look(tmp_path, day(0, **late), day(1, **late))).column == "created_at"
    both = [day(i, seen_at=day(i)["created_at"]) for i in range(2)]
    found = event_time(look(tmp_path, *both))
    assert (found.column, set(found.several)) == (None, {"created_at", "seen_at"})


@pytest.mark.parametrize(
    ("columns", "column", "several"),
    [
        ({}, "user_id", ()),
        ({"order_id": np.arange(ROWS)}, "order_id", ()),  # the user's occurs twice
        ({"shop_id": np.arange(ROWS) // 2}, None, ("user_id", "shop_id")),
        ({"batch_id": [7] * ROWS}, "user_id", ()),  # of a load: no row is about it
        ({"user_id": [None, *range(1, ROWS)]}, None, ()),
        ({"user_id": np.arange(ROWS) / 2}, None, ()),
    ],
)
def test_the_only_id_is_what_a_row_is_about(
    tmp_path: Path, columns: dict[str, Any], column: str | None, several: tuple[str, ...]
) -> None:
    found = entity(look(tmp_path, day(0, **columns)))
    assert (found.column, found.several) == (column, several)


def test_a_target_is_only_asked_about(tmp_path: Path) -> None:
    assert targets(look(tmp_path, day(0, label=[0, 1] * (ROWS // 2), labels=[1] * ROWS))) == ("label",)


def test_columns_that_always_differ(tmp_path: Path) -> None:
    numbers = np.arange(ROWS)
    texts = [{"load": [f"run-{i}"] * ROWS, "ds": [f"2026-11-2{i}"] * ROWS, "same": ["x"] * ROWS} for i in range(3)]
    builds = [
        day(i, epoch=numbers + 1000 * i, down=-numbers - 1000 * i, overlaps=numbers + 10 * i, **texts[i])
        for i in range(3)
    ]
    assert set(advancing(look(tmp_path, *builds))) == {"epoch", "down", "load", "ds"}
    assert set(advancing(look(tmp_path, builds[0]))) == {"load", "ds"}  # by their names: "same" may be a country


def test_the_newest_versions_are_read_as_far_as_there_is_room() -> None:
    versions = [VersionFiles(str(i), None, None, ((f"{i}.parquet",),)) for i in range(20)]
    assert [one.text for one in chosen(versions, lambda _: 1, 1)] == [str(i) for i in range(6, 20)]
    assert [one.text for one in chosen(versions, lambda _: 100 << 20, 1)] == ["18", "19"]
    assert [one.text for one in chosen(versions, lambda _: 1, 1000)] == ["17", "18", "19"]
    assert chosen(versions, lambda _: 1 << 40, 1) == []


def test_ranges_of_one_or_two_versions_are_comments(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        text = contract_text(look(tmp_path, *map(day, range(number))), None, ())
        (terms,) = read_odcs(text.encode(), "x").tables
        assert terms.names == ("orders",)
        ranged = [line for line in text.splitlines() if "maximum:" in line and not line.strip().startswith("#")]
        assert bool(ranged) == (number == 3), text


def test_a_partition_is_no_set_of_one_value(tmp_path: Path) -> None:
    builds = [day(i, region=["de"] * ROWS, type=["a", "b"] * (ROWS // 2)) for i in range(8)]
    text = contract_text(look(tmp_path, *builds), None, ("region", "type"))
    assert "validValues" not in text
    assert "validValues: [a, b]" in contract_text(look(tmp_path, *builds), None, ())


def test_fewer_rows_are_an_error_only_after_a_week(tmp_path: Path) -> None:
    rule = f"metric: rowCount, mustBeGreaterOrEqualTo: {int(ROWS * 0.6)}"
    week, days = (contract_text(look(tmp_path, *map(day, range(n))), None, ()) for n in (8, 4))
    assert f"{{{rule}}}" in week and f"{{{rule}, severity: warning}}" in days


def test_copies_of_rows_are_refused_where_there_were_none(tmp_path: Path) -> None:
    found = look(tmp_path, *(day(i, kind=["a"] * ROWS) for i in range(6)))
    assert "duplicateValues" not in contract_text(found, None, ())
    found.distinct = ("created_at", "user_id")
    for build in found.builds:
        build.keys = {}
    assert "{metric: duplicateValues, arguments: {properties: [created_at, user_id]}" in contract_text(found, None, ())
