"""A real Prometheus has what runs measured: pushed, through node_exporter's text files, and from ``serve-metrics``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services.conftest import NOW
from tests.services.receiver import Answer, Receiver, black_hole
from tests.services.servers import Prometheus, Servers, wait_until

DOCUMENTED = Path(__file__).parents[2] / "docs" / "outputs.md"
POLICY = 'artifacts = ["artifacts"]\nout = "out"\nfreshness.max_age_seconds = 21600\n'


def run(pytester: pytest.Pytester, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mlmonitor-now", NOW, *options]
    environ = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=pytester.path, env=environ, capture_output=True, text=True, check=False, timeout=120
    )


def policy(pytester: pytest.Pytester, text: str = "") -> None:
    (pytester.path / "mlmonitor.toml").write_text(POLICY + text)


def value(prometheus: Prometheus, expression: str) -> list[float]:
    return [number for _, number in prometheus.query(expression)]


def families(prometheus: Prometheus, selector: str) -> set[str]:
    return {labels["__name__"] for labels, _ in prometheus.query(selector)}


def test_what_is_pushed_by_suites_and_environments_stands_side_by_side(
    pytester: pytest.Pytester, servers: Servers, sample: Path
) -> None:
    gateway = servers.pushgateway()
    prometheus = servers.prometheus({"gateway": [gateway.url]})
    policy(pytester, f'[metrics]\npush_url = "{gateway.url}"\n')
    one = run(pytester, MLMONITOR_METRICS__SUITE="one/half", MLMONITOR_ENVIRONMENT="staging")
    assert one.returncode == 0, one.stdout
    assert f"metrics pushed to {gateway.url.removeprefix('http://')}" in one.stdout
    run(pytester, MLMONITOR_METRICS__SUITE="two")
    wait_until(lambda: len(prometheus.query("mlmonitor_run_success")) == 2, "both suites are there")
    runs = {(labels["suite"], labels["environment"]) for labels, _ in prometheus.query("mlmonitor_run_success == 1")}
    assert runs == {("one/half", "staging"), ("two", "local")}
    # Windows name an environment of their own, which no group of the gateway may change.
    served = prometheus.query("ml_prediction_total")
    assert {(labels["suite"], labels["environment"]) for labels, _ in served} == {
        ("one/half", "production"), ("two", "production")
    }  # fmt: skip
    assert {labels["job"] for labels, _ in served} == {"mlmonitor"}
    # Everything that the page names and the sample has is a series of Prometheus.
    names = families(prometheus, '{suite="two"}')
    assert names <= documented() | {"push_time_seconds", "push_failure_time_seconds"}, names - documented()
    # What is gone is gone, of this suite alone; and nothing is lost by a restart.
    gateway.restart(kill=False)
    for path in (sample / "p5").rglob("*"):
        if path.is_file():
            path.unlink()
    run(pytester, MLMONITOR_METRICS__SUITE="two")
    wait_until(
        lambda: {labels["suite"] for labels, _ in prometheus.query("ml_serving_health")} == {"one/half"},
        "the deployment of the second suite is gone",
    )
    assert value(prometheus, 'ml_prediction_total{suite="two"}') == [587.0], "what was counted stays counted"


def test_text_files_of_two_environments_and_suites_in_one_directory(
    pytester: pytest.Pytester, servers: Servers, sample: Path
) -> None:
    directory = pytester.path / "textfiles"
    policy(pytester)
    for environment, suite in (("staging", "a"), ("production", "a"), ("production", "b")):
        done = run(
            pytester,
            MLMONITOR_ENVIRONMENT=environment,
            MLMONITOR_METRICS__SUITE=suite,
            MLMONITOR_METRICS__FILE=f"textfiles/{environment}-{suite}.prom",
        )
        assert done.returncode == 0, done.stdout
    exporter = servers.node_exporter(directory)
    prometheus = servers.prometheus({"node": [exporter.url]})
    wait_until(lambda: len(prometheus.query("mlmonitor_run_success == 1")) == 3, "three runs are there")
    assert value(prometheus, "node_textfile_scrape_error") == [0.0]
    assert "collected before" not in exporter.said
    assert len(prometheus.query('ml_check_status{check="freshness",status="pass"} == 1')) == 3
    assert len(prometheus.query("ml_prediction_total")) == 3


def test_the_last_run_is_served_whatever_happens_to_the_server(
    pytester: pytest.Pytester, servers: Servers, sample: Path
) -> None:
    policy(pytester)
    mlmonitor = str(Path(sys.executable).with_name("mlmonitor"))
    before = Path.cwd()
    os.chdir(pytester.path)
    try:
        server = servers.run("serve-metrics", mlmonitor, ["serve-metrics", "--port", "{port}"], "/healthz")
        prometheus = servers.prometheus({"mlmonitor": [server.url]})
        wait_until(
            lambda: value(prometheus, "ml_feature_freshness_seconds"), "the platform is read until there is a run"
        )
        assert run(pytester).returncode == 0
        wait_until(lambda: value(prometheus, "mlmonitor_runs_total{outcome='ok'}") == [1.0], "the run is served")
        server.restart(kill=True)
        run(pytester)
        wait_until(lambda: value(prometheus, "mlmonitor_runs_total{outcome='ok'}") == [2.0], "so is the next one")
        assert value(prometheus, "ml_prediction_total") == [587.0]
        assert families(prometheus, '{job="mlmonitor",environment=~".+"}') <= documented()
        run(pytester, "-k", "row_count")
        wait_until(
            lambda: value(prometheus, "mlmonitor_runs_total{outcome='ok'}") == [2.0], "a part counts for nothing"
        )
        store = pytester.path / ".mlmonitor" / "store.db"
        store.unlink()
        store.mkdir()
        wait_until(lambda: value(prometheus, 'up{job="mlmonitor"}') == [0.0], "a store that cannot be read is seen")
        with pytest.raises(OSError, match="503"):
            server.get("/healthz")
    finally:
        os.chdir(before)


def test_a_gateway_that_fails_holds_nobody_up_and_hides_no_verdict(
    pytester: pytest.Pytester, receiver: Receiver, sample: Path
) -> None:
    policy(pytester, '[metrics]\npush_user_env = "PUSH_USER"\npush_password_env = "PUSH_PASSWORD"\n')
    secrets = {"PUSH_USER": "monitor", "PUSH_PASSWORD": "canary-4711-canary"}
    with black_hole() as url:
        began = time.monotonic()
        silent = run(pytester, "--mlmonitor-push", url, **secrets)
        assert silent.returncode == 0
        assert "pushgateway: metrics not pushed" in silent.stdout
        assert time.monotonic() - began < 60
    receiver.answer("/", Answer(400, body=b"pushed metrics are invalid: canary-4711-canary"))
    refused = run(pytester, "--mlmonitor-push", receiver.url, **secrets)
    assert refused.returncode == 0
    assert "answers 400" in refused.stdout and "canary" not in refused.stdout + refused.stderr
    request = receiver.wait_for("/metrics")
    assert (request.method, request.path) == ("PUT", "/metrics/job/mlmonitor/environment/local")
    assert request.headers["authorization"].startswith("Basic ")
    missing = run(pytester, "--mlmonitor-push", receiver.url)
    assert "the variable PUSH_USER (metrics.push_user_env) is not set" in missing.stdout
    results = (pytester.path / "out" / "results.json").read_text()
    assert '"pushgateway"' in results and "canary" not in results


def documented() -> set[str]:
    """Return the names of series that the page knows: those of histograms with their endings."""
    text = DOCUMENTED.read_text(encoding="utf-8").partition("\n## Metrics\n")[2]
    names = set(re.findall(r"`((?:ml|mlmonitor)_[a-z_]+)`", text))
    return names | {f"{name}_{end}" for name in names for end in ("bucket", "sum", "count")}
