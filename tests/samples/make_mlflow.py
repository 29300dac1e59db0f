"""Writes ``tests/samples/mlflow`` with the real library: mlflow-skinny 3.17.2, SQLAlchemy 2.1.9, alembic 1.20.1, pandas 3.1.1.

    python -m tests.samples.make_mlflow tests/samples/mlflow

A file store and a database of the same story: a weekly experiment with two trained models, of which the second is in production,
a trial inside the second run, a run that failed, one that was killed, one that lies in the wastebasket. The database is kept as
text. Paths of the machine are replaced. It needs nothing of this package, so that it runs where only MLflow is installed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

HOME = "/home/ana/shop"
"""Stands where the directory was in which a sample was made."""

DAYS = ("20261126", "20261127")
ROWS = 40

TAGS = {
    "mlflow.source.git.commit": "7c9e6679" * 5,
    "mlflow.source.git.branch": "main",
    "mlflow.source.name": "train.py",
    "mlflow.user": "ana",
}


def make(directory: Path, *, database: bool) -> None:
    """Write a store into ``directory``, as a person's training script would."""
    os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "LOGNAME": "ana"}
    import mlflow
    import pandas as pd
    from mlflow.data import from_pandas
    from mlflow.tracking import MlflowClient

    directory.mkdir(parents=True, exist_ok=True)
    os.chdir(directory)
    mlflow.set_tracking_uri(f"sqlite:///{directory}/mlflow.db" if database else f"file:{directory}/mlruns")
    experiment = mlflow.create_experiment(
        "churn weekly", artifact_location=f"file://{directory}/mlruns/1" * database or None
    )
    mlflow.set_experiment(experiment_id=experiment)
    client = MlflowClient()
    trained = []
    for week, day in enumerate(DAYS):
        frame = pd.DataFrame(
            {"customer": range(ROWS), "tenure": range(week, ROWS + week), "label": [0, 1] * (ROWS // 2)}
        )
        data = from_pandas(
            frame, source=f"{directory}/data/churn_train_{day}.parquet", name="churn_train", targets="label"
        )
        with mlflow.start_run(run_name=f"week-{week}", tags=TAGS) as run:
            mlflow.log_input(data, context="training")
            mlflow.log_param("depth", 5)
            for step in range(3):
                mlflow.log_metric("val/auc", 0.70 + 0.05 * week + 0.01 * step, step=step)
            mlflow.log_metrics({"test_rmse": 1.5 - 0.2 * week, "test_mae": 1.1 - 0.1 * week})
            mlflow.log_dict({"test_rmse": 9.9, "test_mae": 9.0}, "metrics.json")
            mlflow.log_text("pickled", "model/model.pkl")
            trained.append(run.info.run_id)
            if week:
                with mlflow.start_run(nested=True, run_name="trial", tags=TAGS):
                    mlflow.log_metric("test_rmse", 2.0)
    for name, status in (("failed", "FAILED"), ("killed", "KILLED"), ("thrown away", "FINISHED")):
        run_id = client.create_run(experiment, run_name=name).info.run_id
        client.set_terminated(run_id, status)
        if name == "thrown away":
            client.delete_run(run_id)
    with mlflow.start_run(run_name="last", tags=TAGS):
        mlflow.log_metric("test_rmse", 1.4)
    client.create_registered_model("churn", description="who leaves next month")
    for run_id in trained:
        client.create_model_version("churn", source=f"runs:/{run_id}/model", run_id=run_id, tags={"team": "growth"})
    client.transition_model_version_stage("churn", "1", "Archived")
    client.transition_model_version_stage("churn", "2", "Production")
    client.set_registered_model_alias("churn", "champion", "2")
    client.set_registered_model_alias("churn", "previous", "1")


def as_text(database: Path) -> str:
    """Return an SQLite database as the statements that make it again."""
    with sqlite3.connect(database) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def main(target: Path) -> None:
    """Write the samples anew."""
    target = target.absolute()
    shutil.rmtree(target, ignore_errors=True)
    work = Path(os.path.abspath("build/mlflow_samples"))
    for database in (False, True):
        shutil.rmtree(work, ignore_errors=True)
        make(work, database=database)
        if database:
            (target / "tracking.sql").write_text(as_text(work / "mlflow.db").replace(str(work), HOME))
            continue
        for path in sorted((work / "mlruns").rglob("*")):
            if path.is_file():
                copy = target / "mlruns" / path.relative_to(work / "mlruns")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(path.read_text().replace(str(work), HOME))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
