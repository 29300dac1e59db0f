"""What a letter is does not hang on the size of a table: Arrow and DuckDB know different versions of Unicode."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, TableContract
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.scan import scan

LATE = "\U0002ebf0"
"""An ideograph of Unicode 15.1."""
VALUES = pa.array(["a", LATE, "7", None, "é"])
LETTERS = r"^\p{L}$"


@pytest.fixture(params=[engine.SMALL_ROWS, 0], ids=["Arrow", "DuckDB"])
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(engine, "SMALL_ROWS", request.param)
    pq.write_table(pa.table({"x": VALUES, "y": VALUES.dictionary_encode()}), tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


@pytest.mark.parametrize("column", ["x", "y"])
@pytest.mark.parametrize("pattern", [LETTERS, r"^\P{N}$", r"(?i)^\pL$"])
def test_both_engines_find_the_same_rows(table: Path, column: str, pattern: str) -> None:
    expected = [i for i, like in enumerate(pc.match_substring_regex(VALUES, pattern).to_pylist(), 1) if like is False]
    contract = TableContract("t", (Column(column, nullable=True, pattern=pattern),))
    (failure,) = scan(table, contract).failures
    assert ([number for number, _, _ in failure.sample], failure.rows) == (expected, len(expected))


def test_metrics_count_the_same_values(table: Path) -> None:
    metric = Metric("invalid", Limit("==", (0,)), ("x",), valid=Column("", pattern=LETTERS))
    profile = scan(table, TableContract("t", (), metrics=(metric,)))
    expected = pc.match_substring_regex(VALUES, LETTERS).to_pylist().count(False)
    assert profile.figures[0, 0] == expected
