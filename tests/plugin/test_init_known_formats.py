"""MLflow's runs and a DVC repository need no line: what ``mlmonitor init`` writes is green on them, and red on faults."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.samples.mlflow_store import NOW, edit, file_store

from .init_projects import mlmonitor, verdict

DVC = Path(__file__).parents[1] / "samples" / "dvc"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was written beside an MLflow file store."""
    project = tmp_path_factory.mktemp("runs")
    file_store(project / "mlruns")
    done = mlmonitor(project, "init", "mlruns", "--yes", "--now", NOW)
    assert (done.returncode, done.stderr) == (0, "") and "0 failed   exit 0" in done.stdout
    assert "source." not in (project / "mlmonitor.toml").read_text(encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was written for a DVC repository, beside it: the repository is what is judged."""
    around = tmp_path_factory.mktemp("around")
    shutil.copytree(DVC, around / "repo")
    done = mlmonitor(around, "init", "repo", "--yes", "--out", "monitor", "--now", NOW)
    assert (done.returncode, done.stderr) == (0, "") and "0 failed   exit 0" in done.stdout
    return around


def in_production_twice(store: Path) -> None:
    for version in (1, 2):
        path = store / "models" / "churn" / f"version-{version}" / "meta.yaml"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("current_stage")]
        path.write_text("\n".join([*kept, "current_stage: Production"]) + "\n", encoding="utf-8")


def champion(store: Path) -> Path:
    """Return the run that the newest version of the model came out of."""
    meta = (store / "models" / "churn" / "version-2" / "meta.yaml").read_text(encoding="utf-8")
    run_id = next(line.split(": ")[1] for line in meta.splitlines() if line.startswith("run_id: "))
    return next(store.glob(f"*/{run_id}"))


FAULTS_OF_RUNS: dict[str, Callable[[Path], object]] = {
    "a metric that is NaN": lambda store: (champion(store) / "metrics" / "test_rmse").write_text("1795893138827 nan 0\n"),
    "a deleted run": lambda store: edit(champion(store) / "meta.yaml", "lifecycle_stage: active", "lifecycle_stage: deleted"),
    "two in production": in_production_twice,
    "an alias of no version": lambda store: (store / "models" / "churn" / "aliases" / "champion").write_text("7"),
    "a metric that cannot be": lambda store: (champion(store) / "metrics" / "accuracy").write_text("1795893138827 1.7 0\n"),
    "a run that failed": lambda store: edit(champion(store) / "meta.yaml", "status: 3", "status: 4"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS_OF_RUNS)
def test_a_fault_of_runs_and_models_is_red(runs: Path, tmp_path: Path, fault: str) -> None:
    project = Path(shutil.copytree(runs, tmp_path / "project"))
    assert verdict(project, "mlruns", NOW).status == 0
    FAULTS_OF_RUNS[fault](project / "mlruns")
    found = verdict(project, "mlruns", NOW)
    assert found.status == 1 and found.failed, found.warned


def without_column(repo: Path) -> None:
    path = repo / "data" / "features" / "train.parquet"
    table = pq.read_table(path)
    pq.write_table(table.drop_columns([table.schema.names[0]]), path)


FAULTS_OF_A_REPOSITORY: dict[str, Callable[[Path], object]] = {
    "a model that is not the stage's": lambda repo: (repo / "models" / "model.txt").write_text("weightz"),
    "a model that is gone": lambda repo: (repo / "models" / "model.txt").unlink(),
    "metrics that are cut off": lambda repo: (repo / "eval" / "live" / "metrics.json").write_text('{"avg_prec": {'),
    "a metric that is NaN": lambda repo: (repo / "eval" / "score_us.json").write_text('{"accuracy": NaN}'),
    "a lock with two sides": lambda repo: edit(
        repo / "dvc.lock", "  train:\n", "<<<<<<< HEAD\n  train:\n=======\n>>>>>>> other\n"
    ),
    "a table without a column": without_column,
}


@pytest.mark.parametrize("fault", FAULTS_OF_A_REPOSITORY)
def test_a_fault_of_a_repository_is_red(repository: Path, tmp_path: Path, fault: str) -> None:
    around = Path(shutil.copytree(repository, tmp_path / "around"))
    assert verdict(around / "monitor", "../repo", NOW).status == 0
    FAULTS_OF_A_REPOSITORY[fault](around / "repo")
    found = verdict(around / "monitor", "../repo", NOW)
    assert found.status == 1 and found.failed, found.warned


def test_a_repository_is_not_written_into(repository: Path) -> None:
    names = sorted(path.relative_to(repository / "repo").as_posix() for path in (repository / "repo").rglob("*"))
    assert names == sorted(path.relative_to(DVC).as_posix() for path in DVC.rglob("*"))


def test_in_the_repository_itself_nothing_is_written(tmp_path: Path) -> None:
    shutil.copytree(DVC, tmp_path / "repo")
    done = mlmonitor(tmp_path / "repo", "init", ".", "--yes")
    assert done.returncode == 1
    assert "mlmonitor init . --out ../repo-monitor" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "repo" / "mlmonitor.toml").exists()
