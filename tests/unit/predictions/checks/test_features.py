"""Features of a prediction log are judged against the data that its model learnt from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.predictions.checks.features import feature_drift, feature_values
from tests.unit.predictions.logs import Entry, learnt_from, predicted, registered, result, serious, trained, write
from tests.unit.support import only

LOG = predicted()
BOTH = (feature_values, feature_drift)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    learnt_from(tmp_path)
    trained(tmp_path)
    return tmp_path


@pytest.mark.parametrize("check", BOTH, ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("nested", "name"), [(True, "predictions.jsonl"), (False, "predictions.jsonl"), (True, "prediction_logs.parquet")]
)
def test_a_sound_log(nested: bool, name: str, check: Check, root: Path) -> None:
    write(root, predicted(nested=nested), name)
    found = result(check, root)
    assert found.status == "pass"
    assert serious(found) == []


def each(change: Callable[[int, Entry], Entry]) -> list[Entry]:
    return [entry | {"features": entry["features"] | change(i, entry["features"])} for i, entry in enumerate(LOG)]


@pytest.mark.parametrize(
    ("check", "change", "column", "severity", "words"),
    [
        (feature_values, lambda i, f: {"temp": None if i % 3 == 0 else f["temp"]}, "temp", Severity.ERROR, "is null in"),
        (feature_values, lambda i, f: {"capacity": f["capacity"] if i % 4 else 900}, "capacity", Severity.ERROR, "outside 10 to"),
        (feature_values, lambda i, f: {"city": "paris" if i % 6 == 0 else f["city"]}, "city", Severity.WARNING, "'paris'"),
        (feature_values, lambda i, f: {"temp": str(f["temp"])}, "temp", Severity.WARNING, "is text in the log"),
        (feature_drift, lambda i, f: {"temp": f["temp"] + 9}, "temp", Severity.WARNING, "drifted from demand"),
    ],
)  # fmt: skip
def test_what_the_training_data_never_had(
    check: Check, change: Callable[[int, Entry], Entry], column: str, severity: Severity, words: str, root: Path
) -> None:
    write(root, each(change))
    (finding,) = [one for one in serious(result(check, root)) if words in one.message]
    assert (finding.column, finding.severity) == (column, severity)
    assert "what run_1 was trained on" in finding.message


@pytest.mark.parametrize("drift", [{"against_training": "error"}, {"reference": "demand"}])
def test_what_drifted_fails_where_the_policy_says_so(drift: dict[str, str], root: Path) -> None:
    write(root, each(lambda i, f: {"temp": f["temp"] + 9}))
    (finding,) = serious(result(feature_drift, root, drift=drift))
    assert (finding.column, finding.severity) == ("temp", Severity.ERROR)


def test_a_feature_that_no_entry_has(root: Path) -> None:
    without = [entry | {"features": {k: v for k, v in entry["features"].items() if k != "temp"}} for entry in LOG]
    write(root, without)
    assert "no entry of the last seven days has temp" in only(result(feature_values, root)).message


def test_the_last_seven_days_are_judged(root: Path) -> None:
    moved = [one | {"features": one["features"] | {"temp": 99.0}} for one in LOG if one["timestamp"] < "2026-04-18"]
    write(root, moved + [one for one in LOG if one["timestamp"] >= "2026-04-18"])
    assert serious(result(feature_drift, root)) == []


def test_a_day_of_weekdays_is_the_calendar(root: Path) -> None:
    write(root, [one for one in predicted(a_day=400) if one["timestamp"] >= "2026-04-25"])
    found = result(feature_drift, root)
    assert serious(found) == []
    assert any("follows the calendar" in finding.message for finding in found.findings)


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        (lambda root: None, "no training run made model version 'v3'; put the run and its dataset below the roots"),
        (trained, "the dataset 'demand@2026-03-20T08:00:00Z' of run run_1 is not under the roots"),
        (lambda root: trained(root, dataset=False), "does not say what it was trained on"),
    ],
)
def test_without_training_data_it_says_what_to_do(platform: Callable[[Path], None], words: str, tmp_path: Path) -> None:
    platform(tmp_path)
    write(tmp_path, LOG)
    found = result(feature_drift, tmp_path)
    assert found.status == "not_checked"
    assert words in (found.reason or "")
    assert "drift.reference" in (found.reason or "")


def test_the_only_dataset_with_these_features_is_taken(tmp_path: Path) -> None:
    learnt_from(tmp_path)
    registered(tmp_path, "v3")
    write(tmp_path, each(lambda _, f: {"temp": f["temp"] + 9}))
    assert "the only dataset with its features" in only(result(feature_drift, tmp_path)).message


def test_a_feature_that_only_a_guess_asks_for_is_information(tmp_path: Path) -> None:
    """Of the only dataset with a log's features nobody says that the models learnt from it."""
    learnt_from(tmp_path)
    registered(tmp_path, "v3")
    write(
        tmp_path, [entry | {"features": {k: v for k, v in entry["features"].items() if k != "temp"}} for entry in LOG]
    )
    found = result(feature_values, tmp_path)
    assert serious(found) == []
    assert any("no entry of the last seven days has temp" in finding.message for finding in found.findings)


def test_the_policy_may_name_it(root: Path) -> None:
    write(root, each(lambda _, f: {"temp": f["temp"] + 9}))
    assert "named by the policy" in only(result(feature_drift, root, drift={"reference": "demand"})).message
    found = result(feature_drift, root, drift={"reference": "nothing"})
    assert "drift.reference names nothing" in (found.reason or "")


def test_a_log_without_features(root: Path) -> None:
    write(root, [{k: v for k, v in entry.items() if k != "features"} for entry in LOG])
    found = result(feature_values, root)
    assert "its entries hold no features" in (found.reason or "")


def test_few_entries_are_not_compared(root: Path) -> None:
    write(root, LOG[-20:])
    assert result(feature_drift, root).status == "not_checked"
    assert serious(result(feature_values, root)) == []
