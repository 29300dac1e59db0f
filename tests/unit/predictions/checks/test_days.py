"""One growing log is compared with itself: its days that are over are its versions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.predictions.checks.drift import prediction_drift
from pytest_mlmonitor.predictions.views import Order
from tests.unit.predictions.logs import NOW, Entry, predicted, result, serious, write
from tests.unit.support import platform_at

YESTERDAY, TODAY = "2026-04-25", "2026-04-26"


def surer(entries: list[Entry], day: str) -> list[Entry]:
    return [e | ({"confidence": e["confidence"] / 2 + 0.49} if e["timestamp"].startswith(day) else {}) for e in entries]


@pytest.mark.parametrize("name", ["predictions.jsonl", "prediction_logs.parquet"])
def test_days_that_are_alike_pass(name: str, tmp_path: Path) -> None:
    write(tmp_path, predicted(), name)
    found = result(prediction_drift, tmp_path)
    assert (found.status, serious(found)) == ("pass", [])
    assert {figure.name for figure in found.figures} >= {"psi", "ks"}


@pytest.mark.parametrize("name", ["predictions.jsonl", "prediction_logs.parquet"])
def test_the_newest_day_that_is_over_differs(name: str, tmp_path: Path) -> None:
    write(tmp_path, surer(predicted(), YESTERDAY), name)
    (finding,) = serious(result(prediction_drift, tmp_path))
    assert finding.severity == Severity.ERROR
    assert "confidence drifted from 2026-04-24 (the day before)" in finding.message
    assert finding.message.endswith("these are the predictions of 2026-04-25")


def test_the_day_that_is_not_over_is_not_compared(tmp_path: Path) -> None:
    write(tmp_path, surer(predicted(), TODAY))
    assert serious(result(prediction_drift, tmp_path)) == []


def test_a_weekend_that_differs_every_week_passes(tmp_path: Path) -> None:
    entries = predicted(days=40, seed=3)
    days = {(NOW - timedelta(days=n)) for n in range(41)}
    for day in sorted(days):
        if day.weekday() >= 5:
            entries = surer(entries, f"{day:%Y-%m-%d}")
    write(tmp_path, entries)  # yesterday was a Saturday
    assert serious(result(prediction_drift, tmp_path)) == []


def test_days_of_few_predictions_are_taken_by_the_week(tmp_path: Path) -> None:
    write(tmp_path, predicted(days=40, a_day=12))
    found = result(prediction_drift, tmp_path)
    assert found.status == "pass"
    moved = [
        e | ({"confidence": 0.999} if e["timestamp"] >= "2026-04-13" else {}) for e in predicted(days=40, a_day=12)
    ]
    write(tmp_path, moved)
    assert "the week from 2026-04-13" in serious(result(prediction_drift, tmp_path))[0].message


def test_one_day_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    write(tmp_path, [e for e in predicted() if e["timestamp"] >= YESTERDAY])
    found = result(prediction_drift, tmp_path)
    assert found.status == "not_checked"
    assert "fewer than two days (or weeks) that are over" in (found.reason or "")


def test_dated_logs_are_compared_with_one_another(tmp_path: Path) -> None:
    entries = predicted()
    half = len(entries) // 2
    write(tmp_path, entries[:half], "predictions_2026-04-20.jsonl")
    write(tmp_path, [e | {"confidence": 0.999} for e in entries[half:]], "predictions_2026-04-26.jsonl")
    (finding,) = serious(result(prediction_drift, tmp_path, "04-26"))
    assert "predictions_2026-04-20" in finding.message


def test_a_rotated_log_comes_before_the_one_that_took_its_place(tmp_path: Path) -> None:
    entries = predicted()
    half = len(entries) // 2
    write(tmp_path, entries[:half], "predictions.jsonl.1")
    write(tmp_path, [e | {"confidence": 0.999} for e in entries[half:]], "predictions.jsonl")
    platform = platform_at(tmp_path, now=NOW)
    newer, older = sorted(platform.of_kind("predictions"), key=lambda one: one.ref.path.name)
    assert platform.view(Order).before(newer) == older
    platform.close()
