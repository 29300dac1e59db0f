"""Logs of models that are wrong: the labels that came in say something else than was predicted."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.inject.mutants.logs.newest_entries import fit_log, newest, of_when
from pytest_mlmonitor.inject.mutants.logs.swapped_classes import as_class
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.links.labels import Labels
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.tables.logs.form import GatheredLog
from pytest_mlmonitor.tables.scores.class_names import class_name

APART = 3.0
"""Standard deviations of what is predicted by which a label is another number."""

_LAG = 97
_PREDICTED = ("prediction", "confidence", "probabilities")


@mutation("predictions", per="log", words="labels disagree with what was predicted")
def labels_disagree(predictions: Predictions, material: Material) -> Iterator[Mutant]:
    """Every second label is another class than was predicted, or a number far from it.

    Labels that stand in a dataset are the dataset's: there each entry has what was predicted for another one, so that how often
    which class is predicted stays as it was.
    """
    log = fit_log(predictions, material)
    if log is None or not (log.whole.classes or log.whole.values):
        return
    if log.labels is not None:
        since = log.labels.since
        yield Mutant(
            f"every second label {of_when(since)} disagrees with what was predicted",
            lambda: material.edited(predictions, _Other(log), since),
            log.labels.name,
        )
        return
    column, since = log.names.get("predicted_class"), newest(log)
    try:
        _, labels = material.platform.view(Labels).live_scores(predictions)
    except NotChecked as error:
        why = str(error).removeprefix("no labels: ")
        yield Mutant("labels disagree with what was predicted", dict, column, f"the log has no labels: {why}")
        return
    lag = min(_LAG, max(log.rows // 3, 1))
    yield Mutant(
        f"predictions {of_when(since)} stand beside the labels of other entries in {labels}",
        partial(_shifted, predictions, material, lag, since),
        column,
    )


class _Other:
    """Lets every second label be another than was predicted."""

    def __init__(self, log: GatheredLog) -> None:
        self._classes = [name for name, _ in log.whole.classes.most_common(2)]
        values = log.whole.values
        self._spread = APART * (statistics.pstdev(values) if len(values) > 1 else 1.0) or APART
        self._continuous = log.continuous
        self._number = 0

    def __call__(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        label = entry.get("label")
        if label is None or (isinstance(label, str) and not label.strip()):
            return {}
        self._number += 1
        if self._number % 2:
            return {}
        if self._continuous:
            numeric = isinstance(label, int | float) and not isinstance(label, bool)
            return {"label": label + self._spread} if numeric else {}
        predicted = class_name(entry.get("prediction"))
        others = [name for name in self._classes if name != predicted]
        return {"label": as_class(others[0], label)} if others else {}


class _Shifted:
    """Lets each entry have what was predicted for one so many entries before."""

    def __init__(self, lag: int) -> None:
        self._before: deque[dict[str, Any]] = deque(maxlen=lag)
        self._lag = lag

    def __call__(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        found = self._before[0] if len(self._before) == self._lag else {}
        self._before.append({name: entry[name] for name in _PREDICTED if name in entry})
        return found


def _shifted(predictions: Predictions, material: Material, lag: int, since: Any) -> FileChanges:
    return material.edited(predictions, _Shifted(lag), since)
