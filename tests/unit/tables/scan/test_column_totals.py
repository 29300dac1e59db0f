"""Extremes and sums of columns that no engine computes: what Python says of the same values."""

from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.plan.terms import Term
from pytest_mlmonitor.tables.scan.column_totals import ColumnTotals

TERMS = {f"{how}{i}": Term(None, how, f"c{i}") for i in (0, 1) for how in ("sum", "min", "max")}  # type: ignore[arg-type]
SCHEMA = pa.schema([("c0", pa.int64()), ("c1", pa.float64())])
NUMBERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=9)
FLOATS = st.lists(st.none() | st.floats(width=32), max_size=9)


@given(st.lists(st.tuples(NUMBERS, FLOATS), max_size=4))
def test_totals_are_what_python_says(parts: list[tuple[list[int | None], list[float | None]]]) -> None:
    totals = ColumnTotals(TERMS, SCHEMA)
    rows: list[tuple[int | None, float | None]] = []
    for several in parts:
        some = list(zip(*several, strict=False))
        rows += some[1:]
        arrays = [pa.array([row[i] for row in some], SCHEMA.field(i).type) for i in (0, 1)]
        (batch,) = totals.watched([pa.record_batch(arrays, schema=SCHEMA).slice(1)])  # where an array does not begin
        assert batch.num_rows == max(0, len(some) - 1)
    whole = [a for a, _ in rows if a is not None]
    floats = [b for _, b in rows if b is not None]
    numbers = [b for b in floats if not math.isnan(b)]
    found = totals.found
    assert (found["sum0"], found["min0"], found["max0"]) == (
        (sum(whole), min(whole), max(whole)) if whole else (None,) * 3
    )
    assert (found["min1"], found["max1"]) == ((min(numbers), max(numbers)) if numbers else (None, None))
    if not floats:
        assert found["sum1"] is None
    elif all(map(math.isfinite, floats)):
        assert math.isclose(found["sum1"], math.fsum(floats), rel_tol=1e-9, abs_tol=1e-9 * sum(map(abs, floats)))
    else:
        assert not math.isfinite(found["sum1"])


def test_what_is_computed_is_left_to_an_engine() -> None:
    terms = {"a": Term(None, "sum"), "b": Term(None, "min", "c2"), "c": Term(None, "min", "c0")}  # type: ignore[arg-type]
    schema = SCHEMA.append(pa.field("c2", pa.string()))
    assert ColumnTotals(terms, schema).found == {"c": None}
