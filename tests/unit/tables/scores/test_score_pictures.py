"""Reliability and confusion as a report draws them: numbers that were counted, of two classes and of many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.tables.scores.score_pictures import CLASSES, confusion, confusion_of_class_1, score_pictures
from pytest_mlmonitor.tables.scores.scores import Scores
from pytest_mlmonitor.tables.scores.tally import Tally


def counted(label: Any, predicted: Any, score: Any, *, of_positive: bool | None = None) -> Scores:
    tally = Tally(text=False)
    tally.add(*(np.asarray(values, np.float64) for values in (label, predicted, score)))
    return tally.scores(of_positive=of_positive)


def by_kind(found: list[Picture]) -> dict[str, dict[str, Any]]:
    return {one.kind: dict(one.data) for one in found}


def test_a_reliability_has_a_point_of_every_bin_that_is_not_empty() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(2_000) ** 2
    label = rng.random(2_000) < score / 2
    scores = counted(label, score >= 0.5, score, of_positive=True)
    data = by_kind(list(score_pictures(scores, "m", 0.1)))["reliability"]
    assert (data["limit"], data["model"], data["reported"]) == (0.1, "m", None)
    assert sum(rows for _, _, rows in data["bins"]) == 2_000
    gaps = [abs(mean - came_true) * rows for mean, came_true, rows in data["bins"]]
    assert data["ece"] == pytest.approx(sum(gaps) / 2_000) == pytest.approx(scores.metrics()["ece"])
    assert all(came_true < mean for mean, came_true, _ in data["bins"][3:])  # it is too sure


def test_what_the_training_was_like_stands_beside_it() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(500)
    before = counted(rng.random(500) < score, score >= 0.5, score, of_positive=True)
    now = counted(rng.random(500) < 0.5, score >= 0.5, score, of_positive=True)
    reported = {"tp": 1, "fp": 2, "tn": 3, "fn": 4}
    found = by_kind(list(score_pictures(now, "m", 0.1, before=before, cells=reported)))
    assert sum(rows for _, _, rows in found["reliability"]["reported"]) == 500
    assert found["confusion"]["reported"] == [[3, 2], [4, 1]]
    cells = now.confusion
    assert found["confusion"]["cells"] == [[cells["tn"], cells["fp"]], [cells["fn"], cells["tp"]]]
    assert found["confusion"]["labels"] == ["0", "1"]


def test_a_log_of_confidences_stands_beside_the_confidences_of_the_test() -> None:
    rng = np.random.default_rng(2)
    score = rng.random(300)
    before = counted(rng.random(300) < score, score >= 0.5, score, of_positive=True)
    sure = rng.uniform(0.5, 1, 300)
    now = counted(rng.integers(0, 2, 300), rng.integers(0, 2, 300), sure)
    assert not now.of_positive
    data = by_kind(list(score_pictures(now, "m", None, before=before)))["reliability"]
    assert all(mean >= 0.5 for mean, _, _ in data["reported"])


def test_numbers_have_neither() -> None:
    assert list(score_pictures(counted([1.5, 2.5], [1.0, 2.0], [0.5, 0.5]), "m", 0.1)) == []


NAMES = st.sampled_from([f"c{i}" for i in range(40)] + ["0", "1", "10", "9", "other"])


@given(st.lists(st.tuples(NAMES, NAMES, st.integers(1, 99)), max_size=80, unique_by=lambda cell: cell[:2]))
def test_no_row_of_a_confusion_is_lost(cells: list[tuple[str, str, int]]) -> None:
    found = list(confusion(cells))
    names = {name for label, predicted, _ in cells for name in (label, predicted)}
    assert bool(found) == (len(names) > 1)
    for one in found:
        labels, matrix = one.data["labels"], one.data["cells"]
        assert len(set(labels)) == len(labels) == len(matrix) <= CLASSES
        assert all(len(row) == len(labels) for row in matrix)
        assert sum(map(sum, matrix)) == sum(rows for _, _, rows in cells)
        known = set(labels) & names if len(names) <= CLASSES else set(labels[:-1])
        for label, predicted, rows in cells:
            if {label, predicted} <= known and len(names) <= CLASSES:
                assert matrix[labels.index(label)][labels.index(predicted)] == rows


def test_classes_that_are_numbers_stand_in_order() -> None:
    (found,) = confusion([("10", "9", 5), ("9", "2", 1), ("b", "a", 1)])
    assert found.data["labels"] == ["2", "9", "10", "a", "b"]


def test_a_model_that_says_one_class_is_drawn_beside_both_of_its_report() -> None:
    (found,) = confusion([("0", "0", 9)], {"tp": 1, "fp": 2, "tn": 3, "fn": 4})
    assert (found.data["cells"], found.data["reported"]) == ([[9, 0], [0, 0]], [[3, 2], [4, 1]])


def test_a_report_alone() -> None:
    (found,) = confusion_of_class_1({"tp": 1, "fp": 2, "tn": 3, "fn": 4})
    assert found.data["cells"] == [[3, 2], [4, 1]]
