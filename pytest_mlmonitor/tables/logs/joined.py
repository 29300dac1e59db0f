"""Predictions of a log of any form beside the labels that datasets hold by now (see :mod:`..scores.label_join`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.tables.logs.entry_rules import is_share
from pytest_mlmonitor.tables.logs.entry_values import NO_TIME, alone, is_missing, members, numbers, picked, times
from pytest_mlmonitor.tables.logs.log_entries import ABSENT, Batch, batches
from pytest_mlmonitor.tables.scores import label_join
from pytest_mlmonitor.tables.scores.class_names import FEATURES, class_name
from pytest_mlmonitor.tables.scores.scores import LabelColumns, LogColumns, LogRows, Scores


def joined(path: Path, log: LogColumns, labels: Sequence[LabelColumns], *datasets: Path) -> Scores:
    """Judge the predictions of a log by the targets of datasets, as ``label_join.joined`` does.

    Raises:
        Unreadable: a file is no sound table, or its columns cannot be joined.
    """
    return label_join.joined(path, log if path.suffix == ".parquet" else _rows(path, log), labels, *datasets)


def _rows(path: Path, log: LogColumns) -> LogRows:
    entities: list[str | None] = []
    moments: list[int | None] = []
    classes: list[Any] = []
    scores: list[float | None] = []
    for batch in batches(path):
        entities += [None if is_missing(one) else class_name(one) for one in _values(batch, log.entity)]
        found, _ = times(_values(batch, log.time))
        moments += [None if one == NO_TIME else one for one in found.tolist()]
        classes += [one if isinstance(one, str | int | float) else None for one in alone(_values(batch, log.predicted))]
        scores += [one if is_share(one) else None for one in numbers(_values(batch, log.score)).tolist()]
    if all(value is None or isinstance(value, int | float) for value in classes):
        values = numbers(classes).tolist()
        return LogRows(entities, moments, [value if math.isfinite(value) else None for value in values], scores)
    named = [None if value is None else class_name(value) for value in classes]
    return LogRows(entities, moments, named, scores)


def _values(batch: Batch, names: Sequence[str]) -> list[Any]:
    """Return a field of every entry, or else the feature of that name."""
    _, found = picked(batch, names)
    if FEATURES not in batch.columns or ABSENT not in found:
        return found
    inner = [one if isinstance(one, dict) else {} for one in map(members, batch.columns[FEATURES])]
    return [
        next((features[name] for name in names if name in features), ABSENT) if one is ABSENT else one
        for one, features in zip(found, inner, strict=True)
    ]
