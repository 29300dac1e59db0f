"""The fixture ``inject_drift`` makes a copy that has drifted, and a suite that would not notice is shown to be blind."""

from __future__ import annotations

from functools import partial

import pytest

from tests import tables

from .sample import NOW, Project

KINDS = ("covariate", "label", "concept", "missing_values", "schema", "categorical", "temporal")
OWN = """
import pytest
from pytest_mlmonitor.core.check import checks_of, run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.datasets.kind import DATASET

def findings(dataset):
    context = context_of(dataset)
    results = [run_check(c, dataset, context) for c in checks_of(DATASET) if c.concerns(dataset, context)]
    assert [r.reason for r in results if r.status == "error"] == []
    return {r.check: r for r in results if r.status == "fail" and r.severity.word in ("error", "critical")}

def test_as_it_is(dataset):
    assert findings(dataset) == {}

def test_drifted(dataset, inject_drift):
    assert findings(inject_drift(dataset, "KIND", INTENSITY))
"""


@pytest.fixture
def data(new_project: object) -> Project:
    project: Project = new_project()  # type: ignore[operator]
    project.keep("p2")
    (project.root / "p2" / "training_metadata.json").unlink()
    return project


def run(project: Project, *args: str) -> pytest.RunResult:
    return project.run("--mlmonitor=artifacts", "test_own.py", "-k", "test_own", *args)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_turns_the_suite_red(data: Project, kind: str) -> None:
    data.write("test_own.py", OWN.replace("KIND", kind).replace("INTENSITY", "0.5"))
    run(data).assert_outcomes(passed=2)


def test_a_check_called_by_a_test_fails_it(data: Project) -> None:
    data.write(
        "test_own.py",
        """
from pytest_mlmonitor.datasets.checks.drift import drift

def test_drifted(dataset, inject_drift):
    drift(inject_drift(dataset, "covariate"))
""",
    )
    result = run(data)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ContractViolation: * drifted from training_dataset_20260426_130148*"])


def test_the_artifacts_stay_as_they_are(data: Project) -> None:
    before = {path: path.read_bytes() for path in data.root.rglob("*") if path.is_file()}
    data.write("test_own.py", OWN.replace("KIND", "label").replace("INTENSITY", "1.0"))
    run(data)
    assert {path: path.read_bytes() for path in data.root.rglob("*") if path.is_file()} == before


def test_copies_of_one_test_do_not_meet(data: Project) -> None:
    data.write(
        "test_own.py",
        """
def test_twice(dataset, inject_drift):
    first, second, other = (inject_drift(dataset, "covariate", seed=seed) for seed in (1, 1, 2))
    assert first.data_path != second.data_path
    assert first.data_path.read_bytes() == second.data_path.read_bytes()
    from pytest_mlmonitor.core.context import context_of
    assert len(context_of(first).platform.of_kind("dataset")) == 2
    assert first.built_at > dataset.built_at
""",
    )
    run(data).assert_outcomes(passed=1)


def test_what_cannot_drift_so_is_said(data: Project) -> None:
    data.write(
        "test_own.py",
        """
import pytest

def test_it(dataset, inject_drift):
    with pytest.raises(ValueError, match="'nothing' is unknown"):
        inject_drift(dataset, "nothing")
    with pytest.raises(ValueError, match="no column is called"):
        inject_drift(dataset, "covariate", columns=["nothing"])
""",
    )
    run(data).assert_outcomes(passed=1)


def test_the_time_of_the_copy_is_that_of_the_run(data: Project) -> None:
    data.write(
        "test_own.py",
        f"""
from datetime import datetime
from pytest_mlmonitor import context_of

def test_it(dataset, inject_drift):
    made = inject_drift(dataset, "label")
    assert context_of(made).now == datetime.fromisoformat("{NOW}")
    assert made.built_at <= context_of(made).now
""",
    )
    run(data).assert_outcomes(passed=1)


BOUND = """
import pandera.pandas as pa

def pytest_mlmonitor_contracts():
    return {"orders": pa.DataFrameSchema({"amount": pa.Column(float), "at": pa.Column("datetime64[us]")})}
"""

ODCS = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
- name: orders
  properties:
  - {name: amount, logicalType: number}
  - {name: at, logicalType: timestamp}
"""


def _orders(rows: int = 2_000) -> object:
    import pyarrow as pa

    moments = pa.array([1_764_000_000_000_000 + i * 60_000_000 for i in range(rows)], pa.timestamp("us"))
    return pa.table({"amount": [float(i % 97) for i in range(rows)], "at": moments})


def _in_one_file(project: Project, place: str) -> None:
    import pyarrow.parquet as pq

    path = project.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(_orders(), path)


def _in_partitions(project: Project) -> None:
    for day in (26, 27):
        _in_one_file(project, f"orders/day=2026-11-{day}/part-0.parquet")


def _in_parts(project: Project) -> None:
    for number in range(3):
        _in_one_file(project, f"orders/part-{number}.parquet")


def _in_delta(project: Project) -> None:
    tables.delta(project.root / "orders", _orders())


PLACES = {
    place: partial(_in_one_file, place=place)
    for place in (
        "orders_20261127_080000.parquet",
        "orders_2026-11-27.parquet",
        "daily/orders_2026-11-27.parquet",
        "orders.parquet",
    )
} | {"partitions": _in_partitions, "parts": _in_parts, "delta": _in_delta}


@pytest.mark.parametrize("bound", ["hook", "file"])
@pytest.mark.parametrize("place", PLACES)
def test_a_dataset_that_only_a_contract_speaks_of(new_project: object, bound: str, place: str) -> None:
    project: Project = new_project()  # type: ignore[operator]
    project.keep()
    PLACES[place](project)
    if bound == "hook":
        project.write("conftest.py", BOUND)
    else:
        (project.root / "orders.odcs.yaml").write_text(ODCS)
    project.write(
        "test_own.py",
        """
from pytest_mlmonitor.datasets.checks.drift import drift
import pytest

def test_own(dataset, inject_drift):
    with pytest.raises(AssertionError, match="amount"):
        drift(inject_drift(dataset, "covariate", 0.9))
""",
    )
    # The library that reads a Delta log cannot be imported twice in one process.
    run = project.run_alone if place == "delta" else project.run
    result = run("--mlmonitor=artifacts", "test_own.py", "-k", "test_own", now="2026-11-28T08:00:00Z")
    result.assert_outcomes(passed=1)
