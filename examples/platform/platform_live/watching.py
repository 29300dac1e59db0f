"""The product around the platform: its suite, its rules, and the servers that they meet in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from platform_demo.places import text_of
from platform_live.servers import NotSeen, Programs, value, wait_for

RUN_SECONDS = 600.0
_PATIENT = "MLMonitorMetricsAbsent"
"""Of the first run there are no metrics until it is over, and this rule is right to wait for them."""

_SCRAPED = "max(mlmonitor_run_last_timestamp_seconds)"


class Watch:
    """Prometheus, Alertmanager and Pushgateway for a project, and the suite that tells them.

    Args:
        programs: starts them.
        project: directory of the policy.
        inbox: address of whoever is told.
        place: for their configuration and data.
    """

    def __init__(self, programs: Programs, project: Path, inbox: str, place: Path) -> None:
        self.project = project
        self._variables = {
            name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "MLMONITOR_"))
        }
        # Debian's keeps what was pushed in /var/lib, for all gateways of the machine: whatever ran last would be told anew here.
        words = ["prometheus-pushgateway", "--web.listen-address=127.0.0.1:{port}", "--persistence.file="]
        gateway = programs.start("pushgateway", words, "/-/ready")
        self._variables |= {
            "MLMONITOR_METRICS__PUSH_URL": gateway.url,
            "MLMONITOR_ALERTS__WEBHOOK__URL": inbox,
            "MLMONITOR_ALERTS__COOLDOWN": "1s",
            "MLMONITOR_ALERTS__INTERVAL": "4d",  # the platform's clock lies up to two days behind ours
        }
        self._generate(place)
        manager = programs.start(
            "alertmanager",
            [
                "prometheus-alertmanager", f"--config.file={place / 'alertmanager' / 'alertmanager.yml'}",
                f"--storage.path={place / 'alertmanager' / 'data'}", "--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            "/-/ready",
        )  # fmt: skip
        self._variables["MLMONITOR_ALERTS__ALERTMANAGER__URL"] = manager.url
        self._variables["MLMONITOR_ALERTS__ROUTES"] = '{"error": ["alertmanager", "webhook"]}'
        config = place / "prometheus" / "live.yml"
        config.write_text(json.dumps(_scraping(gateway.url, manager.url, place)))  # JSON is YAML
        self.prometheus = programs.start(
            "prometheus",
            [
                "prometheus", f"--config.file={config}", f"--storage.tsdb.path={place / 'prometheus' / 'data'}",
                "--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
            ],
            "/-/ready",
        ).url  # fmt: skip

    def _generate(self, place: Path) -> None:
        """Write the generated rules and routes, which here wait for a second where they wait for minutes."""
        words = [
            sys.executable,
            "-m",
            "pytest_mlmonitor",
            "rules",
            "--out",
            str(place),
        ]
        subprocess.run(words, cwd=self.project, env=self._variables, check=True, capture_output=True)
        rules = place / "prometheus" / "mlmonitor.rules.yml"
        head, *each = rules.read_text().split("- alert: ")
        soon = [one if one.startswith(_PATIENT) else re.sub(r"for: \S+", "for: 1s", one) for one in each]
        rules.write_text("- alert: ".join([head, *soon]))
        routes = place / "alertmanager" / "alertmanager.yml"
        routes.write_text(re.sub(r"(group_wait|group_interval): \S+", r"\1: 1s", routes.read_text()))

    def run(self, now: datetime) -> tuple[int, dict[str, Any]]:
        """Run the suite as of a time, wait until its metrics are scraped, and return exit status and results.

        Raises:
            NotSeen: it came to no verdict.
        """
        words = [sys.executable, "-m", "pytest_mlmonitor", "run", "-q", "--mlmonitor-now", text_of(now)]
        done = subprocess.run(
            words,
            cwd=self.project,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
        if done.returncode not in (0, 1):
            raise NotSeen(f"the suite ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
        results: dict[str, Any] = json.loads((self.project / "out" / "results.json").read_text(encoding="utf-8"))
        problems = [one for one in results["exports"] if one["problem"]]
        if problems:
            raise NotSeen(f"the suite could not tell everybody: {problems}")
        moment = now.timestamp()
        wait_for(lambda: value(self.prometheus, _SCRAPED) == moment, "the run is scraped")
        return done.returncode, results


def _scraping(gateway: str, manager: str, place: Path) -> dict[str, Any]:
    def target(url: str) -> list[dict[str, list[str]]]:
        return [{"targets": [url.removeprefix("http://")]}]

    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "scrape_configs": [{"job_name": "pushgateway", "honor_labels": True, "static_configs": target(gateway)}],
        "rule_files": [str(place / "prometheus" / "mlmonitor.rules.yml")],
        "alerting": {"alertmanagers": [{"static_configs": target(manager)}]},
    }
