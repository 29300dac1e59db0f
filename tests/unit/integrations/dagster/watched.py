"""A copy of the sample platform that Dagster watches, and what an executed job said."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from pytest_mlmonitor.integrations.dagster import definitions
from pytest_mlmonitor.integrations.suite_run import ProjectSuite

PLATFORM = Path(__file__).parents[4] / "contract_tests" / "platform"
NOW = "--mlmonitor-now=2026-04-26T14:00:37Z"
POLICY = """
artifacts = ["artifacts"]
freshness.error_after = "6h"
freshness.warn_after = "3h"
"""
DATASET, RUN = "dataset/training_dataset", "training_run/lightgbm_default"
DEPLOYMENT, REPORT = "deployment/mobility-serving-layer", "training_report/metrics"


def make_project(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    shutil.copytree(PLATFORM, directory / "artifacts")
    (directory / "mlmonitor.toml").write_text(POLICY)
    (directory / "pyproject.toml").write_text('[tool.pytest]\ntestpaths = ["contracts"]\n')
    (directory / "contracts").mkdir()
    (directory / "contracts" / "test_own.py").write_text("def test_large(dataset): assert dataset.row_count > 100\n")
    return directory


def watched(project: Path, **options: Any) -> dg.Definitions:
    python = str(options.pop("python", sys.executable))
    return definitions(ProjectSuite(project, (NOW,), python=python), **options)


@dataclass(frozen=True)
class Executed:
    """A job that was run in this process."""

    result: dg.ExecuteInProcessResult

    def events(self, kind: str) -> list[dg.DagsterEvent]:
        return [event for event in self.result.all_events if event.event_type_value == kind]

    @property
    def checks(self) -> dict[str, Any]:
        found = [event.asset_check_evaluation_data for event in self.events("ASSET_CHECK_EVALUATION")]
        return {f"{one.asset_key.to_user_string()}: {one.check_name}": one for one in found}

    @property
    def made(self) -> dict[str, Any]:
        found = [event.step_materialization_data.materialization for event in self.events("ASSET_MATERIALIZATION")]
        return {one.asset_key.to_user_string(): one for one in found}

    @property
    def seen(self) -> dict[str, Any]:
        found = [event.asset_observation_data.asset_observation for event in self.events("ASSET_OBSERVATION")]
        return {one.asset_key.to_user_string(): one for one in found}

    def colours(self) -> dict[str, str]:
        return {name: "green" if one.passed else one.severity.value for name, one in self.checks.items()}


def execute(defs: dg.Definitions, instance: dg.DagsterInstance, job: str = "p6_monitoring_job") -> Executed:
    return Executed(defs.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False))


@contextmanager
def downstream_of(key: str, defs: dg.Definitions) -> Iterator[tuple[dg.Definitions, list[str]]]:
    """Yield definitions with an asset that is made of a watched one, and a list that grows when it is made."""
    ran: list[str] = []

    @dg.asset(deps=[dg.AssetKey(key.split("/"))])
    def features() -> None:
        ran.append("features")

    everything = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    yield (
        dg.Definitions.merge(defs, dg.Definitions([features], jobs=[dg.define_asset_job("all_of_it", everything)])),
        ran,
    )


def replaying(project: Path, results: Path, status: int) -> Path:
    """Return an interpreter whose runs end at once as an earlier one did: with its results.json and exit status."""
    python = project / f"replay_{status}"
    out = project / ".mlmonitor" / "dagster"
    python.write_text(f"#!/bin/sh\nmkdir -p {out}\ncp {results} {out}/results.json\nexit {status}\n")
    python.chmod(0o755)
    return python
