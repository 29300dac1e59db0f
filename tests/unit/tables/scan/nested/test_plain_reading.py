"""What lies inside columns is judged as a plain loop over the values judges it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.nested import nested_scan
from pytest_mlmonitor.tables.scan.scan import scan
from tests.nested_tables import Shape, cases, expected, terms, verdict, written


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nested") / "made.parquet"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_embedded_engine_agrees_with_a_plain_loop(
    place: Path, case: tuple[pa.Table, list[Shape], list[Any]]
) -> None:
    table, found, values = case
    written(table, place)
    contract, wanted = terms(found), expected(found, values)
    for small, held in ((engine.SMALL_ROWS, nested_scan.MAX_BYTES), (0, 16)):  # whole batches; slices, and DuckDB
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "SMALL_ROWS", small)
            patch.setattr(nested_scan, "MAX_BYTES", held)
            assert verdict(scan(place, contract), contract) == wanted
