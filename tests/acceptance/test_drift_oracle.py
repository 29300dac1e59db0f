"""Drift of the two shared builds against their reference, as the oracle computed it with numpy and scipy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift

from .shared import ARTIFACTS, GOOD, WHY_SKIPPED, oracle

pytestmark = pytest.mark.skipif(not (ARTIFACTS / "oracle").is_dir(), reason=WHY_SKIPPED)


FEW_VALUES = ("ft_day_of_week", "ft_is_weekend", "target_empty_next_hour")


def build(name: str) -> Path:
    (file,) = (GOOD / "p2" / name / "output").glob("training_dataset_*.parquet")
    return file


@cache
def results() -> dict[str, Any]:
    found: dict[str, Any] = oracle("drift_statistics")["results"]
    return found


@cache
def drifts(name: str) -> dict[str, FeatureDrift]:
    features: list[Any] = [(feature, "numeric") for feature in results()[name]]
    return {d.feature: d for d in compare(build(name), build("reference"), features)}


@pytest.mark.parametrize("name", ["current_stable", "current_shifted"])
def test_every_statistic_is_the_oracles(name: str) -> None:
    assert len(results()[name]) > 20
    for feature, wanted in results()[name].items():
        found = drifts(name)[feature]
        assert found.reason is None
        assert (found.reference_rows, found.current_rows) == (wanted["reference"]["n"], wanted["current"]["n"])
        assert found.reference_null_rate == pytest.approx(wanted["reference"]["null_rate"], abs=1e-12)
        assert found.current_null_rate == pytest.approx(wanted["current"]["null_rate"], abs=1e-12)
        assert found.ks == pytest.approx(wanted["ks_statistic"], abs=1e-12)
        psi = wanted.get("psi_10_quantile_bins")
        # The oracle has none where the reference's deciles make a single bin. Where the rank of a decile is whole, its float
        # is not: the row that stands there changes bins in the oracle, or does not, by the digits of the values.
        if psi is not None:
            whole = found.reference_rows % 10 == 1
            assert found.psi == pytest.approx(psi, abs=1e-4 if whole else 1e-9), feature
        if feature not in FEW_VALUES:  # these by their chi-square
            # Kolmogorov's limit against the finite-size distribution that ks_2samp uses
            assert found.p_ks == pytest.approx(wanted["ks_pvalue"], abs=0.01)
