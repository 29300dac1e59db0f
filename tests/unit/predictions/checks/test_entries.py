"""Entries of prediction logs that cannot be right: named by the line, whichever way the log is written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.predictions.checks.predictions import prediction_log
from tests.unit.predictions.logs import Entry, predicted, result, serious, write
from tests.unit.support import only

LOG = predicted(days=3)


def changed(place: int, **fields: object) -> Callable[[list[Entry]], None]:
    return lambda entries: entries[place].update(fields)


@pytest.mark.parametrize("name", ["logs/predictions.jsonl", "logs/predictions.jsonl.gz", "out/prediction_logs.parquet"])
def test_a_sound_log_in_every_form(name: str, tmp_path: Path) -> None:
    write(tmp_path, LOG, name)
    found = result(prediction_log, tmp_path)
    assert (found.status, found.findings) == ("pass", ())


@pytest.mark.parametrize("name", ["logs/predictions.jsonl", "out/prediction_logs.parquet"])
@pytest.mark.parametrize(
    ("change", "words", "severity"),
    [
        (changed(4, probabilities={"0": 0.9, "1": 0.9}), "probabilities add up to 1.8", Severity.ERROR),
        (changed(4, probabilities={"0": -0.2, "1": 1.2}), "probabilities holds -0.2", Severity.ERROR),
        (changed(4, latency_ms=-3.5), "latency_ms is -3.5", Severity.ERROR),
        (changed(4, confidence=1.3), "confidence is 1.3", Severity.ERROR),
        (changed(4, timestamp="2026-04-27T14:00:00Z"), "1 d in the future", Severity.ERROR),
        (changed(4, timestamp="2026-04-26T16:00:00"), "write the zone", Severity.WARNING),
        (changed(4, timestamp="yesterday"), "timestamp is 'yesterday': expected a time", Severity.WARNING),
        (changed(4, request_id=LOG[1]["request_id"]), "occurs again (first in entry 2)", Severity.ERROR),
        (changed(4, model_version=None), "model_version is empty", Severity.ERROR),
    ],
)
def test_one_entry_is_named(
    change: Callable[[list[Entry]], None], words: str, severity: Severity, name: str, tmp_path: Path
) -> None:
    entries = [dict(entry) for entry in LOG]
    change(entries)
    write(tmp_path, entries, name)
    finding = only(result(prediction_log, tmp_path))
    assert words in finding.message
    assert finding.severity == severity
    assert (finding.location or "").endswith(":5")


def flipped(entries: Sequence[Entry], *places: int) -> list[Entry]:
    return [entry | ({"prediction": 1 - entry["prediction"]} if i in places else {}) for i, entry in enumerate(entries)]


def test_a_class_that_is_not_the_likeliest(tmp_path: Path) -> None:
    write(tmp_path, flipped(LOG, 4, 40, 44))
    finding = only(result(prediction_log, tmp_path))
    assert finding.severity == Severity.ERROR
    assert "expected the likeliest class (2 more: predictions.jsonl:41, predictions.jsonl:45)" in finding.message


def test_columns_of_probabilities_are_read_like_an_object(tmp_path: Path) -> None:
    entries = []
    for entry in flipped(LOG, 4):
        shares = entry["probabilities"]
        rest = {name: value for name, value in entry.items() if name != "probabilities"}
        entries.append(rest | {"probability_class_0": shares["0"], "probability_class_1": shares["1"]})
    write(tmp_path, entries)
    assert "in probability_class_*" in only(result(prediction_log, tmp_path)).message


def test_a_list_of_probabilities_has_the_order_that_most_predictions_show(tmp_path: Path) -> None:
    entries = predicted(days=3, classes=("low", "mid", "high"))
    for entry in entries:
        entry["probabilities"] = [entry["probabilities"][name] for name in ("high", "low", "mid")]
    write(tmp_path, entries)
    assert result(prediction_log, tmp_path).findings == ()
    entries[4]["prediction"] = "low" if entries[4]["prediction"] != "low" else "mid"
    write(tmp_path, entries)
    assert "expected the likeliest class" in only(result(prediction_log, tmp_path)).message


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_two_classes_may_be_told_apart_at_any_threshold(threshold: float, tmp_path: Path) -> None:
    entries = []
    for i, entry in enumerate(LOG):
        share = (i * 37 % 101) / 101
        entries.append(entry | {"probabilities": [1 - share, share], "prediction": int(share >= threshold)})
    write(tmp_path, entries)
    assert result(prediction_log, tmp_path).findings == ()


def test_numbers_that_are_predicted_need_no_confidence(tmp_path: Path) -> None:
    entries = [
        {name: value for name, value in entry.items() if name not in ("confidence", "probabilities")}
        | {"prediction": i * 1.37}
        for i, entry in enumerate(LOG)
    ]
    write(tmp_path, entries)
    assert result(prediction_log, tmp_path).findings == ()


def without(entries: Sequence[Entry], *names: str) -> list[Entry]:
    return [{name: value for name, value in entry.items() if name not in names} for entry in entries]


@pytest.mark.parametrize("name", ["logs/predictions.jsonl", "out/prediction_logs.parquet"])
@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        (("request_id",), "no entry has a request_id"),
        (("confidence", "probabilities"), "no entry has a confidence"),
        (("model_version",), "no entry has a model_version"),
    ],
)
def test_a_log_may_lack_a_field_that_no_entry_has(
    lacking: tuple[str, ...], words: str, name: str, tmp_path: Path
) -> None:
    write(tmp_path, without(LOG, *lacking), name)
    finding = only(result(prediction_log, tmp_path))
    assert finding.severity == Severity.INFO
    assert words in finding.message


def test_a_field_that_the_log_before_had_is_lost(tmp_path: Path) -> None:
    half = len(LOG) // 2
    write(tmp_path, LOG[:half], "predictions_1.jsonl")
    write(tmp_path, without(LOG[half:], "model_version"), "predictions_2.jsonl")
    finding = only(result(prediction_log, tmp_path, "predictions_2"))
    assert finding.severity == Severity.ERROR
    assert (
        "no entry has a model_version: which model predicted is not known; predictions_1.jsonl has it"
        in finding.message
    )


def test_a_log_predicts_something(tmp_path: Path) -> None:
    write(tmp_path, without(LOG, "prediction", "confidence", "probabilities"))
    (finding,) = serious(result(prediction_log, tmp_path))
    assert "predicted_class is missing" in finding.message


def test_a_line_that_nobody_has_ended_may_be_one_that_is_being_written(tmp_path: Path) -> None:
    path = write(tmp_path, LOG)
    path.write_bytes(path.read_bytes() + b'{"request_id": "r')
    finding = only(result(prediction_log, tmp_path))
    assert finding.severity == Severity.WARNING
    path.write_bytes(path.read_bytes() + b"\n")
    assert only(result(prediction_log, tmp_path)).severity == Severity.ERROR


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b'{"a": 1}\n', mtime=0), "holds gzip data under a name of JSONL"),
        (b"PAR1 and so on", "holds parquet data under a name of JSONL"),
        (json.dumps(LOG, indent=1).encode(), "is one JSON array over several lines"),
        (b"{" + b" " * (17 << 20), "has a line of more than 16 MiB"),
        (b"", "holds no prediction"),
    ],
)
def test_what_is_no_log_is_said_once(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "predictions.jsonl").write_bytes(data)
    assert words in only(result(prediction_log, tmp_path)).message


def test_a_torn_gzip_file(tmp_path: Path) -> None:
    path = write(tmp_path, LOG, "predictions.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-40])
    assert "is no sound gzip file" in only(result(prediction_log, tmp_path)).message


def test_a_key_that_is_there_twice(tmp_path: Path) -> None:
    path = write(tmp_path, LOG)
    path.write_bytes(path.read_bytes().replace(b'"prediction": 1', b'"prediction": 1, "prediction": 0', 1))
    assert "has the key 'prediction' twice" in only(result(prediction_log, tmp_path)).message


def test_many_bad_lines_end_the_reading(tmp_path: Path) -> None:
    (tmp_path / "predictions.jsonl").write_bytes(b"{\n" * 5_000)
    messages = [finding.message for finding in serious(result(prediction_log, tmp_path))]
    assert any("more than 1,000 bad lines" in message for message in messages)
