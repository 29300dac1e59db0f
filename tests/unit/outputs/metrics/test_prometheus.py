"""metrics.prom: parses, has the families of specification 3, and no more series than it should."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.metrics import series
from pytest_mlmonitor.outputs.metrics.demo_metrics import DemoCollector, prediction_total
from pytest_mlmonitor.outputs.metrics.prometheus import registry_of, write_metrics
from tests.unit.outputs.test_results import record as record  # noqa: PLC0414 (a fixture)
from tests.unit.support import NOW, SAMPLE, at, dataset, deployment, platform_at, training_run, window

FOUR = {
    "ml_dataset_build_duration_seconds": ("histogram", "dataset_name"),
    "ml_training_duration_seconds": ("histogram", "model_name"),
    "ml_prediction": ("counter", "model_name"),
    "ml_feature_freshness_seconds": ("gauge", "dataset_name"),
}
FORBIDDEN = {"run_id", "version", "model_version", "dataset_version", "path", "nodeid", "artifact"}


def families(path: Path) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(path.read_text(encoding="utf-8"))}


def values(family: Any, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(sorted(s.labels.items())): s.value for s in family.samples if s.name == name}


def written(tmp_path: Path, artifacts: Iterable[Any], record: RunRecord | None = None) -> dict[str, Any]:
    known = record or RunRecord(at(0), "production")
    platform = Platform.of(artifacts, Settings(environment=known.environment), known.evaluated_at)
    return families(write_metrics(tmp_path, known, platform))


def test_the_four_families_of_the_platform(tmp_path: Path) -> None:
    artifacts = [artifact for _, artifact in platform_at(SAMPLE).artifacts]
    found = written(tmp_path, artifacts, RunRecord(NOW, "demo"))
    assert {name: found[name].type for name in FOUR} == {name: kind for name, (kind, _) in FOUR.items()}
    durations = values(found["ml_training_duration_seconds"], "ml_training_duration_seconds_sum")
    assert durations == {(("environment", "demo"), ("model_name", "lightgbm_default")): 99.0}
    (freshness,) = values(found["ml_feature_freshness_seconds"], "ml_feature_freshness_seconds").items()
    assert freshness == ((("dataset_name", "training_dataset"), ("environment", "demo")), 3529.0)
    (predictions,) = values(found["ml_prediction"], "ml_prediction_total").values()
    windows = [w for d in platform_at(SAMPLE).deployments() for w in d.windows]
    assert predictions == sum(w.prediction_count for w in windows)


def test_the_environment_is_on_every_series_and_nothing_unbounded_is(tmp_path: Path, record: RunRecord) -> None:
    found = written(tmp_path, [training_run(), dataset(), deployment(window(0))], record)
    samples = [s for family in found.values() for s in family.samples]
    assert samples
    for sample in samples:
        assert sample.labels["environment"] == "production"
        assert not FORBIDDEN & set(sample.labels)


def test_a_histogram_is_cumulative(tmp_path: Path) -> None:
    runs = [
        training_run(run_id=f"r{seconds}", started_at=at(0), completed_at=at(0) + timedelta(seconds=seconds))
        for seconds in (0, 5, 5000, 10**6)
    ]
    family = written(tmp_path, runs)["ml_training_duration_seconds"]
    buckets = [(s.labels["le"], s.value) for s in family.samples if s.name.endswith("_bucket")]
    assert [v for _, v in buckets] == sorted(v for _, v in buckets)
    assert dict(buckets)["1.0"] == 1 and dict(buckets)["10.0"] == 2 and dict(buckets)["+Inf"] == 4
    assert [s.value for s in family.samples if s.name.endswith("_count")] == [4]


def test_a_run_counts_once_and_only_with_a_duration(tmp_path: Path) -> None:
    runs = [training_run(), training_run(bundle=False), training_run(run_id="older", timed=False)]
    family = written(tmp_path, runs)["ml_training_duration_seconds"]
    assert [s.value for s in family.samples if s.name.endswith("_count")] == [1]


def test_freshness_is_that_of_the_newest_build_of_a_family(tmp_path: Path) -> None:
    builds = [
        dataset(dataset_name="ds_20260426_100000", built_at=at(-60)),
        dataset(dataset_name="ds_20260426_110000", built_at=at(-2)),
        dataset(dataset_name="other", built_at=None),
    ]
    family = written(tmp_path, builds)["ml_feature_freshness_seconds"]
    assert [(s.labels["dataset_name"], s.value) for s in family.samples] == [("ds", 120.0)]


def test_series_are_capped_and_the_rest_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MAX_SERIES", 3)
    windows = [window(i, model_name=f"m{i}", prediction_count=1) for i in range(10)]
    family = written(tmp_path, [deployment(*windows)])["ml_prediction"]
    assert sorted((s.labels["model_name"], s.value) for s in family.samples) == [
        ("_other", 7),
        ("m0", 1),
        ("m1", 1),
        ("m2", 1),
    ]


def test_what_a_deployment_no_longer_tells_apart_is_among_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MAX_SERIES", 2)
    monkeypatch.setattr("pytest_mlmonitor.serving.fold.fold.MAX_IDENTITIES", 3)
    windows = [window(i, model_name=f"m{i}", prediction_count=10**i) for i in range(5)]
    family = written(tmp_path, [deployment(*windows)])["ml_prediction"]
    assert sorted((s.labels["model_name"], s.value) for s in family.samples) == [
        ("_other", 11_100),  # one model above the series, two above the identities of a deployment
        ("m0", 1),
        ("m1", 10),
    ]


def test_families_of_the_run(tmp_path: Path, record: RunRecord) -> None:
    found = written(tmp_path, [], record)
    results = values(found["ml_check_results"], "ml_check_results")
    assert sum(results.values()) == len(record.results)
    key = (("check", "one"), ("environment", "production"), ("kind", "dataset"), ("status", "pass"))
    assert results[key] == 2
    artifacts = values(found["ml_artifacts"], "ml_artifacts")
    of_datasets = {dict(k)["verdict"]: v for k, v in artifacts.items() if dict(k)["kind"] == "dataset"}
    assert of_datasets == {"error": 1, "failed": 1, "partial": 0, "ok": 1, "warned": 1}
    assert {v for k, v in artifacts.items() if dict(k)["kind"] != "dataset"} == {0}, "what is absent never equals 0"
    (success,) = [s.value for s in found["mlmonitor_run_success"].samples]
    assert success == 0


def test_sample_values_have_the_same_names_and_labels(tmp_path: Path) -> None:
    demo = {family.name: family for family in registry_of([DemoCollector("local")]).collect()}
    real = written(tmp_path, [training_run(), dataset(), deployment(window(0))])
    assert set(demo) == set(FOUR)
    for name, (kind, label) in FOUR.items():
        assert demo[name].type == real[name].type == kind
        assert all({label, "environment"} <= set(s.labels) for s in demo[name].samples)


def test_a_simulated_prediction() -> None:
    assert prediction_total("m", 3, "local") == {
        "metric": "ml_prediction_total",
        "labels": {"model_name": "m", "environment": "local"},
        "value": 3.0,
    }
