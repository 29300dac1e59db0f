"""Freshness where upstream does not say when it built the data: names, partitions, logs; and whose limit holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.freshness import compute_freshness, freshness
from tests import tables
from tests.unit.datasets.plain import bare_table, judged, newest, odcs, put, table
from tests.unit.support import only, platform_at

NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
COLUMNS = "{name: bike, logicalType: string}"
WARNED, FAILED, SAID = Severity.WARNING, Severity.ERROR, Severity.INFO


def named(root: Path, name: str, *, now: datetime = NOW, levels: str = "", **freshness_keys: Any) -> CheckResult:
    bare_table(root, name)
    odcs(root, COLUMNS, levels=levels)
    return judged(freshness, root, now=now, freshness=freshness_keys)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("trips_20260926_080000.parquet", "built 63 d 2 h ago by its name (20260926_080000)"),
        ("trips-2026-09-26.parquet", "built 62 d 10 h ago by its name (2026-09-26)"),
        ("trips_20261128.parquet", "built in what is not over yet by its name (20261128)"),
        ("trips_2026112808.parquet", "built 1 h ago by its name (2026112808)"),
        ("trips_2026-W47.parquet", "built 5 d 10 h ago by its name (2026-W47)"),
        ("2026/11/27/trips.parquet", "built 10 h ago by its directory (2026/11/27)"),
        ("trips/dt=2026-11-26/part-0.parquet", "built 1 d 10 h ago by its newest partition (2026-11-26)"),
    ],
)
def test_without_a_limit_the_age_is_said_and_nothing_fails(name: str, words: str, tmp_path: Path) -> None:
    result = named(tmp_path, name)
    assert (result.status, result.severity) == ("pass", SAID)
    assert only(result).message == f"{words}; no limit is set (freshness.max_age_seconds)"


def test_where_nothing_says_the_age_it_is_said_how_to(tmp_path: Path) -> None:
    result = named(tmp_path, "trips.parquet", error_after="1h")
    assert result.status == "not_checked"
    assert str(result.reason).startswith("nothing says when it was built: say built_at in a sidecar")


@pytest.mark.parametrize(
    ("name", "now", "limit", "severity", "words"),
    [
        # a time: an error only where it is STALE in every zone, 12 h later
        ("trips_20261127_080000", "27T09:59:59", "2h", None, ""),
        ("trips_20261127_080000", "27T10:00:00", "2h", WARNED, "say timezone"),
        ("trips_20261127_080000", "27T21:59:59", "2h", WARNED, "STALE: built 13 h 59 min ago by its name"),
        (
            "trips_20261127_080000",
            "27T22:00:00",
            "2h",
            FAILED,
            "STALE: built 14 h ago by its name (20261127_080000), allowed 2 h",
        ),
        # a zone: to the second
        ("trips_20261127T080000Z", "27T10:00:00", "2h", FAILED, "allowed 2 h"),
        ("trips_20261127T080000+0200", "27T08:00:00", "2h", FAILED, "built 2 h ago"),
        ("trips_20261127T080000+0200", "27T07:59:59", "2h", None, ""),
        # a date: from the end of its day
        ("trips_20261127", "28T00:00:00", "1d", None, ""),
        ("trips_20261127", "28T23:59:59", "1d", None, ""),
        ("trips_20261127", "29T00:00:00", "1d", WARNED, "STALE: built 1 d ago by its name (20261127), allowed 1 d"),
        ("trips_20261127", "29T11:59:59", "1d", WARNED, "say timezone"),
        ("trips_20261127", "29T12:00:00", "1d", FAILED, "STALE"),
        ("trips/dt=2026-11-27/part-0", "29T12:00:00", "1d", FAILED, "by its newest partition"),
        # FUTURE from its beginning, 14 h ahead
        ("trips_20261129", "28T10:00:00", "1d", None, ""),
        ("trips_20261129", "28T09:59:59", "1d", WARNED, "FUTURE: its name says '20261129', 14 h ahead"),
        ("trips_20261128_230000", "28T09:00:00", "1d", None, ""),
        ("trips_20261128_230000", "28T08:59:59", "1d", WARNED, "a forecast says built_at in a sidecar"),
        ("trips_20261128T230000Z", "28T22:55:00", "1d", SAID, "lies 5 min ahead"),
        (
            "trips_20261128T230000Z",
            "28T22:54:59",
            "1d",
            FAILED,
            "FUTURE: its name 20261128T230000Z lies 5 min 1 s ahead",
        ),
    ],
)
def test_the_turn(name: str, now: str, limit: str, severity: Severity | None, words: str, tmp_path: Path) -> None:
    moment = datetime.fromisoformat(f"2026-11-{now}+00:00")
    result = named(tmp_path, f"{name}.parquet", now=moment, error_after=limit)
    assert result.severity == severity
    assert all(words in finding.message for finding in result.findings)
    forever = named(tmp_path, f"{name}.parquet", now=moment)
    assert forever.severity == (severity if "FUTURE" in words or "forecast" in words else SAID)


@pytest.mark.parametrize(
    ("keys", "hours", "severity", "words"),
    [
        ({"warn_after": "12h", "error_after": "24h"}, 11, None, ""),
        ({"warn_after": "12h", "error_after": "24h"}, 12, WARNED, "age < 43200 s (freshness.warn_after)"),
        ({"warn_after": "12h", "error_after": "24h"}, 24, FAILED, "age < 86400 s (freshness.max_age_seconds)"),
        ({"warn_after": "12h"}, 1000, WARNED, "freshness.warn_after"),
        ({"max_age_seconds": 86_400}, 24, FAILED, "age < 86400 s (freshness.max_age_seconds)"),
        ({}, 0.4, None, ""),
        ({}, 0.5, FAILED, "age < 1800 s (freshness.max_age_seconds)"),
    ],
)
def test_a_build_that_says_itself_when_it_was_built_has_every_form_of_limit(
    keys: dict[str, Any], hours: float, severity: Severity | None, words: str, tmp_path: Path
) -> None:
    put(tmp_path, table(), built_at=NOW - timedelta(hours=hours))
    result = judged(freshness, tmp_path, now=NOW, freshness=keys)
    assert result.severity == severity
    assert all(words in str(finding.expected) for finding in result.findings)


FRESH = "{property: freshness, value: 24, unit: h%s}"


@pytest.mark.parametrize("element", ["", ", element: at"])
def test_the_limit_is_the_contracts(element: str, tmp_path: Path) -> None:
    columns = "{name: at, logicalType: timestamp}" if element else COLUMNS
    for hours, severity in ((23, None), (24, None), (24.1, FAILED)):
        root = tmp_path / str(hours)
        put(root, table(), built_at=NOW - timedelta(hours=hours))
        odcs(root, columns, levels=FRESH % element)
        result = judged(freshness, root, now=NOW, freshness={})
        assert result.severity == severity
        assert all("≤ 86400 s (freshness of the contract" in str(finding.expected) for finding in result.findings)


def test_a_contract_beside_the_data_excuses_nothing_that_the_policy_said(tmp_path: Path) -> None:
    put(tmp_path, table(), built_at=NOW - timedelta(hours=2))
    path = odcs(tmp_path, COLUMNS, levels=FRESH % "")
    assert only(judged(freshness, tmp_path, now=NOW, freshness={"error_after": "1h"})).severity == FAILED
    declared = path.rename(tmp_path.parent / f"{tmp_path.name}.odcs.yaml")
    mine = {"freshness": {"error_after": "1h"}, "contracts": {"files": [str(declared)]}}
    assert judged(freshness, tmp_path, now=NOW, **mine).status == "pass"


def test_a_table_of_a_name_alone_has_the_limit_of_its_contract(tmp_path: Path) -> None:
    assert named(tmp_path / "kept", "trips_20261127.parquet", levels=FRESH % "").status == "pass"
    old = only(named(tmp_path / "old", "trips_20261125.parquet", levels=FRESH % ""))
    assert (old.severity, old.message) == (FAILED, "STALE: built 2 d 10 h ago by its name (20261125), allowed 1 d")


@pytest.mark.parametrize("write", [tables.delta, tables.iceberg])
def test_a_tables_log_says_when_it_was_written(write: Any, tmp_path: Path) -> None:
    write(tmp_path / "trips_20260101", table())  # the log goes before the name
    odcs(tmp_path, COLUMNS)
    now = datetime.now(UTC)
    said = only(judged(freshness, tmp_path, now=now + timedelta(days=2), freshness={}))
    assert said.message == "built 2 d ago by the last commit of its log; no limit is set (freshness.max_age_seconds)"
    assert judged(freshness, tmp_path, now=now, freshness={"error_after": "1h"}).status == "pass"
    stale = only(judged(freshness, tmp_path, now=now + timedelta(hours=2), freshness={"error_after": "1h"}))
    assert stale.severity == FAILED  # to the second: a log says its zone
    ahead = only(judged(freshness, tmp_path, now=now - timedelta(hours=1), freshness={}))
    assert ahead.severity == FAILED and ahead.message.startswith("FUTURE: the last commit of its log")


def test_what_a_sidecar_does_not_say_the_rest_does(tmp_path: Path) -> None:
    path = put(tmp_path, table(), built_at=NOW)
    sidecar = next(tmp_path.glob("*.json"))
    document = json.loads(sidecar.read_text())
    del document["built_at"]
    sidecar.write_text(json.dumps(document))
    assert path.name == "trips_20261128_100000.parquet"
    said = only(judged(freshness, tmp_path, now=NOW + timedelta(hours=1), freshness={}))
    assert said.message.startswith("built 1 h ago by its name (20261128_100000); no limit is set")


def test_what_a_file_itself_says_goes_before_its_name(tmp_path: Path) -> None:
    stamped = table().replace_schema_metadata({"build_timestamp": f"{NOW:%Y%m%d_%H%M%S}"})
    bare_table(tmp_path, "trips_20261101.parquet", stamped)
    odcs(tmp_path, COLUMNS)
    assert judged(freshness, tmp_path, now=NOW + timedelta(minutes=20), freshness={}).findings == ()
    stale = only(judged(freshness, tmp_path, now=NOW + timedelta(hours=1), freshness={}))
    assert (stale.severity, stale.message) == (FAILED, "STALE: built 1 h ago, allowed 30 min")


def test_an_older_build_of_a_name_is_superseded(tmp_path: Path) -> None:
    bare_table(tmp_path, "trips_20261127.parquet")
    old = named(tmp_path, "trips_20260926.parquet", error_after="2d")
    assert old.status == "pass"  # the newest is judged; see the next line for the other
    platform = platform_at(tmp_path, now=NOW, freshness={"error_after": "2d"})
    (first, _) = [a for ref, a in platform.artifacts if ref.kind == "dataset"]
    stale = only(run_check(freshness, first, platform.context(first.ref), first.ref))
    assert stale.severity == SAID and "superseded by trips_20261127" in stale.message


def test_the_result_of_a_date(tmp_path: Path) -> None:
    bare_table(tmp_path, "trips_20261127.parquet")
    odcs(tmp_path, COLUMNS)
    dataset = newest(platform_at(tmp_path, now=NOW))
    for hour, seconds, status in (
        (9, 0.0, "FRESH"),
        (24 + 23, 82_800.0, "FRESH"),
        (48, 86_400.0, "STALE"),
        (-15, -54_000.0, "FUTURE"),
    ):
        found = compute_freshness(dataset, datetime(2026, 11, 27, tzinfo=UTC) + timedelta(hours=hour), 86_400, 300)
        assert (found.freshness_seconds, found.status) == (seconds, status)
