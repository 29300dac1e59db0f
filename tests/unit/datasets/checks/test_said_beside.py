"""What checks of datasets say beside findings: values against limits, whose keys decide, the rows, and what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.measure import MAX_WORDS, Measure
from pytest_mlmonitor.datasets.checks.contract_terms import quality_rules
from pytest_mlmonitor.datasets.checks.freshness import freshness
from pytest_mlmonitor.datasets.checks.quality import (
    duplicate_rate,
    enough_rows,
    null_rates,
    outliers,
    positive_rate,
    value_ranges,
    volume,
)
from pytest_mlmonitor.datasets.checks.service_levels import service_levels
from pytest_mlmonitor.datasets.checks.table import rows
from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.tables.shown.masked_values import MASK
from tests.unit.datasets.plain import BUILT, column, judged, odcs, put, table
from tests.unit.support import NOW, dataset, linked, only

DATASET = [check for check in built_in() if check.kind == "dataset"]


@pytest.mark.parametrize("check", DATASET, ids=lambda check: check.name)
def test_every_check_says_in_a_few_words_what_to_do_now(check: Check) -> None:
    first = check.action.split()[0]
    assert first[0].isupper() and not check.action.endswith(".") and len(check.action) <= 60
    assert first not in ("The", "A", "It", "Please", "You")


# Age.


@pytest.mark.parametrize(
    ("policy", "age", "limit", "key"),
    [
        ({}, 600, 1800.0, "freshness.max_age_seconds"),
        ({"freshness": {"max_age_seconds": 7200}}, 10_000, 7200.0, "freshness.max_age_seconds"),
        ({"freshness": {"error_after": "2h"}}, 10_000, 7200.0, "freshness.error_after"),
        ({"freshness": {"warn_after": "1h", "error_after": "2h"}}, 60, 3600.0, "freshness.warn_after"),
        ({"freshness": {"warn_after": "1h", "error_after": "2h"}}, 5000, 3600.0, "freshness.warn_after"),
        ({"freshness": {"warn_after": "1h", "error_after": "2h"}}, 10_000, 7200.0, "freshness.error_after"),
    ],
)
def test_the_age_stands_against_the_limit_that_is_broken_or_comes_next(
    policy: dict[str, Any], age: float, limit: float, key: str
) -> None:
    (one,) = linked(dataset(built_at=NOW - timedelta(seconds=age)), now=NOW, **policy)
    result = run_check(freshness, one)
    assert result.measures == (Measure("age", age, limit, "seconds", keys=(key,)),)
    assert [finding.keys for finding in result.findings] == ([(key,)] if age >= limit else [])
    assert [o.key for f in result.findings for o in f.thresholds] == ([key] if age >= limit else [])


# Rates where no contract speaks.


def nulls(number: int) -> pa.Table:
    return table(100, km=column([None if i < number else 1.0 for i in range(100)], pa.float64()))


@pytest.mark.parametrize(("number", "limit"), [(0, 0.05), (4, 0.05), (6, 0.05), (20, 0.15)])
def test_null_rates_are_told_also_where_all_is_well(tmp_path: Path, number: int, limit: float) -> None:
    put(tmp_path, nulls(number))
    key = ("quality.null_rate_warning" if limit == 0.05 else "quality.null_rate_error",)
    name = "km" if number else "bike"
    result = judged(null_rates, tmp_path)
    assert result.measures == (Measure("null rate", number / 100, limit, "share", column=name, keys=key),)
    assert [finding.keys for finding in result.findings] == ([key] if number > 5 else [])


def test_rows_with_nulls_are_shown_with_their_key(tmp_path: Path) -> None:
    put(tmp_path, nulls(20))
    found = only(judged(null_rates, tmp_path)).rows
    assert found is not None
    assert (found.columns, found.key, found.bad, found.total) == (
        ("row", "bike", "at", "km"),
        ("row", "bike", "at"),
        ("km",),
        20,
    )
    assert found.rows[1] == ("2", "b1", "2026-04-26 00:01:00", None)


def test_a_key_that_a_contract_beside_the_data_classifies_is_masked_where_defaults_find_rows(tmp_path: Path) -> None:
    put(tmp_path, nulls(20).set_column(0, "bike", pa.array([f"customer-100{i:02}4417" for i in range(100)])))
    odcs(tmp_path, "{name: bike, logicalType: string, classification: restricted}")
    found = only(judged(null_rates, tmp_path)).rows
    assert found is not None
    assert (found.rows[0][1], found.redacted) == (MASK, True)


def test_repeated_keys_are_told_and_shown(tmp_path: Path) -> None:
    put(tmp_path, table(100))
    keys = ("quality.duplicate_rate",)
    assert judged(duplicate_rate, tmp_path).measures == (Measure("repeated keys", 0.0, 0.01, "share", keys=keys),)
    put(tmp_path, table(100, bike=["b"] * 100, at=table(100)["at"].take(pa.array([0, 0, 0, *range(3, 100)]))))
    result = judged(duplicate_rate, tmp_path)
    found = only(result)
    assert result.measures == (Measure("repeated keys", 0.02, 0.01, "share", keys=keys),)
    assert found.keys == keys and found.rows is not None
    assert (found.rows.columns, found.rows.rows, found.rows.total) == (
        ("bike", "at"),
        (("b", "2026-04-26 00:00:00"),),
        2,
    )


def test_rows_stand_against_the_fewest_allowed(tmp_path: Path) -> None:
    put(tmp_path, table(8))
    result = judged(enough_rows, tmp_path)
    assert result.measures == (Measure("rows", 8, 10, "count", "below", keys=("quality.min_rows",)),)
    assert only(result).keys == ("quality.min_rows",)


def test_outliers_are_told_and_shown_where_they_are_too_many(tmp_path: Path) -> None:
    put(tmp_path, table(100, km=[*[1000.0] * 2, *[0.0] * 98]))
    result = judged(outliers, tmp_path)
    assert result.measures == (Measure("outliers", 0.02, 0.05, "share", column="km", keys=("quality.outlier_rate",)),)
    (found,) = result.findings
    assert found.rows is None  # information only
    result = judged(outliers, tmp_path, quality={"outlier_rate": 0.01})
    found = only(result)
    assert found.keys == ("quality.outlier_z", "quality.outlier_rate")
    assert found.rows is not None and found.rows.rows[0] == ("1", "b0", "2026-04-26 00:00:00", "1000.0")


def test_values_outside_the_earlier_range_are_told_and_shown(tmp_path: Path) -> None:
    put(tmp_path, table(100), built_at=BUILT - timedelta(hours=1))
    put(tmp_path, table(100, km=[*[50.0] * 20, *[5.0] * 80]))
    result = judged(value_ranges, tmp_path)
    keys = ("quality.out_of_range_rate",)
    assert result.measures == (Measure("outside earlier range", 0.2, 0.1, "share", column="km", keys=keys),)
    found = only(result)
    assert found.keys == keys and found.rows is not None and found.rows.total == 20


@pytest.mark.parametrize("count", [100, 130, 40])
def test_the_change_of_the_number_of_rows_is_told(tmp_path: Path, count: int) -> None:
    put(tmp_path, table(100), built_at=BUILT - timedelta(hours=1))
    put(tmp_path, table(count))
    (found,) = judged(volume, tmp_path).measures
    assert found.value == pytest.approx(abs(count - 100) / 100)
    assert (found.what, found.limit, found.keys) == ("row count change", 0.5, ("quality.row_count_change",))


@pytest.mark.parametrize(("positives", "limit", "side"), [(0, 0.01, "below"), (10, 0.01, "below"), (90, 0.5, "above")])
def test_the_rate_of_positives_stands_against_the_nearer_bound(
    tmp_path: Path, positives: int, limit: float, side: str
) -> None:
    put(tmp_path, table(100, late=column([int(i < positives) for i in range(100)], pa.int32())))
    odcs(tmp_path, "{name: late, logicalType: integer, enum: [0, 1]}")
    (found,) = judged(positive_rate, tmp_path).measures
    assert (found.value, found.limit, found.direction, found.column) == (positives / 100, limit, side, "late")


# What contracts say.


def test_rows_that_break_a_contract_are_counted(tmp_path: Path) -> None:
    put(tmp_path, table(40))
    odcs(tmp_path, "{name: km, logicalType: number, logicalTypeOptions: {maximum: 8}}")
    assert judged(rows, tmp_path).measures == (
        Measure("rows", 40, 1, "count", "below"),
        Measure("broken rows", 4, 0, "count", column="km"),
    )


def test_keys_of_a_contract_that_repeat_are_counted(tmp_path: Path) -> None:
    put(tmp_path, table(40))
    odcs(tmp_path, "{name: bike, logicalType: string, unique: true}")
    assert judged(rows, tmp_path).measures[1:] == (Measure("repeated keys", 33, 0, "count", column="bike"),)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("metric: nullValues, mustBeLessThan: 5", Measure("nulls", 6, 5, "count", column="km")),
        (
            "metric: nullValues, mustBeLessThan: 9, unit: percent",
            Measure("null rate", 0.06, 0.09, "share", column="km"),
        ),
        ("metric: nullValues, mustBe: 0", Measure("nulls", 6, 0, "count", column="km")),
        ("metric: nullValues, mustBeGreaterThan: 3", Measure("nulls", 6, 3, "count", "below", "km")),
        ("metric: nullValues, mustBeBetween: [1, 8]", Measure("nulls", 6, 8, "count", column="km")),
        ("metric: nullValues, mustBe: 6", None),
        ("metric: nullValues, mustNotBe: 3", None),
        (
            "type: sql, name: far, query: SELECT count(*) FROM {object} WHERE km > 0, mustBeLessThan: 200",
            Measure("far", 94, 200, ""),
        ),
    ],
)
def test_figures_of_a_contract_stand_against_their_limits(tmp_path: Path, rule: str, expected: Measure | None) -> None:
    put(tmp_path, nulls(6))
    odcs(tmp_path, f"{{name: km, logicalType: number, quality: [{{{rule}}}]}}".replace("{object}", "trips"))
    assert judged(quality_rules, tmp_path).measures == ((expected,) if expected is not None else ())


@pytest.mark.parametrize("hours", [1, 1000])
def test_promises_about_time_are_told_unless_the_column_is_personal(tmp_path: Path, hours: int) -> None:
    for classified, told in (("public", 1), ("restricted", 0)):
        root = tmp_path / classified
        put(root, table(60))
        entry = f"{{name: at, logicalType: timestamp, classification: {classified}}}"
        odcs(root, entry, levels=f"{{property: freshness, element: trips.at, value: {hours}, unit: h}}")
        found = judged(service_levels, root).measures
        assert len(found) == told
        if found:
            assert (found[0].what, found[0].limit, found[0].column) == ("age of the newest row", hours * 3600, "at")
            assert found[0].value == 46_897.0  # 14:00:37 less 00:59:00


def test_words_of_measures_fit_their_column() -> None:
    words = ("outside earlier range", "rows without their key", "age of the newest row", "age of the oldest row")
    assert all(len(one) <= MAX_WORDS for one in (*words, "time until the build", "row count change", "repeated values"))
