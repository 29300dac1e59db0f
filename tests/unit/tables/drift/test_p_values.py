"""P-values adjusted for their number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_mlmonitor.tables.drift.p_values import adjusted, as_many_by_chance

P = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(P)
def test_it_is_benjamini_and_hochberg(values: list[float]) -> None:
    assert adjusted(values) == pytest.approx(list(stats.false_discovery_control(values, method="bh")), abs=1e-12)


@given(P, st.integers(1, 5))
def test_every_check_of_the_same_data_takes_its_part(values: list[float], checks: int) -> None:
    assert adjusted(values, checks) == pytest.approx(list(np.minimum(1, checks * np.array(adjusted(values)))))


@given(P, st.integers(1, 40))
def test_quiet_ones_beside_it_only_raise_it(values: list[float], quiet: int) -> None:
    alone, beside = adjusted(values), adjusted([*values, *[1.0] * quiet])
    assert all(one <= other + 1e-15 for one, other in zip(alone, beside, strict=False))
    assert beside[len(values) :] == [1.0] * quiet


def test_of_nothing_nothing() -> None:
    assert adjusted([]) == []


@given(st.integers(0, 100_000), st.floats(0, 1), st.floats(0, 1.2))
def test_a_rate_by_chance_is_the_binomial_tail_of_scipy(trials: int, share: float, rate: float) -> None:
    successes = round(trials * share)
    expected = stats.binom.sf(successes - 1, trials, min(rate, 1.0))
    assert as_many_by_chance(successes, trials, rate) == pytest.approx(expected, rel=1e-7, abs=1e-12)
