"""metrics.prom parses with Prometheus' own client and has the families of the specification."""

from __future__ import annotations

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from .sample import BUNDLE, DATASET, DEPLOYMENT_ID, RUN_ID, SERVING, SIDECAR, Project

FOUR = {
    "ml_dataset_build_duration_seconds": "histogram",
    "ml_training_duration_seconds": "histogram",
    "ml_prediction": "counter",
    "ml_feature_freshness_seconds": "gauge",
}


def _families(project: Project, *args: str) -> dict[str, Metric]:
    project.check("--mlmonitor-out", "out", *args)
    text = (project.path / "out" / "metrics.prom").read_text(encoding="utf-8")
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_the_four_families_of_the_platform(project: Project) -> None:
    found = _families(project)
    assert {name: found[name].type for name in FOUR} == FOUR


def test_their_values(project: Project) -> None:
    found = _families(project)
    fresh = found["ml_feature_freshness_seconds"].samples
    assert [(s.labels, s.value) for s in fresh] == [
        ({"dataset_name": "training_dataset", "environment": "local"}, 3529.0)
    ]
    training = {s.name.rpartition("_")[2]: s.value for s in found["ml_training_duration_seconds"].samples}
    assert (training["count"], training["sum"]) == (1.0, 99.0)
    predictions = [s for s in found["ml_prediction"].samples if s.name == "ml_prediction_total"]
    assert [(s.labels["model_name"], s.value) for s in predictions] == [("lightgbm_default", 683.0)] or (
        len(predictions) == 1 and predictions[0].value > 0
    )


def test_outcomes_of_the_checks(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    found = _families(project)
    failed = [s for s in found["ml_check_results"].samples if s.labels["status"] == "fail"]
    assert [(s.labels["kind"], s.labels["check"], s.value) for s in failed] == [("dataset", "row_count", 1.0)]
    assert found["mlmonitor_run_success"].samples[0].value == 0.0
    verdicts = {(s.labels["kind"], s.labels["verdict"]): s.value for s in found["ml_artifacts"].samples}
    assert verdicts["dataset", "failed"] == 1.0
    assert verdicts["training_run", "ok"] == 2.0


def test_environment_is_on_every_sample(project: Project) -> None:
    project.policy('environment = "staging"')
    for name, family in _families(project).items():
        serving = name == "ml_prediction" or name.startswith("ml_serving_")
        expected = "production" if serving else "staging"  # windows say their own
        assert all(sample.labels["environment"] == expected for sample in family.samples)


def test_no_run_id_version_or_path_is_a_label(project: Project) -> None:
    _families(project)
    text = (project.path / "out" / "metrics.prom").read_text()
    for word in (RUN_ID, DEPLOYMENT_ID, DATASET, "artifacts/", "v1-lgbm"):
        assert word not in text


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\\b", "a\x1b[31mb", "{}", "é", "a\x00b"])
def test_odd_model_names_parse(project: Project, name: str) -> None:
    project.edit_lines(SERVING, model_name=name)
    found = _families(project)
    assert len([s for s in found["ml_prediction"].samples if s.name == "ml_prediction_total"]) == 1
    data = (project.path / "out" / "metrics.prom").read_bytes()
    assert not [byte for byte in data if byte < 0x20 and byte != 0x0A]


def test_a_missing_metric_is_absent_not_zero(project: Project) -> None:
    project.keep("p4")
    found = _families(project)
    assert not [s for s in found["ml_prediction"].samples if s.name.endswith("_total")]
    assert not found["ml_feature_freshness_seconds"].samples
    assert BUNDLE


def test_a_run_without_artifacts_is_no_success(project: Project) -> None:
    project.keep("handoff")
    assert _families(project)["mlmonitor_run_success"].samples[0].value == 0.0


def test_null_rates_of_the_newest_build_are_metrics(project: Project) -> None:
    samples = {s.labels["column"]: s for s in _families(project)["ml_null_rate"].samples}
    assert samples["ft_capacity"].value == 0.0
    assert samples["ft_bikes_available_lag_24h"].value > 0
    assert {s.labels["dataset_name"] for s in samples.values()} == {"training_dataset"}
