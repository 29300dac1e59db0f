"""A Delta or Iceberg table that nothing was written to yet is a table of 0 rows, found by its log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tests import tables

from .sample import Project

SCHEMA = pa.schema([("x", pa.int64())])
CONTRACT = (
    "kind: DataContract\napiVersion: v3.1.0\nid: o\nversion: 1.0.0\nschema:\n  - name: orders\n    customProperties:\n"
    "      - {property: mlmonitor.minRows, value: %d}\n    properties:\n      - {name: x, logicalType: integer}\n"
)


def delta(directory: Path) -> None:
    DeltaTable.create(str(directory), SCHEMA)


def iceberg(directory: Path) -> None:
    tables.iceberg_table(directory, SCHEMA)


@pytest.fixture
def lake(new_project: Callable[..., Project]) -> Project:
    """A project with an empty root."""
    made: Project = new_project()
    made.keep()
    return made


@pytest.mark.parametrize("create", [delta, iceberg])
@pytest.mark.parametrize(("least", "outcome"), [(0, "pass"), (1, "fail")])
def test_its_rows_are_counted(create: Callable[[Path], None], least: int, outcome: str, lake: Project) -> None:
    (lake.root / "orders.odcs.yaml").write_text(CONTRACT % least)
    create(lake.root / "shop" / "orders")
    document = lake.results()
    found = {(r["kind"], r["check"]): r["status"] for r in document["results"]}
    assert found["dataset", "rows"] == outcome
    assert (found["dataset", "schema"], found["data_contract", "bound"]) == ("pass", "pass")
    assert document["unclaimed"] == []


def test_a_log_below_a_hidden_directory_is_none(lake: Project) -> None:
    (lake.root / "orders.odcs.yaml").write_text(CONTRACT % 0)
    delta(lake.root / "_old" / "orders")
    document = lake.results()
    assert [r["kind"] for r in document["results"] if r["status"] == "fail"] == ["data_contract"]
    assert {r["kind"] for r in document["results"]} == {"data_contract"}
