"""What a user sees where the policy has a Prometheus and the deployments themselves asked: words, exit codes, the report."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.core.network.raw_server import answers, serving

from .sample import Project

SOURCE = """\
[tool.mlmonitor.source.churn]
kind = "deployment"
path = "requests.jsonl"
records = "requests"
fields = {time = "ts", status = "status", latency_ms = "ms in ms", service_name = "svc"}
"""


def log(project: Project) -> None:
    """Let the root hold nothing but the requests of the last ten minutes."""
    now = datetime.now(UTC)
    lines = [
        {"ts": (now - timedelta(seconds=i)).isoformat(), "status": 200, "ms": 9.5, "svc": "api"} for i in range(600)
    ]
    project.keep()
    project.plant("requests.jsonl", "".join(json.dumps(line) + "\n" for line in reversed(lines)))


def test_a_run_with_both(project: Project) -> None:
    log(project)
    sample = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"pod":"p1"},"value":[1,"93.1"]}]}}'
    with serving(answers("200 OK", sample)) as prometheus, serving(answers("200 OK"), answers("503 No")) as service:
        project.policy(
            f'prometheus.url = "{prometheus.url}"\n{SOURCE}serving.cpu_pct = 80\n'
            f'serving.endpoint_urls = ["{service.url}/health", "{service.url}/ready"]'
        )
        result = project.check("--mlmonitor-out", "out", "-v", now=None)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*CPU 93.1 % > 80 %: pod p1*"])
    result.stdout.fnmatch_lines([f"*FAILED *churn::endpoint_alive - {service.url}/* answers 503*"])
    found = {one["check"]: one for one in json.loads((project.path / "out/results.json").read_text())["results"]}
    assert (found["resources"]["severity"], found["endpoint_alive"]["severity"]) == ("warning", "error")
    assert [one["value"] for one in found["resources"]["measures"]] == [0.931]
    metrics = (project.path / "out/metrics.prom").read_text()
    for family, value in (
        ("resource_ratio", "0.931"),
        ("endpoints_failed", "1.0"),
        ("endpoint_answer_seconds", r"0\.\d+"),
    ):
        assert re.search(rf'^ml_serving_{family}{{.*role="active".*}} {value}$', metrics, re.MULTILINE), metrics


def test_nobody_there(project: Project) -> None:
    """A Prometheus that is away warns and leaves the run green; a deployment that is away does not."""
    log(project)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
    project.policy(f'prometheus.url = "{away}"\n{SOURCE}serving.cpu_pct = 80')
    result = project.check("-v", now=None)
    assert result.ret == 0 and result.parseoutcomes()["warned"] == 1
    result.stdout.fnmatch_lines(["*Prometheus cannot be asked: 127.0.0.1:*: Connection refused*"])
    project.policy(f'{SOURCE}serving.endpoint_urls = ["{away}/health"]')
    result = project.check(now=None)
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*{away}/health does not answer: Connection refused*"])


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("serving.cpu_pct = 80", "serving.cpu_pct in *pyproject.toml does nothing: *expected prometheus.url, or *"),
        ('serving.endpoint_urls = ["http://me:canary@h/"]', "serving.endpoint_urls.0 = [*][*][*] in *a secret stands in this URL*"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_a_usage_error(project: Project, policy: str, words: str) -> None:
    project.policy(policy)
    result = project.check()
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{words}"])
