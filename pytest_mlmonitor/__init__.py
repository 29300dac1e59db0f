"""pytest_mlmonitor: contract, freshness, quality, serving-health and lineage checks on the artifacts of an ML platform.

The public names, loaded on first use: the plugin's package is imported in every pytest run of its environment.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
    from pytest_mlmonitor.core.check import Check, CheckError, ContractViolation, NotChecked, check, run_check
    from pytest_mlmonitor.core.finding import Figure, Finding, Severity
    from pytest_mlmonitor.core.policy.settings import Settings
    from pytest_mlmonitor.core.result import CheckResult
    from pytest_mlmonitor.data_contracts.model import ContractFile
    from pytest_mlmonitor.datasets.checks.contract_terms import python_checks, quality_rules, service_levels
    from pytest_mlmonitor.datasets.checks.drift import concept_drift, drift, target_drift
    from pytest_mlmonitor.datasets.checks.freshness import compute_freshness, freshness
    from pytest_mlmonitor.datasets.checks.quality import (
        duplicate_rate,
        enough_rows,
        null_rates,
        outliers,
        positive_rate,
        value_ranges,
        volume,
    )
    from pytest_mlmonitor.datasets.checks.reconcile import (
        build_timestamp,
        embedded_statistics,
        feature_count,
        row_count,
        schema_version,
    )
    from pytest_mlmonitor.datasets.checks.table import point_in_time, rows, schema
    from pytest_mlmonitor.datasets.frame import to_pandas
    from pytest_mlmonitor.datasets.model import Dataset
    from pytest_mlmonitor.datasets.pandera_schema import training_dataset_schema
    from pytest_mlmonitor.inject import Injection, drifted, inject_drift
    from pytest_mlmonitor.links.platform import ArtifactKind, Platform
    from pytest_mlmonitor.predictions.checks.drift import prediction_drift
    from pytest_mlmonitor.predictions.checks.performance import performance
    from pytest_mlmonitor.predictions.checks.quality import mean_confidence, unseen_classes
    from pytest_mlmonitor.predictions.model import Predictions
    from pytest_mlmonitor.registries.checks.promotion import promotion
    from pytest_mlmonitor.registries.gate import Decision, decide
    from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
    from pytest_mlmonitor.serving.checks.burn_rate import slo_burn_rate
    from pytest_mlmonitor.serving.checks.chronology import deployment_chronology
    from pytest_mlmonitor.serving.checks.endpoints import endpoint_health
    from pytest_mlmonitor.serving.checks.health import compute_health, serving_health
    from pytest_mlmonitor.serving.checks.links import deployment_dataset_link, event_link, identity_constant, run_link
    from pytest_mlmonitor.serving.checks.lost_windows import lost_windows
    from pytest_mlmonitor.serving.checks.skew import skew
    from pytest_mlmonitor.serving.checks.windows import arithmetic, window_times
    from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent, ServingWindow
    from pytest_mlmonitor.training.checks.chronology import chronology
    from pytest_mlmonitor.training.checks.links import dataset_link
    from pytest_mlmonitor.training.checks.report_metrics import report_metrics
    from pytest_mlmonitor.training.checks.training import metrics_finite
    from pytest_mlmonitor.training.model import TrainingReport, TrainingRun

_HOMES = {
    "core.artifact": "Artifact ArtifactRef",
    "core.check": "Check CheckError ContractViolation NotChecked check run_check",
    "core.finding": "Figure Finding Severity",
    "core.policy.settings": "Settings",
    "core.result": "CheckResult",
    "data_contracts.model": "ContractFile",
    "datasets.checks.contract_terms": "python_checks quality_rules service_levels",
    "datasets.checks.drift": "concept_drift drift target_drift",
    "datasets.checks.freshness": "compute_freshness freshness",
    "datasets.checks.quality": "duplicate_rate enough_rows null_rates outliers positive_rate value_ranges volume",
    "datasets.checks.reconcile": "build_timestamp embedded_statistics feature_count row_count schema_version",
    "datasets.checks.table": "point_in_time rows schema",
    "datasets.frame": "to_pandas",
    "datasets.model": "Dataset",
    "datasets.pandera_schema": "training_dataset_schema",
    "inject": "Injection drifted inject_drift",
    "links.platform": "ArtifactKind Platform",
    "predictions.checks.drift": "prediction_drift",
    "predictions.checks.performance": "performance",
    "predictions.checks.quality": "mean_confidence unseen_classes",
    "predictions.model": "Predictions",
    "registries.checks.promotion": "promotion",
    "registries.gate": "Decision decide",
    "registries.model": "ModelRegistry ModelVersion",
    "serving.checks.burn_rate": "slo_burn_rate",
    "serving.checks.chronology": "deployment_chronology",
    "serving.checks.endpoints": "endpoint_health",
    "serving.checks.health": "compute_health serving_health",
    "serving.checks.links": "deployment_dataset_link event_link identity_constant run_link",
    "serving.checks.lost_windows": "lost_windows",
    "serving.checks.skew": "skew",
    "serving.checks.windows": "arithmetic window_times",
    "serving.model": "Deployment DeploymentEvent ServingWindow",
    "training.checks.chronology": "chronology",
    "training.checks.links": "dataset_link",
    "training.checks.report_metrics": "report_metrics",
    "training.checks.training": "metrics_finite",
    "training.model": "TrainingReport TrainingRun",
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
