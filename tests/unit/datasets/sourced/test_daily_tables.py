"""Days of a table, each judged against the day before: parts, order, age, readiness."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.drift.references import References
from pytest_mlmonitor.links.superseded import Superseded
from tests.unit.datasets.sourced.lakes import (
    NOW,
    dataset,
    datasets,
    day,
    directory,
    lake,
    platform,
    put,
    results,
    said,
)
from tests.unit.support import platform_at


def names(found: Platform) -> list[str]:
    return [one.ref.name for one in datasets(found)]


def test_a_sound_lake_has_no_finding(tmp_path: Path) -> None:
    found = platform(lake(lake(tmp_path), name="weather"), ready="_SUCCESS", event_ts="ts", more=LIMIT)
    assert len(datasets(found)) == 8
    assert [line for one in names(found) for line in said(found, one)] == []


LIMIT = {"freshness": {"error_after": "26h"}}


def test_the_parts_of_a_day_are_one_table(tmp_path: Path) -> None:
    found = platform(lake(tmp_path, parts=3))
    one = dataset(found, "flights@2026-11-27")
    assert results(found, one.ref.name)["readable"].status == "pass"
    assert one.to_pandas(["id"]).shape == (400, 1)
    assert (one.dataset_name, one.dataset_version) == ("flights", "2026-11-27")


def test_a_broken_part_is_named(tmp_path: Path) -> None:
    (directory(lake(tmp_path)) / "part-1.parquet").write_bytes(b"PAR1 torn")
    (message,) = said(platform(tmp_path), "flights@2026-11-27")
    assert "'part-1.parquet'" in message


def test_a_column_that_only_some_parts_have_is_said(tmp_path: Path) -> None:
    path = directory(lake(tmp_path))
    put(path / "part-2.parquet", day(9, rows=3, delay=None))
    (finding,) = results(platform(tmp_path), "flights@2026-11-27")["schema"].findings
    assert "delay" in finding.message and "part-2" in finding.message


def test_a_day_is_compared_with_the_day_before_whenever_it_was_written(tmp_path: Path) -> None:
    lake(tmp_path)
    late = directory(tmp_path, 2)
    for file in late.iterdir():
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    found = platform(tmp_path)
    previous = found.view(References).previous(dataset(found, "flights@2026-11-27"))
    assert previous.ref.name == "flights@2026-11-26"
    assert [one.ref.name for one in found.view(Superseded).versions(previous)] == [
        f"flights@2026-11-{number}" for number in (24, 25, 26, 27)
    ]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"delay": None}, "schema_version: WARNING the schema changed since flights@2026-11-26: delay is gone"),
        ({"delay": [None] * 100 + [1.0] * 300}, "null_rates: ERROR delay is null in 100 of 400 rows (25 %)"),
        ({"delay": [40.0 + i % 5 for i in range(400)]}, "drift: ERROR delay"),
        ({"carrier": ["XX"] * 200 + ["AA"] * 200}, "carrier"),
    ],
)
def test_faults_of_the_newest_day_are_named(fault: dict[str, object], expected: str, tmp_path: Path) -> None:
    lake(tmp_path)
    put(directory(tmp_path), day(0, **fault), 2)
    found = said(platform(tmp_path, event_ts="ts", entity="id"), "flights@2026-11-27")
    assert any(expected in line for line in found), found


def test_rows_that_occur_twice_are_found_across_parts(tmp_path: Path) -> None:
    lake(tmp_path)
    put(directory(tmp_path) / "part-9.parquet", day(0).slice(0, 100))
    found = said(platform(tmp_path, event_ts="ts", entity="id"), "flights@2026-11-27")
    assert any("twice" in line or "duplicate" in line.lower() or "repeat" in line for line in found), found


# Age.


def test_a_day_is_as_old_as_its_end(tmp_path: Path) -> None:
    found = platform(lake(tmp_path), more=LIMIT)
    built = dataset(found, "flights@2026-11-27").build_time
    assert built is not None and built.age(NOW) == 2 * 3600
    assert built.age(NOW - timedelta(hours=20)) == 0


@pytest.mark.parametrize(
    ("hours", "timezone", "expected"),
    [
        (25, None, []),
        (27, None, ["freshness: WARNING STALE"]),
        (39, None, ["freshness: ERROR STALE"]),
        (27, "UTC", ["freshness: ERROR STALE"]),
        (26, "Europe/Berlin", ["freshness: ERROR STALE"]),
        (24, "Europe/Berlin", []),
    ],
)
def test_a_limit_is_an_error_once_it_is_broken_in_every_zone_that_may_be_meant(
    hours: float, timezone: str | None, expected: list[str], tmp_path: Path
) -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC) + timedelta(hours=hours)
    zone = {"timezone": timezone} if timezone else {}
    found = said(platform(lake(tmp_path), now=now, more=LIMIT, **zone), "flights@2026-11-27")
    assert [line[: len(expected[0])] for line in found] == expected if expected else found == []
    if timezone is None and expected == ["freshness: WARNING STALE"]:
        assert 'say timezone = "Europe/Berlin", or "UTC" (source.silver)' in found[0]


@pytest.mark.parametrize(
    ("ahead", "timezone", "expected"),
    [(0, None, None), (1, None, None), (2, None, "WARNING FUTURE"), (1, "UTC", "ERROR FUTURE"), (0, "UTC", None)],
)
def test_a_day_that_has_not_begun_lies_in_the_future(
    ahead: int, timezone: str | None, expected: str | None, tmp_path: Path
) -> None:
    now = datetime(2026, 11, 28, 11, tzinfo=UTC)
    lake(tmp_path)
    path = tmp_path / f"silver/flights/dt={now + timedelta(days=ahead):%Y-%m-%d}"
    put(path, day(-1 - ahead), 2)
    zone = {"timezone": timezone} if timezone else {}
    found = platform(tmp_path, now=now, **zone)
    lines = [line for line in said(found, f"flights@{path.name[3:]}") if line.startswith("freshness")]
    assert [expected in line for line in lines] == ([True] if expected else [])
    if expected:
        assert "a forecast says fields.built_at" in lines[0]


def test_without_a_time_nothing_is_checked_and_the_keys_are_named(tmp_path: Path) -> None:
    put(tmp_path / "reviews/v9", day(1))
    put(tmp_path / "reviews/v10", day(0))
    found = platform(tmp_path, path="reviews/{version:semver}/*.parquet", name="reviews")
    result = results(found, "reviews@v10")["freshness"]
    assert result.status == "not_checked"
    assert result.reason is not None
    assert 'say built_at = "mtime" or "column:NAME", map fields.built_at' in result.reason


# Order.


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        (":semver", ["v9", "v10", "v10.1"]),
        ("", ["v9", "v10", "v11"]),
        (":int", ["9", "10", "011"]),
        (":epoch_s", ["1795773600", "1795860000", "1795946400"]),
        (":%d-%b-%Y", ["30-Sep-2026", "01-Oct-2026", "02-Oct-2026"]),
    ],
)
def test_versions_are_in_the_order_of_their_form_else_as_people_count(
    form: str, texts: list[str], tmp_path: Path
) -> None:
    for number, text in enumerate(reversed(texts)):
        put(tmp_path / f"t/{text}/part.parquet", day(number))
    found = platform(tmp_path, path=f"t/{{version{form}}}/*.parquet", name="t")
    ordered = found.view(Superseded).versions(datasets(found)[0])
    assert [one.ref.path.parent.name for one in ordered] == texts
    assert found.view(References).previous(ordered[-1]) is ordered[-2]


def test_versions_without_a_form_are_in_the_order_of_time_where_all_have_one(tmp_path: Path) -> None:
    for age, text in enumerate(("alpha", "omega", "middle")):
        path = put(tmp_path / f"t/{text}/part.parquet", day(age))
        os.utime(path, (NOW.timestamp() - age * 3600,) * 2)
    found = platform(tmp_path, path="t/{version}/*.parquet", name="t", built_at="mtime")
    ordered = found.view(Superseded).versions(datasets(found)[0])
    assert [one.ref.path.parent.name for one in ordered] == ["middle", "omega", "alpha"]


def test_an_older_version_is_superseded_wherever_it_lies(tmp_path: Path) -> None:
    for number, text in enumerate(("v10", "v9")):
        for split in ("train", "test"):
            put(tmp_path / f"reviews/{text}/{split}-00000-of-00001.parquet", day(number))
    found = platform_at(
        tmp_path,
        now=NOW,
        source={"reviews": {"path": ("reviews/{version:semver}/{split:word}-*.parquet",), "name": "reviews.{split}"}},
    )
    older = [one for one in datasets(found) if "v9" in str(one.ref.path)]
    assert older and all(found.view(Superseded).of(one) is not None for one in older)


# Ready.


def test_a_day_without_its_marker_is_not_judged_and_stands_in_for_nothing(tmp_path: Path) -> None:
    lake(tmp_path)
    (directory(tmp_path) / "_SUCCESS").unlink()
    (directory(tmp_path) / "part-1.parquet").write_bytes(b"half")
    found = platform(tmp_path, ready="_SUCCESS", more=LIMIT)
    judged = results(found, "flights@2026-11-27")
    assert {result.status for result in judged.values()} == {"not_checked"}
    assert "it has no _SUCCESS yet, and may lack it for 1 d 2 h (ready of source.silver)" in (
        judged["drift"].reason or ""
    )
    before = dataset(found, "flights@2026-11-26")
    assert found.view(Superseded).of(before) is None


def test_a_day_whose_marker_never_came_is_an_error_and_judged(tmp_path: Path) -> None:
    lake(tmp_path)
    (directory(tmp_path) / "_SUCCESS").unlink()
    found = platform(tmp_path, ready="_SUCCESS", now=NOW + timedelta(hours=25), more=LIMIT)
    lines = said(found, "flights@2026-11-27")
    message = "contract: ERROR never finished: 2026-11-27 has no _SUCCESS, and is 1 d 3 h old; expected within 1 d 2 h"
    assert any(message in line for line in lines), lines
    assert results(found, "flights@2026-11-27")["readable"].status == "pass"


def test_the_marker_may_lie_above_partitions(tmp_path: Path) -> None:
    put(tmp_path / "t/dt=2026-11-27/region=eu/part.parquet", day(0))
    (tmp_path / "t/dt=2026-11-27/_SUCCESS").touch()
    keys = {"path": "t/dt={version:%Y-%m-%d}/**/*.parquet", "name": "t", "ready": "_SUCCESS", "more": LIMIT}
    found = platform(tmp_path, **keys)
    (one,) = datasets(found)
    assert one.pending is None
    assert one.to_pandas(["region"])["region"].unique().tolist() == ["eu"]
    (tmp_path / "t/dt=2026-11-27/_SUCCESS").rename(tmp_path / "t/_SUCCESS")
    (one,) = datasets(platform(tmp_path, **keys))
    assert one.pending is not None


def test_without_a_limit_a_marker_is_waited_for(tmp_path: Path) -> None:
    lake(tmp_path, days=1, ready=None)
    found = platform(tmp_path, ready="_SUCCESS", now=NOW + timedelta(days=90), more={"freshness": {}})
    assert "until somebody sets freshness" in (dataset(found, "flights@2026-11-27").pending or "")


# What is no table.


def test_rows_that_are_no_table_are_said(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/2026-11-27.csv").write_text("a,b\n1,2\n")
    found = platform(tmp_path, path="t/{version:%Y-%m-%d}.csv", name="t")
    lines = said(found, "t@2026-11-27")
    assert len(lines) == 1
    assert "'2026-11-27.csv' is no table that is read: expected parquet, delta, iceberg" in lines[0]


def test_spark_writes_what_is_read(tmp_path: Path) -> None:
    """A file whose types are wider than those of the day before is read; the change is said."""
    lake(tmp_path)
    table = day(0)
    put(directory(tmp_path), table.set_column(4, "label", table["label"].cast(pa.int32())), 2)
    assert any("label was int64, is int32" in line for line in said(platform(tmp_path), "flights@2026-11-27"))


def test_ids_batches_and_times_of_new_rows_are_no_drift(tmp_path: Path) -> None:
    for number in range(4):
        count_on = {
            "order_no": list(range((4 - number) * 1000, (4 - number) * 1000 + 400)),
            "batch": [f"b{number}"] * 400,
            "day": [f"2026-11-{27 - number}"] * 400,
            "load_ts": [int((NOW - timedelta(days=number + 1)).timestamp() * 1000)] * 400,
        }
        put(directory(tmp_path, number), day(number, **count_on))
    found = platform(tmp_path, more=LIMIT)
    assert [line for one in names(found) for line in said(found, one)] == []
    drift = results(found, "flights@2026-11-27")["drift"].findings
    assert {finding.column for finding in drift if "is no feature" in finding.message} == {
        "order_no",
        "batch",
        "load_ts",
    }


OLD = {"freshness": {"error_after": "60d"}}


def weeks(root: Path, number: int = 3, starts: int = 7, days: int = 7) -> Path:
    """Write weeks of a table, each in a directory that is called like its first day."""
    for week in range(number):
        first = datetime(2026, 11, 2) + timedelta(days=starts * week)
        rows = [first + timedelta(hours=i) for i in range(24 * days)]
        table = day(week, rows=len(rows), ts=pa.array(rows, pa.timestamp("us")))
        put(root / f"silver/flights/dt={first:%Y-%m-%d}", table)
    return root


def test_a_week_goes_on_to_the_next_one(tmp_path: Path) -> None:
    found = platform(weeks(tmp_path), event_ts="ts", more=OLD)
    assert [line for one in names(found) for line in said(found, one)] == []
    (finding,) = results(found, "flights@2026-11-16")["point_in_time"].findings
    assert (
        "the next one would be 2026-11-23T12:00:00Z: 2026-11-16 is the beginning of what the table holds"
        in finding.message
    )


def test_what_lies_behind_the_next_one_is_late(tmp_path: Path) -> None:
    found = platform(weeks(tmp_path, days=9), event_ts="ts", more=OLD)
    (line,) = said(found, "flights@2026-11-16")
    assert line.startswith("point_in_time: ERROR ts: the last event 2026-11-24T23:00:00Z")
    (line,) = said(platform(weeks(tmp_path / "days", starts=1, days=3), event_ts="ts", more=OLD), "flights@2026-11-04")
    assert line.startswith("point_in_time: ERROR")


def test_one_version_may_be_a_week(tmp_path: Path) -> None:
    (line,) = said(platform(weeks(tmp_path, number=1), event_ts="ts", more=OLD), "flights@2026-11-02")
    assert line.startswith("point_in_time: WARNING")
    assert "where 2026-11-02 is no build time, say fields.built_at (source.silver)" in line


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Berlin", "America/New_York"])
def test_times_without_a_zone_are_those_of_the_source_or_utc(zone: str, tmp_path: Path) -> None:
    found = platform(lake(tmp_path), event_ts="ts", timezone=zone, more=LIMIT)
    assert [line for one in names(found) for line in said(found, one) if "point_in_time" in line] == []


def test_an_event_of_the_next_day_is_late_by_every_clock(tmp_path: Path) -> None:
    ts = [datetime(2026, 11, 28, 20) + timedelta(seconds=i) for i in range(400)]
    put(directory(lake(tmp_path)), day(0, ts=pa.array(ts, pa.timestamp("us"))), 2)
    (line,) = [
        line
        for line in said(platform(tmp_path, event_ts="ts", timezone="Europe/Berlin"), "flights@2026-11-27")
        if "point_in_time" in line
    ]
    assert "ERROR" in line


def test_an_id_that_a_contract_wants_compared_is_compared(tmp_path: Path) -> None:
    for number in range(2):
        put(
            directory(tmp_path, number),
            day(number, order_no=list(range((4 - number) * 1000, (4 - number) * 1000 + 400))),
        )
    (tmp_path / "flights.odcs.yaml").write_text(
        "apiVersion: v3.0.2\nkind: DataContract\nid: flights\nversion: 1.0.0\nstatus: active\n"
        "schema:\n  - name: flights\n    properties:\n      - {name: order_no, logicalType: integer}\n"
        "    quality:\n      - {type: custom, engine: mlmonitor, implementation: {drift: {columns: [order_no]}}}\n"
    )
    assert any("order_no drifted" in line for line in said(platform(tmp_path), "flights@2026-11-27"))


def test_the_same_delivery_again_is_said(tmp_path: Path) -> None:
    put(directory(lake(tmp_path)), day(1), 2)
    found = said(platform(tmp_path, event_ts="ts", entity="id"), "flights@2026-11-27")
    assert (
        "volume: WARNING the same bytes as flights@2026-11-26: expected rows of its own, not those delivered before"
        in found
    )


def test_a_table_without_times_may_stay_as_it_is(tmp_path: Path) -> None:
    for number in range(2):
        put(directory(tmp_path, number), day(7, ts=None), 2)
    found = platform(tmp_path, entity="id")
    assert [line for line in said(found, "flights@2026-11-27") if "volume" in line] == []
    (finding,) = results(found, "flights@2026-11-27")["volume"].findings
    assert "the same bytes as flights@2026-11-26" in finding.message


def test_as_many_rows_are_not_the_same_ones(tmp_path: Path) -> None:
    for number in range(2):
        put(tmp_path / f"days/2026-11-2{7 - number}.parquet", day(number))
    found = platform(tmp_path, path="days/{version:%Y-%m-%d}.parquet", name="days", event_ts="ts", entity="id")
    assert results(found, "days@2026-11-27")["volume"].findings == ()
    put(tmp_path / "days/2026-11-27.parquet", day(1))
    found = platform(tmp_path, path="days/{version:%Y-%m-%d}.parquet", name="days", event_ts="ts", entity="id")
    assert "the same bytes as days@2026-11-26" in results(found, "days@2026-11-27")["volume"].findings[0].message
