"""A drift in few words: which feature and by how much, not from what it drifted."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.verdict import Moved
from pytest_mlmonitor.tables.drift.wording import finding

AGAINST = "scores@20261126_020000 (the newest version without a fault before it)"


@pytest.mark.parametrize(
    ("figure", "told", "words"),
    [
        ("psi", {"psi": 0.358, "ks": 0.223}, "score drifted (PSI 0.358, D 0.223)"),
        ("ks", {"psi": 0.358, "ks": 0.223}, "score drifted (D 0.223, PSI 0.358)"),
        ("psi", {"psi": 0.358}, "score drifted (PSI 0.358)"),
        (
            "null_rise",
            {"current_null_rate": 0.25, "reference_null_rate": 0.01},
            "score is null in 25 % of the rows, 1 % before",
        ),
        ("unseen_share", {"unseen_share": 0.25, "unseen": (("x", 3),)}, "score has new categories in 25 % of the rows"),
    ],
)
def test_it_is_short(figure: Any, told: dict[str, Any], words: str) -> None:
    kind: Any = "categorical" if figure == "unseen_share" else "numeric"
    one = Moved(FeatureDrift("score", kind, **told), figure, Severity.ERROR, 0.25, 0.1, 1e-9)
    said = finding(one, DriftLimits.of(Settings()), AGAINST, None)
    assert said.short is not None
    assert said.short.replace("%", " %").replace("  ", " ") == words
    assert AGAINST in said.message
