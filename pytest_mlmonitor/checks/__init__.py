"""The built-in checks: pure rules, one topic a file; no file imports another."""

from __future__ import annotations

import importlib

from pytest_mlmonitor.checking import Check

_TOPICS = (
    "metadata",
    "record_contract",
    "table",
    "reconcile",
    "freshness",
    "quality",
    "contract_terms",
    "drift",
    "training",
    "windows",
    "serving_health",
    "endpoint_health",
    "burn_rate",
    "lost_windows",
    "skew",
    "chronology",
    "lineage",
    "training_report",
    "predictions",
    "prediction_quality",
    "prediction_drift",
    "report_metrics",
    "performance",
    "data_contract",
    "model_registry",
    "registry_links",
    "promotion",
)


def built_in() -> list[Check]:
    """Return every built-in check in the order in which its items run."""
    found: list[Check] = []
    for topic in _TOPICS:
        module = importlib.import_module(f"pytest_mlmonitor.checks.{topic}")
        found += [value for value in vars(module).values() if isinstance(value, Check)]
    return found
