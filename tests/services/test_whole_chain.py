"""From a table that grew old to whoever is paged, and back: run, push, scrape, rule, Alertmanager, receiver, all of them real."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.services.receiver import Received, Receiver
from tests.services.servers import Server, Servers, wait_until

ROWS = 500

POLICY = """\
artifacts = ["lake"]
environment = "production"
out = "out"
owner = "ride team"
metrics.push_url = "{gateway}"
alerts.alertmanager.url = "{manager}"
alerts.cooldown = "1s"
alerts.interval = "1h"

[source.rides]
path = "rides/rides_{{version:%Y%m%dT%H%M%SZ}}.parquet"
freshness = "12h"
event_ts = "ts"

[source.api]
kind = "deployment"
path = "api/*.jsonl"
fields.window_start = "start"
fields.window_end = "end"
fields.request_count = "n"
fields.failure_count = "bad"
"""

ROUTING = """\
route:
  receiver: hook
  group_by: [alertname, artifact, check, dataset_name, kind, name]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}/hook", send_resolved: true}}]
"""


class Project:
    """A lake with a table in three versions and the windows of a deployment, and the policy that watches it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.runs = 0

    def put(self, *, newest_hours: float = 2, shift: float = 0.0, failing: int = 0) -> None:
        """Write the lake anew: the age of the newest version, how far it moved, and how many of 100 requests fail of late."""
        now = datetime.now(UTC).replace(microsecond=0)
        rides, api = self.place / "lake" / "rides", self.place / "lake" / "api"
        for directory in (rides, api):
            directory.mkdir(parents=True, exist_ok=True)
            for file in directory.iterdir():
                file.unlink()
        for number, age in enumerate((newest_hours + 48, newest_hours + 24, newest_hours)):
            built = now - timedelta(hours=age)
            generator = np.random.default_rng(number)
            stamps = [(built - timedelta(seconds=3600 + 5 * i)).replace(tzinfo=None) for i in range(ROWS)]
            moved = shift if age == newest_hours else 0.0
            columns = {"ts": pa.array(stamps, pa.timestamp("us")), "fare": generator.normal(20 + moved, 4, ROWS)}
            pq.write_table(pa.table(columns), rides / f"rides_{built:%Y%m%dT%H%M%SZ}.parquet")
        lines = []
        for minute in range(40):
            start = now.replace(second=0) - timedelta(minutes=40 - minute)
            bad = failing if minute >= 30 else 0
            window = {
                "start": start.isoformat(),
                "end": (start + timedelta(minutes=1)).isoformat(),
                "n": 100,
                "bad": bad,
            }
            lines.append(json.dumps(window))
        (api / "windows.jsonl").write_text("\n".join(lines) + "\n")

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the suite as a person does."""
        self.runs += 1
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MLMONITOR_"))
        }
        return subprocess.run(words, cwd=self.place, env=environment, capture_output=True, text=True, check=False)

    def checked(self, status: int) -> dict[str, Any]:
        """Run the suite, which ends with a status, and return its results."""
        done = self.run()
        assert done.returncode == status, done.stdout + done.stderr
        results: dict[str, Any] = json.loads((self.place / "out" / "results.json").read_text())
        assert [one for one in results["exports"] if one["problem"]] == []
        return results


def rules_at_once(project: Project) -> Path:
    """Return the rules of the project's policy, which here wait for a second and not for minutes."""
    words = [
        sys.executable,
        "-c",
        "from pytest_mlmonitor.commands.app import main; main()",
        "rules",
        "--out",
        "monitoring",
    ]
    subprocess.run(words, cwd=project.place, check=True, capture_output=True)
    file = project.place / "monitoring" / "prometheus" / "mlmonitor.rules.yml"
    file.write_text(re.sub(r"for: \S+", "for: 1s", file.read_text()))
    return file


def told(received: Receiver, state: str, **labels: str) -> bool:
    """Return whether the receiver was told of an alert with these labels in this state."""

    def holds(request: Received) -> bool:
        return any(
            one["status"] == state and all(one["labels"].get(name) == value for name, value in labels.items())
            for one in request.json["alerts"]
        )

    return any(holds(request) for request in received.to("/hook"))


def known(manager: Server, name: str) -> bool:
    """Return whether Alertmanager has passed an alert of this name on since it was started, and holds it as firing."""
    alerts = [one for one in manager.json("/api/v2/alerts") if one["labels"]["alertname"] == name]
    fresh = datetime.now(UTC) - timedelta(seconds=3)  # group_wait and a second more
    return any(
        one["status"]["state"] == "active" and datetime.fromisoformat(one["updatedAt"]) < fresh for one in alerts
    )


OF_RULES = [
    {"alertname": "MLMonitorDatasetStale"},
    {"alertname": "MLMonitorDriftCritical"},
    {"alertname": "MLMonitorDeploymentUnhealthy"},
]
OF_RUNS = [{"check": "freshness"}, {"check": "drift"}, {"check": "serving_health"}]


def await_all(received: Receiver, state: str, wanted: list[dict[str, str]]) -> None:
    for labels in wanted:
        wait_until(lambda labels=labels: told(received, state, **labels), f"{state} {labels}", seconds=120)


def test_three_faults_reach_a_receiver_by_rules_and_by_runs_over_restarts_and_are_resolved(
    tmp_path: Path, servers: Servers, receiver: Receiver
) -> None:
    place = tmp_path / "project"
    place.mkdir()
    project = Project(place)
    gateway = servers.pushgateway()
    manager = servers.alertmanager(ROUTING.format(url=receiver.url))
    (place / "mlmonitor.toml").write_text(POLICY.format(gateway=gateway.url, manager=manager.url))
    rules = rules_at_once(project)
    prometheus = servers.prometheus({"pushgateway": [gateway.url]}, rules=[rules], alertmanagers=[manager.url])

    project.put()
    assert project.checked(0)["counts"]["fail"] == 0
    wait_until(lambda: prometheus.query("mlmonitor_run_success == 1"), "the sound run is scraped")

    # Everything is stopped or killed between runs, and knows afterwards what it knew before.
    project.put(newest_hours=30, shift=15.0, failing=90)
    project.checked(1)
    gateway.restart()
    prometheus.restart(kill=True)
    await_all(receiver, "firing", [{"alertname": "MLMonitorDatasetStale"}, *OF_RUNS])
    await_all(receiver, "firing", OF_RULES)
    manager.restart()
    # What it was about to note when it was told to end is forgotten: only who is told anew of an alert tells of its end.
    wait_until(lambda: all(known(manager, one["alertname"]) for one in OF_RULES), "what fires is known again")
    # Those that wait since the restart say nothing of their health yet, and have no error either.
    wait_until(lambda: all(rule["health"] != "unknown" for rule in prometheus.rules()), "every rule is evaluated")
    unhealthy = {rule["name"]: rule["lastError"] for rule in prometheus.rules() if rule["health"] != "ok"}
    assert unhealthy == {}

    project.put()
    project.checked(0)
    await_all(receiver, "resolved", [*OF_RUNS, *OF_RULES])
