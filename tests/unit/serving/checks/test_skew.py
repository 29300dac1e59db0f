"""What the served model is asked with, against what it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.serving.checks.skew import Rate, skew
from pytest_mlmonitor.serving.model import Deployment, ServingWindow
from tests.unit.support import READER, at, dataset, deployment, event, linked, only, platform_of, training_run, window

NONE = {"missing_feature_count": 0, "default_imputed_feature_count": 0, "stale_feature_count": 0}
COUNTS = tuple(NONE)


def busy(minute: float = 0, **fields: Any) -> ServingWindow:
    return window(minute, **{"request_count": 1000, "success_count": 1000, "prediction_count": 1000, **NONE, **fields})


def trained(tmp_path: Path, nulls: int = 0) -> Dataset:
    """Return a dataset of 100 rows with two features, one of which has ``nulls`` nulls."""
    table = pa.table(
        {
            "id": [str(k) for k in range(100)],
            "at": pa.array([1_700_000_000_000_000 + k for k in range(100)], pa.timestamp("us")),
            "y": [k % 2 for k in range(100)],
            "a": [None if k < nulls else float(k) for k in range(100)],
            "b": [float(k) for k in range(100)],
        }
    )
    path = tmp_path / "d.parquet"
    pq.write_table(table, path)
    return dataset(data_path=path, target="y", entity="id", event_ts="at", feature_count=2)


def judged(*artifacts: Any, now: float = 1, **settings: Any) -> CheckResult:
    made = linked(*artifacts, now=at(now), **settings)[0]
    platform_of(made).reader = READER
    result = run_check(skew, made)
    assert result.status != "error", result.reason
    return result


def served(*windows: ServingWindow, **fields: Any) -> Deployment:
    return deployment(*windows, events=[event(-1)], **fields)


def test_all_is_well_and_no_dataset_is_asked_for() -> None:
    assert judged(served(busy())).status == "pass"


def test_what_upstream_does_not_emit_is_said() -> None:
    silent = judged(served(busy(**dict.fromkeys(COUNTS))))
    assert silent.status == "not_checked"
    assert "does not emit missing_feature_count, default_imputed_feature_count, stale_feature_count" in str(
        silent.reason
    )
    some = judged(served(busy(stale_feature_count=None)))
    assert (some.status, only(some).severity) == ("pass", Severity.INFO)
    assert only(some).message == "upstream does not emit stale_feature_count: not judged"


@pytest.mark.parametrize(("windows", "now"), [([busy(request_count=0)], 1), ([busy()], 500), ([busy(30)], 1)])
def test_without_requests_there_is_nothing_to_judge(windows: list[ServingWindow], now: float) -> None:
    assert judged(served(*windows), now=now).reason == "no request within the last six hours"
    assert judged(served()).status == "not_checked"


@pytest.mark.parametrize(
    "field",
    [
        "input_schema_failure_count",
        "missing_required_field_count",
        "invalid_type_count",
        "domain_violation_count",
        "fallback_prediction_count",
        "feature_vector_build_failure_count",
    ],
)
@pytest.mark.parametrize(
    ("bad", "severity"), [(0, None), (49, None), (55, Severity.INFO), (80, Severity.WARNING), (200, Severity.ERROR)]
)
def test_requests_and_predictions_need_no_reference(field: str, bad: int, severity: Severity | None) -> None:
    result = judged(served(busy(**{field: bad})))
    assert result.severity == severity
    if severity is not None:
        finding = only(result)
        assert finding.column == field
        assert f"{bad / 10:.1f}%" in finding.message
        assert "expected less than 5.0%" in finding.message
        assert ("chance" in finding.message) is (severity == Severity.INFO)


def test_three_requests_say_little() -> None:
    result = judged(served(window(0, request_count=3, input_schema_failure_count=1, **NONE)))
    assert only(result).severity == Severity.INFO
    ten = [window(m, request_count=3, input_schema_failure_count=1, **NONE) for m in range(-9, 1)]
    assert only(judged(served(*ten))).severity == Severity.ERROR


@pytest.mark.parametrize("field", ["missing_feature_count", "default_imputed_feature_count"])
@pytest.mark.parametrize(
    ("bad", "severity"),
    [(100, None), (200, None), (299, None), (310, Severity.INFO), (400, Severity.WARNING), (700, Severity.ERROR)],
)
def test_features_compare_with_the_nulls_of_the_dataset(
    field: str, bad: int, severity: Severity | None, tmp_path: Path
) -> None:
    """Of 2,000 features; one column of two is null in 20 of 100 rows, so 10 % of the features are known to be missing."""
    result = judged(served(busy(**{field: bad})), training_run(), trained(tmp_path, nulls=20))
    assert result.severity == severity
    if severity is not None:
        assert ", 10.0% in d: expected less than 15.0%" in only(result).message


@pytest.mark.parametrize(
    ("bad", "severity"), [(99, None), (110, Severity.INFO), (200, Severity.WARNING), (400, Severity.ERROR)]
)
def test_no_feature_of_a_dataset_is_stale(bad: int, severity: Severity | None, tmp_path: Path) -> None:
    result = judged(served(busy(stale_feature_count=bad)), training_run(), trained(tmp_path, nulls=20))
    assert result.severity == severity


@pytest.mark.parametrize(
    ("bad", "severity"), [(100, None), (120, None), (200, Severity.WARNING), (400, Severity.ERROR)]
)
def test_what_the_dataset_had_outside_a_range_the_model_knows(
    bad: int, severity: Severity | None, tmp_path: Path
) -> None:
    import pandera.pandas as pandera

    schema = pandera.DataFrameSchema({"b": pandera.Column(float, pandera.Check.ge(8))})  # 8 of 100 rows lie below
    made, build = linked(served(busy(domain_violation_count=bad)), trained(tmp_path), now=at(1))
    platform = platform_of(made)
    platform.reader = READER
    other = platform.replacing(Contracts, platform.view(Contracts).instead(build, schema))
    result = run_check(skew, made, other.context(made.ref))
    assert result.status != "error", result.reason
    assert result.severity == severity
    if severity is not None:
        assert ", 8.0% in d: expected less than 13.0%" in only(result).message


def test_the_dataset_is_found_by_what_the_records_say(tmp_path: Path) -> None:
    assert judged(served(busy(missing_feature_count=1500)), trained(tmp_path)).severity == Severity.ERROR


def test_without_a_dataset_features_are_not_checked() -> None:
    result = judged(served(busy(missing_feature_count=1500)))
    assert result.status == "not_checked"
    assert "the dataset that it was trained on is not under the roots" in str(result.reason)
    mixed = judged(served(busy(missing_feature_count=1500, invalid_type_count=500)))
    assert (mixed.status, only(mixed).column) == ("fail", "invalid_type_count")


def test_a_dataset_that_cannot_be_read(tmp_path: Path) -> None:
    broken = trained(tmp_path)
    (tmp_path / "d.parquet").write_bytes(b"PAR1")
    result = judged(served(busy(missing_feature_count=1500)), broken)
    assert result.status == "not_checked"
    assert "d.parquet" in str(result.reason)


def test_vectors_that_could_not_be_built_have_features_too(tmp_path: Path) -> None:
    """A thousand predictions and a thousand failures of two features each."""
    fields = {"missing_feature_count": 400, "feature_vector_build_failure_count": 1000, "request_count": 50_000}
    finding = only(judged(served(busy(**fields)), trained(tmp_path)))
    assert "10.0% of 4,000 features" in finding.message


def test_only_windows_that_have_a_count_count(tmp_path: Path) -> None:
    windows = [busy(-1, missing_feature_count=None), busy(0, missing_feature_count=200)]
    assert "10.0% of 2,000 features" in only(judged(served(*windows), trained(tmp_path))).message


def test_a_retired_deployment_is_information() -> None:
    drained = deployment(busy(invalid_type_count=900), events=[event(-1), event(0.5, traffic_status="drained")])
    finding = only(judged(drained))
    assert finding.severity == Severity.INFO
    assert "retired" in finding.message


def test_limits_are_those_of_null_rates() -> None:
    made = served(busy(invalid_type_count=200))
    assert judged(made, quality={"null_rate_warning": 0.3, "null_rate_error": 0.5}).status == "pass"
    assert judged(made, quality={"null_rate_error": 0.5}).severity == Severity.WARNING


@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([0.05, 0.15]))
def test_chance_is_the_tail_of_the_binomial_distribution(total: int, bad: int, expected: float, limit: float) -> None:
    from math import comb

    bad = min(bad, total)
    p = expected + limit
    tail = sum(comb(total, k) * p**k * (1 - p) ** (total - k) for k in range(bad, total + 1))
    if abs(tail - 0.05) > 1e-9:
        assert Rate("f", "w", bad, total, total, "request", expected).by_chance(limit) == (tail >= 0.05)


def test_features_of_one_prediction_go_missing_together() -> None:
    """Forty features of two predictions are two trials, not forty."""
    together = Rate("f", "w", 20, 40, 2, "feature")
    alone = Rate("f", "w", 20, 40, 40, "feature")
    assert together.by_chance(0.05) and not alone.by_chance(0.05)


def test_features_missing_where_nothing_could_be_predicted(tmp_path: Path) -> None:
    starved = busy(success_count=0, rejected_count=1000, prediction_count=0, missing_feature_count=1000)
    result = judged(served(starved), training_run(), trained(tmp_path))
    assert (result.status, result.findings[0].column) == ("fail", "missing_feature_count")
