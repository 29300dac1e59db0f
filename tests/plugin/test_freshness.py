"""How old a dataset is, whoever says so: what is shown, what fails the run, what the metrics say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import tables

from .sample import Project

NOW = "2026-11-28T10:00:00Z"
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {{name: id, logicalType: integer}}
      - {{name: at, logicalType: timestamp, logicalTypeOptions: {{{options}}}}}
{levels}
"""
ROWS = pa.table({"id": pa.array(range(12), pa.int64()), "at": pa.array([1_795_859_400] * 12, pa.timestamp("s"))})
"""``at`` is 2026-11-28T09:50:00, by whatever clock."""


@pytest.fixture
def orders(new_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose root holds a contract alone, and whose policy sets no limit."""
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")
    made = new_project()
    made.keep()
    contract(made)
    return made


def contract(project: Project, options: str = "", levels: str = "") -> None:
    project.plant("orders.odcs.yaml", CONTRACT.format(options=options, levels=levels))


def add(project: Project, name: str) -> Path:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(ROWS, path)
    return path


def run(project: Project, *args: str, now: str = NOW) -> pytest.RunResult:
    return project.check("-k", "freshness", "-rs", *args, now=now)


def test_a_stamped_build_of_63_days_ago(orders: Project) -> None:
    add(orders, "orders_20260926_080000.parquet")
    result = run(orders)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "PARTIAL dataset orders_20260926_080000",
            "*built 63 d 2 h ago by its name (20260926_080000); no limit is set (freshness.max_age_seconds)*",
        ]
    )
    orders.policy('freshness = "26h"')
    result = run(orders)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "STALE: built 63 d 2 h ago by its name (20260926_080000), allowed 1 d 2 h*",
            "  expected   age < 93600 s (freshness.max_age_seconds)",
        ]
    )


def test_nothing_that_says_an_age_is_a_skip_that_says_how_to(orders: Project) -> None:
    add(orders, "orders.parquet")
    result = run(orders)
    result.assert_outcomes(skipped=1, deselected=12)
    result.stdout.fnmatch_lines(["*not checked: nothing says when it was built: say built_at in a sidecar*"])


@pytest.mark.parametrize(
    ("now", "code", "words"),
    [
        ("2026-11-28T23:59:59Z", 0, "*1 passed*"),
        (
            "2026-11-29T00:00:00Z",
            0,
            "*STALE: built 1 d ago by its newest partition (2026-11-27), allowed 1 d*say timezone*",
        ),
        ("2026-11-29T12:00:00Z", 1, "*STALE: built 1 d 12 h ago by its newest partition (2026-11-27), allowed 1 d*"),
        (
            "2026-11-26T09:59:59Z",
            0,
            "*FUTURE: its newest partition says '2026-11-27', 14 h ahead of the evaluation time*",
        ),
    ],
)
def test_partitions_at_the_turn_of_the_day(orders: Project, now: str, code: int, words: str) -> None:
    for day in (25, 26, 27):
        add(orders, f"orders/dt=2026-11-{day}/part-0.parquet")
    orders.policy(
        'freshness = {warn_after = "23h 59m 59s", error_after = "1d"}' if "STALE" in words else 'freshness = "1d"'
    )
    result = run(orders, now=now)
    assert result.ret == code
    result.stdout.fnmatch_lines([words])


@pytest.mark.parametrize("write", [tables.delta, tables.iceberg])
def test_a_table_with_a_log(orders: Project, write: Callable[..., Path]) -> None:
    write(orders.root / "orders", ROWS)
    result = run(orders, now="2099-01-01T00:00:00Z")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*orders*ago by the last commit of its log; no limit is set*"])
    orders.policy('freshness = "26h"')
    result = run(orders, now="2099-01-01T00:00:00Z")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["STALE: built * ago by the last commit of its log, allowed 1 d 2 h*"])
    result = run(orders, now="2026-01-01T00:00:00Z")
    result.stdout.fnmatch_lines(["FUTURE: the last commit of its log * ahead of the evaluation time*"])


def test_metrics_count_from_the_end_of_the_day(orders: Project) -> None:
    for day in (25, 27):
        add(orders, f"orders_202611{day}.parquet")
    orders.check("--mlmonitor-out", "out", now=NOW)
    text = (orders.path / "out/metrics.prom").read_text(encoding="utf-8")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = families["ml_feature_freshness_seconds"].samples
    assert [(s.labels["dataset_name"], s.value) for s in samples] == [("orders", 36_000.0)]


LEVEL = "slaProperties:\n  - {property: freshness, value: 1, unit: h, element: orders.at}"


@pytest.mark.parametrize(
    ("zone", "now", "code", "words"),
    [
        ("Europe/Berlin", "2026-11-28T09:00:00Z", 0, "*passed*"),
        (
            "Australia/Sydney",
            "2026-11-28T09:50:00Z",
            1,
            "freshness: the newest at is 2026-11-28T09:50:00 (Australia/Sydney), 11 h old*",
        ),
        ("Europe/Berln", "2026-11-28T09:00:00Z", 1, "*'Europe/Berln', no known time zone*did you mean Europe/Berlin*"),
        ("", "2026-11-28T09:00:00Z", 1, "freshness: the newest at is 2026-11-28T09:50:00Z, 50 min in the future*"),
    ],
)
def test_a_contract_says_whose_clock_its_times_are_of(
    orders: Project, zone: str, now: str, code: int, words: str
) -> None:
    add(orders, "orders.parquet")
    contract(orders, f"defaultTimezone: {zone}" if zone else "", LEVEL)
    result = orders.check(now=now)
    assert result.ret == code
    result.stdout.fnmatch_lines([words])


@pytest.mark.parametrize("value", ['"26"', "26", '"soon"', "[]"])
def test_a_limit_that_is_none_is_a_usage_error(orders: Project, value: str) -> None:
    add(orders, "orders_20261127.parquet")
    orders.policy(f"freshness = {value}")
    result = run(orders)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "freshness = " in "\n".join(result.errlines)
