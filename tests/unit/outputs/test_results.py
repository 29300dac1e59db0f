"""results.json and the record it is written from (specification 3)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.outputs.html_table import MAX_ROWS, summary_html
from pytest_mlmonitor.outputs.results import write_results
from pytest_mlmonitor.outputs.results_document import results_document
from tests.unit.support import NOW


def ref(name: str, kind: str = "dataset") -> ArtifactRef:
    return ArtifactRef(kind, Path(f"/data/{name}.json"), name, Path("/data"))


def result(name: str, check: str, status: Any, *severities: Severity) -> tuple[str, CheckResult]:
    findings = tuple(Finding(s, f"{check} {s.word}", "e", "a", "c", "f:1") for s in severities)
    return f"{name}.json::{check}", CheckResult(check, "contract", ref(name), status, findings, None, 0.25)


@pytest.fixture
def record() -> RunRecord:
    made = RunRecord(NOW, "production", unclaimed=[Path("/data/notes.txt")], duration_seconds=1.23456, exit_status=1)
    made.results = [
        result("a", "one", "pass"),
        result("a", "two", "fail", Severity.WARNING),
        result("b", "one", "fail", Severity.ERROR, Severity.INFO),
        result("b", "two", "not_checked"),
        result("c", "one", "error"),
        result("d", "one", "pass", Severity.INFO),
    ]
    return made


def test_the_document_of_the_specification(record: RunRecord) -> None:
    document = results_document(record, complete=True)
    assert document["schema_version"] == 2
    assert document["evaluated_at"] == "2026-04-26T14:00:37Z"
    assert document["duration_seconds"] == 1.235
    assert document["counts"] == {"pass": 2, "fail": 1, "error": 1, "not_checked": 1, "warned": 1}
    assert [(a["name"], a["verdict"]) for a in document["artifacts"]] == [
        ("c", "error"),
        ("b", "failed"),
        ("a", "warned"),
        ("d", "ok"),
    ]
    assert document["artifacts"][0] | {"verdict": "error"} == {
        "kind": "dataset",
        "name": "c",
        "path": "/data/c.json",
        "verdict": "error",
        "owner": None,
        "runbook": None,
        "since": None,
        "id": "dataset:c",
        "family": "c",
        "version": None,
        "contact": None,
        "facts": [],
        "newer": None,
        "worst": None,
        "headline": "one could not run",
        "action": "Read the traceback: the check could not run",
        "runs": None,
        "new": None,
        "fixed": None,
        "history": [],
    }
    assert document["unclaimed"] == ["/data/notes.txt"]
    assert document["complete"] is True
    entry = document["results"][1]
    assert (entry["nodeid"], entry["severity"], entry["status"]) == ("a.json::two", "warning", "fail")
    assert entry["findings"] == [
        {
            "severity": "warning",
            "message": "two warning",
            "expected": "e",
            "actual": "a",
            "column": "c",
            "location": "f:1",
            "accepted": None,
            "since": None,
            "runs": None,
            "new": None,
            "again": None,
            "action": "",
        }
    ]


def test_a_result_says_where_and_when_and_what_was_measured() -> None:
    one = replace(result("a", "one", "pass")[1], figures=(Figure("null_rate", "c", 0.25),), started_at=NOW)
    entry = results_document(RunRecord(NOW, results=[("x", one)]), complete=True)["results"][0]
    assert entry["figures"] == [{"name": "null_rate", "column": "c", "value": 0.25}]
    assert (entry["path"], entry["started_at"]) == ("/data/a.json", "2026-04-26T14:00:37Z")


def test_it_says_what_was_left_out_and_where_the_policy_stands(record: RunRecord) -> None:
    made = results_document(record, complete=True)
    assert (made["narrowed"], made["selection"], made["collected"], made["selected"]) == (False, [], 0, 0)
    assert made["policy"] == {"file": None, "overridden": {}}
    record.narrowed, record.selection, record.collected, record.selected = True, ("-m x",), 9, 3
    record.policy_file, record.overridden = Path("/p/mlmonitor.toml"), {"out": "the command line"}
    made = results_document(record, complete=True)
    assert (made["narrowed"], made["selection"], made["collected"], made["selected"]) == (True, ["-m x"], 9, 3)
    assert made["policy"] == {"file": "/p/mlmonitor.toml", "overridden": {"out": "the command line"}}


def test_it_is_written_as_ascii_json(record: RunRecord, tmp_path: Path) -> None:
    record.results.append(result("é\u2028\ud800", "one", "pass"))
    path = write_results(tmp_path / "out", record, complete=False)
    data = path.read_bytes()
    assert path == tmp_path / "out" / "results.json"
    assert data.isascii()
    assert json.loads(data) == json.loads(json.dumps(results_document(record, complete=False)))
    assert json.loads(data)["complete"] is False


def test_counts_of_nothing() -> None:
    empty = RunRecord(NOW)
    assert empty.counts() == {"pass": 0, "fail": 0, "error": 0, "not_checked": 0, "warned": 0}
    assert empty.artifacts() == []


def test_an_artifact_is_judged_by_its_worst_result(record: RunRecord) -> None:
    judged = {j.ref.name: j for j in record.artifacts()}
    assert judged["b"].worst is not None and judged["b"].worst.severity == Severity.ERROR
    assert (judged["b"].checked, judged["a"].checked) == (1, 2)
    assert judged["c"].worst is None


def test_the_report_lists_the_worst_first(record: RunRecord) -> None:
    html = summary_html(record, ["/data"])
    positions = [html.index(f">{name}</td>") for name in ("c", "b", "a", "d")]
    assert positions == sorted(positions)
    assert "1 file that no reader claimed" in html
    assert "2026-04-26T14:00:37Z" in html


def test_the_report_says_what_it_leaves_out() -> None:
    record = RunRecord(NOW)
    record.results = [result(f"a{i:04}", "one", "pass") for i in range(MAX_ROWS + 7)]
    html = summary_html(record, ["/data"])
    assert html.count('<tr class="ok">') == MAX_ROWS
    assert "7 more artifacts" in html


def test_the_report_says_what_was_not_read() -> None:
    made = RunRecord(NOW)
    assert "remembered" not in summary_html(made, ["/data"])
    made.remembered = {Path("/data/b.parquet"): NOW, Path("/data/a.parquet"): NOW - timedelta(days=1)}
    since = f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M} UTC"
    assert f"2 tables unchanged since {since}: remembered, not read" in summary_html(made, ["/data"])
    assert [one["path"] for one in results_document(made, complete=True)["remembered"]] == [
        "/data/a.parquet",
        "/data/b.parquet",
    ]
