"""Rates that judge a dataset where no contract speaks (specification 2.4)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.datasets.checks.quality import (
    duplicate_rate,
    enough_rows,
    null_rates,
    outliers,
    value_ranges,
    volume,
)
from pytest_mlmonitor.datasets.checks.reconcile import schema_version
from tests.unit.datasets.plain import BUILT, column, judged, newest, odcs, put, table
from tests.unit.support import copy_of_sample, messages, only, platform_at

RATES = (null_rates, duplicate_rate, enough_rows, outliers, value_ranges)


def previous(root: Path, data: pa.Table | None, *, hours: int = 24, **fields: Any) -> None:
    put(root, data, built_at=BUILT - timedelta(hours=hours), **fields)


def with_nulls(nulls: int, rows: int = 100) -> pa.Table:
    return table(rows, km=column([None if i < nulls else 1.0 for i in range(rows)], pa.float64()))


# Nulls.


@pytest.mark.parametrize(
    ("nulls", "severity"),
    [(0, None), (4, None), (5, Severity.WARNING), (14, Severity.WARNING), (15, Severity.ERROR), (100, Severity.ERROR)],
)
def test_nulls_from_five_percent_are_a_warning_from_fifteen_an_error(
    tmp_path: Path, nulls: int, severity: Severity | None
) -> None:
    put(tmp_path, with_nulls(nulls))
    result = judged(null_rates, tmp_path)
    if severity is None:
        assert (result.status, result.findings) == ("pass", ())
        return
    finding = only(result)
    assert (finding.severity, finding.column) == (severity, "km")
    assert f"km is null in {nulls} of 100 rows ({nulls} %)" in finding.message


def test_the_null_rates_are_policy(tmp_path: Path) -> None:
    put(tmp_path, with_nulls(10))
    assert only(judged(null_rates, tmp_path, quality={"null_rate_error": 0.1})).severity is Severity.ERROR
    assert judged(null_rates, tmp_path, quality={"null_rate_warning": 0.11}).status == "pass"


def test_every_column_has_its_own_finding(tmp_path: Path) -> None:
    put(tmp_path, table(100, km=pa.nulls(100, pa.float64()), note=pa.nulls(100, pa.string())))
    assert [f.column for f in judged(null_rates, tmp_path).findings] == ["km", "note"]


# Keys that repeat.


def repeating(times: int, rows: int = 1000) -> pa.Table:
    """Return a table whose first row occurs ``times`` times more than once."""
    made = table(rows)
    return pa.concat_tables([made.slice(0, 1)] * times + [made.slice(0, rows - times)])


@pytest.mark.parametrize(("times", "severity"), [(1, Severity.WARNING), (10, Severity.WARNING), (11, Severity.ERROR)])
def test_a_repeated_key_is_a_warning_beyond_one_percent_an_error(
    tmp_path: Path, times: int, severity: Severity
) -> None:
    put(tmp_path, repeating(times))
    finding = only(judged(duplicate_rate, tmp_path))
    assert (finding.severity, finding.column) == (severity, "bike, at")
    assert f"{times} of 1,000 rows (" in finding.message and "bike='b0', at=2026-04-26 00:00:00" in finding.message


def test_a_unique_key_passes_and_the_rate_is_policy(tmp_path: Path) -> None:
    put(tmp_path / "unique", table())
    assert judged(duplicate_rate, tmp_path / "unique").status == "pass"
    put(tmp_path / "twice", repeating(50))
    allowed = judged(duplicate_rate, tmp_path / "twice", quality={"duplicate_rate": 0.05})
    assert only(allowed).severity is Severity.WARNING


def test_without_its_columns_there_is_no_key(tmp_path: Path) -> None:
    put(tmp_path, table(bike=None))
    result = judged(duplicate_rate, tmp_path)
    assert result.status == "not_checked" and "lacks a column of the key (bike, at)" in str(result.reason)


# Rows.


@pytest.mark.parametrize(("rows", "enough"), [(0, False), (1, False), (9, False), (10, True)])
def test_ten_rows_are_needed(tmp_path: Path, rows: int, enough: bool) -> None:
    put(tmp_path, table(rows))
    result = judged(enough_rows, tmp_path)
    assert (result.status == "pass") is enough
    if not enough:
        assert only(result).severity is Severity.ERROR and "expected at least 10" in only(result).message


def test_how_many_rows_are_enough_is_policy(tmp_path: Path) -> None:
    put(tmp_path, table(9))
    assert judged(enough_rows, tmp_path, quality={"min_rows": 9}).status == "pass"
    assert judged(enough_rows, tmp_path, quality={"min_rows": 11}).status == "fail"


@pytest.mark.parametrize("check", [null_rates, duplicate_rate, outliers], ids=lambda check: check.name)
def test_a_table_without_rows_has_no_rates(tmp_path: Path, check: Check) -> None:
    put(tmp_path, table(0))
    result = judged(check, tmp_path)
    assert (result.status, result.reason) == ("not_checked", "the table has no rows")


# Outliers.


def with_outliers(values: list[float], rows: int = 1000) -> pa.Table:
    return table(rows, km=[*values, *(float(i % 10) for i in range(rows - len(values)))])


def test_a_few_outliers_are_told_not_blamed(tmp_path: Path) -> None:
    put(tmp_path, with_outliers([500.0, -400.0]))
    result = judged(outliers, tmp_path)
    finding = only(result)
    assert (result.status, finding.severity, finding.column) == ("pass", Severity.INFO, "km")
    assert "2 of 1,000 values (0.2 %) lie more than 3 standard deviations" in finding.message
    assert finding.actual is not None and sorted(map(float, finding.actual.split(", "))) == [-400.0, 500.0]


def test_more_outliers_than_the_rate_are_a_warning(tmp_path: Path) -> None:
    put(tmp_path, with_outliers([500.0] * 6))
    assert only(judged(outliers, tmp_path, quality={"outlier_rate": 0.006})).severity is Severity.INFO
    assert only(judged(outliers, tmp_path, quality={"outlier_rate": 0.005})).severity is Severity.WARNING


def test_the_first_ten_outliers_are_listed(tmp_path: Path) -> None:
    put(tmp_path, with_outliers([500.0 + i for i in range(20)]))
    finding = only(judged(outliers, tmp_path))
    assert "20 of 1,000 values" in finding.message
    assert finding.actual == ", ".join(str(500.0 + i) for i in range(10))


def test_how_far_out_is_policy(tmp_path: Path) -> None:
    put(tmp_path, with_outliers([500.0]))
    assert judged(outliers, tmp_path, quality={"outlier_z": 40}).findings == ()
    assert len(judged(outliers, tmp_path, quality={"outlier_z": 30}).findings) == 1


def test_nulls_nan_infinity_and_constants_are_no_outliers(tmp_path: Path) -> None:
    odd = [None, float("nan"), *[1.0, 2.0] * 49]
    put(tmp_path, table(100, km=column(odd, pa.float64()), same=[7] * 100, word=["a"] * 100))
    assert judged(outliers, tmp_path).findings == ()


# Against the version before.


def test_without_a_version_before_there_is_no_range_and_no_volume(tmp_path: Path) -> None:
    put(tmp_path, table())
    for check in (value_ranges, volume):
        result = judged(check, tmp_path)
        assert result.status == "not_checked" and "no previous version" in str(result.reason)


@pytest.mark.parametrize(("outside", "fails"), [(0, False), (10, False), (11, True)])
def test_more_than_a_tenth_outside_the_range_before_is_an_error(tmp_path: Path, outside: int, fails: bool) -> None:
    previous(tmp_path, table())
    put(tmp_path, table(100, km=[*[9.5] * outside, *[5.0] * (100 - outside)]))
    result = judged(value_ranges, tmp_path)
    assert (result.status == "fail") is fails
    if fails:
        finding = only(result)
        assert (finding.severity, finding.column, finding.expected) == (Severity.ERROR, "km", "0 to 9")
        assert "11 of 100 rows (11 %) lie outside 0 to 9, the range of trips" in finding.message
    loose = judged(value_ranges, tmp_path, quality={"out_of_range_rate": 0.11})
    assert loose.status == "pass"


def test_values_on_both_sides_of_the_range_count_together(tmp_path: Path) -> None:
    previous(tmp_path, table())
    put(tmp_path, table(100, km=[*[-1.0] * 6, *[10.0] * 6, *[5.0] * 88]))
    assert "12 of 100 rows (12 %)" in only(judged(value_ranges, tmp_path)).message


def test_a_column_of_another_type_has_no_range(tmp_path: Path) -> None:
    previous(tmp_path, table())
    put(tmp_path, table(100, km=column([100] * 100, pa.int64())))
    assert judged(value_ranges, tmp_path).status == "pass"


@pytest.mark.parametrize(
    ("before", "now", "near"), [(100, 150, True), (100, 50, True), (100, 151, False), (100, 49, False), (100, 0, False)]
)
def test_the_number_of_rows_stays_within_half(tmp_path: Path, before: int, now: int, near: bool) -> None:
    previous(tmp_path, table(before))
    put(tmp_path, table(now))
    result = judged(volume, tmp_path)
    assert (result.status == "pass") is near
    if not near:
        finding = only(result)
        assert (finding.severity, finding.expected) == (Severity.WARNING, "50..150 rows")
        assert f"than {before} of trips" in finding.message


@pytest.mark.parametrize("percent", [1, 7, 10, 29, 57, 110])
def test_the_boundary_of_the_volume_is_exact(tmp_path: Path, percent: int) -> None:
    previous(tmp_path, table(100))
    put(tmp_path, table(100 + percent))
    assert judged(volume, tmp_path, quality={"row_count_change": percent / 100}).status == "pass"
    assert judged(volume, tmp_path, quality={"row_count_change": (percent - 0.5) / 100}).status == "fail"


def test_the_version_before_is_one_of_its_own_family(tmp_path: Path) -> None:
    previous(tmp_path / "prod", table(100), hours=24)
    previous(tmp_path / "dev", table(10, more=[1] * 10), hours=12)
    put(tmp_path / "prod", table(100))
    assert judged(volume, tmp_path).status == "pass"
    assert judged(schema_version, tmp_path).status == "pass"


@pytest.mark.parametrize(
    ("builds", "severity"),
    [
        ("BA", Severity.ERROR),
        ("ABA", Severity.INFO),
        ("AABA", Severity.INFO),
        ("ABAB", Severity.ERROR),  # which of the two it is to be nobody knows
        ("ABBA", Severity.ERROR),  # two builds alike are no slip
    ],
)
def test_a_repaired_build_is_not_told_that_it_changed_the_schema(
    tmp_path: Path, builds: str, severity: Severity
) -> None:
    for ago, one in enumerate(reversed(builds)):
        put(tmp_path, table() if one == "A" else table(speed=[1.0] * 100), built_at=BUILT - timedelta(hours=ago))
    finding = only(judged(schema_version, tmp_path))
    assert finding.severity == severity
    assert ("is again what it was before trips@" in finding.message) == (severity == Severity.INFO)


def test_a_version_before_without_rows_says_nothing(tmp_path: Path) -> None:
    previous(tmp_path, table(0))
    put(tmp_path, table())
    result = judged(volume, tmp_path)
    assert result.status == "not_checked" and "has no rows" in str(result.reason)


def test_a_version_before_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    previous(tmp_path, table())
    broken = put(tmp_path, table(), built_at=BUILT - timedelta(hours=1))
    broken.write_bytes(b"PAR1 no parquet PAR1")
    put(tmp_path, table())
    for check in (value_ranges, volume):
        result = judged(check, tmp_path)
        assert result.status == "not_checked" and f"{broken.name} cannot be read" in str(result.reason)


def test_a_version_whose_file_is_gone_is_passed_over(tmp_path: Path) -> None:
    previous(tmp_path, table(100), hours=2)
    previous(tmp_path, None, hours=1, dataset_version="gone")
    put(tmp_path, table(200))
    assert "100 % more than 100 of trips" in only(judged(volume, tmp_path)).message


# Where a contract speaks, it alone does.


def test_a_contract_beside_the_data_speaks_of_its_columns_only(tmp_path: Path) -> None:
    """Who wrote the data wrote this contract: one that names a column or none must not silence the rates of the others."""
    put(tmp_path, with_nulls(9))
    odcs(tmp_path, "{name: at, logicalType: timestamp}")
    (message,) = messages(judged(null_rates, tmp_path))
    assert message.startswith("km is null in 9 of 100 rows (9 %)")
    odcs(tmp_path, "{name: km, logicalType: number}")
    assert judged(null_rates, tmp_path).findings == ()


def test_a_declared_contract_replaces_the_rates(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    previous(root, table())
    put(root, with_nulls(100, 9))
    place = tmp_path / "declared"
    place.mkdir()
    odcs(place, "{name: at, logicalType: timestamp}")
    platform = platform_at(root, contracts=str(place))
    assert [check.name for check in RATES if check.concerns(newest(platform), context_of(newest(platform)))] == []
    assert run_check(volume, newest(platform), platform.settings).status == "fail"  # which no contract speaks of


def test_the_built_in_contract_replaces_the_rates(tmp_path: Path) -> None:
    platform = platform_at(copy_of_sample(tmp_path, "p2"))
    assert [check.name for check in RATES if check.concerns(newest(platform), context_of(newest(platform)))] == []


def test_the_severity_of_a_rate_is_policy(tmp_path: Path) -> None:
    put(tmp_path, with_nulls(20))
    assert only(judged(null_rates, tmp_path, severity={"null_rates": "critical"})).severity is Severity.CRITICAL


def test_names_of_columns_cannot_break_a_message(tmp_path: Path) -> None:
    put(tmp_path, table(100, **{"a\x1b[31m\nb": pa.nulls(100, pa.float64())}))
    (message,) = messages(judged(null_rates, tmp_path))
    assert "\x1b" not in message and "\n" not in message
