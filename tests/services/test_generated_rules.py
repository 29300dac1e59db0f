"""Prometheus and Alertmanager take what is generated, and every rule fires when it must and is silent when it must."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_mlmonitor.commands.monitoring.generate_monitoring import context_of
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.outputs.generated.monitoring_files import RULES, monitoring_files, write_files
from pytest_mlmonitor.outputs.senders.alertmanager import ALERTNAME
from tests.services.conftest import program
from tests.services.rule_cases import CASES, COPIES, Case
from tests.services.servers import Servers, wait_until


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """A directory with everything, for runs that are made every hour."""
    policy = tmp_path / "mlmonitor.toml"
    policy.write_text('alerts.interval = "1h"\n')
    write_files(monitoring_files(context_of(load(policy))), tmp_path / "monitoring")
    return tmp_path / "monitoring"


def said(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_accepts_rules_and_configuration(promtool: str, generated: Path) -> None:
    assert f"{len(CASES)} rules found" in said(promtool, "check", "rules", generated / RULES)
    said(promtool, "check", "config", generated / "prometheus" / "prometheus.yml")


def test_every_rule_has_a_case(generated: Path) -> None:
    groups = yaml.safe_load((generated / RULES).read_bytes())["groups"]
    assert {rule["alert"] for group in groups for rule in group["rules"]} == set(CASES)


def copied(series: dict[str, str], *, copies: bool) -> list[dict[str, str]]:
    if not copies:
        return [{"series": name, "values": values} for name, values in series.items()]
    made = []
    for name, values in series.items():
        for copy in COPIES:
            labels = name.removesuffix("}") + ("," if not name.endswith("{}") else "") + copy + "}"
            made.append({"series": labels, "values": values})
    return made


def asked(alert: str, case: Case, series: dict[str, str], expected: int) -> dict[str, Any]:
    counted = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    samples = [{"labels": "{}", "value": expected}] if expected else []
    return {
        "interval": "1m",
        "input_series": copied(series, copies=case.copied),
        "promql_expr_test": [{"expr": counted, "eval_time": f"{case.at}m", "exp_samples": samples}],
    }


@pytest.mark.slow(turn=1)
def test_every_rule_fires_and_is_silent_with_two_copies_of_each_series(
    promtool: str, generated: Path, tmp_path: Path
) -> None:
    tests = []
    for alert, cases in CASES.items():
        for case in cases:
            tests.append(asked(alert, case, case.fires, case.alerts))
            tests.append(asked(alert, case, case.silent, 0))
    document = {"rule_files": [str(generated / RULES)], "evaluation_interval": "1m", "tests": tests}
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps(document))
    said(promtool, "test", "rules", file)


@pytest.mark.slow(turn=2)
def test_a_rule_waits_as_long_as_it_says(promtool: str, generated: Path, tmp_path: Path) -> None:
    """A run that is red for one moment, and green before the time is over, tells nobody."""
    groups = yaml.safe_load((generated / RULES).read_bytes())["groups"]
    held = {
        rule["alert"]: int(rule["for"].removesuffix("m"))
        for group in groups
        for rule in group["rules"]
        if "m" in rule["for"]
    }
    tests = []
    for alert in (
        "MLMonitorDriftCritical",
        "MLMonitorDriftWarning",
        "MLMonitorPredictionDrift",
        "MLMonitorQualityFailed",
    ):
        (case, *_) = CASES[alert]
        for minute, expected in ((held[alert] - 1, 0), (held[alert], 1)):
            early = Case(case.fires, case.silent, at=minute)
            tests.append(asked(alert, early, case.fires, expected))
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps({"rule_files": [str(generated / RULES)], "evaluation_interval": "1m", "tests": tests}))
    said(promtool, "test", "rules", file)


POLICY = """
[alerts]
slack = {url_env = "SLACK_WEBHOOK_URL"}
pagerduty = {routing_key_env = "PAGERDUTY_KEY"}
discord = {url_env = "DISCORD_URL"}
webhook = {url = "http://127.0.0.1:9/hook", token_env = "HOOK_TOKEN"}
smtp = {host = "127.0.0.1", port = 2525, security = "none", to = ["on-call@example.org"]}
[alerts.routes]
warning = ["slack"]
"""


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("severity=critical", "mlmonitor-critical"),
        ("severity=error", "mlmonitor-error"),
        ("severity=warning", "mlmonitor-warning"),
        ("severity=emergency", "mlmonitor-emergency"),
        ("severity=unheard-of", "mlmonitor-error"),
        ("alertname=MLMonitorSelftest severity=critical", "mlmonitor-selftest"),
    ],
)
def test_alertmanager_tells_whom_the_policy_says(tmp_path: Path, labels: str, receiver: str) -> None:
    amtool = program("amtool")
    policy = tmp_path / "mlmonitor.toml"
    policy.write_text(POLICY)
    write_files(monitoring_files(context_of(load(policy))), tmp_path / "monitoring")
    config = tmp_path / "monitoring" / "alertmanager" / "alertmanager.yml"
    said(amtool, "check-config", config)
    assert (
        said(amtool, "config", "routes", "test", f"--config.file={config}", *labels.split()).splitlines()[0] == receiver
    )


def test_an_alert_of_a_rule_is_silent_while_a_run_says_the_same(generated: Path, servers: Servers) -> None:
    manager = servers.alertmanager(generated / "alertmanager" / "alertmanager.yml")
    same = {"kind": "dataset", "artifact": "orders", "check": "drift", "environment": "e"}
    of_run = {"alertname": ALERTNAME, **same}
    rule = {"source": "mlmonitor-rules", **same}
    alerts = [
        {**of_run, "severity": "error"},
        {**rule, "alertname": "silent", "severity": "error"},
        {**rule, "alertname": "worse", "severity": "critical"},
        {**rule, "alertname": "other", "severity": "error", "artifact": "users"},
    ]
    body = json.dumps([{"labels": one} for one in alerts]).encode()
    manager.request("POST", "/api/v2/alerts", body, content_type="application/json")

    def found() -> dict[str, bool]:
        known = manager.json("/api/v2/alerts")
        return {one["labels"]["alertname"]: bool(one["status"]["inhibitedBy"]) for one in known}

    wait_until(lambda: any(found().values()), "an alert that another one silences")
    assert found() == {ALERTNAME: False, "silent": True, "worse": False, "other": False}
