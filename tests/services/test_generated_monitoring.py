"""What is generated, beside real servers and real runs: every rule is well, every panel shows something, alerts come and go."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services.conftest import NOW
from tests.services.receiver import Received, Receiver
from tests.services.servers import Servers, wait_until
from tests.services.whole_platform import LivePlatform, measured_platform
from tests.unit.external_reports.samples import drifted, put_drift

COMMAND = Path(sys.executable).with_name("mlmonitor")
RULES = "m/prometheus/mlmonitor.rules.yml"


def said(directory: Path, *command: str, status: int = 0) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def judge(directory: Path, *options: str, status: int) -> None:
    said(directory, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, status=status)


def without_waiting(rules: Path) -> None:
    """Take out how long a rule waits, and how long Alertmanager does: a test has no minutes."""
    document = yaml.safe_load(rules.read_bytes())
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["for"] = "0s"
    rules.write_text(yaml.safe_dump(document))


def panels(directory: Path) -> list[tuple[str, str]]:
    """Return where each query of the boards stands, and the query for all environments."""
    found = []
    for file in sorted((directory / "m" / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            place = f"{file.stem}: {panel['title']}"
            found += [(place, one["expr"].replace("$environment", ".*")) for one in panel.get("targets", ())]
    return found


def test_every_rule_is_well_and_every_panel_shows_something(tmp_path: Path, servers: Servers) -> None:
    """By a Pushgateway and by a text file at once: each series is there twice."""
    measured_platform(tmp_path)
    said(tmp_path, str(COMMAND), "rules", "--out", "m")
    gateway = servers.pushgateway()
    texts = tmp_path / "texts"
    texts.mkdir()
    policy = tmp_path / "mlmonitor.toml"
    policy.write_text(f'metrics.file = "{texts}/monitor.prom"\n' + policy.read_text())
    run = ("--mlmonitor=artifacts", "--mlmonitor-now", NOW, "--mlmonitor-out", "out", "--mlmonitor-push", gateway.url)
    judge(tmp_path, *run, status=0)
    exporter = servers.node_exporter(texts)
    prometheus = servers.prometheus(
        {"pushgateway": [gateway.url], "mlmonitor-textfile": [exporter.url]}, rules=[tmp_path / RULES]
    )
    wait_until(lambda: len(prometheus.query("mlmonitor_run_last_timestamp_seconds")) == 2, "two copies")
    put_drift(tmp_path / "artifacts", drifted())
    judge(tmp_path, *run, status=1)
    wait_until(lambda: {rule["health"] for rule in prometheus.rules()} == {"ok"}, "rules")
    for place, query in panels(tmp_path):  # an increase needs two scrapes
        wait_until(partial(prometheus.query, query), f"series of {place}")


EXPECTED = {"MLMonitorDatasetStale", "MLMonitorDriftCritical", "MLMonitorDeploymentUnhealthy"}


def told(receiver: Receiver, status: str) -> set[str]:
    """Return the alerts of which somebody was told."""
    found = set()
    for request in receiver.to("/hook"):
        found |= {one["labels"]["alertname"] for one in of(request) if one["status"] == status}
    return found


def of(request: Received) -> list[dict[str, Any]]:
    """Return the alerts that Alertmanager tells of; runs tell the same receiver of their own."""
    alerts: list[dict[str, Any]] = request.json["alerts"] if "groupLabels" in request.json else []
    return alerts


def test_what_is_wrong_reaches_somebody_and_so_does_its_end(
    tmp_path: Path, servers: Servers, receiver: Receiver
) -> None:
    """A stale dataset, a drifted feature, an unhealthy deployment; every server is restarted before they are well again."""
    platform = LivePlatform(tmp_path, f'alerts.webhook.url = "{receiver.url}/hook"\n')
    for hours in (6, 5, 4, 3):
        platform.build(hours)
    platform.build(2, shift=40)
    platform.answer(30, until=25)
    said(tmp_path, str(COMMAND), "rules", "--out", "m")
    without_waiting(tmp_path / RULES)
    config = tmp_path / "m" / "alertmanager" / "alertmanager.yml"
    config.write_text(
        config.read_text().replace("group_wait: 30s", "group_wait: 0s").replace("interval: 5m", "interval: 1s")
    )
    gateway, manager = servers.pushgateway(), servers.alertmanager(config)
    prometheus = servers.prometheus(
        {"pushgateway": [gateway.url]}, rules=[tmp_path / RULES], alertmanagers=[manager.url]
    )
    run = ("--mlmonitor-out", "out", "--mlmonitor-push", gateway.url)
    judge(tmp_path, *run, status=1)
    receiver.wait_for("/hook", lambda one: told(receiver, "firing") >= EXPECTED)
    for server in (gateway, prometheus, manager):
        server.restart()
    wait_until(
        lambda: {one["labels"]["alertname"] for one in prometheus.alerts()} >= EXPECTED, "the alerts after the restart"
    )
    assert told(receiver, "resolved") & EXPECTED == set()
    platform.build(0)
    platform.answer(24)
    judge(tmp_path, *run, status=0)
    receiver.wait_for("/hook", lambda one: told(receiver, "resolved") >= EXPECTED)
    told_of = [one for request in receiver.to("/hook") for one in of(request)]
    stale = next(one for one in told_of if one["labels"]["alertname"] == "MLMonitorDatasetStale")
    assert stale["annotations"]["summary"] == "Dataset orders is stale (production)"


@pytest.mark.parametrize("kill", [False, True])
def test_a_target_that_goes_is_told_by_its_own_rule(tmp_path: Path, servers: Servers, kill: bool) -> None:
    platform = LivePlatform(tmp_path)
    platform.build(0)
    said(tmp_path, str(COMMAND), "rules", "--out", "m")
    without_waiting(tmp_path / RULES)
    gateway = servers.pushgateway()
    prometheus = servers.prometheus({"pushgateway": [gateway.url]}, rules=[tmp_path / RULES])
    wait_until(lambda: prometheus.targets().get("pushgateway") == ["up"], "the target")
    gateway.stop(kill=kill)
    wait_until(lambda: prometheus.alerts("MLMonitorTargetDown"), "the alert")
