"""Comparing two parquet files: kinds, types, nulls, and why a feature is not compared."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_mlmonitor.tables.drift import column, gather
from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests.unit.tables.drift.drift_tables import drift, plain_psi, write

NUMBERS = [float(i % 7) for i in range(60)]
START = datetime(2026, 4, 26, tzinfo=UTC)
SIDE = st.lists(st.none() | st.sampled_from([float("nan"), -0.0]) | st.floats(), min_size=1, max_size=120)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drift")


def there(values: Any) -> np.ndarray:
    return np.array([value for value in values if value is not None and not math.isnan(value)], float)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SIDE, SIDE, st.integers(1, 50))
def test_nulls_and_nan_are_dropped_and_row_groups_make_no_difference(
    place: Path, current: list[float | None], reference: list[float | None], group: int
) -> None:
    files = (
        write(place / "c.parquet", current, pa.float64(), group),
        write(place / "r.parquet", reference, pa.float64()),
    )
    (found,) = compare(*files, [("x", "numeric")])
    c, r = there(current), there(reference)
    assert (found.current_rows, found.reference_rows) == (len(c), len(r))
    assert found.current_null_rate == pytest.approx(1 - len(c) / len(current))
    if min(len(c), len(r)) < 30:
        assert found.reason is not None
        assert found.ks is found.psi is None
    else:
        assert found.ks == pytest.approx(stats.ks_2samp(c, r).statistic, abs=1e-12)
        if np.isfinite(r).all() and abs(r).max() < 1e300:
            assert found.psi == (None if plain_psi(r, c) is None else pytest.approx(plain_psi(r, c), abs=1e-9))


def test_long_columns_fold_and_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "ROOM", 1_000)
    random = np.random.default_rng(3)
    for values in (random.integers(0, 9, 90_000).astype(float), random.normal(size=90_000)):
        found = drift(tmp_path, values[:50_000], values[50_000:] * 1.01)
        assert found.ks == pytest.approx(stats.ks_2samp(values[:50_000], values[50_000:] * 1.01).statistic, abs=1e-12)


@pytest.mark.parametrize(
    "type_",
    [pa.int8(), pa.uint16(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.decimal128(9, 2), pa.bool_()],
    ids=str,
)
def test_numbers_of_any_type_are_compared_with_floats(tmp_path: Path, type_: pa.DataType) -> None:
    values = [value % 2 for value in NUMBERS] if type_ == pa.bool_() else NUMBERS
    typed = pa.array([Decimal(v) for v in values] if pa.types.is_decimal(type_) else values).cast(type_)
    found = drift(tmp_path, typed, [v + 1 for v in values])
    assert found.reason is None
    assert found.ks == pytest.approx(stats.ks_2samp(values, [v + 1 for v in values]).statistic, abs=1e-12)
    assert drift(tmp_path, typed, values).ks == 0.0


def test_decimals_are_the_floats_that_are_written_alike(tmp_path: Path) -> None:
    """Arrow's own cast ends a trace beside a third of them: an equal table of doubles, or of more places, had drifted."""
    steps = [-4997.9, 0.3, 499.7] * 20 + [round(0.1 * i, 1) for i in range(-30, 30)]
    text = pa.array([str(value) for value in steps])
    scales = [pa.decimal128(9, 1), pa.decimal64(12, 3), pa.decimal128(38, 10), pa.decimal256(50, 20)]
    columns = [pa.array(steps), *(text.cast(type_) for type_ in scales), text.cast(scales[0]).dictionary_encode()]
    for reference in columns:
        for current in columns:
            found = drift(tmp_path, current, reference)
            assert (found.ks, found.psi) == (0.0, 0.0), (current.type, reference.type)


def test_large_integers_are_not_rounded(tmp_path: Path) -> None:
    big = 2**60
    assert drift(tmp_path, [big + 1] * 40, [big] * 40).ks == 1.0
    assert drift(tmp_path, [big + 1] * 40, [float(big)] * 40).ks == 0.0  # as float64 they are one


def test_times_are_compared_in_the_finer_unit(tmp_path: Path) -> None:
    moments = [START + timedelta(hours=h) for h in range(60)]
    utc = pa.array(moments, pa.timestamp("s", "UTC"))
    assert drift(tmp_path, utc, pa.array(moments, pa.timestamp("ns", "Europe/Paris"))).ks == 0.0
    later = pa.array([m + timedelta(microseconds=1) for m in moments], pa.timestamp("us"))
    assert drift(tmp_path, later, utc).ks == pytest.approx(1 / 60)
    days = pa.array([date(2026, 4, 26)] * 40)
    assert drift(tmp_path, days, pa.array([START] * 40, pa.timestamp("us", "UTC"))).ks == 0.0
    far = pa.array([2**62] * 40, pa.timestamp("ms"))
    assert drift(tmp_path, far, pa.array(moments, pa.timestamp("ns"))).ks == 1.0
    assert drift(tmp_path, pa.array([5] * 40, pa.duration("s")), pa.array([5000] * 40, pa.duration("ms"))).ks == 0.0


@pytest.mark.parametrize(
    "make",
    [
        pa.array,
        lambda v: pa.array(v, pa.large_string()),
        lambda v: pa.array(v).dictionary_encode(),
        lambda v: pa.array(v, pa.string_view()),
    ],
)
def test_categories_of_text(tmp_path: Path, make: Any) -> None:
    reference, current = ["a"] * 50 + ["b"] * 30 + [None] * 20, ["a"] * 40 + ["c"] * 5 + ["d"] * 5
    found = drift(tmp_path, make(current), make(reference), "categorical", extra=True)
    table = [[50, 30, 0, 0], [40, 0, 5, 5]]
    wanted = stats.chi2_contingency(table, correction=False)
    assert found.chi2 == pytest.approx(wanted.statistic)
    assert found.p_psi is not None and 0 < found.p_psi < 0.01
    assert (found.unseen, found.unseen_share) == ((("c", 5), ("d", 5)), 0.2)
    assert (found.reference_rows, found.reference_null_rate) == (80, 0.2)
    p, q = (np.maximum(np.array(row) / sum(row), 1e-6) for row in table)
    assert found.psi == pytest.approx(float(np.sum((q - p) * np.log(q / p))))
    assert found.ks is None
    assert found.jensen_shannon is not None


@pytest.mark.parametrize("types", [(pa.int32(), pa.int64()), (pa.int8(), pa.float64()), (pa.int64(), pa.uint8())])
def test_categories_of_numbers(tmp_path: Path, types: tuple[pa.DataType, pa.DataType]) -> None:
    current, reference = [1] * 40 + [2] * 10, [1] * 30 + [3] * 30
    found = drift(tmp_path, pa.array(current, types[0]), pa.array(reference).cast(types[1]), "categorical")
    assert found.chi2 == pytest.approx(stats.chi2_contingency([[30, 0, 30], [40, 10, 0]], correction=False).statistic)
    assert found.unseen == (("2", 10),)


def test_more_unseen_categories_than_are_shown(tmp_path: Path) -> None:
    found = drift(tmp_path, [f"new{i}" * 50 for i in range(40)], ["old"] * 40, "categorical")
    assert len(found.unseen) == 5
    assert max(len(name) for name, _ in found.unseen) == 80
    assert found.unseen_share == 1.0


def test_constants_have_not_moved(tmp_path: Path) -> None:
    found = drift(tmp_path, [3] * 40, [3] * 50)
    assert (found.ks, found.psi, found.other_share, found.p_other, found.reason) == (0.0, None, 0.0, 1.0, None)
    found = drift(tmp_path, ["a"] * 40, ["a"] * 50, "categorical")
    assert (found.chi2, found.psi, found.p_psi) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("current", "reference", "kind", "reason"),
    [
        ([1.0] * 29, [1.0] * 30, "numeric", "only 29 values in the current table, at least 30 are needed"),
        ([1.0] * 30, [1.0] + [None] * 99, "numeric", "only 1 value in the reference, at least 30 are needed"),
        ([float("nan")] * 40, [1.0] * 30, "numeric", "no values in the current table, at least 30 are needed"),
        (["a"] * 40, [1.0] * 40, "numeric", "text (string) in the current table, not numbers"),
        (["a"] * 40, [1.0] * 40, "categorical", "string in the current table against double in the reference"),
        ([[1]] * 40, [1.0] * 40, "numeric", "list<element: int64> in the current table cannot be compared"),
        ([None] * 40, [1.0] * 40, "numeric", "null in the current table cannot be compared"),
        (list(range(1001)), [1] * 40, "categorical", "more than 1,000 categories in the current table"),
        (["a"] * 40, [str(i) for i in range(1001)], "categorical", "more than 1,000 categories in the reference"),
        (["a"] * 40, [str(i) for i in range(5000)], "categorical", "more than 1,000 categories in the reference"),
    ],
)
def test_why_a_feature_is_not_compared(tmp_path: Path, current: Any, reference: Any, kind: Any, reason: str) -> None:
    found = drift(tmp_path, current, reference, kind)
    assert found.reason == reason
    assert (found.ks, found.psi, found.chi2) == (None, None, None)


def test_columns_that_a_side_lacks(tmp_path: Path) -> None:
    left, right = tmp_path / "c.parquet", tmp_path / "r.parquet"
    pq.write_table(pa.table({"a": NUMBERS, "b": NUMBERS}), left)
    pq.write_table(pa.table({"b": NUMBERS, "c": NUMBERS}), right)
    found = compare(left, right, [(name, "numeric") for name in "abcd"])
    assert [one.reason for one in found] == [
        "no such column in the reference",
        None,
        "no such column in the current table",
        "no such column in the current table and the reference",
    ]


def test_columns_pass_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    left, right = tmp_path / "c.parquet", tmp_path / "r.parquet"
    pq.write_table(pa.table({f"c{i}": random.normal(i, size=100) for i in range(7)}), left)
    pq.write_table(pa.table({f"c{i}": random.normal(0, size=90) for i in (6, 0, 2, 1, 3)}), right)
    features: list[Any] = [(f"c{i}", "numeric") for i in (3, 1, 4, 0, 6, 3)]
    together = compare(left, right, features)
    monkeypatch.setattr(column, "PASS_BYTES", 2 * 8 * 95)
    assert compare(left, right, features) == together
    assert [one.feature for one in together] == [name for name, _ in features]


def test_a_table_in_many_files(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=300)
    whole = write(tmp_path / "whole.parquet", values)
    for day in range(3):
        (tmp_path / "parts" / f"day={day}").mkdir(parents=True)
        write(tmp_path / "parts" / f"day={day}" / "x.parquet", values[100 * day : 100 * day + 100])
    found = compare(tmp_path / "parts", whole, [("x", "numeric")], cache=tmp_path / "cache")
    assert (found[0].current_rows, found[0].ks) == (300, 0.0)
    assert compare(whole, tmp_path / "parts", [("x", "numeric")], cache=tmp_path / "cache")[0].ks == 0.0


def test_whose_fault_it_is(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.parquet", NUMBERS), tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.raises(Unreadable, match=r"^cannot be read as parquet"):
        compare(bad, good, [("x", "numeric")])
    for cache in (None, tmp_path / "cache"):
        with pytest.raises(Unreadable, match=r"^has a reference, bad.parquet, that cannot be read as parquet"):
            compare(good, bad, [("x", "numeric")], cache=cache)


def test_it_runs_in_the_reader_process(tmp_path: Path) -> None:
    reader = IsolatedReader()
    try:
        files = (write(tmp_path / "c.parquet", NUMBERS), write(tmp_path / "r.parquet", NUMBERS))
        (found,) = reader.call("drift", files[0], files[1], [("x", "numeric")], cache=None, extra=False)
        assert (found.feature, found.ks, found.psi) == ("x", 0.0, 0.0)
    finally:
        reader.close()
