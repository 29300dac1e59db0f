"""Where a bound pandera schema speaks of columns the default rates give way, whoever judges it: the scan or pandera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as p
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform, built_in
from tests.unit.support import NOW, READER

ODCS = "kind: DataContract\napiVersion: v3.1.0\nid: t\nversion: 1.0.0\nschema: [{name: t}]\n"


def found(root: Path, schema: Any) -> list[tuple[str, str]]:
    """Return (check, message) of every finding of the dataset ``t`` that ``schema`` is bound to."""
    (root / "t.odcs.yaml").write_text(ODCS)
    platform = Platform((root,), Settings(), NOW, reader=READER, schemas={"t": schema})
    ((ref, dataset),) = [(ref, a) for ref, a in platform.artifacts if ref.kind == "dataset"]
    context = platform.context(ref)
    results = [
        run_check(c, dataset, context, ref) for c in built_in() if c.kind == "dataset" and c.concerns(dataset, context)
    ]
    assert [r.reason for r in results if r.status == "error"] == []
    return [(r.check, f.message) for r in results for f in r.findings if f.severity.word != "info"]


def nullable(dtype: Any) -> p.DataFrameSchema:
    return p.DataFrameSchema({"x": p.Column(dtype, nullable=True)})


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("Int64", [1, None]),
        ("UInt8", [1, None]),
        ("Float64", [1.5, None]),
        ("boolean", [True, None]),
        ("string", ["a", None]),
        (pd.StringDtype(), ["a", None]),
        (pd.ArrowDtype(pa.int64()), [1, None]),
        (pd.CategoricalDtype(["a"]), ["a", None]),
    ],
    ids=str,
)
def test_what_the_schema_allows_no_default_rate_refuses(tmp_path: Path, dtype: Any, values: list[Any]) -> None:
    pd.DataFrame({"x": pd.array(values, dtype)}).to_parquet(tmp_path / "t.parquet")
    assert found(tmp_path, nullable(dtype)) == []


def test_a_schema_for_polars_speaks_too(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    import pandera.polars as q

    pq.write_table(pa.table({"x": pa.array([1, None], pa.int64())}), tmp_path / "t.parquet")
    assert found(tmp_path, q.DataFrameSchema({"x": q.Column(polars.Int64, nullable=True)})) == []


def test_what_the_schema_refuses_is_refused_once_and_by_the_schema(tmp_path: Path) -> None:
    pd.DataFrame({"x": pd.array([1, None], "Int64")}).to_parquet(tmp_path / "t.parquet")
    ((check, message),) = found(tmp_path, p.DataFrameSchema({"x": p.Column("Int64")}))
    assert check == "python_checks" and message == "x is null in 1 of 2 rows: expected no nulls; first row 2: null"


def test_a_schema_without_columns_leaves_the_rates_in_force(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, None]}), tmp_path / "t.parquet")
    assert {check for check, _ in found(tmp_path, p.DataFrameSchema())} == {"null_rates", "enough_rows"}


@pytest.mark.parametrize(
    ("dtype", "type_", "value", "becomes"),
    [("Int64", pa.int64(), 1, "float64"), (int, pa.int64(), 1, "float64"), (bool, pa.bool_(), True, "object")],
)
def test_why_a_column_with_nulls_has_not_the_dtype(
    tmp_path: Path, dtype: Any, type_: Any, value: object, becomes: str
) -> None:
    pq.write_table(pa.table({"x": pa.array([value, None], type_)}), tmp_path / "t.parquet")
    ((check, message),) = found(tmp_path, nullable(dtype))
    assert check == "rows"
    assert f"x is null in 1 of 2 rows: expected no nulls: with them pandas makes it {becomes}, which is not" in message


@pytest.mark.parametrize(("hours", "count"), [(("01", "23"), 0), (("01", "24"), 1)])
def test_a_check_in_python_sees_partition_values_of_the_schema_s_type(
    tmp_path: Path, hours: tuple[str, ...], count: int
) -> None:
    for hour in hours:
        (tmp_path / "t" / f"hour={hour}").mkdir(parents=True)
        pq.write_table(pa.table({"x": [1]}), tmp_path / "t" / f"hour={hour}" / "part.parquet")
    schema = p.DataFrameSchema(
        {"x": p.Column(int), "hour": p.Column(int, p.Check(lambda hours: hours < 24, name="day"))}
    )
    messages = found(tmp_path, schema)
    assert len(messages) == count and all("day" in message for _, message in messages)
