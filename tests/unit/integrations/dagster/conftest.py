from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from tests.unit.integrations.dagster.watched import Executed, execute, make_project, watched


@dataclass(frozen=True)
class TwoRuns:
    """A platform that is well, and the same one after faults were planted; what Dagster said each time, and the records."""

    project: Path
    before: dg.Definitions
    well: Executed
    results_of_well: Path
    broken: Executed
    results_of_broken: Path

    def project_after(self, results: Path) -> Path:
        """Return the project as it is after the run of these results: they are what is known when definitions are loaded."""
        shutil.copy(results, self.project / ".mlmonitor" / "dagster" / "results.json")
        return self.project


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    directory = tmp_path_factory.mktemp("dagster")
    project = make_project(directory / "project")
    written = project / ".mlmonitor" / "dagster" / "results.json"
    with dg.DagsterInstance.ephemeral() as instance:
        before = watched(project)
        well = execute(before, instance)
        results_of_well = Path(shutil.copy(written, directory / "well.json"))
        loaded_again = watched(project)  # it knows what the run found
        break_it(project)
        broken = execute(loaded_again, instance)
        results_of_broken = Path(shutil.copy(written, directory / "broken.json"))
        yield TwoRuns(project, before, well, results_of_well, broken, results_of_broken)


def break_it(project: Path) -> None:
    """Plant an error, a warning, tests that fail, and an artifact that is new."""
    sidecar = project / "artifacts" / "p2" / "dataset_metadata.json"
    told = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps({**told, "row_count": 7}))
    new = {**told, "dataset_name": "rides", "path": "rides.parquet"}
    (project / "artifacts" / "p2" / "rides_dataset_metadata.json").write_text(json.dumps(new))
    for file in (project / "artifacts" / "p5").rglob("metrics_*.jsonl"):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        slow = [{**line, "latency_p95_ms": 700.0, "latency_p99_ms": 900.0} for line in lines]
        file.write_text("".join(f"{json.dumps(line)}\n" for line in slow))
    with (project / "contracts" / "test_own.py").open("a") as tests:
        tests.write("def test_small(dataset): assert dataset.row_count < 5, '<b>many\\x1b[31m'\n")
        tests.write("def test_of_nothing(): assert False\n")
