"""What was read can be sent to another process: joblib, dask and xdist do, and a spawned one has nothing of the first."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.platform import Platform
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.freshness import freshness
from pytest_mlmonitor.datasets.views import Datasets

from .support import FLAT, METRICS, PARQUET, SIDECAR, copy_of_sample, platform_at
from .test_architecture import PROJECT

THERE_AND_BACK = """
import pickle, sys
assert "pytest_mlmonitor" not in sys.modules
got = pickle.load(sys.stdin.buffer)
assert repr(got)
sys.stdout.buffer.write(pickle.dumps(got))
"""


def returned(value: Any) -> Any:
    """Return ``value`` after a process that was started anew has read it and written it."""
    sent = pickle.dumps(value)
    made = subprocess.run(
        [sys.executable, "-c", THERE_AND_BACK], input=sent, capture_output=True, check=False, cwd=PROJECT
    )
    assert made.returncode == 0, made.stderr.decode()
    return pickle.loads(made.stdout)  # noqa: S301 (our own bytes)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The sample platform, with a dataset that carries its metadata and one that only a contract speaks of."""
    root = copy_of_sample(tmp_path_factory.mktemp("sample"))
    own = root / "own"
    own.mkdir()
    shutil.copy(root / PARQUET, own / "training_dataset_20260425_130148.parquet")
    shutil.copy(root / PARQUET, own / "trips_20260424_130148.parquet")
    (own / "trips.odcs.yaml").write_text(
        "apiVersion: v3.0.2\nkind: DataContract\nid: trips\nname: trips\nversion: 1.0.0\nstatus: active\n"
        "schema:\n  - name: trips\n    physicalName: trips\n    properties:\n"
        "      - name: ft_capacity\n        logicalType: number\n",
        encoding="utf-8",
    )
    return platform_at(root)


def the_one(artifacts: list[Any], path: str) -> Any:
    (found,) = [artifact for artifact in artifacts if artifact.ref.path.as_posix().endswith(path)]
    return found


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("dataset", SIDECAR),
        ("dataset", "own/training_dataset_20260425_130148.parquet"),
        ("dataset", "own/trips_20260424_130148.parquet"),
        ("training_run", FLAT),
        ("training_run", "metadata.json"),
        ("deployment", Path(METRICS).parents[1].as_posix()),
    ],
)
def test_an_artifact_comes_back_as_it_was(kind: str, path: str, sample: Platform) -> None:
    artifacts = [a for a in sample.of_kind(kind) if kind != "training_run" or a.bundle == (path == "metadata.json")]
    artifact = the_one(artifacts, path)
    back = returned(artifact)
    assert type(back) is type(artifact)
    assert back.ref == artifact.ref
    assert {name: getattr(back, name) for name in plain(artifact)} == plain(artifact)
    assert back.legible == artifact.legible


def plain(artifact: Any) -> dict[str, Any]:
    """Return the fields but for those that are no values: windows are read anew, their history is an object."""
    return {n: getattr(artifact, n) for n in artifact.__dataclass_fields__ if n not in ("windows", "history")}


def test_the_windows_of_a_deployment_are_there_too(sample: Platform) -> None:
    (deployment,) = sample.of_kind("deployment")
    back = returned(deployment)
    assert len(back.windows) == len(deployment.windows) == 12
    assert list(back.windows) == list(deployment.windows)


def test_a_result_comes_back_without_its_context(sample: Platform) -> None:
    (dataset,) = sample.view(Datasets).named(next(d.dataset_name for d in sample.view(Datasets).all if d.sidecar))
    result = run_check(freshness, dataset, sample.context(dataset.ref))
    back = returned(result)
    assert isinstance(back, CheckResult)
    assert back == result


def test_a_dataset_gives_its_rows_there(sample: Platform) -> None:
    (dataset,) = [d for d in sample.view(Datasets).all if d.sidecar]
    frame = returned(dataset).to_pandas(["ft_capacity"])
    assert len(frame) == dataset.row_count
    assert list(frame.columns) == ["ft_capacity"]
    assert list(dataset.to_pandas(["ft_capacity"])["ft_capacity"]) == list(frame["ft_capacity"])


def test_what_only_a_contract_speaks_of_says_no_number_of_rows(sample: Platform) -> None:
    (dataset,) = [d for d in sample.view(Datasets).all if not d.described]
    assert dataset.row_count is None
    assert len(dataset.to_pandas()) > 0
