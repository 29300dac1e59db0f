"""A table of orders whose ids go on from day to day: what is new lies beyond what was, and that is no fault."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.finding import Severity
from tests.sources.judging import moment, verdict, write_table

POLICY = """
[source.orders]
path = "orders/{version:%Y-%m-%d}.parquet"
event_ts = "ts"
entity = "number"
timezone = "UTC"
"""


def test_ids_beyond_those_of_the_version_before_are_no_finding(tmp_path: Path) -> None:
    for day in (25, 26, 27):
        numbers = [day * 1000 + i for i in range(60)]
        start = moment(f"2026-11-{day}T00:00:00Z")
        write_table(tmp_path / f"lake/orders/2026-11-{day}.parquet", start, number=numbers)
    said = verdict(tmp_path / "lake", POLICY, "2026-11-28T03:00:00Z")
    assert said.of("value_ranges", "dataset") == []


def test_numbers_that_go_on_are_no_error_where_nobody_says_what_they_are(tmp_path: Path) -> None:
    policy = POLICY.replace('entity = "number"', 'entity = "id"')
    for day in (24, 25, 26, 27):
        start = moment(f"2026-11-{day}T00:00:00Z")
        columns = {
            "number": [day * 1000 + i for i in range(60)],
            "epoch": [int(start.timestamp()) + 60 * i for i in range(60)],
            "load_id": [day] * 60,
        }
        write_table(tmp_path / f"lake/orders/2026-11-{day}.parquet", start, **columns)
    said = verdict(tmp_path / "lake", policy, "2026-11-28T03:00:00Z")
    assert not [found for found in said.found(Severity.ERROR) if found[0] in ("value_ranges", "drift")]
    assert any(finding.message.startswith("number runs on: from 26000") for finding in said.of("value_ranges"))

    for name, wrong in (("number", [27_000_000 + i for i in range(60)]), ("load_id", [27_000] * 60)):
        columns = {"number": [27_000 + i for i in range(60)], "load_id": [27] * 60, name: wrong}
        write_table(tmp_path / "lake/orders/2026-11-27.parquet", start, **columns)
        found = verdict(tmp_path / "lake", policy, "2026-11-28T03:00:00Z").found(Severity.ERROR)
        assert any(check == "value_ranges" and message.startswith(f"{name}:") for check, message in found), name
