"""When a distance is no more than chance gives, and p-values adjusted for their number."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_mlmonitor.tables.drift.compare import compare_classes, compare_numbers
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.p_values import adjusted, by_chance


@pytest.mark.parametrize("rows", [30, 60, 200])
def test_samples_of_one_population_differ_by_chance(rows: int) -> None:
    """With few rows a decile is empty by accident, and its floor alone makes a PSI of one: no evidence of anything."""
    rng = np.random.default_rng(5)
    pairs = [compare_numbers("x", list(rng.normal(size=rows)), list(rng.normal(size=rows))) for _ in range(200)]
    assert sum(by_chance(one) for one in pairs) >= 170


def test_a_moved_sample_does_not() -> None:
    rng = np.random.default_rng(5)
    one = compare_numbers("x", list(rng.normal(size=60)), list(rng.normal(1, size=60)))
    assert not by_chance(one)


def test_the_index_is_evidence_from_a_hundred_rows_on() -> None:
    """A tail that thickens moves PSI more than D."""
    many, few = (FeatureDrift("x", "numeric", n, n, ks=0.1, psi=0.9) for n in (100, 99))
    assert (by_chance(many), by_chance(few)) == (False, True)


def test_classes_are_judged_by_chi_square() -> None:
    assert by_chance(compare_classes("x", {"a": 97, "b": 3}, {"a": 100}))
    assert not by_chance(compare_classes("x", {"a": 80, "b": 20}, {"a": 100}))


def test_what_was_not_compared_is_no_chance() -> None:
    assert not by_chance(FeatureDrift("x", "numeric", reason="no such column"))


def test_p_values_are_adjusted_for_their_number() -> None:
    found = [FeatureDrift(name, "categorical", 50, 50, chi2=chi2, degrees=1) for name, chi2 in (("a", 6.0), ("b", 4.0))]
    p = adjusted(found)
    assert p["a"] == pytest.approx(2 * 0.014305878, rel=1e-6)
    assert p["b"] == pytest.approx(0.045500264, rel=1e-6)
