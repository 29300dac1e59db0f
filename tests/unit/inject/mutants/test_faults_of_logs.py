"""Faults of prediction logs: JSON lines, compressed or not, parquet, and forms that a source describes."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.inject.mutants.logs.disagreeing_labels import labels_disagree
from pytest_mlmonitor.inject.mutants.logs.swapped_classes import class_flip
from pytest_mlmonitor.inject.mutants.logs.unsure_models import confidence_collapse
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.predictions.checks.performance import performance
from pytest_mlmonitor.predictions.checks.quality import mean_confidence
from tests.unit.inject.mutants.held_mutants import faults, held, mutants_in, mutants_of
from tests.unit.predictions.adapters.test_declared_logs import judged
from tests.unit.predictions.logs import NOW, Entry, learnt_from, predicted, trained, write

DAYS = (".2026-11-24", ".2026-11-25")
SINCE = datetime(2026, 4, 24, tzinfo=UTC)
FORMATS = ("logs/predictions.jsonl", "logs/predictions.jsonl.gz", "logs/predictions.parquet")


def read(path: Path) -> list[Entry]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    data = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()]


def mutated(path: Path, operator: MutationOperator) -> tuple[list[Entry], list[Entry]]:
    """Return the entries before and after, of those that are others; what else they hold is as it was."""
    before = read(path)
    (mutant,) = mutants_of(path.parents[1], operator, now=NOW)
    assert mutant.equivalent is None, mutant
    assert held(mutant) == {path}
    pairs = [(was, one) for was, one in zip(before, read(path), strict=True) if was != one]
    return [was for was, _ in pairs], [one for _, one in pairs]


def others(before: list[Entry], after: list[Entry]) -> set[str]:
    return {name for was, one in zip(before, after, strict=True) for name in was if was[name] != one[name]}


@pytest.mark.parametrize("name", FORMATS)
def test_confidences_are_those_of_a_guess_and_probabilities_still_add_up(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, predicted(a_day=40), name)
    before, after = mutated(path, confidence_collapse)
    assert others(before, after) == {"confidence", "probabilities"}
    assert all(0.5 < one["confidence"] < 0.52 for one in after)
    assert all(sum(one["probabilities"].values()) == pytest.approx(1) for one in after)
    assert min(datetime.fromisoformat(one["timestamp"]) for one in after) >= SINCE
    assert len(after) > 80


def test_a_short_log_is_wrong_as_a_whole_and_its_mean_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, predicted(days=1, labelled_until=None))
    _, after = mutated(path, confidence_collapse)
    assert len(after) == len(read(path))
    assert faults(tmp_path, mean_confidence, now=NOW)


@pytest.mark.parametrize("classes", [(0, 1), (True, False), ("a", "b"), ("a", "b", "c")])
def test_two_classes_are_swapped_as_sure_as_before(tmp_path: Path, classes: tuple[Any, ...]) -> None:
    path = write(tmp_path, predicted(days=1, a_day=40, classes=classes))
    before, after = mutated(path, class_flip)
    assert others(before, after) == {"prediction", "probabilities"}
    common = [one for one, _ in Counter(one["prediction"] for one in read(path)).most_common(2)]
    swapped = {(was["prediction"], one["prediction"]) for was, one in zip(before, after, strict=True)}
    assert swapped == {tuple(common), tuple(reversed(common))}
    assert all(one["probabilities"][str(one["prediction"])] == one["confidence"] for one in after)
    assert {type(one["prediction"]) for one in after} == {type(classes[0])}


def test_a_model_that_knows_one_class_mixes_up_none(tmp_path: Path) -> None:
    write(tmp_path, [{**one, "prediction": 1} for one in predicted(days=1)])
    (mutant,) = mutants_of(tmp_path, class_flip, now=NOW)
    assert mutant.equivalent == "every prediction is '1': there are no two classes to mix up"


@pytest.mark.parametrize("name", FORMATS)
def test_every_second_label_of_the_newest_days_with_labels_disagrees(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, predicted(a_day=150), name)
    before, after = mutated(path, labels_disagree)
    assert others(before, after) <= {"ground_truth"}
    assert all(one["ground_truth"] == 1 - one["prediction"] for one in after)
    assert faults(tmp_path, performance, now=NOW)


def test_labels_of_numbers_are_far_from_what_was_predicted(tmp_path: Path) -> None:
    entries = [
        {"timestamp": one["timestamp"], "prediction": i % 50 + 0.5, "label": i % 50 + 0.0}
        for i, one in enumerate(predicted(days=1))
    ]
    path = write(tmp_path, entries)
    before, after = mutated(path, labels_disagree)
    assert others(before, after) == {"label"}
    assert all(one["label"] - one["prediction"] > 30 for one in after)
    assert not mutants_of(tmp_path, class_flip, now=NOW) + mutants_of(tmp_path, confidence_collapse, now=NOW)


def test_without_labels_anywhere_nothing_can_disagree(tmp_path: Path) -> None:
    write(tmp_path, predicted(days=1, labelled_until=None))
    (mutant,) = mutants_of(tmp_path, labels_disagree, now=NOW)
    assert mutant.equivalent is not None
    assert mutant.equivalent.startswith("the log has no labels: no dataset with a target")


def test_labels_of_a_dataset_stand_beside_what_was_predicted_for_others(tmp_path: Path) -> None:
    learnt_from(tmp_path, rows=600)
    trained(tmp_path)
    labels = pq.read_table(tmp_path / "data" / "demand.parquet").to_pylist()[-400:]
    entries = [
        {"prediction": row["target"], "customer": row["customer"], "event_ts": row["event_ts"].isoformat() + "Z"}
        for row in labels
    ]
    path = write(tmp_path, [{**one, "model_version": "v3", "confidence": 0.9} for one in entries])
    before, after = mutated(path, labels_disagree)
    assert others(before, after) == {"prediction"}
    assert Counter(one["prediction"] for one in before + after)
    known = [one["prediction"] for one in entries]
    assert [one["prediction"] for one in read(path)] == known[:97] + known[:-97]


def test_a_log_that_a_source_describes_says_it_in_its_own_words(tmp_path: Path) -> None:
    sound = judged(tmp_path)
    assert sound.bad() == []
    (mutant,) = mutants_in(sound.platform, confidence_collapse)
    paths = held(mutant)
    assert {path.name for path in paths} == {f"data.{i}.log{day}" for i in range(3) for day in ("", *DAYS)}
    shares = [json.loads(line)["proba"] for path in paths for line in path.read_text().splitlines()]
    assert sum(33 < one < 37 for one in shares) == 590, "the first hour in Berlin is of the day before in UTC"
