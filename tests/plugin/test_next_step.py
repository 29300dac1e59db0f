"""Where data lies that a run did not judge, one line says what to do next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import Project


@pytest.fixture
def lake(new_project: Callable[..., Project]) -> Project:
    """A project whose directory ``data`` holds a table, and which declares no root."""
    project = new_project()
    add(project.path / "data" / "orders.parquet")
    return project


def add(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"x": [1, 2]}), path)


def test_a_directory_of_data_that_nobody_declared(lake: Project) -> None:
    result = lake.run("data")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        [
            "mlmonitor: data holds no test, but data (data/orders.parquet): `pytest --mlmonitor=data` checks what lies there, "
            "`mlmonitor init data` writes a project for what needs one"
        ]
    )


def test_a_tracking_directory_of_mlflow(lake: Project) -> None:
    (lake.path / "work" / "mlruns").mkdir(parents=True)
    lake.run("work").stdout.fnmatch_lines(["mlmonitor: work holds no test, but data (work/mlruns): *--mlmonitor=work*"])


def test_a_directory_of_data_where_you_stand(lake: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (lake.path / "inner").mkdir()
    (lake.path / "data").rename(lake.path / "inner" / "data")
    monkeypatch.chdir(lake.path / "inner")
    lake.run().stdout.fnmatch_lines(["mlmonitor: data holds no test, but data (*orders.parquet): *--mlmonitor=data*"])


def test_data_beside_a_root_that_was_found(lake: Project) -> None:
    lake.run("artifacts", "data").stdout.fnmatch_lines(
        ["mlmonitor: data holds no test, but data (data/orders.parquet): *--mlmonitor=data*"]
    )


@pytest.mark.parametrize("arguments", [("empty",), ("tests",)])
def test_nothing_is_said_elsewhere(lake: Project, arguments: tuple[str, ...]) -> None:
    (lake.path / "empty").mkdir()
    lake.write("tests/test_own.py", "def test_own(): pass")
    add(lake.path / "tests" / "orders.parquet")
    assert "mlmonitor:" not in lake.run(*arguments).stdout.str()


def test_a_table_that_nothing_describes(lake: Project) -> None:
    lake.run("--mlmonitor=data").stdout.fnmatch_lines(
        [
            "nothing says what data/orders.parquet must be like: "
            "`mlmonitor infer-contract data/orders.parquet -o data/orders.odcs.yaml` writes a first contract"
        ]
    )
    add(lake.path / "data" / "customers.parquet")
    lake.run("--mlmonitor=data").stdout.fnmatch_lines(
        [
            "nothing says what data/customers.parquet and 1 more must be like: "
            "`mlmonitor init data` writes a first project, with sources and contracts"
        ]
    )


def test_a_contract_of_the_other_standard(lake: Project) -> None:
    for name, text in (
        ("datacontract.yaml", "# ours\ndataContractSpecification: 1.1.0\nid: orders\nmodels: {}\n"),
        ("stock.datacontract.yml", "\ufeffdataContractSpecification: 0.9.3\n"),
        ("other/datacontract.yaml", "version: 1\n"),
        ("other/orders.yaml", "dataContractSpecification: 1.1.0\n"),
    ):
        lake.write(f"data/{name}", text)
    lines = [line for line in lake.run("--mlmonitor=data").outlines if " is a Data Contract Specification" in line]
    assert [line.partition(" is ")[0] for line in lines] == [
        "data/datacontract.yaml",
        "data/other/orders.yaml",
        "data/stock.datacontract.yml",
    ]
    assert "`datacontract export odcs data/datacontract.yaml --output data/datacontract.odcs.yaml`" in lines[0]
