"""Faults of deployments whose windows or requests stand in a log of anybody's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_mlmonitor.inject.mutants.deployments.bad_answers import failures_20, p99_times_10, predictions_null
from pytest_mlmonitor.inject.mutants.deployments.missing_time import hour_gap, silence
from pytest_mlmonitor.inject.mutants.deployments.other_model import other_model
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from tests.unit.inject.mutants.held_mutants import held, mutants_in
from tests.unit.serving.declared.logs import FILE, GATEWAY, Judged, gateway, lines

WINDOWS = GATEWAY + 'fields.latency_p99_ms = "latency.p99 in s"\n'
TOTALS = """
[source.scraped]
kind = "deployment"
path = "logs/gateway-{date:%Y-%m-%d}.jsonl"
cumulative = true
fields.window_start = "ts in epoch_ms"
fields.deployment_id = "svc"
fields.request_count = "total"
fields.failure_count = "failed"
"""
REQUESTS = """
[source.access]
kind = "deployment"
path = "logs/gateway-{date:%Y-%m-%d}.jsonl"
records = "requests"
fields.time = "ts in epoch_ms"
fields.status = "code"
fields.latency_ms = "took in s"
"""
FAULTS = (failures_20, p99_times_10, predictions_null, hour_gap, silence, other_model)


def totals() -> list[dict[str, Any]]:
    one = {"svc": "churn"}
    return [one | {"ts": r["ts"], "total": 50 * i, "failed": i // 4} for i, r in enumerate(gateway())]


def requests() -> list[dict[str, Any]]:
    return [
        {"ts": record["ts"] + 2_500 * i, "code": 200, "took": (i + 1) / 100} for record in gateway() for i in range(20)
    ]


def mutated(root: Path, records: list[dict[str, Any]], policy: str, operator: MutationOperator) -> list[dict[str, Any]]:
    """Return the records of the one mutant; before it nothing was wrong with them."""
    sound = Judged(root, {FILE: lines(records)}, policy)
    assert sound.bad() == []
    (mutant,) = mutants_in(sound.platform, operator)
    assert [path.name for path in held(mutant)] == [Path(FILE).name]
    return [json.loads(line) for line in (root / "root" / FILE).read_text().splitlines()]


def noticed(root: Path, policy: str) -> list[str]:
    again = Judged(root, {}, policy)
    return [message.split(":")[0] for message in again.bad()]


def test_windows_say_the_fault_in_their_own_words_and_units(tmp_path: Path) -> None:
    before = gateway()
    after = mutated(tmp_path, before, WINDOWS, p99_times_10)
    assert [one["latency"]["p99"] for one in after] == [0.2] * 60 + [2.0] * 60
    assert all(
        {**one, "latency": {**one["latency"], "p99": 0.2}} == was for one, was in zip(after, before, strict=True)
    )
    assert noticed(tmp_path, WINDOWS) == ["serving_health"]


def test_every_fifth_request_of_the_last_hour_of_windows_fails(tmp_path: Path) -> None:
    after = mutated(tmp_path, gateway(), WINDOWS, failures_20)
    assert [one["errors"] for one in after[:60]] == [one["errors"] for one in gateway()[:60]]
    assert sum(one["errors"] for one in after[60:]) == round(0.2 * sum(one["n"] for one in after[60:]))
    assert "serving_health" in noticed(tmp_path, WINDOWS)


def test_an_hour_of_windows_is_missing_and_nothing_else(tmp_path: Path) -> None:
    before = gateway(minutes=121)
    after = mutated(tmp_path, before, WINDOWS, hour_gap)
    assert after == before[:1] + before[61:]
    assert noticed(tmp_path, WINDOWS) == ["serving_health"]


def test_the_newest_windows_are_missing(tmp_path: Path) -> None:
    before = gateway()
    assert mutated(tmp_path, before, WINDOWS, silence) == before[:-10]
    assert noticed(tmp_path, WINDOWS) == ["serving_health"]


def test_running_totals_go_on_from_what_failed(tmp_path: Path) -> None:
    before = totals()
    after = mutated(tmp_path, before, TOTALS, failures_20)
    assert [one["total"] for one in after] == [one["total"] for one in before]
    gained = [after[i]["failed"] - after[i - 1]["failed"] for i in range(1, 120)]
    assert sum(gained[-60:]) == 600
    assert gained[:59] == [before[i]["failed"] - before[i - 1]["failed"] for i in range(1, 60)]
    assert "serving_health" in noticed(tmp_path, TOTALS)


def test_every_fifth_request_has_a_status_that_failed(tmp_path: Path) -> None:
    before = requests()
    after = mutated(tmp_path, before, REQUESTS, failures_20)
    recent = [one["code"] for one in after][-1200:]
    assert recent.count(500) == 240
    assert [{**one, "code": 200} for one in after] == before
    assert "serving_health" in noticed(tmp_path, REQUESTS)


def test_of_each_minute_only_its_slowest_request_is_slower(tmp_path: Path) -> None:
    after = mutated(tmp_path, requests(), REQUESTS, p99_times_10)
    assert [one["took"] for one in after[-20:]] == [(i + 1) / 100 for i in range(19)] + [2.0]
    assert sum(one["took"] == 2.0 for one in after) == 60
    assert noticed(tmp_path, REQUESTS) == ["serving_health"]


def test_what_a_log_does_not_say_cannot_be_wrong_in_it(tmp_path: Path) -> None:
    sound = Judged(tmp_path, {FILE: lines(totals())}, TOTALS)
    found = {operator.fault: len(mutants_in(sound.platform, operator)) for operator in FAULTS}
    assert found == {one.fault: 1 for one in (failures_20, silence)} | {
        one.fault: 0 for one in (p99_times_10, predictions_null, hour_gap, other_model)
    }


def test_only_files_of_recent_days_are_opened(tmp_path: Path) -> None:
    old = gateway(minutes=60)
    for one in old:
        one["ts"] -= 3 * 86_400_000
    files = {FILE: lines(gateway()), FILE.replace("27", "24"): lines(old)}
    sound = Judged(tmp_path, files, WINDOWS)
    (mutant,) = mutants_in(sound.platform, failures_20)
    assert [path.name for path in mutant.make()] == [Path(FILE).name]
