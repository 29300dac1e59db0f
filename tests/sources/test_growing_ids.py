"""A table of orders whose ids go on from day to day: what is new lies beyond what was, and that is no fault."""

from __future__ import annotations

from pathlib import Path

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
    other = verdict(tmp_path / "lake", POLICY.replace('entity = "number"', 'entity = "id"'), "2026-11-28T03:00:00Z")
    assert any("number: 60 of 60 rows" in finding.message for finding in other.of("value_ranges", "dataset"))
