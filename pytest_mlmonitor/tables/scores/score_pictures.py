"""What the report draws of predictions with labels: how sure they were and how right, and which classes were mixed up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.tables.scores.scores import Bin, Scores, calibration_error

CLASSES = 12
"""Classes of a confusion matrix that can be told apart in a picture; the rest of them is one."""

_NAME = 40


def score_pictures(
    scores: Scores,
    model: str,
    max_ece: float | None,
    *,
    before: Scores | None = None,
    cells: Mapping[str, int] | None = None,
) -> Iterator[Picture]:
    """Yield the pictures ``reliability`` and ``confusion`` of predictions, each where it can be drawn.

    Args:
        scores: of the predictions.
        model: what made them.
        max_ece: the limit of the calibration error, None without.
        before: the test predictions of the training, where they are there.
        cells: the cells of class 1 that the training reports, where it does.
    """
    if scores.scored and scores.bins and scores.kind != "numbers":
        # a log of confidences in the predicted class is drawn beside the same of the test predictions
        then = before.bins if before is not None and scores.of_positive else before.folded if before is not None else ()
        data: dict[str, Any] = {
            "bins": _points(scores.bins),
            "reported": _points(then) or None,
            "ece": calibration_error(scores.bins),
            "limit": max_ece,
            "model": bare(model, _NAME),
        }
        yield Picture("reliability", data)
    if scores.cells:
        yield from confusion(scores.cells, cells if scores.kind == "binary" else None)


def confusion(cells: Sequence[tuple[str, str, int]], reported: Mapping[str, int] | None = None) -> Iterator[Picture]:
    """Yield the picture ``confusion``: rows are the labels, columns the classes predicted; nothing of a single class.

    Args:
        cells: (label, predicted class, rows); the commonest ``CLASSES`` of more are drawn, and the rest as one.
        reported: ``tp``, ``fp``, ``tn``, ``fn`` of class 1 in the training.
    """
    rows: dict[str, int] = {}
    for label, predicted, number in cells:
        for name in {label, predicted}:
            rows[name] = rows.get(name, 0) + number
    if reported is not None and rows.keys() <= {"0", "1"}:
        rows = {"0": 1, "1": 1}
    if len(rows) < 2:
        return
    names = sorted(rows, key=lambda name: (-rows[name], name))
    kept = sorted(names if len(names) <= CLASSES else names[: CLASSES - 1], key=_in_order)
    places = {name: place for place, name in enumerate(kept)}
    size = len(kept) + (len(names) > len(kept))
    matrix = [[0] * size for _ in range(size)]
    for label, predicted, number in cells:
        matrix[places.get(label, size - 1)][places.get(predicted, size - 1)] += number
    rest = "other" if "other" not in places else "all others"
    labels = [bare(name, _NAME) for name in kept] + [rest] * (size - len(kept))
    theirs = None
    if reported is not None and kept == ["0", "1"]:
        theirs = [[reported["tn"], reported["fp"]], [reported["fn"], reported["tp"]]]
    yield Picture("confusion", {"labels": labels, "cells": matrix, "reported": theirs})


def confusion_of_class_1(cells: Mapping[str, int]) -> Iterator[Picture]:
    """Yield the picture ``confusion`` of what a report states: its cells ``tp``, ``fp``, ``tn``, ``fn``."""
    matrix = [[cells["tn"], cells["fp"]], [cells["fn"], cells["tp"]]]
    yield Picture("confusion", {"labels": ["0", "1"], "cells": matrix, "reported": None})


def _points(bins: Sequence[Bin]) -> list[list[float]]:
    return [[scores / rows, true / rows, rows] for rows, scores, true in bins if rows]


def _in_order(name: str) -> tuple[bool, float, str]:
    """Return what classes are sorted by: numbers by their value, and before texts."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
