"""The proof that the suite turns red: every kind of drift, made on purpose, fails the check that should see it.

``inject_drift`` writes a drifted later version of a dataset beside a copy of it, in a directory of the test's own. The
original is never touched.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_mlmonitor import (
    Check,
    ContractViolation,
    Dataset,
    concept_drift,
    drift,
    point_in_time,
    rows,
    schema,
    target_drift,
)

InjectDrift = Callable[..., Dataset]


@pytest.mark.parametrize(
    ("kind", "intensity", "check"),
    [
        ("covariate", 0.3, drift),
        ("label", 0.3, target_drift),
        ("concept", 0.3, concept_drift),
        ("missing_values", 0.3, rows),
        ("schema", 0.3, schema),
        ("categorical", 0.3, drift),
        ("temporal", 0.3, point_in_time),
    ],
    ids=lambda value: value.name if isinstance(value, Check) else None,
)
def test_drift_is_seen(dataset: Dataset, inject_drift: InjectDrift, kind: str, intensity: float, check: Check) -> None:
    """The drifted version breaks the check."""
    drifted = inject_drift(dataset, kind, intensity=intensity)
    with pytest.raises(ContractViolation):
        check(drifted)
