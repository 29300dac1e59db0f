"""A table that grows, judged by spans of its event time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.tables.reader import identity
from pytest_mlmonitor.tables.source.listed.table_files import files_meant
from tests.unit.datasets.sourced.lakes import LAST, NOW, dataset, datasets, day, platform, put, results, said

LIMIT = {"freshness": {"error_after": "26h"}}


def log(root: Path, days: int = 4, **fault: Any) -> Path:
    """Write a file of some days; ``fault`` changes columns of the last one."""
    rows = [day(number, **(fault if number == 0 else {})) for number in reversed(range(days))]
    pq.write_table(pa.concat_tables(rows), root / "events.parquet", row_group_size=150)
    return root


def chunked(root: Path, now: datetime = NOW, **keys: Any) -> Platform:
    made = {"path": "events.parquet", "name": "events", "chunk": "1d", "event_ts": "ts", "entity": "id", "more": LIMIT}
    return platform(root, now, **(made | keys))


def names(found: Platform) -> list[str]:
    return [one.ref.name for one in datasets(found)]


def test_every_day_is_a_version(tmp_path: Path) -> None:
    found = chunked(log(tmp_path))
    assert names(found) == [f"events@2026-11-{number}" for number in (24, 25, 26, 27)]
    assert [line for name in names(found) for line in said(found, name)] == []
    one = dataset(found, "events@2026-11-26")
    assert one.to_pandas(["id"])["id"].tolist() == [f"f1-{i}" for i in range(400)]
    assert results(found, one.ref.name)["volume"].status == "pass"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"delay": [None] * 100 + [1.0] * 300}, "null_rates: ERROR delay is null in 100 of 400 rows"),
        ({"delay": [40.0 + i % 5 for i in range(400)]}, "drift: ERROR delay drifted"),
        ({"id": ["same"] * 400, "ts": [LAST.replace(tzinfo=None)] * 400}, "duplicate_rate"),
    ],
)
def test_faults_of_the_last_day_are_its_own(fault: dict[str, Any], expected: str, tmp_path: Path) -> None:
    found = chunked(log(tmp_path, **fault))
    assert any(expected in line for line in said(found, "events@2026-11-27"))
    assert [line for name in names(found)[:-1] for line in said(found, name)] == []


def test_a_day_that_is_not_over_is_not_compared_and_takes_no_severity(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    rows = [day(2), day(1, delay=[40.0 + i % 5 for i in range(400)]), day(0, delay=[90.0] * 400).slice(0, 190)]
    pq.write_table(pa.concat_tables(rows), tmp_path / "events.parquet")
    found = chunked(tmp_path, noon)
    judged = results(found, "events@2026-11-27")
    for name in ("drift", "volume", "schema_version"):
        assert judged[name].status == "not_checked"
        assert "it is compared once it is over, at 2026-11-28T00:00:00Z" in (judged[name].reason or "")
    assert judged["null_rates"].status == "pass"
    assert any("drift: ERROR delay drifted" in line for line in said(found, "events@2026-11-26"))


def test_the_table_is_as_old_as_its_newest_day(tmp_path: Path) -> None:
    found = chunked(log(tmp_path), NOW + timedelta(hours=40))
    (line,) = [line for name in names(found) for line in said(found, name)]
    assert "freshness: ERROR STALE: built 1 d 18 h ago by its newest chunk (2026-11-27)" in line or "WARNING" in line
    assert results(found, "events@2026-11-26")["freshness"].status == "not_checked"


def test_the_newest_row_of_a_column_says_when(tmp_path: Path) -> None:
    created = pa.array([datetime(2026, 11, 28, 1)] * 400, pa.timestamp("us"))
    rows = [day(1, created=created), day(0, created=created)]
    pq.write_table(pa.concat_tables(rows), tmp_path / "events.parquet")
    built = dataset(chunked(tmp_path, built_at="column:created"), "events@2026-11-27").build_time
    assert built is not None and built.origin == "column" and built.age(NOW) == 3600


def test_rows_without_a_time_and_rows_ahead_are_said(tmp_path: Path) -> None:
    times = [None] * 7 + [datetime(2026, 12, 24)] * 3 + day(0)["ts"].to_pylist()[10:]
    found = chunked(log(tmp_path, ts=pa.array(times, pa.timestamp("us"))))
    assert any("7 rows of 1,600 have no ts: they are in no chunk" in line for line in said(found, "events@2026-11-27"))
    assert any("freshness: ERROR FUTURE" in line for line in said(found, "events@2026-12-24"))
    assert not any("STALE" in line for line in said(found, "events@2026-11-27"))


@pytest.mark.parametrize(("zone", "future"), [(None, False), ("UTC", True)])
def test_a_clock_ahead_of_utc_may_be_meant_where_no_zone_is_said(
    zone: str | None, future: bool, tmp_path: Path
) -> None:
    rows = [day(1), day(0, ts=pa.array([datetime(2026, 11, 28, 9)] * 400, pa.timestamp("us")))]
    pq.write_table(pa.concat_tables(rows), tmp_path / "events.parquet")
    found = chunked(tmp_path, datetime(2026, 11, 27, 20, tzinfo=UTC), **({"timezone": zone} if zone else {}))
    assert any("FUTURE" in line for line in said(found, "events@2026-11-28")) is future


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"event_ts": None}, "nothing says which column has it: say event_ts"),
        ({"event_ts": "tss"}, "event_ts is 'tss', and the table has no such column; did you mean ts?"),
        ({"event_ts": "label"}, "of type int64: expected a timestamp or a date"),
    ],
)
def test_what_cannot_be_divided_is_an_error(keys: dict[str, Any], expected: str, tmp_path: Path) -> None:
    found = chunked(log(tmp_path, days=1), **keys)
    assert names(found) == ["events"]
    lines = said(found, "events")
    assert any(line.startswith("contract: ERROR source.events: chunk") and expected in line for line in lines), lines


def test_the_rows_of_all_days_are_held_against_what_documents_say(tmp_path: Path) -> None:
    log(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"rows": 1601}))
    keys = {"metadata": ("run.json",), "fields": {"row_count": ("rows",)}}
    lines = said(chunked(tmp_path, **keys), "events@2026-11-27")
    assert lines == ["contract: ERROR row_count says 1,601, but the table holds 1,600 rows"]
    (tmp_path / "run.json").write_text(json.dumps({"rows": 1600}))
    assert said(chunked(tmp_path, **keys), "events@2026-11-27") == []


def test_days_in_files_of_their_own_read_no_others(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path / f"events/dt={LAST - timedelta(days=number):%Y-%m-%d}", day(number), 2)
    found = chunked(tmp_path, path="events/dt={date:%Y-%m-%d}/*.parquet")
    assert names(found) == [f"events@2026-11-{number}" for number in (25, 26, 27)]
    for one in datasets(found):
        assert {file.parent.name for file in files_meant(one.file)} == {f"dt={one.dataset_version}"}
        assert one.to_pandas(["dt"])["dt"].unique().tolist() == [one.dataset_version]


def test_only_the_newest_are_judged(tmp_path: Path) -> None:
    found = chunked(log(tmp_path, days=6), versions=3)
    assert names(found) == [f"events@2026-11-{number}" for number in (25, 26, 27)]
    notes = [finding.message for finding in results(found, "events@2026-11-27")["contract"].findings]
    assert notes == ["3 earlier chunks of source.events not judged (versions = 3)"]


def test_an_empty_table_is_judged_as_it_is(tmp_path: Path) -> None:
    pq.write_table(day(0).slice(0, 0), tmp_path / "events.parquet")
    found = chunked(tmp_path)
    assert names(found) == ["events"]
    assert said(found, "events") != []


def test_what_did_not_change_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new day of a table in files: the days before are known by their own files."""
    monkeypatch.setattr(identity, "FINE_NS", 0)
    root = tmp_path / "data"
    for number in range(2, 5):
        put(root / f"events/{LAST - timedelta(days=number):%Y-%m-%d}.parquet", day(number))
    source = {"path": ("events/{date:%Y-%m-%d}.parquet",), "name": "events", "chunk": "1d", "event_ts": "ts"}

    def run() -> int:
        made = Platform([root], Settings(source={"events": source}), NOW, state=tmp_path / "state.db")
        for name in [one.ref.name for one in datasets(made)]:
            assert results(made, name)["readable"].status == "pass"
        assert made.answers is not None
        read = len(made.answers.seen.read)
        made.close()
        return read

    assert run() > 0
    assert run() == 0
    put(root / f"events/{LAST - timedelta(days=1):%Y-%m-%d}.parquet", day(1))
    assert 0 < run() < 4
