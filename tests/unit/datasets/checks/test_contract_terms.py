"""What a data contract promises beyond columns and rows: figures, queries, service levels; and what it keeps secret."""

from __future__ import annotations

import json
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.contract_terms import quality_rules
from pytest_mlmonitor.datasets.checks.service_levels import service_levels
from tests.unit.datasets.plain import BUILT, all_of, column, judged, newest, odcs, put, table
from tests.unit.support import NOW, messages, only, platform_at

COLUMNS = """
{name: bike, logicalType: string}
{name: at, logicalType: timestamp}
{name: late, logicalType: integer}
{name: km, logicalType: number}
"""


def with_rule(root: Path, rule: str, data: pa.Table | None = None) -> CheckResult:
    """Judge a table by one quality rule of its column km."""
    put(root, table() if data is None else data)
    odcs(root, COLUMNS.replace("number}", f"number, quality: [{rule}]}}"))
    return judged(quality_rules, root)


def with_table_rule(root: Path, rule: str, data: pa.Table | None = None) -> CheckResult:
    put(root, table() if data is None else data)
    odcs(root, COLUMNS, quality=rule)
    return judged(quality_rules, root)


def nulls(number: int, rows: int = 100) -> pa.Table:
    return table(rows, km=column([None if i < number else float(i) for i in range(rows)], pa.float64()))


# Figures.


@pytest.mark.parametrize(
    ("limit", "kept", "broken"),
    [
        ("mustBe: 3", [3], [2, 4]),
        ("mustNotBe: 3", [2, 4], [3]),
        ("mustBeGreaterThan: 3", [4], [3]),
        ("mustBeGreaterOrEqualTo: 3", [3], [2]),
        ("mustBeLessThan: 3", [2], [3]),
        ("mustBeLessOrEqualTo: 3", [3], [4]),
        ("mustBeBetween: [2, 4]", [2, 4], [1, 5]),
        ("mustNotBeBetween: [2, 4]", [1, 5], [2, 4]),
    ],
)
@pytest.mark.parametrize("unit", ["rows", "percent"])
def test_a_limit_holds_up_to_its_bounds(
    tmp_path: Path, limit: str, kept: list[int], broken: list[int], unit: str
) -> None:
    times = 2 if unit == "percent" else 1
    for number in (*kept, *broken):
        root = tmp_path / str(number)
        result = with_rule(root, f"{{metric: nullValues, {limit}, unit: {unit}}}", nulls(number * times, 100 * times))
        assert (result.status == "pass") is (number in kept), number
        if number in broken:
            assert (only(result).column, only(result).severity) == ("km", Severity.ERROR)


@pytest.mark.parametrize(
    ("metric", "data", "figure"),
    [
        ("nullValues", nulls(4), "is null in 4 of 100 rows"),
        ("missingValues, arguments: {missingValues: [null, 5]}", nulls(4), "is missing in 5 of 100 rows"),
        ("invalidValues, arguments: {validValues: [0, 1, 2]}", table(), "is invalid in 70 of 100 rows"),
        ("duplicateValues", table(), "repeats an earlier row in 90 of 100 rows"),
    ],
)
def test_the_figures_of_a_column(tmp_path: Path, metric: str, data: pa.Table, figure: str) -> None:
    finding = only(with_rule(tmp_path, f"{{metric: {metric}, mustBe: 0}}", data))
    assert finding.message.startswith(f"km {figure}: expected ")


def test_a_figure_in_percent_is_said_in_percent(tmp_path: Path) -> None:
    finding = only(with_rule(tmp_path, "{metric: nullValues, mustBeLessThan: 3, unit: percent}", nulls(3, 100)))
    assert finding.message.startswith("km is null in 3 of 100 rows (3 %): expected less than 3 %")


def test_the_figures_of_a_table(tmp_path: Path) -> None:
    finding = only(with_table_rule(tmp_path / "rows", "{metric: rowCount, mustBeGreaterThan: 100}"))
    assert finding.message == "the table has 100 rows: expected more than 100"
    rule = "{metric: duplicateValues, mustBe: 0, arguments: {properties: [bike, late]}}"
    assert (
        "(bike, late) repeats an earlier row in 86 of 100 rows"
        in only(with_table_rule(tmp_path / "pairs", rule)).message
    )


def test_a_rule_has_a_name_and_a_severity(tmp_path: Path) -> None:
    for word, severity in (("warning", Severity.WARNING), ("critical", Severity.CRITICAL), ("error", Severity.ERROR)):
        rule = f"{{metric: nullValues, mustBe: 0, name: kilometres, severity: {word}}}"
        finding = only(with_rule(tmp_path / word, rule, nulls(1)))
        assert finding.severity is severity and "('kilometres')" in finding.message
    assert with_rule(tmp_path / "info", "{metric: nullValues, mustBe: 0, severity: info}", nulls(1)).status == "pass"


def test_a_figure_of_an_absent_column_cannot_be_counted(tmp_path: Path) -> None:
    finding = only(with_rule(tmp_path, "{metric: nullValues, mustBe: 0}", table(km=None)))
    assert "cannot be counted: column 'km' is missing" in finding.message and finding.severity is Severity.ERROR


def test_a_share_of_no_rows_is_zero(tmp_path: Path) -> None:
    assert with_rule(tmp_path, "{metric: nullValues, mustBe: 0, unit: percent}", table(0)).status == "pass"


def test_without_a_promise_there_is_no_item(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(tmp_path, COLUMNS)
    dataset = newest(platform_at(tmp_path))
    assert not quality_rules.concerns(dataset, context_of(dataset)) and not service_levels.concerns(
        dataset, context_of(dataset)
    )


# Queries.


def with_query(root: Path, query: str, limit: str = "mustBe: 0", data: pa.Table | None = None) -> CheckResult:
    return with_table_rule(root, f"{{type: sql, name: mine, query: {json.dumps(query)}, {limit}}}", data)


@pytest.mark.parametrize(
    ("query", "figure"),
    [
        ("SELECT count(*) FROM {object} WHERE km > 8", 10),
        ("SELECT count(*) FROM trips WHERE km > 8", 10),
        ("WITH far AS (SELECT * FROM {object} WHERE km > 8) SELECT count(*) FROM far", 10),
        ("SELECT count(*) FROM {object} WHERE km > (SELECT avg(km) FROM {object})", 50),
        ("SELECT count(*) FROM {object} a JOIN {object} b ON a.at = b.at", 100),
        ("SELECT avg(km) FROM {object}", 4.5),
        ("SELECT max(km) > 8 FROM {object}", 1),
        ("SELECT count(*) FROM {object} t WHERE t.at >= TIMESTAMP '2026-04-26 01:00:00'", 40),
    ],
)
def test_a_query_gives_a_figure(tmp_path: Path, query: str, figure: float) -> None:
    assert with_query(tmp_path / "kept", query, f"mustBe: {figure}").status == "pass"
    finding = only(with_query(tmp_path / "broken", query, f"mustNotBe: {figure}"))
    assert finding.message == f"the SQL rule 'mine' gives {figure:,g}: expected anything but {figure:,g}"
    assert (finding.column, finding.severity) == ("mine", Severity.ERROR)


def test_a_large_table_may_be_named_twice(tmp_path: Path) -> None:
    query = "SELECT count(*) FROM {object} WHERE km > (SELECT avg(km) FROM {object})"
    assert with_query(tmp_path, query, "mustBe: 70000", table(140_000)).status == "pass"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT count(*) FROM {object} WHERE nothing = 1", "cannot run"),
        ("SELECT count(*) FROM elsewhere", "cannot run"),
        ("SELECT FROM WHERE", "cannot run"),
        ("SELECT km FROM {object}", ", not one figure"),
        ("SELECT 1 WHERE false", ", not one figure"),
        ("SELECT 1, 2", ", not one figure"),
        ("SELECT 'many'", "is no number"),
        ("SELECT NULL", "gives null"),
        ("SELECT 'nan'::double", "gives nan"),
        ("SELECT error('a\nb')", "cannot run"),
    ],
)
def test_a_query_without_a_figure_is_a_finding(tmp_path: Path, query: str, words: str) -> None:
    finding = only(with_query(tmp_path, query))
    assert words in finding.message and finding.severity is Severity.ERROR
    assert "\n" not in finding.message


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM read_csv('{file}')",
        "SELECT count(*) FROM read_text('{file}')",
        "SELECT count(*) FROM read_blob('{file}')",
        "SELECT count(*) FROM '{file}'",
        "SELECT count(*) FROM read_parquet('{parquet}')",
        "SELECT count(*) FROM '{parquet}'",
        "SELECT count(*) FROM parquet_metadata('{parquet}')",
        "SELECT count(*) FROM glob('{directory}/*')",
        "SELECT count(*) FROM sniff_csv('{file}')",
        "SELECT count(*) FROM query('SELECT * FROM read_text(''{file}'')')",
        "SELECT count(*) FROM read_parquet('http://127.0.0.1:{port}/x.parquet')",
        "SELECT count(*) FROM 'http://127.0.0.1:{port}/x.parquet'",
        "SELECT count(*) FROM duckdb_secrets()",
        "WITH a AS (SELECT * FROM read_csv('{file}')) SELECT count(*) FROM a",
        "SELECT getenv('HOME')",
    ],
)
def test_a_query_reaches_no_file_and_no_network(tmp_path: Path, query: str) -> None:
    secret = tmp_path / "elsewhere" / "secret.csv"
    secret.parent.mkdir()
    secret.write_text("a\n1\n")
    other = put(tmp_path / "other", table())
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        places = {"file": secret, "parquet": other, "directory": secret.parent, "port": server.getsockname()[1]}
        for name, value in places.items():
            query = query.replace(f"{{{name}}}", str(value))
        finding = only(with_query(tmp_path / "root", query, "mustBeGreaterThan: -1"))
        try:
            server.accept()
            called.set()
        except TimeoutError:
            pass
    assert "cannot run" in finding.message and finding.severity is Severity.ERROR
    assert not called.is_set()


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '{out}'",
        "SELECT 1; SELECT 2",
        "SELECT 0; COPY (SELECT 1) TO '{out}'",
        "ATTACH '{out}' AS other",
        "PRAGMA database_list",
        "SET enable_external_access=true",
        "CREATE TABLE {object} AS SELECT 1",
        "DELETE FROM {object}",
        "INSTALL httpfs",
        "EXPORT DATABASE '{out}'",
    ],
)
def test_what_is_no_query_is_refused_when_the_contract_is_read(tmp_path: Path, query: str) -> None:
    out = tmp_path / "written"
    put(tmp_path / "root", table())
    path = odcs(
        tmp_path / "root",
        COLUMNS,
        quality=f"{{type: sql, name: mine, query: {json.dumps(query.replace('{out}', str(out)))}, mustBe: 0}}",
    )
    results = all_of(platform_at(tmp_path / "root"))
    (finding,) = [f for r in results if r.ref.kind == "data_contract" for f in r.findings if r.check == "readable"]
    assert finding.severity is Severity.ERROR and finding.location == f"{path}:{_line(path, 'type: sql')}"
    assert not out.exists()


def _line(path: Path, words: str) -> int:
    return next(i for i, line in enumerate(path.read_text().splitlines(), 1) if words in line)


@pytest.mark.parametrize("statement", ["PIVOT {object} ON late", "SUMMARIZE {object}", "SHOW TABLES", "CHECKPOINT"])
def test_a_statement_behind_a_parenthesis_or_a_with_is_no_way_around(tmp_path: Path, statement: str) -> None:
    finding = only(with_query(tmp_path, f"WITH a AS (SELECT 1) {statement}"))
    assert finding.severity is Severity.ERROR


# Promises about time.

LAST = datetime(2026, 4, 26, 12, 0)


def timed(root: Path, promise: str, value: int, unit: str, late: timedelta, **more: Any) -> CheckResult:
    """Judge data whose newest event is at noon, at a time so much later."""
    at = column([LAST - timedelta(hours=i) for i in range(24)], pa.timestamp("us"))
    noon = LAST.replace(tzinfo=NOW.tzinfo)
    put(root, table(24, at=at), built_at=noon + more.pop("built", timedelta(minutes=5)))
    levels = f"{{property: {promise}, value: {value}, unit: {unit}, element: {more.pop('element', 'trips.at')}}}"
    odcs(root, COLUMNS, levels=levels)
    return judged(service_levels, root, now=noon + late, **more)


def test_freshness_is_the_age_of_the_newest_value(tmp_path: Path) -> None:
    assert timed(tmp_path / "kept", "freshness", 24, "h", timedelta(hours=24)).status == "pass"
    finding = only(timed(tmp_path / "old", "freshness", 24, "h", timedelta(hours=24, seconds=1)))
    assert (finding.column, finding.expected, finding.actual) == ("at", "≤ 86400 s", "86401 s")
    assert finding.message.startswith("freshness: the newest at is 2026-04-26") and "1 d" in finding.message


def test_the_future_is_no_freshness(tmp_path: Path) -> None:
    assert timed(tmp_path / "skew", "freshness", 1, "h", timedelta(seconds=-300)).status == "pass"
    finding = only(timed(tmp_path / "ahead", "freshness", 1, "h", timedelta(seconds=-301)))
    assert "in the future" in finding.message
    assert timed(tmp_path / "wide", "freshness", 1, "h", timedelta(hours=-1), clock_skew_seconds=4000).status == "pass"


def test_latency_is_the_time_until_the_build(tmp_path: Path) -> None:
    late = timedelta(days=9)
    assert timed(tmp_path / "kept", "latency", 10, "m", late, built=timedelta(minutes=10)).status == "pass"
    finding = only(timed(tmp_path / "late", "latency", 10, "m", late, built=timedelta(minutes=10, seconds=1)))
    assert finding.message.startswith("latency: ") and finding.actual == "601 s"


def test_retention_is_the_age_of_the_oldest_value(tmp_path: Path) -> None:
    assert timed(tmp_path / "kept", "retention", 30, "h", timedelta(hours=7)).status == "pass"
    finding = only(timed(tmp_path / "old", "retention", 30, "h", timedelta(hours=7, seconds=1)))
    assert finding.message.startswith("retention: the oldest at is 2026-04-25") and finding.actual == "108001 s"


@pytest.mark.parametrize("type_", [pa.date32(), pa.date64()])
def test_a_date_is_all_of_its_day(tmp_path: Path, type_: pa.DataType) -> None:
    put(tmp_path, table(24, at=column([LAST.date() - timedelta(days=i) for i in range(24)], type_)))
    days = COLUMNS.replace("timestamp", "date")
    odcs(tmp_path, days, levels="{property: freshness, value: 24, unit: h, element: trips.at}")
    midnight = LAST.replace(hour=0, tzinfo=NOW.tzinfo)
    for hours in (-0.05, 0, 12, 24, 48):
        assert judged(service_levels, tmp_path, now=midnight + timedelta(hours=hours)).status == "pass"
    finding = only(judged(service_levels, tmp_path, now=midnight + timedelta(hours=48, seconds=1)))
    assert (finding.column, finding.actual) == ("at", "86401 s")
    assert finding.message.startswith("freshness: the newest at is 2026-04-26, 1 d old (from the end of that day)")
    ahead = only(judged(service_levels, tmp_path, now=midnight - timedelta(seconds=301)))
    assert ahead.message == "freshness: the newest at is 2026-04-26, 5 min 1 s in the future"


def test_a_promise_about_a_column_that_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, table(at=None))
    odcs(tmp_path, COLUMNS, levels="{property: freshness, value: 1, unit: d, element: trips.at}")
    finding = only(judged(service_levels, tmp_path))
    assert "freshness cannot be judged: column at is missing" in finding.message


def test_a_promise_about_no_rows_is_not_checked(tmp_path: Path) -> None:
    put(tmp_path, table(0))
    odcs(tmp_path, COLUMNS, levels="{property: freshness, value: 1, unit: d, element: trips.at}")
    result = judged(service_levels, tmp_path)
    assert (result.status, result.reason) == ("not_checked", "freshness: the table has no rows")


# Classified columns.

SECRET = "s3cr3t"  # noqa: S105
CLASSIFIED = """
{name: bike, logicalType: string, classification: confidential, unique: true, logicalTypeOptions: {pattern: '^b', \
maxLength: 3}, quality: [{metric: duplicateValues, mustBe: 0}, {metric: invalidValues, mustBe: 0, arguments: \
{validValues: [b1]}}, {metric: missingValues, mustBe: 0, arguments: {missingValues: [s3cr3t-01]}}, \
{type: sql, query: 'SELECT {property} FROM {object} LIMIT 1', mustBe: 0}, \
{type: sql, query: 'SELECT CAST({property} AS INT) FROM {object} LIMIT 1', mustBe: 0}]}
{name: at, logicalType: timestamp, primaryKey: true, classification: restricted, logicalTypeOptions: \
{maximum: '2020-01-01T00:00:00Z'}, quality: [{metric: nullValues, mustBe: 7}]}
{name: late, logicalType: integer, logicalTypeOptions: {maximum: 0}}
{name: km, logicalType: number, classification: PII, logicalTypeOptions: {maximum: 1}}
"""


def secrets(rows: int = 120) -> pa.Table:
    """Return a table that breaks all of the above, with values that occur nowhere else."""
    at = [datetime(2031, 7, 19, 3, 4, i % 60) for i in range(rows)]
    return table(
        rows,
        bike=[f"{SECRET}-{i % 50:02}" for i in range(rows)],
        at=column(at, pa.timestamp("us")),
        km=[77123.25 + i for i in range(rows)],
    )


def test_the_value_of_a_classified_column_is_nowhere(tmp_path: Path) -> None:
    put(tmp_path, table(120), built_at=BUILT - timedelta(days=1))
    put(tmp_path, secrets())
    levels = "{property: freshness, value: 1, unit: h, element: trips.at}\n"
    levels += "{property: retention, value: 1, unit: h, element: trips.at}"
    odcs(tmp_path, CLASSIFIED, levels=levels)
    results = [r for r in all_of(platform_at(tmp_path)) if r.check != "point_in_time"]
    assert [r.reason for r in results if r.status == "error"] == []
    failed = {r.check for r in results if r.status == "fail"}
    assert {"rows", "quality_rules", "drift", "service_levels"} <= failed
    said = json.dumps([r.to_dict() | {"duration_seconds": 0} for r in results])
    for value in (SECRET, "77123", "2031", "03:04"):
        assert value not in said.replace(f"missing: [{SECRET}", "")
    assert "(redacted)" in said


def test_one_contract_keeps_a_column_from_the_messages_of_all(tmp_path: Path) -> None:
    put(tmp_path, secrets())
    odcs(tmp_path, "{name: bike, classification: confidential}", name="a", id_="a")
    odcs(tmp_path, "{name: bike, unique: true, logicalTypeOptions: {pattern: '^b'}}", name="b", id_="b")
    results = [r for r in all_of(platform_at(tmp_path)) if r.check in ("rows", "quality_rules")]
    assert any("expected text that matches ^b" in message for r in results for message in messages(r))
    assert SECRET not in json.dumps([r.to_dict() for r in results])


def test_what_is_open_is_shown(tmp_path: Path) -> None:
    put(tmp_path, secrets())
    odcs(tmp_path, "{name: bike, classification: public, logicalTypeOptions: {pattern: '^b'}}")
    assert SECRET in json.dumps([r.to_dict() for r in all_of(platform_at(tmp_path)) if r.check == "rows"])


def test_the_figure_of_a_query_is_shown_whole(tmp_path: Path) -> None:
    put(tmp_path, table())
    odcs(
        tmp_path,
        COLUMNS,
        quality="{name: big, type: sql, query: 'SELECT 1076123 FROM {object} LIMIT 1', mustBe: 1076124}",
    )
    (finding,) = judged(quality_rules, tmp_path).findings
    assert "gives 1,076,123: expected exactly 1,076,124" in finding.message
