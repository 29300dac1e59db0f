"""MLflow and DVC themselves write what is read here: the samples made anew, by the programs in an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.plugin.sample import read_json
from tests.samples import make_dvc

PROJECT = Path(__file__).parents[2]
PLATFORMS = Path(os.environ.get("PLATFORMS_VENV", PROJECT / "build" / "platforms"))
"""``make platforms`` makes it."""

ALL_STATUSES = """
import sys
from pathlib import Path
from tests.samples import make_mlflow

make_mlflow.make(Path(sys.argv[1]), database=sys.argv[2] == "database")
"""

BREAK = """
import sys
import mlflow
from mlflow.tracking import MlflowClient

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
run_id = client.get_model_version_by_alias("churn", "champion").run_id
client.log_metric(run_id, "test_mae", float("nan"), step=9)
client.transition_model_version_stage("churn", "1", "Production")
"""


@pytest.fixture(scope="session")
def programs() -> Path:
    """The directory of the programs."""
    if not (PLATFORMS / "bin" / "dvc").exists():
        words = f"neither MLflow nor DVC is in {PLATFORMS} (make platforms)"
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{words}, but REQUIRE_SERVICES is set")
        pytest.skip(words)
    return PLATFORMS / "bin"


def by_program(programs: Path, script: str, *args: str | Path) -> None:
    """Run a script where the libraries are."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    command = [programs / "python", "-W", "ignore", "-c", script, *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def judged(directory: Path) -> dict[str, Any]:
    """Check ``shop`` as a user does who has declared nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MLMONITOR_"))}
    environment["PYTHONPATH"] = str(PROJECT)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--mlmonitor=shop", "--mlmonitor-out=out"]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert (directory / "out" / "results.json").exists(), done.stdout + done.stderr
    return read_json(directory / "out" / "results.json")


def serious(results: dict[str, Any]) -> list[str]:
    found = [finding for result in results["results"] for finding in result["findings"]]
    return [finding["message"] for finding in found if finding["severity"] in ("warning", "error", "critical")]


@pytest.mark.parametrize("form", ["files", "database"])
def test_a_store_of_this_version_of_mlflow(programs: Path, tmp_path: Path, form: str) -> None:
    shop = tmp_path / "shop"
    by_program(programs, ALL_STATUSES, shop, form)
    results = judged(tmp_path)
    kinds = [one["kind"] for one in results["artifacts"]]
    assert (kinds.count("training_run"), kinds.count("model_registry")) == (6, 1)
    assert serious(results) == []
    assert results["exit_status"] == 0
    uri = f"sqlite:///{shop}/mlflow.db" if form == "database" else f"file:{shop}/mlruns"
    by_program(programs, BREAK, uri)
    said = serious(judged(tmp_path))
    assert "metrics.test_mae is NaN: expected a finite number" in said
    assert "2 versions of model 'churn' are in production: '1', '2'" in said


def test_a_repository_of_this_version_of_dvc(programs: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    pq.write_table(pa.table({"customer": range(40), "label": [0, 1] * 20}), tmp_path / "table.parquet")
    make_dvc.make(shop, (tmp_path / "table.parquet").read_bytes(), str(programs / "dvc"))
    results = judged(tmp_path)
    assert [one["name"] for one in results["artifacts"]] == ["score@eu", "score@us", "train"]
    assert serious(results) == []
    assert not [path for path in results["unclaimed"] if ".dvc" in path], "its cache belongs to it"
    (shop / "data" / "features" / "counts.csv").write_text("customer,visits\n")
    (said,) = serious(judged(tmp_path))
    assert said.startswith("data/features is not what the stage 'featurize' wrote")
