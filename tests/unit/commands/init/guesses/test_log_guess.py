"""What the records of a log are taken for, by exact synonyms only."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.commands.init.guesses.log_guess import LogGuess, log_guess
from pytest_mlmonitor.commands.init.guesses.log_lines import first_records, is_lines, last_records

WINDOW = {
    "ts": 1795773600000,
    "svc": "churn",
    "n": 100,
    "errors": 1,
    "http_429": 0,
    "latency": {"p50": 0.05, "p95": 0.12},
}
REQUEST = {"timestamp": "2026-11-27T10:00:00Z", "status": 200, "duration_ms": 12.5}
PREDICTION = {
    "request_id": "a",
    "time": "2026-11-27T10:00:00Z",
    "prediction": 1,
    "confidence": 0.97,
    "features": {"x": 1},
}


def guess(tmp_path: Path, *records: dict[str, Any]) -> LogGuess:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return log_guess(first_records(path), last_records(path))


def fields(found: LogGuess, *, commented: bool = False) -> dict[str, str]:
    return {line.ours: line.theirs for line in found.fields if line.commented == commented}


def test_counts_of_a_window(tmp_path: Path) -> None:
    found = guess(tmp_path, *({**WINDOW, "ts": WINDOW["ts"] + 60_000 * i} for i in range(5)))  # type: ignore[operator]
    assert (found.kind, found.window) == ("windows", "1m")
    assert fields(found) == {
        "window_start": "ts in epoch_ms",
        "request_count": "n",
        "failure_count": "errors",
        "rejected_count": "http_429",
        "deployment_id": "svc",
    }
    assert found.undecided == {"latency.p50": 0.05, "latency.p95": 0.12}  # s or ms: only a person knows
    assert "2026-11-27T10:00:00Z" in next(line.comment for line in found.fields if line.ours == "window_start")


def test_one_request_a_line(tmp_path: Path) -> None:
    found = guess(tmp_path, REQUEST, REQUEST)
    assert (found.kind, fields(found)) == (
        "requests",
        {"time": "timestamp", "status": "status", "latency_ms": "duration_ms"},
    )


def test_one_prediction_a_line(tmp_path: Path) -> None:
    found = guess(tmp_path, {**PREDICTION, "ground_truth": None})
    assert found.kind == "entries"
    assert fields(found) == {
        "request_id": "request_id",
        "time": "time",
        "prediction": "prediction",
        "confidence": "confidence",
        "features": "features",
        "label": "ground_truth",  # labels come later
    }


@pytest.mark.parametrize(
    ("record", "ours", "reference"),
    [
        ({**PREDICTION, "confidence": 97.0}, "confidence", "confidence in percent"),  # percent or no share at all
        ({**PREDICTION, "time": 12.5}, "time", "time"),  # no unit gives a date of this century
        ({**PREDICTION, "actual": 1, "ground_truth": 1}, "label", "ground_truth"),  # two that may be meant
    ],
)
def test_what_only_a_person_knows_is_a_comment(
    tmp_path: Path, record: dict[str, Any], ours: str, reference: str
) -> None:
    found = guess(tmp_path, record)
    assert ours not in fields(found)
    assert fields(found, commented=True)[ours] == reference


@pytest.mark.parametrize(
    "record",
    [
        {"level": "INFO", "msg": "started", "ts": 1795773600},
        {"time": "2026-11-27T10:00:00Z", "status": "ok", "duration_ms": 3},  # no HTTP status
        {"prediction": 1},  # nothing says which one
        {"ts": 1795773600, "n": "many", "errors": 0},
        {"requests_per_second": 3, "error_ratio": 0.1, "ts": 1795773600},  # near, and not exact
    ],
)
def test_what_is_like_nothing_is_nothing(tmp_path: Path, record: dict[str, Any]) -> None:
    found = guess(tmp_path, record, record)
    assert found.kind is None and found.missing


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": 1', b"plain text\n" * 10, b"\x1f\x8b\x08broken"]
)
def test_files_that_hold_no_records(tmp_path: Path, data: bytes) -> None:
    for name in ("a.jsonl", "a.jsonl.gz", "a.json"):
        path = tmp_path / name
        path.write_bytes(data)
        assert first_records(path) == [] and not is_lines(path)


def test_a_compressed_log(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": {"b": 1}}\n' * 3))
    assert [record["a.b"] for record in first_records(path)] == [1, 1, 1]


def test_the_last_record_says_how_far_a_log_goes(tmp_path: Path) -> None:
    lines = (
        {**REQUEST, "timestamp": f"2026-11-27T{h:02}:{m:02}:00Z", "pad": "x" * 400}
        for h in range(24)
        for m in range(60)
    )
    assert str(guess(tmp_path, *lines).last) == "2026-11-27 23:59:00+00:00"


def test_a_number_beyond_every_float_is_no_time(tmp_path: Path) -> None:
    found = guess(tmp_path, {**WINDOW, "ts": 10**400}, {**WINDOW, "ts": 10**400})
    assert "window_start" in fields(found, commented=True)
