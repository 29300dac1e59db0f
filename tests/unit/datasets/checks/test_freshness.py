"""Freshness (specification 2.2): the boundaries, to the second and to a tenth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.datasets.checks.freshness import compute_freshness, freshness
from tests.unit.support import at, dataset, linked, only

THRESHOLD, SKEW = 1800.0, 300.0


def judged(age: float, threshold: float = THRESHOLD) -> tuple[float, str]:
    found = compute_freshness(dataset(built_at=at(0) - timedelta(seconds=age)), at(0), threshold, SKEW)
    return found.freshness_seconds, found.status


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (0, "FRESH"),
        (1799.999, "FRESH"),
        (1800, "STALE"),
        (1800.001, "STALE"),
        (1e7, "STALE"),
        (-1, "FRESH"),
        (-300, "FRESH"),
        (-300.001, "FUTURE"),
        (-1e7, "FUTURE"),
    ],
)
def test_boundaries(age: float, status: str) -> None:
    assert judged(age)[1] == status


@pytest.mark.parametrize(("age", "rounded"), [(7200.26, 7200.3), (0.04, 0.0), (1799.96, 1800.0), (-0.06, -0.1)])
def test_seconds_are_rounded_to_a_tenth_and_the_status_is_not(age: float, rounded: float) -> None:
    assert judged(age)[0] == rounded
    assert judged(1799.96)[1] == "FRESH"


@given(st.floats(-1e6, 1e6), st.floats(1, 1e6))
def test_exactly_one_status_holds(age: float, threshold: float) -> None:
    exact = timedelta(seconds=age).total_seconds()
    wanted = "FUTURE" if exact < -SKEW else "FRESH" if exact < threshold else "STALE"
    assert judged(age, threshold) == (round(exact, 1), wanted)


def test_the_json_of_the_specification() -> None:
    found = compute_freshness(dataset(built_at=at(-20)), at(0), THRESHOLD, SKEW)
    assert found.to_dict() == {
        "dataset_name": "d",
        "dataset_version": "2026-04-26T10:00:00Z",
        "freshness_seconds": 1200.0,
        "status": "FRESH",
    }


def test_without_a_build_time_there_is_nothing_to_say() -> None:
    with pytest.raises(NotChecked, match="built_at is missing"):
        compute_freshness(dataset(built_at=None), at(0), THRESHOLD, SKEW)


@pytest.mark.parametrize(
    ("minutes", "severity", "word"),
    [
        (29.99, None, ""),
        (30, Severity.ERROR, "STALE: built 30 min ago, allowed 30 min"),
        (-1, Severity.INFO, "lies 1 min ahead"),
        (-5, Severity.INFO, "lies 5 min ahead"),
        (-5.01, Severity.ERROR, "FUTURE: built_at"),
    ],
)
def test_the_check(minutes: float, severity: Severity | None, word: str) -> None:
    (made,) = linked(dataset(built_at=at(-minutes)), now=at(0))
    result = run_check(freshness, made)
    assert result.severity == severity
    assert all(word in finding.message and finding.column == "built_at" for finding in result.findings)
    assert len(result.findings) == (severity is not None)


@pytest.mark.parametrize(
    ("sidecar", "column", "place"),
    [
        (Path("/data/dataset_metadata.json"), "built_at", "/data/dataset_metadata.json"),
        (None, "schema metadata build_timestamp", "/data/d.parquet"),
    ],
)
@pytest.mark.parametrize("minutes", [60, -60])
def test_the_finding_stands_where_the_time_was_read(
    minutes: float, sidecar: Path | None, column: str, place: str
) -> None:
    (made,) = linked(dataset(built_at=at(-minutes), sidecar=sidecar, data_path=Path("/data/d.parquet")), now=at(0))
    finding = only(run_check(freshness, made))
    assert (finding.column, finding.location) == (column, place)


def test_the_policy_may_call_it_critical() -> None:
    (made,) = linked(dataset(built_at=at(-60)), now=at(0), severity={"freshness": "critical"})
    assert run_check(freshness, made).severity == Severity.CRITICAL
