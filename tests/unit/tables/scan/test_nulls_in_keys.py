"""One rule for nulls in keys, everywhere: a row with a null in its key repeats nothing. NaN is one where the contract says so."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, TableContract
from pytest_mlmonitor.tables.profile import Statistics
from pytest_mlmonitor.tables.rules import repetitions, row_findings
from pytest_mlmonitor.tables.scan import engine
from pytest_mlmonitor.tables.scan.scan import scan

NAN = math.nan
NONE = Limit("==", (0,))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, NAN, 0.0, -0.0, 1.5]), st.sampled_from([None, "a", "b"]), st.sampled_from([None, 1])
    ),
    max_size=9,
)
METRICS = (
    Metric("duplicate", NONE, ("x", "s", "n")),
    Metric("duplicate", NONE, ("s", "x")),
    Metric("duplicate", NONE, ("x",)),
    Metric("null", NONE, ("x",)),
    Metric("missing", NONE, ("x",), missing=(1.5,)),
    Metric("invalid", NONE, ("x",), valid=Column("x", values=(0,))),
)


def write(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    columns = [pa.array([row[i] for row in rows], t, from_pandas=False) for i, t in
               enumerate((pa.float64(), pa.string(), pa.int64()))]  # fmt: skip
    pq.write_table(pa.table(columns, names=["x", "s", "n"]), path)
    return path


def repeated(keys: list[tuple[Any, ...]], nan: str) -> tuple[int, int]:
    """Return the number of keys that occur more than once, and of rows beyond the first of each."""

    def is_null(value: object) -> bool:
        return value is None or (nan == "null" and isinstance(value, float) and math.isnan(value))

    whole = [key for key in keys if not any(map(is_null, key))]
    same = Counter(tuple("NaN" if isinstance(v, float) and math.isnan(v) else v for v in key) for key in whole)
    more = [times - 1 for times in same.values() if times > 1]
    return len(more), sum(more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "made.parquet"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(["refuse", "null", "allow"]), st.sampled_from([0, engine.SMALL_ROWS]))
def test_keys_and_figures_are_those_of_a_plain_reading(
    place: Path, rows: list[tuple[Any, ...]], nan: Literal["refuse", "null", "allow"], small: int
) -> None:
    contract = TableContract(
        "made",
        (Column("x", nullable=True, unique=True, nan=nan), Column("s", nullable=True), Column("n", nullable=True)),
        key=("x", "s"),
        min_rows=0,
        no_all_null=False,
        metrics=METRICS,
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "SMALL_ROWS", small)
        profile = scan(write(place, rows), contract, Statistics(unique=(("s", "n"),)))
    for columns, keys in ((("x", "s"), [row[:2] for row in rows]), (("x",), [row[:1] for row in rows])):
        found = repetitions(profile, contract, columns)
        assert ((found.keys, found.rows) if found else (0, 0)) == repeated(keys, nan)
    built_in = profile.duplicates.get(("s", "n"))
    assert (built_in.rows if built_in else 0) == repeated([row[1:] for row in rows], nan)[1]
    is_nan = sum(row[0] is not None and math.isnan(row[0]) for row in rows)
    nulls = sum(row[0] is None for row in rows)
    assert [profile.figures.get((0, number), 0) for number in range(len(METRICS))] == [
        repeated(rows, nan)[1],
        repeated([(row[1], row[0]) for row in rows], nan)[1],
        repeated([row[:1] for row in rows], nan)[1],
        nulls + (is_nan if nan == "null" else 0),
        nulls + (is_nan if nan != "allow" else 0) + sum(row[0] == 1.5 for row in rows),
        sum(row[0] == 1.5 for row in rows) + (0 if nan == "null" else is_nan),
    ]


def test_two_contracts_may_differ_on_nan(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [(NAN, "a", 1), (NAN, "a", 1)])
    contracts = [
        TableContract("t", (Column("x", unique=True, nullable=True, nan=nan),), extra="allow")
        for nan in ("null", "allow")
    ]
    profile = scan(path, contracts)
    assert [bool(repetitions(profile, contract, ("x",))) for contract in contracts] == [False, True]


@pytest.mark.parametrize(("nan", "said"), [("null", True), ("allow", False)])
def test_a_column_of_nulls_and_nan_holds_nothing(nan: Any, said: bool, tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [(NAN, "a", 1), (None, "a", 1)])
    contract = TableContract("t", (Column("x", nullable=True, nan=nan),), extra="allow", no_all_null=True)
    findings = [finding.message for finding in row_findings(scan(path, contract), contract, path)]
    assert findings == (["column 'x' is null in every row: expected at least one value"] if said else [])
