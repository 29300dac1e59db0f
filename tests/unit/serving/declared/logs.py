"""Logs of anybody's form and the policies that declare them, judged without pytest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.serving.model import Deployment

Change = Callable[[int, dict[str, Any]], dict[str, Any] | None]

START = datetime(2026, 11, 27, 8, 5, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 10, 6, tzinfo=UTC)

GATEWAY = """
[source.gateway]
kind = "deployment"
path = "logs/gateway-{date:%Y-%m-%d}.jsonl"
window = "60s"
fields.deployment_id = "svc"
fields.model_uri = "model_uri"
fields.window_start = "ts in epoch_ms"
fields.request_count = "n"
fields.failure_count = "errors"
fields.rejected_count = "http_429"
fields.latency_p95_ms = "latency.p95 in s"
"""

FILE = "logs/gateway-2026-11-27.jsonl"


def lines(records: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(one) + "\n" for one in records)


def gateway(change: Change = lambda _, record: record, minutes: int = 120) -> list[dict[str, Any]]:
    """Return a window a minute, until a minute before :data:`NOW`."""
    found = []
    for i in range(minutes):
        at = START + timedelta(minutes=i)
        record: dict[str, Any] = {
            "ts": int(at.timestamp() * 1000),
            "svc": "churn",
            "model_uri": "models:/churn@champion",
            "n": 100 + i % 7,
            "errors": i % 3,
            "http_429": i % 2,
            "latency": {"p50": 0.04, "p95": 0.12, "p99": 0.2},
        }
        changed = change(i, record)
        if changed is not None:
            found.append(changed)
    return found


class Judged:
    """What a run said of one root.

    Attributes:
        deployments: by id.
        said: (check, severity, message) of every finding.
        not_checked: by check, why.
    """

    def __init__(self, root: Path, files: Mapping[str, str | bytes], policy: str, now: datetime = NOW) -> None:
        for name, content in files.items():
            path = root / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        (root / "mlmonitor.toml").write_text(policy)
        with_policy = load(root / "mlmonitor.toml")
        platform = Platform([root / "root"], with_policy, now)
        self.record = judge(platform, base=root)
        platform.close()
        self.platform = platform
        self.deployments: dict[str, Deployment] = {one.ref.name: one for one in platform.deployments()}
        results = [(nodeid.rpartition("::")[2], result) for nodeid, result in self.record.results]
        self.said = [(name, one.severity, one.message, one) for name, result in results for one in result.findings]
        self.not_checked = {name: result.reason for name, result in results if result.status == "not_checked"}
        self.status = {nodeid.split("::", 1)[1]: result.status for nodeid, result in self.record.results}

    def bad(self, least: Severity = Severity.WARNING) -> list[str]:
        """Return ``check: message`` of the findings of that severity or worse."""
        return [f"{name}: {message}" for name, severity, message, _ in self.said if severity >= least]

    def messages(self, check: str) -> list[str]:
        """Return what one check said."""
        return [message for name, _, message, _ in self.said if name == check]
