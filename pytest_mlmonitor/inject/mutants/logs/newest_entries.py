"""The newest entries of a log, in which faults are put: a model that went wrong did so at some time."""

from __future__ import annotations

from datetime import datetime, timedelta

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.tables.logs.form import DAY, GatheredLog

LONG = timedelta(days=3)
"""A log of so many days has a time before the fault; a shorter one is wrong as a whole."""


def fit_log(predictions: Predictions, material: Material) -> GatheredLog | None:
    """Return what is known of a log of predictions in which faults can be put; None for one that has none, or cannot be read."""
    if not predictions.log or predictions.features_only or not material.can_edit(predictions):
        return None
    try:
        return material.platform.view(Logs).of(predictions)
    except NotChecked:
        return None


def newest(log: GatheredLog) -> datetime | None:
    """Return since when entries are the newest: the last day and the two before it; None for all of a short log."""
    if log.first is None or log.latest is None or log.latest - log.first < LONG:
        return None
    return log.latest.replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY


def of_when(since: datetime | None) -> str:
    """Return which entries are meant, in words."""
    return "of all entries" if since is None else f"since {since:%Y-%m-%d}"
