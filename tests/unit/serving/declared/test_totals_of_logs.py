"""Running totals in any order are counted in theirs; those of several processes that nothing tells apart are refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from tests.unit.serving.declared.logs import FILE, START, Judged, lines

POLICY = """
[source.scraped]
kind = "deployment"
path = "logs/gateway-{date:%Y-%m-%d}.jsonl"
cumulative = true
fields.window_start = "ts in epoch_s"
fields.deployment_id = "job"
fields.request_count = "total"
fields.failure_count = "failed"
"""


def scraped(*instances: str) -> list[dict[str, Any]]:
    found = []
    for i in range(120):
        at = (START + timedelta(minutes=i)).timestamp()
        for n, name in enumerate(instances):
            total = 900 * n + 50 * i
            found.append({"ts": at + n / 4, "job": "churn", "instance": name, "total": total, "failed": total // 200})
    return found


def test_totals_of_several_processes_are_one_error_that_names_the_field(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: lines(scraped("a", "b", "c"))}, POLICY)
    (message,) = judged.bad()
    assert message.startswith("contract: source.scraped: request_count falls ")
    assert "of churn: these are totals of several processes" in message
    assert 'fields.endpoint_name = "instance"' in message
    assert judged.not_checked["serving_health"] == "cannot be read: its records break their contract"


def test_each_process_by_itself(tmp_path: Path) -> None:
    judged = Judged(tmp_path, {FILE: lines(scraped("a", "b", "c"))}, POLICY + 'fields.endpoint_name = "instance"\n')
    assert judged.bad() == []
    assert {window.request_count for window in judged.deployments["churn"].windows} == {50}


def test_totals_out_of_order_are_counted_in_theirs(tmp_path: Path) -> None:
    records = scraped("a")
    for i in range(0, 118, 10):
        records[i], records[i + 1] = records[i + 1], records[i]
    judged = Judged(tmp_path, {FILE: lines(records)}, POLICY)
    assert judged.bad() == []
    assert {window.request_count for window in judged.deployments["churn"].windows} == {50}


def test_a_process_that_began_again_now_and_then(tmp_path: Path) -> None:
    records = scraped("a")
    for record in records[60:]:
        record["total"] -= 60 * 50
        record["failed"] -= 60 * 50 // 200
    judged = Judged(tmp_path, {FILE: lines(records)}, POLICY)
    assert judged.bad(Severity.WARNING) == [] and judged.status["churn::contract"] == "pass"
