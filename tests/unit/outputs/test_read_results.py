"""The one reader of results.json: a verdict, or the reason why there is none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor import ArtifactRef, CheckResult, Figure, Finding, ResultsError, Severity, read_results
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.outputs.results import write_results
from pytest_mlmonitor.outputs.results_document import results_document
from tests.unit.outputs.results_schema import problems
from tests.unit.support import NOW

OLD: dict[str, Any] = {
    "schema_version": 1,
    "evaluated_at": "2026-04-26T14:00:37Z",
    "environment": "local",
    "duration_seconds": 0.5,
    "counts": {"pass": 0, "fail": 1, "error": 0, "not_checked": 0, "warned": 0},
    "artifacts": [{"kind": "dataset", "name": "a", "path": "data/a.json", "verdict": "failed"}],
    "unclaimed": [],
    "results": [
        {
            "nodeid": "a.json::rows",
            "check": "rows",
            "category": "quality",
            "kind": "dataset",
            "artifact": "a",
            "status": "fail",
            "severity": "error",
            "findings": [
                {
                    "severity": "error",
                    "message": "too few",
                    "expected": "10",
                    "actual": "7",
                    "column": None,
                    "location": "a.json",
                }
            ],
            "reason": None,
            "duration_seconds": 0.25,
        }
    ],
    "exit_status": 1,
    "complete": True,
}
"""What version 1 wrote."""


@pytest.fixture
def record() -> RunRecord:
    ref = ArtifactRef("dataset", Path("/data/a.json"), "a", Path("/data"))
    finding, figure = Finding(Severity.ERROR, "wrong", location="a.json"), Figure("null_rate", "c", 0.5)
    result = CheckResult("rows", "quality", ref, "fail", (finding,), None, 0.25, (figure,), NOW)
    return RunRecord(NOW, "production", [("a.json::rows", result)], exit_status=1)


def saved(path: Path, document: object) -> Path:
    file = path / "results.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_what_was_written_is_read(record: RunRecord, tmp_path: Path) -> None:
    path = write_results(tmp_path, record, complete=True)
    assert read_results(path) == read_results(str(path)) == results_document(record, complete=True)


def test_a_run_without_a_verdict_is_refused_unless_asked_for(record: RunRecord, tmp_path: Path) -> None:
    path = write_results(tmp_path, record, complete=False)
    with pytest.raises(ResultsError, match=r"results\.json: the run did not come to its end"):
        read_results(path)
    assert read_results(path, gate=False)["complete"] is False


@pytest.mark.parametrize("status", [2, 3, 4, 5])
def test_an_exit_status_that_is_no_verdict_is_refused_unless_asked_for(
    record: RunRecord, tmp_path: Path, status: int
) -> None:
    record.exit_status = status
    path = write_results(tmp_path, record, complete=True)
    with pytest.raises(ResultsError, match=f"exit status {status}, which is no verdict"):
        read_results(path)
    assert read_results(path, gate=False)["exit_status"] == status


def test_version_1_is_read_as_version_2(tmp_path: Path) -> None:
    document = read_results(saved(tmp_path, OLD))
    assert list(problems(document)) == []
    result = document["results"][0]
    assert (result["figures"], result["path"], result["started_at"], result["severity"]) == ([], None, None, "error")
    assert result["findings"][0]["accepted"] is None
    assert document["artifacts"][0] == OLD["artifacts"][0] | {"owner": None, "runbook": None, "since": None}
    assert (document["narrowed"], document["selection"], document["policy"]) == (None, None, None)


def test_version_1_passes_the_same_gate(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="did not come to its end"):
        read_results(saved(tmp_path, OLD | {"complete": False}))


def test_keys_that_were_added_later_stay(record: RunRecord, tmp_path: Path) -> None:
    path = saved(tmp_path, results_document(record, complete=True) | {"later": {"a": 1}})
    assert dict(read_results(path))["later"] == {"a": 1}


def test_a_newer_version_is_refused_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"schema_version is 3, written by a newer pytest_mlmonitor.* up to 2"):
        read_results(saved(tmp_path, {"schema_version": 3}), gate=False)


@pytest.mark.parametrize("version", [None, "2", 2.0, True, 0, -1, []])
def test_a_version_that_is_none_is_refused(tmp_path: Path, version: object) -> None:
    with pytest.raises(ResultsError, match=r"schema_version is .*; expected 2"):
        read_results(saved(tmp_path, OLD | {"schema_version": version}), gate=False)


def test_a_file_that_was_cut_is_refused_wherever(record: RunRecord, tmp_path: Path) -> None:
    path = write_results(tmp_path, record, complete=True)
    data = path.read_bytes().rstrip()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(ResultsError, match=r"results\.json: is not JSON, or was cut off"):
            read_results(path, gate=False)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe{}",
        b'{"schema_version": NaN}',
        b"[" * 100_000,
        b"\x00",
        b'{"complete": false, "complete": true}',
        b'{"duration_seconds": 1e999}',
    ],
    ids=len,
)
def test_what_is_no_json_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "results.json").write_bytes(data)
    with pytest.raises(ResultsError, match="is not JSON"):
        read_results(tmp_path / "results.json", gate=False)


@pytest.mark.parametrize("document", [[], None, "x", 2])
def test_what_is_no_object_is_refused(tmp_path: Path, document: object) -> None:
    with pytest.raises(ResultsError, match="is no JSON object"):
        read_results(saved(tmp_path, document))


def test_what_cannot_be_opened_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"results\.json: cannot be read: No such file"):
        read_results(tmp_path / "results.json")
    with pytest.raises(ResultsError, match="cannot be read: Is a directory"):
        read_results(tmp_path)
    with pytest.raises(ResultsError, match=r"cannot be read: .*null"):
        read_results("results\0.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("complete", "false"),
        ("complete", 1),
        ("exit_status", "0"),
        ("exit_status", False),
        ("counts", []),
        ("results", {}),
        ("results", [1]),
        ("artifacts", [{"kind": "dataset"}]),
        ("unclaimed", [1]),
        ("evaluated_at", None),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
def test_a_value_of_the_wrong_type_is_refused_by_its_place(
    record: RunRecord, tmp_path: Path, version: int, key: str, value: object
) -> None:
    document: dict[str, Any] = OLD if version == 1 else dict(results_document(record, complete=True))
    path = saved(tmp_path, document | {key: value})
    with pytest.raises(ResultsError, match=rf"results\.json: .*\$\.{key}"):
        read_results(path)


def test_a_missing_key_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="complete"):
        read_results(saved(tmp_path, {key: value for key, value in OLD.items() if key != "complete"}))


def test_a_word_that_there_is_not_is_refused(tmp_path: Path) -> None:
    result = OLD["results"][0] | {"status": "green"}
    with pytest.raises(ResultsError, match="green"):
        read_results(saved(tmp_path, OLD | {"results": [result]}))


@pytest.mark.parametrize("text", ["gestern", "", "2026-04-26T14:00:37"])
def test_an_evaluation_time_that_is_none_is_refused(record: RunRecord, tmp_path: Path, text: str) -> None:
    path = write_results(tmp_path, record, complete=True)
    path.write_text(json.dumps({**json.loads(path.read_text()), "evaluated_at": text}))
    with pytest.raises(ResultsError, match="evaluated_at is"):
        read_results(path, gate=False)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(ResultsError, match="no regular file"):
            read_results(tmp_path / name, gate=False)
