"""What must be seen of each fault, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Expected:
    """Of one fault.

    Attributes:
        checks: kind and name of every check that must fail.
        rules: of Prometheus that must fire.
    """

    checks: frozenset[tuple[str, str]]
    rules: frozenset[str]


def _of(rules: str, **checks: str) -> Expected:
    pairs = {(kind, name) for kind, names in checks.items() for name in names.split()}
    return Expected(frozenset(pairs), frozenset(rules.split()))


EXPECTED: Mapping[str, Expected] = MappingProxyType(
    {
        "covariate": _of("MLMonitorDriftCritical", dataset="drift"),
        "label": _of("MLMonitorDriftCritical", dataset="target_drift concept_drift"),
        "concept": _of("MLMonitorDriftCritical", dataset="concept_drift"),
        "missing_values": _of("MLMonitorOtherCheckFailed MLMonitorDriftCritical", dataset="rows drift"),
        "schema": _of("MLMonitorOtherCheckFailed", dataset="schema schema_version"),
        "categorical": _of("MLMonitorDriftCritical", dataset="drift"),
        "temporal": _of("MLMonitorQualityFailed", dataset="point_in_time"),
        "outage": _of("MLMonitorDeploymentUnhealthy", deployment="serving_health"),
        "bad_promotion": _of(
            "MLMonitorOtherCheckFailed MLMonitorRocAucLow", training_run="promotion", model_registry="not_rejected"
        ),
        "stale_build": _of("MLMonitorDatasetStale", dataset="freshness"),
    }
)
