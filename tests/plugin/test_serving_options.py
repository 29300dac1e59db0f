"""What a user sees of a deployment with the options of serving health on, and that there is nothing of them when they are off."""

from __future__ import annotations

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from .sample import DEPLOYMENT_ID, SERVING, Project

OPTIONS = ("endpoint_health", "lost_windows", "slo_burn_rate")


@pytest.fixture(autouse=True)
def _only_serving(project: Project) -> None:
    project.keep("p5")


def test_options_that_are_off_give_no_item(project: Project) -> None:
    checks = [name.rsplit("::", 1)[1] for name in project.ids()]
    assert "serving_health" in checks and "skew" in checks
    assert not set(OPTIONS) & set(checks)


def test_options_that_are_on_give_one_each(project: Project) -> None:
    second_endpoint(project)
    project.policy("serving.per_endpoint = true\nserving.busy_requests = 10\nserving.slo_target_pct = 99.5")
    checks = [name.rsplit("::", 1)[1] for name in project.ids()]
    assert set(OPTIONS) <= set(checks)
    assert len(checks) == len(set(checks))


def second_endpoint(project: Project, **fields: object) -> None:
    """Let every minute also have a window of a second endpoint, recorded first."""
    for path in sorted((project.root / SERVING / "metrics").rglob("*.jsonl")):
        text = path.read_text()
        other = json.loads(text.splitlines()[0]) | {"endpoint_name": "/predict/batch", **fields}
        path.write_text(json.dumps(other) + "\n" + text)


def test_a_slow_endpoint_is_named(project: Project) -> None:
    second_endpoint(project, latency_p95_ms=812.5, latency_p99_ms=900.0)
    assert project.check().parseoutcomes().get("warned") is None  # the other one masks it
    project.policy("serving.per_endpoint = true")
    result = project.check()
    assert result.parseoutcomes()["warned"] == 1
    result.stdout.fnmatch_lines(["*endpoint /predict/batch degraded: p95=812.5ms > 500.0ms*"])


def test_lost_windows_are_named(project: Project) -> None:
    (project.root / SERVING / "metrics" / "2026-04-26" / "13" / "metrics_52.jsonl").unlink()
    assert project.check().parseoutcomes().get("warned") is None
    project.policy("serving.busy_requests = 10")
    result = project.check()
    assert result.parseoutcomes()["warned"] == 1
    result.stdout.fnmatch_lines(["*1 window lost (1 min of busy time): none from 2026-04-26T13:52:00Z*"])


def test_a_budget_that_burns_fails_the_run_and_is_a_metric(project: Project) -> None:
    counts = {"request_count": 50, "success_count": 41, "failure_count": 9, "rejected_count": 0, "prediction_count": 41}
    project.edit_lines(f"{SERVING}/metrics", **counts)
    project.policy('serving.slo_target_pct = 99\nserving.failure_rate_pct = 50\nenvironment = "staging"')
    result = project.check("--mlmonitor-out", "out")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*the error budget of 99 % burns at 18.0 times its pace over 1 h*expected at most 14.4*"]
    )
    text = (project.path / "out" / "metrics.prom").read_text()
    found = {family.name: family for family in text_string_to_metric_families(text)}
    burn = {sample.labels["window"]: sample.value for sample in found["ml_serving_burn_rate"].samples}
    assert burn == {"1h": pytest.approx(18.0), "6h": pytest.approx(18.0)}
    health = {s.labels["status"]: s.value for s in found["ml_serving_health"].samples}
    assert health == {"healthy": 1, "degraded": 0, "unhealthy": 0, "retired": 0}
    assert DEPLOYMENT_ID not in text


def test_a_quiet_night(project: Project) -> None:
    """The sample ends on a Sunday at 14:00."""
    night = "2026-04-27T03:00:00Z"
    assert project.check(now=night).ret == 1
    project.policy('serving.expected_traffic = "06:00-14:00"')
    assert project.check(now=night).ret == 0
    assert project.check(now="2026-04-27T06:11:00Z").ret == 1


def test_rates_over_more_windows(project: Project) -> None:
    project.policy("serving.rate_windows = 500")
    result = project.results()
    (health,) = [r for r in result["results"] if r["check"] == "serving_health"]
    assert health["status"] == "pass"
    assert "not of 500" in health["findings"][0]["message"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('serving.expected_traffic = ["weekdays"]', ["serving.expected_traffic", "mon-fri 06:00-22:00", "'weekdays'"]),
        ("serving.slo_target_pct = 90", ["serving.slo_target_pct = 90", "greater than or equal to 94"]),
        ("serving.slo_target_pct = 100", ["serving.slo_target_pct = 100", "less than 100"]),
        ("serving.rate_windows = 0", ["serving.rate_windows = 0", "greater than or equal to 1"]),
        ("serving.busy_requests = 0", ["serving.busy_requests = 0", "greater than or equal to 1"]),
    ],
)
def test_a_wrong_option_is_a_usage_error(project: Project, text: str, words: list[str]) -> None:
    project.policy(text)
    result = project.check()
    assert result.ret == 4
    for word in words:
        assert word in result.stderr.str()


def test_hours_in_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_SERVING__EXPECTED_TRAFFIC", "sun 06:00-14:00; mon 08:00-14:00")
    assert project.check(now="2026-04-27T08:09:00Z").ret == 0
    assert project.check(now="2026-04-27T08:11:00Z").ret == 1
    monkeypatch.setenv("MLMONITOR_SERVING__EXPECTED_TRAFFIC", "at night")
    result = project.check()
    assert result.ret == 4
    assert "got 'at night'" in result.stderr.str()
    assert "MLMONITOR_SERVING__EXPECTED_TRAFFIC" in result.stderr.str()
