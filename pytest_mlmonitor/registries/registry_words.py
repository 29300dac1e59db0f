"""The words in which registries say what they say of a version: names, versions, stages, metrics, times.

There is no standard. Platforms agree on what they record and differ in what they call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.policy.better_side import SPLITS
from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of_number
from pytest_mlmonitor.core.text.versions import version_form

VERSION = ("version", "model_version", "version_tag", "version_id", "model_package_version", "model_id", "id")
NAME = ("model_name", "registered_model_name", "name", "model_package_group_name")
STAGE = ("stage", "current_stage", "status", "alias")
RUN = ("run_id", "mlflow_run_id", "training_run_id")
ENVIRONMENT = ("environment", "env")
METRICS = ("metrics", "test_metrics", "eval_metrics", "performance", "performance_metrics", "evaluation", "scores")
PATHS = (
    *("path", "model_path", "artifact_path", "file_path", "file", "model_file", "model_filename", "artifact"),
    *("model_uri", "artifact_uri", "uri", "pipeline_path", "preprocessor_path", "scaler_path", "encoder_path"),
)
FLAGS = ("is_production", "in_production", "is_champion", "champion", "production")
"""Keys of an entry that, when true, put it in production."""

ALIASES = ("aliases", "version_aliases")
HISTORIES = ("history", "stage_history", "transitions", "stage_transitions", "alias_history", "promotion_history")
"""Lists of what became of a version."""

LIVE = frozenset({"production", "prod", "champion", "live", "in_production", "in production", "in-production"})
"""Stages that mean production. ``active`` is not among them: many registries call every usable version active."""

SERVED = frozenset({"archived", "retired", "superseded", "previous", "deprecated", "replaced", "rolled_back"})
"""Stages of versions that were in production once."""

REJECTED = frozenset(
    {
        "rejected",
        "reject",
        "failed",
        "not_promoted",
        "declined",
        "denied",
        "blocked",
        "not promoted",
        "failed_gate",
        "failed_registration",
    }
)
"""Words for a version that did not pass its gate."""

PROMOTED = frozenset({"promoted", "promote", "rollback", "rolled_back", "restored", "approved", "accepted", *LIVE})
"""What a log says of a version that took production."""

_NO_STAGE = frozenset(
    {
        *("ready", "pending_registration", "failed_registration", "registered", "success", "succeeded", "complete"),
        *("completed", "finished", "trained", "active", "approved", "available", "ok", "none", "null", ""),
    }
)
"""Values of a ``status`` that say how a version was made, and not whether it serves."""

STAGES = ("staging", "candidate", "challenger", "shadow", "archived")
"""Keys of a registry that is written by stage; ``production`` is among the pointers."""

POINTERS = (
    *("production_version", "champion_version", "active_version", "current_version", "active_model_version"),
    *("current_production", "production", "champion", "production_run_id", "champion_run_id"),
)
"""Keys of a registry, or of one model in it, whose value names the version in production."""

ENTRIES = (
    "models",
    "versions",
    "registered_models",
    "model_versions",
    "model_package_summary_list",
    "entries",
    "history",
)
"""Keys that hold a registry's entries, as a list or an object."""

METRIC_WORDS = (
    *("rmse", "mae", "mse", "mape", "smape", "r2", "r2_score", "accuracy", "precision", "recall", "f1", "f1_score"),
    *("auc", "roc_auc", "pr_auc", "average_precision", "log_loss", "logloss", "brier"),
)
"""Metrics that are also written beside the other fields of an entry, with or without the name of a split."""


def is_entry(value: Mapping[str, Any]) -> bool:
    """Return whether an object says anything that an entry says."""
    if any(text_of(value, keys) is not None for keys in (VERSION, NAME, RUN, PATHS)):
        return True
    return any(isinstance(value.get(key), dict) for key in METRICS) or any(map(metric_word, value))


def metric_word(key: str) -> bool:
    """Return whether a key is the name of a metric that is known, with or without that of a split before it."""
    lower = key.lower()
    return lower in METRIC_WORDS or any(lower.startswith(s) and lower.removeprefix(s) in METRIC_WORDS for s in SPLITS)


def stage_of(entry: Mapping[str, Any]) -> str | None:
    """Return the stage of an entry in its own word; None where its status says something else of it."""
    words = (entry[key].strip() for key in STAGE if isinstance(entry.get(key), str))
    return next((word for word in words if word.lower() not in _NO_STAGE), None)


def flag(value: object) -> bool | None:
    """Return what a flag says, whatever it is written as; None for what is no flag.

    >>> flag(True), flag("yes"), flag(1), flag("False"), flag(0), flag("maybe"), flag(7)
    (True, True, True, False, False, None, None)
    """
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in ("true", "yes") else False if word in ("false", "no") else None
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def as_version(value: object) -> str | None:
    """Return a version as text; registries that count write numbers."""
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text_of(value: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return the first of the fields ``keys`` that is there, as text."""
    return next((text for text in (as_version(value.get(key)) for key in keys) if text is not None), None)


def same_version(one: str, other: str) -> bool:
    """Return whether two texts name one version."""
    return version_form(one) == version_form(other)


def times_of(value: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the fields of an entry that say when something happened: text, or numbers since 1970."""
    for key, moment in value.items():
        timely = key.endswith(("_at", "_timestamp", "_on", "_since")) or key in _TIMES
        text = isinstance(moment, str) and moment.strip()
        if timely and (text or (not isinstance(moment, bool) and isinstance(moment, int | float))):
            yield key, moment


_TIMES = (
    "timestamp",
    "time",
    "date",
    "at",
    "when",
    "training_date",
    "promotion_date",
    "promotion_time",
    "creation_time",
    "create_time",
    "version_create_time",
)


def since_1970(value: object) -> datetime | None:
    """Return the moment of a number since 1970 (MLflow writes milliseconds), None for what is none.

    >>> since_1970(1775000000000).isoformat(), since_1970("1775000000"), since_1970(7)
    ('2026-03-31T23:33:20+00:00', datetime.datetime(2026, 3, 31, 23, 33, 20, tzinfo=datetime.timezone.utc), None)
    """
    if isinstance(value, str) and re.fullmatch("[0-9]{10,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    since = microseconds_of_number(value)
    return None if since is None else EPOCH + timedelta(microseconds=since)
