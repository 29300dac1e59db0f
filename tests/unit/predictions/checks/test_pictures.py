"""What a report is told of predictions: what moved, how sure and how right they were, and how far from which limit."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.predictions.checks.drift import prediction_drift
from pytest_mlmonitor.predictions.checks.features import feature_drift, feature_values
from pytest_mlmonitor.predictions.checks.performance import performance
from pytest_mlmonitor.predictions.checks.quality import mean_confidence, unseen_classes
from tests.unit.predictions.checks.test_drift import EARLIER, LATER, of_test, scores
from tests.unit.predictions.checks.test_drift import result as of_file
from tests.unit.predictions.logs import NOW, Entry, learnt_from, predicted, result, trained, write


def pictures(found: CheckResult) -> dict[str, dict[str, Any]]:
    assert found.status != "error", found.reason
    return {one.kind: dict(one.data) for one in found.pictures}


def measured(found: CheckResult) -> dict[tuple[str, str | None], float]:
    return {(one.what, one.column): one.value for one in found.measures}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    learnt_from(tmp_path)
    trained(tmp_path)
    return tmp_path


def test_test_predictions_that_moved_are_drawn(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.55))
    data = pictures(of_file(prediction_drift, tmp_path, LATER))["distributions"]
    drawn = {feature["name"]: feature for feature in data["features"]}
    assert drawn["y_pred"]["labels"] == ["0", "1"] and drawn["y_score"]["edges"] is not None
    assert data["reference"] == f"test_predictions_{EARLIER}"
    for feature in drawn.values():
        assert sum(feature["current"]) == pytest.approx(1, abs=1e-6)


def test_predictions_that_are_alike_are_measured_and_not_drawn(tmp_path: Path) -> None:
    of_test(tmp_path, EARLIER, scores(0.4))
    of_test(tmp_path, LATER, scores(0.4))
    found = of_file(prediction_drift, tmp_path, LATER)
    assert pictures(found) == {}
    assert measured(found).keys() == {("PSI", "y_pred"), ("PSI", "y_score"), ("distance D", "y_score")}


def test_a_day_of_a_log_that_differs_is_drawn_beside_the_day_before(tmp_path: Path) -> None:
    day = f"{NOW - timedelta(days=1):%Y-%m-%d}"
    entries = [
        e | ({"confidence": e["confidence"] / 2 + 0.49} if e["timestamp"].startswith(day) else {}) for e in predicted()
    ]
    write(tmp_path, entries)
    found = result(prediction_drift, tmp_path)
    data = pictures(found)["distributions"]
    assert (data["reference"], data["why"]) == ("2026-04-24", "the day before")
    assert [feature["name"] for feature in data["features"]] == ["confidence"]
    keys = {key for one in found.findings for key in one.keys}
    assert keys == {"drift.psi_warning", "drift.psi_error", "drift.ks"}


def changed(change: Entry) -> list[Entry]:
    return [entry | {"features": entry["features"] | change} for entry in predicted()]


def test_features_of_a_log_are_drawn_beside_what_the_model_learnt_from(root: Path) -> None:
    entries = [e | {"features": e["features"] | {"temp": e["features"]["temp"] + 9}} for e in predicted()]
    write(root, entries)
    found = result(feature_drift, root)
    data = pictures(found)["distributions"]
    assert data["reference"].startswith("demand") and "trained on" in data["why"]
    assert [(feature["name"], feature["severity"]) for feature in data["features"]] == [("temp", "warning")]
    assert measured(found)["PSI", "temp"] > 0.2
    sound = result(feature_values, root)
    assert measured(sound)["null rate, rise", "temp"] == 0


@pytest.mark.parametrize(
    ("change", "what", "value"),
    [
        ({"city": "paris"}, "unknown categories", 1.0),
        ({"capacity": 900}, "outside its range", 1.0),
    ],
)
def test_values_are_measured_against_their_limits(change: Entry, what: str, value: float, root: Path) -> None:
    write(root, changed(change))
    found = result(feature_values, root)
    (name,) = change
    assert measured(found)[what, name] == value
    (measure,) = [one for one in found.measures if one.column == name and one.what == what]
    assert measure.is_beyond
    finding = next(one for one in found.findings if one.column == name)
    assert set(finding.keys) == set(measure.keys) and finding.thresholds


def test_confidence_and_classes_are_measured(root: Path) -> None:
    write(root, predicted())
    (measure,) = result(mean_confidence, root).measures
    assert (measure.direction, measure.is_beyond, measure.limit) == ("below", False, 0.55)
    assert result(unseen_classes, root).measures == ()
    write(
        root,
        [entry | {"prediction": 7 if i % 2 else entry["prediction"]} for i, entry in enumerate(predicted())],
    )
    (measure,) = result(unseen_classes, root).measures
    assert 0.4 < measure.value < 0.6 and measure.is_beyond


@pytest.mark.parametrize("classes", [("0", "1"), ("bad", "fair", "good")])
def test_a_log_with_labels_says_which_classes_are_mixed_up(classes: tuple[str, ...], root: Path) -> None:
    rng = np.random.default_rng(1)
    entries = predicted()
    label = rng.choice(classes, len(entries))
    said = np.where(rng.random(len(entries)) < 0.8, label, rng.choice(classes, len(entries)))
    write(
        root,
        [
            entry | {"prediction": str(said[i]), "ground_truth": str(label[i]), "confidence": 0.8}
            for i, entry in enumerate(entries)
        ],
    )
    found = result(performance, root)
    drawn = pictures(found)
    assert drawn["confusion"]["labels"] == list(classes)
    pairs = list(zip(label, said, strict=True))
    assert drawn["confusion"]["cells"] == [[pairs.count((a, b)) for b in classes] for a in classes]
    assert sum(rows for _, _, rows in drawn["reliability"]["bins"]) == len(entries)
    assert drawn["reliability"]["limit"] == 0.1
    assert ("ece", None) in measured(found)


@pytest.mark.parametrize("check", [prediction_drift, feature_drift, feature_values], ids=lambda one: one.name)
def test_words_of_measures_fit(check: Check, root: Path) -> None:
    write(root, changed({"temp": 1.0}))
    assert all(len(one.what) <= 24 for one in result(check, root).measures)
