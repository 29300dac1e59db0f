"""PSI, chi-square and Jensen-Shannon, against plain numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from pytest_mlmonitor.tables.drift.statistics import shares
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.p_values import p_value
from pytest_mlmonitor.tables.drift.sample import Sample, collapsed
from tests.unit.tables.drift.drift_tables import plain_psi

VALUES = st.one_of(
    arrays.arrays(np.float64, st.integers(30, 80), elements=st.integers(-5, 20).map(float)),
    arrays.arrays(np.float64, st.integers(30, 80), elements=st.floats(-1e6, 1e6)),
)
TABLE = st.integers(1, 9).flatmap(
    lambda k: arrays.arrays(np.int64, (2, k), elements=st.integers(0, 500)).filter(lambda t: t.sum(axis=1).min() > 0)
)


@given(VALUES, VALUES)
def test_psi_is_the_plain_one(reference: np.ndarray, current: np.ndarray) -> None:
    samples = [Sample(*collapsed(np.sort(side))) for side in (reference, current)]
    counts = shares.decile_counts(*samples)
    wanted = plain_psi(reference, current)
    if counts is None:
        assert wanted is None
    else:
        assert counts[0].sum() == len(reference)
        assert counts[1].sum() == len(current)
        assert shares.psi(*counts) == pytest.approx(wanted, abs=1e-12)


@given(TABLE)
def test_chi_square_is_that_of_scipy_without_yates(table: np.ndarray) -> None:
    wanted = stats.chi2_contingency(table[:, table.sum(axis=0) > 0], correction=False)
    chi2, degrees = shares.chi_square(*table)
    assert chi2 == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-9)
    assert degrees == wanted.dof
    found = p_value(FeatureDrift("x", "categorical", chi2=chi2, degrees=degrees))
    assert found == (pytest.approx(wanted.pvalue, abs=1e-9) if degrees else None)


@given(TABLE)
def test_jensen_shannon_is_that_of_scipy(table: np.ndarray) -> None:
    assert shares.jensen_shannon(*table) == pytest.approx(jensenshannon(*table, base=2), abs=1e-7)


@given(st.floats(0.001, 1), st.integers(5_000, 50_000), st.integers(5_000, 50_000))
def test_the_p_value_of_ks_is_near_the_finite_one(distance: float, left: int, right: int) -> None:
    wanted = stats.kstwo.sf(distance, np.round(left * right / (left + right)))
    assert p_value(FeatureDrift("x", "numeric", left, right, ks=distance)) == pytest.approx(wanted, abs=0.01)


def test_values_beyond_the_range_of_the_reference_count() -> None:
    reference, current = np.arange(100.0), np.full(100, 1e9)
    counts = shares.decile_counts(Sample(reference), Sample(current))
    assert counts is not None
    assert counts[1].tolist() == [0] * 9 + [100]
