"""How often a verdict is wrong: samples of one population, samples that moved, and what may not matter."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.drift.feature_drift import ConceptDrift, FeatureDrift
from pytest_mlmonitor.tables.drift.verdict import judged, judged_concepts, judged_distributions
from tests.unit.tables.drift.simulated import LIMITS, NUMBERS, breast_cancer, category, halves, number, table

TABLES = 200


def raised(found: list[FeatureDrift]) -> set[str]:
    return {one.drift.feature for one in judged(found, LIMITS) if one.severity > Severity.INFO}


# Samples of one population.


def test_random_halves_of_a_real_table_seldom_raise_a_finding() -> None:
    """The table of 30 skewed features of which 157 of 200 pairs of halves warned."""
    features, _ = breast_cancer()
    flagged = 0
    for one, other in halves(len(features), TABLES):
        flagged += bool(raised([number(f"f{i}", features[other, i], features[one, i]) for i in range(30)]))
    assert flagged <= 18


@pytest.mark.parametrize("sizes", [(30, 30), (284, 285), (30, 3_000), (3_000, 100)], ids=str)
def test_samples_of_one_population_seldom_raise_a_finding(sizes: tuple[int, int]) -> None:
    """At most 5 % of tables, two standard errors of a simulation more."""
    tables = 100
    flagged = sum(bool(raised(table(np.random.default_rng([seed, *sizes]), *sizes))) for seed in range(tables))
    assert flagged <= tables * (0.05 + 2 * math.sqrt(0.05 * 0.95 / tables))


def test_what_chance_gives_is_information_with_its_p_value() -> None:
    rng = np.random.default_rng(3)
    moved = judged([number("x", rng.normal(size=40), rng.normal(size=40))], LIMITS)
    assert [(one.figure, one.severity) for one in moved] == [("psi", Severity.INFO)]
    assert moved[0].value > LIMITS.psi_error and moved[0].p >= 0.05


# Samples that moved.


def test_three_tenths_of_a_deviation_are_found_among_thirty_features() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        quiet = [number(f"f{i}", *rng.normal(size=(2, 5_000))) for i in range(29)]
        found = [*quiet, number("moved", rng.normal(0.3, size=5_000), rng.normal(size=5_000))]
        moved = judged(found, LIMITS)
        assert [(one.drift.feature, one.severity) for one in moved] == [("moved", Severity.WARNING)]


def test_a_new_category_is_found_among_thirty_features() -> None:
    shares = np.random.default_rng(1).dirichlet(np.ones(100))
    found = quiet = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        before, same = (rng.choice(100, 1_000, p=shares) for _ in range(2))
        others = [number(f"f{i}", *rng.normal(size=(2, 1_000))) for i in range(5)]
        now = np.where(rng.random(1_000) < 0.1, 100, same)
        unseen = [one for one in judged([category("x", now, before), *others], LIMITS) if one.figure == "unseen_share"]
        found += [(one.drift.feature, one.severity) for one in unseen] == [("x", Severity.WARNING)]
        quiet += bool(raised([category("x", same, before), *others]))
    assert found == 100
    assert quiet <= 5


@pytest.mark.parametrize("rows", [1_000, 2_000, 10_000])
def test_a_column_of_many_levels_has_no_unseen_ones_in_equal_samples(rows: int) -> None:
    """Of 800 levels a thousand rows show two thirds: the rest of the next sample is new, and means nothing."""
    shares = np.random.default_rng(1).dirichlet(np.ones(800))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        one = category("x", *(rng.choice(800, rows, p=shares) for _ in range(2)))
        moved = judged([one], LIMITS)
        assert [m for m in moved if m.figure == "unseen_share" and m.severity > Severity.INFO] == []
        assert rows > 2_000 or [m for m in moved if m.figure == "unseen_share"]  # what the share alone would say


def test_about_a_thousand_levels_are_no_explosion() -> None:
    """990 of a population's levels in one build and 1,010 in the next: nobody exploded, one of both cannot be compared."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(40):
        one = category("x", *(rng.choice(1_100, 2_600) for _ in range(2)))
        found.append(one.exploded)
        assert raised([one]) == set()
    assert any(found)
    exploded = category("x", rng.choice(1_500, 2_600), rng.choice(3, 2_600))
    (moved,) = judged([exploded], LIMITS)
    assert (moved.figure, moved.severity) == ("categories", Severity.ERROR)
    many = category("x", np.arange(6_000), rng.choice(3, 2_600))
    assert (many.unseen_share, judged([many], LIMITS)[0].severity) == (None, Severity.ERROR)
    ids = category("x", np.arange(6_000), np.arange(900))
    assert raised([ids]) == set()


@pytest.mark.parametrize(
    ("nulls", "rows", "found"), [(30, 1_000, set()), (60, 1_000, {"x"}), (12, 100, {"x"}), (3, 40, set())]
)
def test_nulls_that_rise(nulls: int, rows: int, found: set[str]) -> None:
    rng = np.random.default_rng(1)
    now = rng.normal(size=rows)
    now[:nulls] = np.nan
    assert raised([number("x", now, rng.normal(size=rows))]) == found


def test_nulls_that_rise_by_chance_are_information() -> None:
    rng = np.random.default_rng(1)
    before, now = rng.normal(size=(2, 60))
    before[:10], now[:14] = np.nan, np.nan
    (moved,) = (one for one in judged([number("x", now, before)], LIMITS) if one.figure == "null_rise")
    assert (moved.severity, moved.value) == (Severity.INFO, pytest.approx(4 / 60))


def test_every_figure_is_a_finding_by_its_own_p_value() -> None:
    """The index passes its limit and is chance; the distance passes its own and is not."""
    one = FeatureDrift("x", "numeric", 50, 50, ks=0.15, psi=0.9, p_ks=0.001, p_psi=0.5)
    (moved,) = judged([one], LIMITS)
    assert (moved.figure, moved.severity, moved.p) == ("ks", Severity.WARNING, pytest.approx(0.001 * 2 * 3))
    (moved,) = judged([replace(one, p_psi=0.001, p_ks=0.5)], LIMITS)
    assert (moved.figure, moved.severity, moved.p) == ("psi", Severity.ERROR, pytest.approx(0.001 * 2 * 3))
    (moved,) = judged([replace(one, p_ks=0.2)], LIMITS)
    assert moved.severity is Severity.INFO


def test_a_family_has_all_figures_of_all_features() -> None:
    numeric = FeatureDrift("x", "numeric", 50, 50, 0.0, 0.0, ks=0.15, psi=0.15, p_ks=0.004, p_psi=0.9, p_nulls=1.0)
    text = FeatureDrift(
        "y", "categorical", 50, 50, 0.0, 0.0, psi=0.0, unseen_share=0.0, p_psi=1.0, p_unseen=1.0, p_nulls=1.0
    )
    (moved,) = (one for one in judged([numeric, text], LIMITS) if one.figure == "ks")
    assert moved.p == pytest.approx(3 * 6 * 0.004)
    (moved,) = (one for one in judged_distributions([numeric, text], LIMITS, checks=1) if one.figure == "ks")
    assert moved.p == pytest.approx(3 * 0.004)


# What may not matter.


@pytest.mark.parametrize("change", [np.exp, lambda x: x**3, lambda x: 7 - 3 * x], ids=["exp", "cube", "affine"])
@pytest.mark.parametrize("rows", [31, 501, 1_001])
def test_monotone_maps_change_nothing(change: object, rows: int) -> None:
    """Where the ranks of deciles are whole; between two values a decile moves with them."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before, now = rng.normal(size=rows), rng.normal(0.2, size=rows - 7)
        one, other = (number("x", f(now), f(before)) for f in (lambda x: x, change))  # type: ignore[operator]
        falls = change(1.0) < change(0.0)  # type: ignore[operator]
        if not falls:
            assert (one.ks, one.psi, one.p_ks, one.p_psi) == (other.ks, other.psi, other.p_ks, other.p_psi)
        assert (other.ks, other.p_ks) == pytest.approx((one.ks, one.p_ks), abs=1e-12)


@given(arrays.arrays(np.float64, (2, 50), elements=st.floats(-5, 5) | st.integers(0, 6).map(float)), st.booleans())
def test_sides_may_change_places(sides: np.ndarray, few: bool) -> None:
    one, other = (number("x", *pair) for pair in (sides, sides[::-1]))
    assert one.ks == pytest.approx(other.ks)
    if one.p_psi is not None and other.p_psi is not None:
        assert (one.p_ks, one.p_psi) == pytest.approx((other.p_ks, other.p_psi), rel=1e-9, abs=1e-15)


@given(st.integers(1, 40), st.floats(0.2, 0.6))
def test_equal_features_beside_one_make_no_findings(others: int, shift: float) -> None:
    rng = np.random.default_rng(7)
    one = number("moved", rng.normal(shift, size=200), rng.normal(size=200))
    same = rng.normal(size=200)
    equal = [number(f"f{i}", same, same) for i in range(others)]
    alone, beside = judged([one], LIMITS), judged([one, *equal], LIMITS)
    assert {moved.drift.feature for moved in beside} <= {"moved"}
    p = {moved.figure: moved.p for moved in alone}
    assert all(moved.p >= p[moved.figure] for moved in beside if moved.figure in p)


@pytest.mark.parametrize("law", NUMBERS)
def test_a_sample_has_not_moved_from_itself(law: str) -> None:
    values = NUMBERS[law](np.random.default_rng(2), 500)
    assert judged([number("x", values, values)], LIMITS) == ()


# Concepts.


def test_a_concept_moved_by_its_change_and_its_adjusted_p() -> None:
    found = [ConceptDrift("a", 0.1, 0.3, 0.001), ConceptDrift("b", 0.1, 0.24, 1e-9), ConceptDrift("c", 0.5, 0.2, 0.2)]
    assert [(one.drift.feature, one.severity) for one in judged_concepts(found, 0.15)] == [
        ("a", Severity.ERROR),
        ("c", Severity.INFO),
    ]
