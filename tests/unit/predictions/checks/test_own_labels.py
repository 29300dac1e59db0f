"""A log that holds its labels: the model is as right as in its test, and in the newest days as in those before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.predictions.checks.performance import performance
from tests.unit.predictions.logs import NOW, learnt_from, predicted, registered, result, serious, trained, write


def said(root: Path) -> dict[str, Any]:
    return {f.message.split()[0].rstrip(":"): f for f in serious(result(performance, root))}


@pytest.mark.parametrize("name", ["predictions.jsonl", "prediction_logs.parquet"])
def test_as_right_as_in_the_test(name: str, tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.85)
    write(tmp_path, predicted(), name)
    found = result(performance, tmp_path)
    assert (found.status, serious(found)) == ("pass", [])
    assert "have a label in ground_truth" in found.findings[0].message
    figures = {figure.name: figure.value for figure in found.figures}
    assert 0.8 < figures["accuracy"] < 0.9
    assert 0.8 < figures["labelled_share"] < 0.9  # those of the last days are still to come


@pytest.mark.parametrize("name", ["predictions.jsonl", "prediction_logs.parquet"])
def test_wrong_in_seven_of_ten_cases(name: str, tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.832)
    write(tmp_path, predicted(right=lambda _: 0.296), name)
    finding = said(tmp_path)["accuracy"]
    assert finding.severity == Severity.ERROR
    assert "0.832 in the test of model version 'v3'" in finding.message


def test_the_registry_may_say_how_right_it_was(tmp_path: Path) -> None:
    registered(tmp_path, "v2", "v3", accuracy=0.832)
    write(tmp_path, predicted(right=lambda _: 0.296))
    assert said(tmp_path)["accuracy"].severity == Severity.ERROR


def collapsed(time: datetime) -> float:
    return 0.3 if time > NOW - timedelta(days=4) else 0.85


def test_the_newest_days_are_looked_at_alone(tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.85)
    write(tmp_path, predicted(days=40, right=collapsed))
    assert "of 2026-04-2" in said(tmp_path)["accuracy"].message


def test_without_a_test_the_days_before_are_the_measure(tmp_path: Path) -> None:
    write(tmp_path, predicted(right=collapsed))
    assert "in the days before" in said(tmp_path)["accuracy"].message


def test_weekends_that_are_always_worse_are_no_news(tmp_path: Path) -> None:
    def right(time: datetime) -> float:
        return 0.65 if time.weekday() >= 5 else 0.95

    write(tmp_path, predicted(days=36, a_day=300, right=right, labelled_until=NOW))  # yesterday was a Saturday
    assert {"accuracy", "f1"} & said(tmp_path).keys() == set()


def test_without_a_measure_it_is_not_checked(tmp_path: Path) -> None:
    write(tmp_path, [e | {"timestamp": None} for e in predicted()])
    found = result(performance, tmp_path)
    assert found.status == "not_checked"
    assert "nothing to compare with" in (found.reason or "")
    assert {figure.name for figure in found.figures} >= {"accuracy", "f1"}


@pytest.mark.parametrize("until", [NOW - timedelta(days=12, hours=8), None])
def test_labels_that_are_still_to_come(until: datetime | None, tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.85)
    write(tmp_path, predicted(labelled_until=until))
    found = result(performance, tmp_path)
    assert found.status == "not_checked"
    if until is not None:
        assert "has a label in ground_truth by now: at least 30 are needed" in (found.reason or "")


@pytest.mark.parametrize("name", ["label", "y_true", "actual", "target"])
def test_names_of_labels(name: str, tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.85)
    entries = predicted(right=lambda _: 0.3)
    write(tmp_path, [{(name if k == "ground_truth" else k): v for k, v in e.items()} for e in entries])
    assert "accuracy" in said(tmp_path)


def test_classes_that_are_texts(tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.85)
    write(tmp_path, predicted(classes=("low", "mid", "high")))
    assert said(tmp_path) == {}
    write(tmp_path, predicted(classes=("low", "mid", "high"), right=lambda _: 0.4))
    assert said(tmp_path)["accuracy"].severity == Severity.ERROR


def calibrated(threshold: float, of_class: bool, names: tuple[Any, Any] = (0, 1)) -> list[dict[str, Any]]:
    """Return entries whose positives are rare, predicted from a threshold on, with the probability that each speaks of."""
    rng = np.random.default_rng(3)
    entries = []
    for entry in predicted():
        p = float(np.round(rng.beta(0.4, 4), 4))
        chosen, true = int(p >= threshold), int(rng.random() < p)
        kept = {k: v for k, v in entry.items() if k not in ("confidence", "probabilities")}
        kept |= {"prediction": names[chosen], "ground_truth": names[true]}
        entries.append(kept | ({"confidence": p if chosen else 1 - p} if of_class else {"probability": p}))
    return entries


@pytest.mark.parametrize("threshold", [0.2, 0.5])
@pytest.mark.parametrize("of_class", [True, False])
@pytest.mark.parametrize("names", [(0, 1), ("no", "yes"), ("ok", "fraud"), (1, 2)])
def test_scores_that_are_calibrated(threshold: float, of_class: bool, names: tuple[Any, Any], tmp_path: Path) -> None:
    write(tmp_path, calibrated(threshold, of_class, names))
    assert said(tmp_path) == {}


@pytest.mark.parametrize("of_class", [True, False])
@pytest.mark.parametrize("names", [(0, 1), ("no", "yes")])
def test_scores_that_are_not(of_class: bool, names: tuple[Any, Any], tmp_path: Path) -> None:
    field = "confidence" if of_class else "probability"
    entries = calibrated(0.5, of_class, names)
    write(tmp_path, [entry | {"ground_truth": names[i % 2]} for i, entry in enumerate(entries)])
    assert said(tmp_path)["ece"].column == field


def test_probabilities_speak_of_the_class_that_was_predicted(tmp_path: Path) -> None:
    entries = []
    for entry in calibrated(0.2, False):
        p = entry.pop("probability")
        entries.append(entry | {"probabilities": {"0": round(1 - p, 4), "1": p}})
    write(tmp_path, entries)
    assert said(tmp_path) == {}


def test_a_test_is_a_sample_too(tmp_path: Path) -> None:
    """The F1 of forty positives is off by 0.1 one time in ten."""
    trained(tmp_path, test_accuracy=0.97, test_f1=0.62, test_precision=0.62, test_recall=0.62, test_rows=2000)
    rng = np.random.default_rng(8)
    entries = []
    for entry in predicted(a_day=300):
        true = int(rng.random() < 0.02)
        chosen = int(rng.random() < (0.45 if true else 0.011))
        kept = {k: v for k, v in entry.items() if k not in ("confidence", "probabilities")}
        entries.append(
            kept | {"prediction": chosen, "ground_truth": true if entry["ground_truth"] is not None else None}
        )
    write(tmp_path, entries)
    found = result(performance, tmp_path)
    assert serious(found) == []
    assert any(f.message.startswith("f1 is") and "chance explains it" in f.message for f in found.findings)


def test_fifty_labels_are_enough_for_what_is_gross(tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.832)
    entries = predicted(days=3, a_day=50, right=lambda _: 0.296, labelled_until=None)
    labels = predicted(days=3, a_day=50, right=lambda _: 0.296)
    write(tmp_path, [e | {"ground_truth": o["ground_truth"]} for e, o in zip(entries[:50], labels, strict=False)])
    assert said(tmp_path)["accuracy"].severity == Severity.ERROR


def test_numbers(tmp_path: Path) -> None:
    learnt_from(tmp_path)
    trained(tmp_path)

    def log(error: float) -> None:
        rows = [{k: v for k, v in e.items() if k not in ("confidence", "probabilities")} for e in predicted()]
        changes = [
            {"prediction": i % 7 + 0.25 + (-1) ** i * error, "ground_truth": i % 7 + 0.25} for i in range(len(rows))
        ]
        write(tmp_path, [row | change for row, change in zip(rows, changes, strict=True)])

    log(0.4)  # as in the run
    assert said(tmp_path) == {}
    log(0.6)
    assert said(tmp_path)["rmse"].severity == Severity.ERROR


def test_a_prediction_in_a_list_of_its_own(tmp_path: Path) -> None:
    trained(tmp_path, test_accuracy=0.85)
    write(tmp_path, [e | {"prediction": [e["prediction"]]} for e in predicted(right=lambda _: 0.3)])
    assert "accuracy" in said(tmp_path)
