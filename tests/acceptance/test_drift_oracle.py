"""Drift of the two shared builds against their reference, as the oracle computed it with numpy and scipy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.p_values import p_value

from .shared import ARTIFACTS, GOOD, WHY_SKIPPED, oracle

pytestmark = pytest.mark.skipif(not (ARTIFACTS / "oracle").is_dir(), reason=WHY_SKIPPED)


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
        # The oracle has no PSI where the reference's deciles make a single bin; neither have we.
        psi = wanted.get("psi_10_quantile_bins")
        assert found.psi == (None if psi is None else pytest.approx(psi, abs=1e-9)), feature
        # Kolmogorov's limit against the finite-size distribution that ks_2samp uses
        assert p_value(found) == pytest.approx(wanted["ks_pvalue"], abs=0.01)
