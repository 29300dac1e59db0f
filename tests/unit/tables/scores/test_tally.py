"""Counting how right predictions were, against plain loops and against figures worked out by hand."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.scores.scores import Scores
from pytest_mlmonitor.tables.scores.tally import Tally, numbers, scores_of
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.unreadable import Unreadable

SCORE = st.one_of(st.sampled_from([k / 10 for k in range(11)]), st.floats(0, 1))
ROWS = st.lists(st.tuples(st.sampled_from([0, 1]), SCORE), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scores")


def counted(*columns: Any, text: bool = False, of_positive: bool | None = None) -> Scores:
    tally = Tally(text)
    label, predicted, score = (pa.array(list(column), from_pandas=False) for column in columns)
    scores = np.asarray([np.nan if s is None else s for s in score.to_pylist()], np.float64)
    tally.add(tally.values(label), tally.values(predicted), scores)
    return tally.scores(of_positive=of_positive)


# -- a plain implementation -------------------------------------------------------------------------------------------


def naive(rows: list[tuple[int, float]]) -> dict[str, float]:
    """Metrics as their definitions read, one row after another."""
    found = [(y, s, int(s >= 0.5)) for y, s in rows]
    n = len(found)
    tp = sum(y == p == 1 for y, _, p in found)
    fp = sum(y == 0 and p == 1 for y, _, p in found)
    fn = sum(y == 1 and p == 0 for y, _, p in found)
    precision, recall = tp / (tp + fp) if tp + fp else 0.0, tp / (tp + fn) if tp + fn else 0.0
    ece = 0.0
    for k in range(10):
        low, high = k / 10, (k + 1) / 10
        inside = [(y, s) for y, s, _ in found if low < s <= high or (k == 0 and s == 0)]
        if inside:
            gap = sum(s for _, s in inside) / len(inside) - sum(y for y, _ in inside) / len(inside)
            ece += len(inside) / n * abs(gap)
    eps = 2.0**-52
    loss = [-math.log(min(max(s if y else 1 - s, eps), 1 - eps)) for y, s, _ in found]
    return {
        "accuracy": sum(y == p for y, _, p in found) / n,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "rmse": math.sqrt(sum((s - y) ** 2 for y, s, _ in found) / n),
        "ece": ece,
        "log_loss": sum(loss) / n,
        "mean_confidence": sum(s if p else 1 - s for _, s, p in found) / n,
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example([(0, 0.0), (1, 1.0)])
@example([(1, 0.7), (0, 0.3), (1, 0.1)])
@given(rows=ROWS)
def test_a_file_is_judged_as_a_plain_loop_judges_it(place: Path, rows: list[tuple[int, float]]) -> None:
    path = place / "rows.parquet"
    columns = {"y": [y for y, _ in rows], "p": [int(s >= 0.5) for _, s in rows], "s": pa.array(s for _, s in rows)}
    pq.write_table(pa.table(columns), path, row_group_size=7)
    found = scores_of(path, "y", "p", "s")
    assert (found.kind, found.rows, found.labelled, found.of_positive) == ("binary", len(rows), len(rows), True)
    metrics, expected = found.metrics(), naive(rows)
    assert metrics.keys() == expected.keys()
    for name, value in expected.items():
        assert metrics[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_classes_are_averaged_over_all_that_occur(rows: list[tuple[str, str]]) -> None:
    metrics = counted([a for a, _ in rows], [b for _, b in rows], [None] * len(rows), text=True).metrics()
    each = []
    for name in {x for row in rows for x in row}:
        tp = sum(a == b == name for a, b in rows)
        fp, fn = sum(a != name == b for a, b in rows), sum(b != name == a for a, b in rows)
        each.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0)
    assert metrics["accuracy"] == pytest.approx(sum(a == b for a, b in rows) / len(rows))
    assert metrics["f1"] == pytest.approx(sum(each) / len(each))
    assert "ece" not in metrics and "rmse" not in metrics


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_numbers_have_an_error_and_no_classes(rows: list[tuple[float, float]]) -> None:
    rows = [*rows, (0.5, 0.25)]
    found = counted([a for a, _ in rows], [b for _, b in rows], [0.9] * len(rows))
    assert found.kind == "numbers" and not found.cells and not found.bins
    expected = math.sqrt(sum((a - b) ** 2 for a, b in rows) / len(rows))
    assert found.metrics() == {"rmse": pytest.approx(expected)}


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_figures_worked_out_by_hand() -> None:
    """Ten rows at 0.8 of which six came true, ten at 0.2 of which one did."""
    label = [1] * 6 + [0] * 4 + [1] + [0] * 9
    found = counted(label, [1] * 10 + [0] * 10, [0.8] * 10 + [0.2] * 10, of_positive=True)
    assert found.confusion == {"tp": 6, "fp": 4, "tn": 9, "fn": 1}
    metrics = found.metrics()
    assert metrics["accuracy"] == 15 / 20
    assert (metrics["precision"], metrics["recall"]) == (0.6, 6 / 7)
    assert metrics["f1"] == pytest.approx(12 / 17)
    assert metrics["ece"] == pytest.approx((10 * 0.2 + 10 * 0.1) / 20)
    assert metrics["rmse"] == pytest.approx(math.sqrt((6 * 0.04 + 4 * 0.64 + 0.64 + 9 * 0.04) / 20))
    assert metrics["mean_confidence"] == pytest.approx(0.8)
    assert metrics["log_loss"] == pytest.approx(-(15 * math.log(0.8) + 5 * math.log(0.2)) / 20)


@pytest.mark.parametrize(
    ("score", "bin_"), [(0.0, 0), (0.1, 0), (0.10000001, 1), (0.3, 2), (0.7, 6), (0.70000001, 7), (0.9, 8), (1.0, 9)]
)
def test_a_score_on_an_edge_is_in_the_bin_below(score: float, bin_: int) -> None:
    bins = counted([1], [int(score >= 0.5)], [score], of_positive=True).bins
    assert [k for k, (rows, _, _) in enumerate(bins) if rows] == [bin_]


def test_perfect_and_useless_models() -> None:
    perfect = counted([1, 0], [1, 0], [1.0, 0.0]).metrics()
    assert (perfect["accuracy"], perfect["f1"], perfect["rmse"], perfect["ece"]) == (1, 1, 0, 0)
    wrong = counted([1, 0], [0, 1], [0.0, 1.0])
    assert (wrong.metrics()["accuracy"], wrong.metrics()["ece"], wrong.impossible) == (0, 1, 2)


def test_a_class_beside_0_and_1_is_wrong() -> None:
    found = counted([1, 1, 0, 0], [1, 2, 2, 0], [0.9, 0.9, 0.9, 0.1])
    assert (found.kind, found.foreign, found.right, found.of_positive) == ("binary", 2, 2, True)
    assert found.metrics()["accuracy"] == 0.5 and found.metrics()["recall"] == 0.5
    assert counted([1, 0], [2, 3], [None, None]).kind == "classes"
    assert counted([1, 1], [1, 2], [0.9, 0.9]).of_positive  # the score of another class says nothing of class 1


# -- what a score means -----------------------------------------------------------------------------------------------


def test_scores_that_agree_with_the_class_are_of_class_1() -> None:
    found = counted([1, 0], [1, 0], [0.9, 0.1])
    assert found.of_positive and found.metrics()["ece"] == pytest.approx(0.1)


@given(ROWS)
def test_the_confidence_that_follows_from_a_probability(rows: list[tuple[int, float]]) -> None:
    """A log of confidences alone has the same calibration error as the folded scores of a file of probabilities."""
    label, predicted = [y for y, _ in rows], [int(s >= 0.5) for _, s in rows]
    positive = counted(label, predicted, [s for _, s in rows], of_positive=True)
    chosen = counted(label, predicted, [s if s >= 0.5 else 1 - s for _, s in rows], of_positive=False)
    assert positive.folded == chosen.bins and not chosen.folded
    assert positive.metrics()["rmse"] == pytest.approx(chosen.metrics()["rmse"], abs=1e-9)


def test_scores_that_are_never_below_one_half_are_of_the_predicted_class() -> None:
    found = counted([1, 0], [1, 0], [0.9, 0.9])
    assert not found.of_positive
    assert found.metrics()["ece"] == found.metrics()["rmse"] == pytest.approx(0.1)
    assert "log_loss" not in found.metrics()


def test_another_threshold_leaves_scores_what_they_are() -> None:
    found = counted([1, 0], [1, 0], [0.4, 0.1])
    assert found.of_positive and found.metrics()["mean_confidence"] == pytest.approx((0.4 + 0.9) / 2)


def test_the_score_of_many_classes_is_of_the_predicted_one() -> None:
    found = counted(["a", "b", "c"], ["a", "b", "a"], [0.9, 0.9, 0.3], text=True)
    assert found.kind == "classes" and not found.of_positive
    assert found.metrics()["ece"] == pytest.approx((2 * 0.1 + 0.3) / 3)


# -- odd columns ------------------------------------------------------------------------------------------------------


def test_rows_without_a_label_a_class_or_a_score_are_left_out() -> None:
    found = counted([1, None, 0, 1], [1, 1, None, 0], [0.9, 0.9, 0.1, None])
    assert (found.rows, found.labelled, found.scored) == (4, 2, 1)
    assert counted([1, 0], [1, 0], [1.5, float("nan")]).scored == 0


@pytest.mark.parametrize("label", [[1, 0], [1.0, 0.0], [True, False], ["1", "0"], [" 1", "0 "]])
@pytest.mark.parametrize("predicted", [[1, 0], [1.0, 0.0], [True, False], ["1", "0"]])
def test_a_class_is_the_same_however_it_is_written(label: list[Any], predicted: list[Any]) -> None:
    text = isinstance(label[0], str) or isinstance(predicted[0], str)
    found = counted(label, predicted, [0.9, 0.1], text=text)
    assert (found.kind, found.right, found.of_positive) == ("binary", 2, True)
    assert found.confusion == {"tp": 1, "fp": 0, "tn": 1, "fn": 0}


def test_a_thousand_integers_are_numbers_and_a_thousand_words_no_classes() -> None:
    many = list(range(2500))
    assert counted(many, many, [None] * 2500).kind == "numbers"
    with pytest.raises(Unreadable, match="more than 1,000 classes"):
        counted([f"c{k}" for k in many], ["a"] * 2500, [None] * 2500, text=True)


def test_nothing_at_all() -> None:
    found = counted([], [], [])
    assert (found.rows, found.labelled, found.metrics()) == (0, 0, {})


@pytest.mark.parametrize("columns", [{"y": [1], "p": [1]}, {"y": [1], "p": [1], "s": [[0.5]]}])
def test_a_file_that_cannot_be_judged_is_unreadable(place: Path, columns: dict[str, Any]) -> None:
    pq.write_table(pa.table(columns), place / "odd.parquet")
    with pytest.raises(Unreadable):
        scores_of(place / "odd.parquet", "y", "p", "s")


def test_the_batches_do_not_show(place: Path) -> None:
    random = np.random.default_rng(3)
    rows = 3 * parquet.BATCH_ROWS + 17
    score = random.random(rows)
    label = (random.random(rows) < score).astype(np.int32)
    path = place / "large.parquet"
    pq.write_table(pa.table({"y": label, "p": (score >= 0.5).astype(np.int8), "s": score}), path)
    metrics = scores_of(path, "y", "p", "s").metrics()
    assert metrics["ece"] < 0.01 and metrics["rmse"] == pytest.approx(math.sqrt(np.mean((score - label) ** 2)))


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_decimal_is_the_nearest_double(chunks: int) -> None:
    """Arrow's own cast ends beside it for up to a half of them: a score of 0.5 as a decimal would not reach the cut."""
    values = [Decimal(i) / 1000 for i in range(3000)]
    for type_ in (pa.decimal128(6, 3), pa.decimal128(38, 20)):
        step = len(values) // chunks
        array = pa.chunked_array([pa.array(values[i : i + step], type_) for i in range(0, len(values), step)])
        assert numbers(array).tolist() == [float(value) for value in values]


def test_flags_dictionaries_and_nulls_are_numbers_too() -> None:
    assert numbers(pa.array([True, False])).tolist() == [1.0, 0.0]
    assert str(numbers(pa.array([2, None, 3]).dictionary_encode()).tolist()) == "[2.0, nan, 3.0]"
    assert numbers(pa.array([2**64 - 1], pa.uint64())).tolist() == [2.0**64]
    assert len(numbers(pa.chunked_array([], pa.int64()))) == 0
    with pytest.raises(Unreadable, match="where a number is needed"):
        numbers(pa.array(["a"]))
