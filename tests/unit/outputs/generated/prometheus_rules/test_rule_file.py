"""Rules name what we emit, aggregate every operand, and have the thresholds of the policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.outputs.senders.alertmanager import ALERTNAME
from tests.docs.blocks import DOCS
from tests.unit.outputs.generated.policies import generated, rules

NAME = re.compile(r"\b(?:ml|mlmonitor)_[a-z0-9_]+\b")
AGGREGATED = re.compile(
    r"max by \([\w, ]+\) \((?:label_replace\()?(?:increase\(|max_over_time\(|last_over_time\()?(?:(ml\w+|up)\b|\{)"
)


def emitted() -> set[str]:
    """Return the families that the page of the outputs documents."""
    return set(NAME.findall((DOCS / "outputs.md").read_text(encoding="utf-8"))) | {"mlmonitor_selftest"}


def without_texts(expression: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)


def families(expression: str) -> set[str]:
    """Return the families that an expression asks; those of a histogram without the ends of their names."""
    names = set(NAME.findall(without_texts(expression)))
    names |= {
        name for text in re.findall(r'__name__=~"([^"]*)"', expression) for name in text.split("|") if "." not in name
    }
    return {re.sub(r"_seconds_(bucket|sum|count)$", "_seconds", name) for name in names}


def test_a_rule_names_only_metrics_that_we_emit(tmp_path: Path) -> None:
    asked = {name for rule in rules(generated(tmp_path)).values() for name in families(rule["expr"])}
    assert "ml_check_status" in asked
    assert asked - emitted() == set()


def test_every_operand_is_aggregated_before_it_meets_another(tmp_path: Path) -> None:
    for name, rule in rules(generated(tmp_path)).items():
        expression = without_texts(rule["expr"])
        bare = len(re.findall(r"\b(?:ml_|mlmonitor_)\w+|\bup\b", expression))
        if name == "MLMonitorMetricsAbsent":
            continue  # absent() has one operand and no labels
        assert len(AGGREGATED.findall(expression)) == bare, expression


def test_operands_that_meet_have_the_same_labels(tmp_path: Path) -> None:
    for rule in rules(generated(tmp_path)).values():
        one_of_many = re.sub(r"group_left \(\) \(max by \([\w, ]+\)", "", rule["expr"])  # which says by what they meet
        labels = re.findall(r"max by \(([\w, ]+)\)", one_of_many)
        assert len(set(labels)) <= 1, rule["expr"]


@pytest.mark.parametrize(
    ("policy", "alert", "expected"),
    [
        ("freshness.max_age_seconds = 60", "MLMonitorDatasetStale", "ml_dataset_freshness_threshold_seconds"),
        ('alerts.interval = "10m"', "MLMonitorDatasetStale", "+ 600"),
        ('alerts.interval = "10m"', "MLMonitorRunMissing", "> 1200"),
        ("quality.null_rate_error = 0.4", "MLMonitorMissingValues", "> 0.4"),
        ("quality.mean_confidence_min = 0.7", "MLMonitorLowConfidence", "< 0.7"),
        ("serving.failure_rate_pct = 1.5", "MLMonitorErrorRatio", "> 0.015"),
        ("serving.latency_p99_ms = 300", "MLMonitorLatencyP99", "> 0.6"),
        ("serving.max_staleness_minutes = 30", "MLMonitorNoIngestion", "> 88200"),
        ("drift.share = 0.3", "MLMonitorDriftShare", "> 0.3"),
        ("retrain.critical = 0.5", "MLMonitorModelMetricCritical", "< 0.5"),
        ("retrain = {metric = 'rmse', critical = 3, warning = 2}", "MLMonitorModelMetricCritical", "> 3"),
        ("retrain = {metric = 'rmse', critical = 3, warning = 2}", "MLMonitorDriftAndMetric", "> 2"),
        ("promotion.max_rmse = 2", "MLMonitorRmseHigh", ") > 2"),
        ("promotion.min = {f1 = 0.8}", "MLMonitorF1Low", ") < 0.8"),
        ("performance.max_rmse_rise = 0.2", "MLMonitorRmseHigh", "> 1.4 *"),
        ('environment = "production"', "MLMonitorMetricsAbsent", 'environment="production"'),
        ('metrics.suite = "nightly"', "MLMonitorMetricsAbsent", 'suite="nightly"'),
    ],
)
def test_thresholds_are_those_of_the_policy(tmp_path: Path, policy: str, alert: str, expected: str) -> None:
    expression = rules(generated(tmp_path, policy))[alert]["expr"]
    assert expected in expression
    default = rules(generated(tmp_path)).get(alert)
    assert "freshness" in policy or default is None or default["expr"] != expression


def test_rules_of_a_suite_and_an_environment_ask_for_no_series_of_another(tmp_path: Path) -> None:
    """A nightly suite beside one of every ten minutes, each with rules of its own, is late for neither."""
    policy = 'environment = "live"\nmetrics.suite = "nightly"\npromotion.max_rmse = 2'
    made = rules(generated(tmp_path, policy))
    for name in made.keys() - {"MLMonitorSelftest"}:
        selectors = re.findall(
            r"\b(?:ml|mlmonitor)_\w+(?:\{[^{}]*\})?", re.sub(r'=~"[^"]*"', '=~""', made[name]["expr"])
        )
        for selector in selectors:
            assert 'suite="nightly"' in selector, selector
            assert ('environment="live"' in selector) == (not selector.startswith("ml_serving_")), selector
    assert made["MLMonitorRunMissing"]["expr"].count("environment=") == 1
    assert "mlmonitor_selftest)" in made["MLMonitorSelftest"]["expr"]


@pytest.mark.parametrize(
    ("said", "severity"), [("critical", "critical"), ("error", "error"), ("warning", "warning"), ("info", None)]
)
def test_a_severity_of_the_policy_is_that_of_its_rule(tmp_path: Path, said: str, severity: str | None) -> None:
    made = rules(generated(tmp_path, f'severity.freshness = "{said}"')).get("MLMonitorDatasetStale")
    assert (made["labels"]["severity"] if made else None) == severity


@pytest.mark.parametrize("status", ["fail", "warned"])
def test_whatever_check_says_something_a_rule_tells(tmp_path: Path, status: str) -> None:
    """Nothing passes silently: every check of every kind, by a rule of its own or by the one for all others."""
    expressions = [rule["expr"] for rule in rules(generated(tmp_path)).values()]
    asked = [
        re.fullmatch(rf'.*ml_check_status\{{(?:kind=~?"([^"]*)",)?check=~?"([^"]*)",status="{status}"\}}.*', part)
        for expression in expressions
        for part in expression.split(" or ")
    ]
    told = [(match[1], re.compile(match[2])) for match in asked if match]
    for check in built_in():
        assert any(
            (kind is None or re.fullmatch(kind, check.kind)) and names.fullmatch(check.name) for kind, names in told
        ), (check.kind, check.name)


def test_reports_may_be_as_old_as_an_override_says(tmp_path: Path) -> None:
    policy = 'alerts.interval = "1h"\n[[overrides]]\nartifact = "external_report:*"\nfreshness = "48h"\n'
    assert f"> {48 * 3600 + 3600}" in rules(generated(tmp_path, policy))["MLMonitorReportOld"]["expr"]
    of_datasets = 'alerts.interval = "1h"\n[[overrides]]\nartifact = "dataset:*"\nfreshness = "48h"\n'
    assert f"> {12 * 3600 + 3600}" in rules(generated(tmp_path, of_datasets))["MLMonitorReportOld"]["expr"]


def test_a_runbook_is_text_and_no_template(tmp_path: Path) -> None:
    made = rules(generated(tmp_path, 'runbook = "https://wiki/{{ .Secret }}"\nowner = "team"'))
    assert made["MLMonitorDatasetStale"]["annotations"]["runbook_url"] == 'https://wiki/{{ "{{" }} .Secret }}'


def test_no_rule_is_called_like_the_alerts_of_runs(tmp_path: Path) -> None:
    assert ALERTNAME not in rules(generated(tmp_path))


def test_alerts_of_rules_name_the_artifact_as_those_of_runs_do(tmp_path: Path) -> None:
    made = rules(generated(tmp_path))
    stale = made["MLMonitorDatasetStale"]["labels"]
    assert {name: stale[name] for name in ("kind", "artifact", "check")} == {
        "kind": "dataset",
        "artifact": "{{ $labels.dataset_name }}",
        "check": "freshness",
    }
    assert made["MLMonitorQualityFailed"]["labels"]["artifact"] == "{{ $labels.name }}"
    assert "artifact" not in made["MLMonitorRunMissing"]["labels"]
