"""pytest_mlmonitor: contract, freshness, quality, serving-health and lineage checks on the artifacts of an ML platform.

The public names, loaded on first use: the plugin's package is imported in every pytest run of its environment.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pytest_mlmonitor.checking import Check, CheckError, ContractViolation, NotChecked, check, run_check
    from pytest_mlmonitor.checks.burn_rate import slo_burn_rate
    from pytest_mlmonitor.checks.chronology import chronology, deployment_chronology
    from pytest_mlmonitor.checks.contract_terms import python_checks, quality_rules, service_levels
    from pytest_mlmonitor.checks.drift import concept_drift, drift, target_drift
    from pytest_mlmonitor.checks.endpoint_health import endpoint_health
    from pytest_mlmonitor.checks.freshness import compute_freshness, freshness
    from pytest_mlmonitor.checks.lineage import (
        dataset_link,
        deployment_dataset_link,
        event_link,
        identity_constant,
        run_link,
    )
    from pytest_mlmonitor.checks.lost_windows import lost_windows
    from pytest_mlmonitor.checks.performance import performance
    from pytest_mlmonitor.checks.prediction_drift import prediction_drift
    from pytest_mlmonitor.checks.prediction_quality import mean_confidence, unseen_classes
    from pytest_mlmonitor.checks.promotion import promotion
    from pytest_mlmonitor.checks.quality import (
        duplicate_rate,
        enough_rows,
        null_rates,
        outliers,
        positive_rate,
        value_ranges,
        volume,
    )
    from pytest_mlmonitor.checks.reconcile import (
        build_timestamp,
        embedded_statistics,
        feature_count,
        row_count,
        schema_version,
    )
    from pytest_mlmonitor.checks.report_metrics import report_metrics
    from pytest_mlmonitor.checks.serving_health import compute_health, serving_health
    from pytest_mlmonitor.checks.skew import skew
    from pytest_mlmonitor.checks.table import point_in_time, rows, schema
    from pytest_mlmonitor.checks.training import metrics_finite
    from pytest_mlmonitor.checks.windows import arithmetic, window_times
    from pytest_mlmonitor.contracts.pandera_schema import training_dataset_schema
    from pytest_mlmonitor.inject import Injection, drifted, inject_drift
    from pytest_mlmonitor.model import (
        Artifact,
        ArtifactRef,
        CheckResult,
        ContractFile,
        Dataset,
        Deployment,
        DeploymentEvent,
        Finding,
        ModelRegistry,
        ModelVersion,
        Predictions,
        ServingWindow,
        Severity,
        TrainingReport,
        TrainingRun,
    )
    from pytest_mlmonitor.promotion_gate import Decision, decide
    from pytest_mlmonitor.read.platform import ArtifactKind, Platform
    from pytest_mlmonitor.read.table import to_pandas
    from pytest_mlmonitor.settings import Settings

_HOMES = {
    "checking": "Check CheckError ContractViolation NotChecked check run_check",
    "checks.burn_rate": "slo_burn_rate",
    "checks.chronology": "chronology deployment_chronology",
    "checks.contract_terms": "python_checks quality_rules service_levels",
    "checks.drift": "concept_drift drift target_drift",
    "checks.endpoint_health": "endpoint_health",
    "checks.freshness": "compute_freshness freshness",
    "checks.lineage": "dataset_link deployment_dataset_link event_link identity_constant run_link",
    "checks.lost_windows": "lost_windows",
    "checks.performance": "performance",
    "checks.prediction_drift": "prediction_drift",
    "checks.prediction_quality": "mean_confidence unseen_classes",
    "checks.promotion": "promotion",
    "checks.quality": "duplicate_rate enough_rows null_rates outliers positive_rate value_ranges volume",
    "checks.reconcile": "build_timestamp embedded_statistics feature_count row_count schema_version",
    "checks.report_metrics": "report_metrics",
    "checks.serving_health": "compute_health serving_health",
    "checks.skew": "skew",
    "checks.table": "point_in_time rows schema",
    "checks.training": "metrics_finite",
    "checks.windows": "arithmetic window_times",
    "contracts.pandera_schema": "training_dataset_schema",
    "inject": "Injection drifted inject_drift",
    "model": "Artifact ArtifactRef CheckResult ContractFile Dataset Deployment DeploymentEvent Figure Finding "
    "ModelRegistry ModelVersion Predictions ServingWindow Severity TrainingReport TrainingRun",
    "promotion_gate": "Decision decide",
    "read.platform": "ArtifactKind Platform",
    "read.table": "to_pandas",
    "settings": "Settings",
}
_NAMES = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names.split()}

__all__ = [  # noqa: PLE0604 (the names are strings; ruff cannot see through the dictionary)
    "__version__",
    *_NAMES,
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(_NAMES[name])
    value = getattr(module, name)
    globals()[name] = value
    return value
