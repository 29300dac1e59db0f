"""The built-in checks: pure rules, one topic a file; no file imports another."""

from __future__ import annotations

import importlib

from pytest_mlmonitor.core.check import Check

_TOPICS = (
    "datasets.metadata",
    "datasets.record",
    "training.record",
    "serving.record",
    "datasets.table",
    "predictions.table",
    "datasets.reconcile",
    "datasets.freshness",
    "datasets.quality",
    "datasets.contract_terms",
    "datasets.drift",
    "training.training",
    "serving.windows",
    "serving.health",
    "serving.endpoints",
    "serving.burn_rate",
    "serving.lost_windows",
    "serving.skew",
    "training.chronology",
    "serving.chronology",
    "serving.links",
    "training.links",
    "training.report",
    "predictions.predictions",
    "predictions.quality",
    "predictions.drift",
    "training.report_metrics",
    "predictions.performance",
    "data_contracts.contract",
    "registries.registry",
    "registries.links",
    "registries.promotion",
)


def built_in() -> list[Check]:
    """Return every built-in check in the order in which its items run."""
    found: list[Check] = []
    for topic in _TOPICS:
        kind, _, name = topic.partition(".")
        module = importlib.import_module(f"pytest_mlmonitor.{kind}.checks.{name}")
        found += [value for value in vars(module).values() if isinstance(value, Check)]
    return found
