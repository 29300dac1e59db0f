"""PSI, chi-square and Jensen-Shannon, against plain numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from pytest_mlmonitor.tables.drift.sample import Sample, collapsed
from pytest_mlmonitor.tables.drift.statistics import bins, shares
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
    wanted, edges = plain_psi(reference, current), bins.reference_edges(samples[0])
    if edges is None:
        assert wanted is None
    else:
        counts = [bins.counts_between(edges, sample) for sample in samples]
        assert [side.sum() for side in counts] == [len(reference), len(current)]
        assert shares.psi(*counts) == pytest.approx(wanted, abs=1e-12)


@given(TABLE)
def test_chi_square_is_that_of_scipy_without_yates(table: np.ndarray) -> None:
    wanted = stats.chi2_contingency(table[:, table.sum(axis=0) > 0], correction=False)
    assert shares.chi_square(*table) == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-9)


@given(TABLE)
def test_jensen_shannon_is_that_of_scipy(table: np.ndarray) -> None:
    assert shares.jensen_shannon(*table) == pytest.approx(jensenshannon(*table, base=2), abs=1e-7)
