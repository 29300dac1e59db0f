"""The DAGs of ``mlmonitor dags`` in a real Airflow: without an error of imports, and run on a platform with a fault."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.services.conftest import NOW, PLATFORM, airflow_python

HERE = Path(__file__).parent
MODEL = "lightgbm_default"

TRAIN = """\
import os
from pathlib import Path
Path("trained").write_text(os.environ["MLMONITOR_MODEL"])
"""


def mlmonitor(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest_mlmonitor", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)


def test_findings_are_red_and_what_was_decided_is_claimed_and_trained(tmp_path: Path) -> None:
    python = airflow_python()
    project = tmp_path / "a shop"
    shutil.copytree(PLATFORM, project / "artifacts")
    (project / "pyproject.toml").write_text(
        f'[tool.pytest]\naddopts = ["--mlmonitor-now={NOW}"]\n[tool.mlmonitor]\nartifacts = ["artifacts"]\nout = "reports"\n',
        encoding="utf-8",
    )
    (project / "train.py").write_text(TRAIN, encoding="utf-8")
    # called from another environment, by its own Python
    command = shlex.join([sys.executable, "-m", "pytest_mlmonitor"])
    words = ["--mlmonitor-command", command, "--train-command", shlex.join([sys.executable, "train.py"])]
    mlmonitor(project, "dags", "--out", str(tmp_path / "dags"), *words)

    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MLMONITOR_", "AIRFLOW"))
    }
    environment |= {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    dag_ids = ["ml_drift_check", "ml_retrain_trigger"]
    done = subprocess.run(
        [python, str(HERE / "airflow_runs.py"), str(tmp_path / "dags"), *dag_ids],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    print(done.stdout[-20_000:], done.stderr[-5_000:])  # which pytest shows of tests that fail
    assert done.returncode == 0
    said = json.loads(done.stdout.splitlines()[-1])

    assert said["errors"] == {}
    assert said["dags"] == {
        "ml_drift_check": "0 */6 * * *",
        "ml_retrain_trigger": ["mlmonitor_retraining"],
        "ml_training_pipeline": "0 2 * * 0",
    }
    # STALE: red, and not tried again, and the decision goes its way
    assert said["runs"]["ml_drift_check"] == {
        "state": "failed",
        "tasks": {"check_platform": "success", "request_retraining": "success", "verdict": "failed"},
    }
    assert "AirflowFailException: training_dataset_20260426_130148: freshness: STALE" in done.stdout
    assert f"report: {project}/reports/report.html" in done.stdout and (project / "reports" / "report.html").is_file()
    # claimed once, trained by name; what came out is sound
    assert (project / "trained").read_text(encoding="utf-8") == MODEL
    assert "taken  " in mlmonitor(project, "retrain", "list").stdout
    tasks = said["runs"]["ml_retrain_trigger"]["tasks"]
    assert {name: tasks[name] for name in ("waiting", "retrain.claim0", "retrain.train_again0")} == {
        "waiting": "success",
        "retrain.claim0": "success",
        "retrain.train_again0": "success",
    }
