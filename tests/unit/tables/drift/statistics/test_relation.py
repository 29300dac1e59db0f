"""What a feature says of a target, in tables of counts: against plain numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from pytest_mlmonitor.tables.drift.statistics.relation import compared_relation, grade_correlation, somers_d


def tables(columns: int, least: int = 0) -> st.SearchStrategy[np.ndarray]:
    return st.integers(2, 10).flatmap(
        lambda k: arrays.arrays(np.int64, (k, columns), elements=st.integers(least, 40)).filter(
            lambda t: t.sum(axis=0).min() > 0 and (t.sum(axis=1) > 0).sum() > 1
        )
    )


def rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bins of the feature and of the target, row by row."""
    cells = np.repeat(np.arange(table.size), table.ravel())
    return cells // table.shape[1], cells % table.shape[1]


@given(tables(2))
def test_somers_d_is_that_of_scipy(table: np.ndarray) -> None:
    feature, target = rows(table)
    u = stats.mannwhitneyu(feature[target == 1], feature[target == 0]).statistic
    assert somers_d(table) == pytest.approx(2 * u / (table[:, 0].sum() * table[:, 1].sum()) - 1)
    assert somers_d(table) == pytest.approx(stats.somersd(target, feature).statistic)


@given(st.integers(3, 10).flatmap(tables))
def test_the_correlation_of_grades_is_spearmans(table: np.ndarray) -> None:
    wanted = stats.spearmanr(*rows(table)).statistic
    assert grade_correlation(table) == pytest.approx(wanted, abs=1e-9)


@given(tables(2, least=10))
def test_what_did_not_change_did_not_change(table: np.ndarray) -> None:
    for one in (table, np.repeat(table, 2, axis=1)):
        found = compared_relation(one, 3 * one)
        assert found is not None
        assert (found.change, found.p) == (pytest.approx(0, abs=1e-12), pytest.approx(1, abs=1e-6))


def test_where_only_the_feature_moved_the_weighted_relation_stays() -> None:
    """A third of each bin is positive more in the upper ones; the current rows stand in them more often."""
    reference = np.array([[90, 10], [70, 30], [50, 50], [30, 70]]) * 10
    current = reference * np.array([[1], [1], [2], [9]])
    found = compared_relation(reference, current)
    assert found is not None
    assert found.change == pytest.approx(0, abs=1e-12)


def test_where_the_relation_turns_both_say_so() -> None:
    reference = np.array([[90, 10], [70, 30], [50, 50], [30, 70]]) * 5
    found = compared_relation(reference, reference[:, ::-1])
    assert found is not None
    assert found.before == pytest.approx(-found.now)
    assert abs(found.change) > 1 and found.p < 1e-9


@pytest.mark.parametrize(
    "current",
    [
        [[9, 40], [5, 60], [0, 30]],  # nine, then five, then none of a class
        [[50, 50], [2, 2], [1, 2]],  # one bin that both have
        [[0, 0], [0, 0], [50, 50]],
    ],
)
def test_too_few_comparable_rows_say_nothing(current: list[list[int]]) -> None:
    found = compared_relation(np.array([[50, 40], [40, 50], [30, 60]]), np.array(current) // 2)
    assert found is None


@pytest.mark.parametrize("sizes", [(100, 100), (284, 285), (100, 3_000)], ids=str)
@pytest.mark.parametrize("classes", [2, 10])
def test_two_samples_of_one_population_seldom_differ(sizes: tuple[int, int], classes: int) -> None:
    """Also of unequal sizes: the variance is that of both together."""
    rng = np.random.default_rng([classes, *sizes])
    p = []
    for _ in range(300):
        counts = []
        for n in sizes:
            feature = rng.integers(0, 10, n)
            target = np.clip(feature * 0.3 + rng.normal(0, 3, n) + 3, 0, 9).astype(int)
            cells = feature * classes + (target > 4 if classes == 2 else target)
            counts.append(np.bincount(cells, minlength=10 * classes).reshape(10, classes))
        found = compared_relation(*counts)
        p.append(1.0 if found is None else found.p)
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
