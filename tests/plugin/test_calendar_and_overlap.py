"""Builds whose windows move: a healthy platform is green whatever the weekday, and a bad new day is red however long the table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import Project

START = datetime(2026, 11, 1, tzinfo=UTC)
A_DAY = 24 * 12
"""Rows of a day."""


def day(number: int, **changes: Any) -> pa.Table:
    """Return the rows of one day; ``changes`` stand in the place of its columns."""
    random = np.random.default_rng(number)
    times = [START + timedelta(days=number, minutes=5 * i) for i in range(A_DAY)]
    hours = np.array([t.hour for t in times])
    columns = {
        "station_id": [f"s{i % 12}" for i in range(A_DAY)],
        "event_ts": pa.array(times, pa.timestamp("us")),
        "load": random.lognormal(size=A_DAY),
        "ft_hour": hours,
        "ft_hour_sin": np.sin(2 * np.pi * hours / 24),
        "ft_day_of_week": [t.weekday() for t in times],
        "ft_is_weekend": [int(t.weekday() >= 5) for t in times],
        "weekday_name": [t.strftime("%a") for t in times],
        "label": pa.array(random.integers(0, 2, A_DAY), pa.int32()),
    }
    return pa.table({**columns, **changes})


def build(root: Path, end: int, days: Sequence[pa.Table]) -> None:
    """Write a build of ``days``, made an hour after day ``end`` began."""
    built = START + timedelta(days=end, hours=1)
    name = f"rides_{built:%Y%m%d_%H%M%S}"
    table = pa.concat_tables(days)
    pq.write_table(table, root / f"{name}.parquet")
    sidecar = {
        "dataset_name": name,
        "dataset_version": built.isoformat(),
        "path": f"{name}.parquet",
        "built_at": built.isoformat(),
        "row_count": table.num_rows,
        "feature_count": table.num_columns - 3,
        "target": "label",
        "entity": "station_id",
        "event_ts": "event_ts",
        "schema_version": "v1",
    }
    (root / f"{name}_dataset_metadata.json").write_text(json.dumps(sidecar))


@pytest.fixture
def platform(project: Project) -> Project:
    project.keep()
    project.policy("freshness.max_age_seconds = 7200\n")
    return project


def judged(project: Project, end: int) -> dict[str, dict[str, Any]]:
    """Return what every check says of the newest build."""
    now = f"{START + timedelta(days=end, hours=1, minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    project.run("--mlmonitor=artifacts", "--mlmonitor-out", "out", now=now)
    found = json.loads((project.path / "out" / "results.json").read_text())["results"]
    newest = f"rides_{START + timedelta(days=end, hours=1):%Y%m%d_%H%M%S}"
    return {one["check"]: one for one in found if one["artifact"].startswith(newest)}


def messages(result: dict[str, Any]) -> str:
    return "\n".join(finding["message"] for finding in result["findings"])


def worst(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {check: one["severity"] for check, one in results.items() if one["severity"] in ("warning", "error")}


def test_a_rolling_window_is_green_on_every_day(platform: Project) -> None:
    for end in range(7, 10):
        build(platform.root, end, [day(number) for number in range(end - 7, end)])
    results = judged(platform, 9)
    assert worst(results) == {}
    said = messages(results["drift"])
    assert "ft_day_of_week follows the calendar: it is the weekday of event_ts (from 0; in " in said
    assert "compared are the 288 rows after 2026-11-08T23:55:00Z, the reference's last event" in said
    assert "the reference's last event" in messages(results["target_drift"])
    assert "the reference's last event" in messages(results["concept_drift"])


def test_daily_tables_warn_until_there_are_eight_days(platform: Project) -> None:
    for end in range(1, 4):
        build(platform.root, end, [day(end - 1)])
    results = judged(platform, 3)
    assert set(worst(results).values()) == {"warning"}
    assert "At most a warning: it equals the weekday of event_ts" in messages(results["drift"])
    for end in range(4, 10):
        build(platform.root, end, [day(end - 1)])
    assert worst(judged(platform, 9)) == {}


def test_a_weekday_that_is_wrong_is_red(platform: Project) -> None:
    for end in range(1, 10):
        build(platform.root, end, [day(end - 1)])
    build(platform.root, 10, [day(9, ft_day_of_week=np.full(A_DAY, 5))])  # it was a Tuesday
    results = judged(platform, 10)
    assert results["drift"]["severity"] == "error"
    assert "ft_day_of_week drifted" in messages(results["drift"])


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_a_bad_new_day_of_a_growing_table_is_red(platform: Project, shift: float) -> None:
    days = [day(number) for number in range(40)]
    build(platform.root, 39, days[:39])
    load = days[39]["load"].to_numpy() + shift
    build(platform.root, 40, [*days[:39], day(39, load=load)])
    results = judged(platform, 40)
    assert worst(results) == ({"drift": "error"} if shift else {})
    if shift:
        assert "compared are the 288 rows after 2026-12-09T23:55:00Z, the reference's last event" in messages(
            results["drift"]
        )


def test_new_labels_that_are_not_there_yet_are_no_want_of_rows(platform: Project) -> None:
    days = [day(number) for number in range(20)]
    build(platform.root, 19, days[:19])
    build(platform.root, 20, [*days[:19], day(19, label=pa.nulls(A_DAY, pa.int32()))])
    results = judged(platform, 20)
    assert {results[check]["status"] for check in ("drift", "target_drift", "concept_drift")} == {"pass"}


def test_a_time_that_may_not_be_shown_is_not_shown(platform: Project) -> None:
    days = [day(number) for number in range(20)]
    build(platform.root, 19, days[:19])
    build(platform.root, 20, [*days[:19], day(19, load=days[19]["load"].to_numpy() + 3)])
    contract = """
apiVersion: v3.1.0
kind: DataContract
id: rides
version: 1.0.0
status: active
schema:
  - name: rides
    properties:
      - {name: event_ts, logicalType: timestamp, classification: restricted}
      - {name: load, logicalType: number}
"""
    (platform.root / "rides.odcs.yaml").write_text(contract)
    results = judged(platform, 20)
    said = messages(results["drift"]) + messages(results["target_drift"]) + messages(results["concept_drift"])
    assert "compared are the 288 rows after the reference's last event" in said
    assert "2026-11-19T23" not in said
