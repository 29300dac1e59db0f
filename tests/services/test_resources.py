"""A real Prometheus that scrapes a real process is asked what a deployment uses; and names of any kind are names to it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.serving.checks.resources import resources
from tests.services.servers import Prometheus, Servers, free_port, wait_until
from tests.unit.support import deployment, linked, messages, only, window

SERVICE = 'churn "api" \\ of 100%{x}'
NAMES = (
    SERVICE,
    '"} or vector(1) #',
    "a\nb",
    "\\",
    "'",
    "`",
    "{service_name}",
    ".*",
    "a|b",
    "é\u2028\x00\x1b🚲",
    "[a-",
    "(",
    "$^",
)


@pytest.fixture
def exporter() -> Iterator[int]:
    """A process with 64 MiB that counts without end, and what the client's library says of it by itself."""
    port = free_port()
    program = textwrap.dedent(f"""
        from prometheus_client import Gauge, start_http_server
        held = bytearray(b"x" * (64 << 20))
        gpu = Gauge("gpu_pct", "x", ["service", "gpu"])
        for name in {NAMES!r}:
            gpu.labels(name, "0").set(12)
            gpu.labels(name, "1").set(97)
        start_http_server({port}, addr="127.0.0.1")
        while True:
            sum(range(10_000))
    """)
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def judged(
    prometheus: Prometheus, name: str, *, now: datetime | None = None, gpu: str | None = None, **limits: Any
) -> CheckResult:
    made = deployment(window(0, service_name=name))
    policy = {"url": prometheus.url, "window_seconds": 5, "timeout_seconds": 30, "gpu_pct": gpu}
    linked(made, now=now or datetime.now(UTC), serving=limits, prometheus=policy)
    return run_check(resources, made)


def test_what_a_process_uses(servers: Servers, exporter: int) -> None:
    job = "churn-api"
    prometheus = servers.prometheus({job: [f"http://127.0.0.1:{exporter}"]}, honor_labels=False)
    wait_until(
        lambda: prometheus.query(f'rate(process_cpu_seconds_total{{job="{job}"}}[5s]) > 0'), "a rate", seconds=60
    )

    result = judged(prometheus, job, cpu_pct=1, memory_bytes=32 << 20)
    cpu, memory = result.findings
    assert cpu.severity == memory.severity == Severity.WARNING
    assert cpu.message.startswith("CPU ") and f" > 1 %: instance 127.0.0.1:{exporter}, job {job}" in cpu.message
    assert " MiB > 32 MiB: " in memory.message
    assert all(one.is_beyond for one in result.measures)

    well = judged(prometheus, job, cpu_pct=100_000, memory_bytes=64 << 30)
    assert (well.status, well.findings, len(well.measures)) == ("pass", (), 2)

    assert messages(judged(prometheus, "another", memory_bytes=1.0)) == [
        "memory is not known: Prometheus has no series of it (prometheus.memory_bytes)"
    ]
    past = judged(prometheus, job, now=datetime.now(UTC) - timedelta(days=3), memory_bytes=1.0)
    assert (past.status, past.findings) == ("not_checked", ())

    query = 'gpu_pct{service="{service_name}"}'
    for name in NAMES:  # each finds its own two series, and nothing else
        for one in (query, query.replace("=", "=~"), query.replace('"', "'")):
            finding = only(judged(prometheus, name, gpu=one, gpu_pct=90))
            assert finding.message.startswith("GPU 97 % > 90 %: gpu 1, ") and "the worst of 2 series" in finding.message

    refused = only(judged(prometheus, job, gpu="gpu_pct ) 1", gpu_pct=90))
    assert refused.message.startswith('GPU is not known: it is refused: invalid parameter "query": 1:')
    assert "parse error: unexpected right parenthesis ')' (prometheus.gpu_pct)" in refused.message
    assert "ranges of samples" in only(judged(prometheus, job, gpu="gpu_pct[{window}]", gpu_pct=90)).message
    assert "answers nan and no number" in only(judged(prometheus, job, gpu="0 * gpu_pct / 0", gpu_pct=90)).message

    prometheus.stop()
    gone = only(judged(prometheus, job, cpu_pct=1, memory_bytes=32 << 20))
    assert gone.severity == Severity.WARNING
    assert "Prometheus cannot be asked: 127.0.0.1:" in gone.message and "Connection refused" in gone.message
