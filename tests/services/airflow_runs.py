"""Runs DAGs as ``airflow dags test`` does, in Airflow's own environment: imports of seconds are paid once.

    python airflow_runs.py FOLDER DAG_ID…

The last line of its output is JSON: ``errors`` (of imports), ``dags`` (schedule, by id), ``runs`` (of each DAG its state,
and those of its tasks, by task and place in a mapping).
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb


def main(folder: str, *wanted: str) -> None:
    initdb()
    bag = DagBag(folder)
    said: dict[str, Any] = {
        "errors": bag.import_errors,
        "dags": {
            dag_id: [one.name for one in dag.schedule] if isinstance(dag.schedule, list) else dag.schedule.expression
            for dag_id, dag in bag.dags.items()
        },
        "runs": {},
    }
    for dag_id in wanted:
        run = bag.dags[dag_id].test(logical_date=datetime.now(UTC))
        states = {
            f"{one.task_id}{one.map_index if one.map_index >= 0 else ''}": one.state for one in run.get_task_instances()
        }
        said["runs"][dag_id] = {"state": run.state, "tasks": states}
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
