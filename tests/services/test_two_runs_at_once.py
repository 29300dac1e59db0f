"""Two runs of each of two suites at once, with one store and one gateway: all are counted, and none undoes another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.conftest import NOW
from tests.services.servers import Servers, wait_until


def test_both_are_counted_and_neither_undoes_the_other(
    pytester: pytest.Pytester, servers: Servers, sample: Path
) -> None:
    gateway = servers.pushgateway()
    prometheus = servers.prometheus({"gateway": [gateway.url]})
    (pytester.path / "mlmonitor.toml").write_text(
        f'artifacts = ["artifacts"]\nfreshness.max_age_seconds = 21600\nmetrics.push_url = "{gateway.url}"\n'
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mlmonitor-now", NOW]
    started = [
        subprocess.Popen(
            [*command, "--mlmonitor-out", f"out-{suite}-{turn}"],
            cwd=pytester.path,
            env={**os.environ, "MLMONITOR_METRICS__SUITE": suite},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for suite in ("a", "b")
        for turn in (1, 2)
    ]
    said = [process.communicate(timeout=180)[0].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    wait_until(lambda: len(prometheus.query("mlmonitor_run_success == 1")) == 2, "both suites are there")
    served = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pathlib import Path\n"
            "from pytest_mlmonitor.core.store.sqlite_store import SqliteStore\n"
            "from pytest_mlmonitor.outputs.metrics.serve import StoredRuns\n"
            "print(StoredRuns(lambda: SqliteStore(Path('.mlmonitor/store.db'))).text().decode())",
        ],
        cwd=pytester.path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for suite in ("a", "b"):
        assert f'mlmonitor_runs_total{{environment="local",outcome="ok",suite="{suite}"}} 2.0' in served
        assert (
            f'ml_prediction_total{{environment="production",model_name="lightgbm_default",suite="{suite}"}} 587.0'
            in served
        )
    assert served.count("# HELP ml_prediction_total") == 1
