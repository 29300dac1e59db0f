"""The spans of a run have the times, the words and the statuses that the run had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.outputs.tracing.ci_attributes import ci_attributes
from pytest_mlmonitor.outputs.tracing.otlp import encoded
from pytest_mlmonitor.outputs.tracing.spans import MAX_TEXT, Span, check_spans, run_span
from pytest_mlmonitor.outputs.tracing.trace_context import TraceParent

TRACE = "0af7651916cd43dd8448eb211c80319c"
BEGAN = datetime(2026, 4, 26, 14, 0, 0, 123456, tzinfo=UTC)
ENDED = BEGAN + timedelta(seconds=3)


def result(check: str, status: Any, *findings: Finding, reason: str | None = None, name: str = "bike") -> CheckResult:
    ref = ArtifactRef("dataset", Path(f"/data/{name}.json"), name, Path("/data"))
    return CheckResult(check, "quality", ref, status, findings, reason, 0.25, (), BEGAN + timedelta(seconds=1))


def spans(*results: CheckResult, **fields: Any) -> tuple[Span, list[Span]]:
    record = RunRecord(BEGAN, results=[(f"{one.ref.name}::{one.check}", one) for one in results], **fields)
    run = run_span(record, TRACE, None, "nightly", {}, ENDED, complete=True)
    return run, list(check_spans(record, run, TRACE, "nightly", {}))


def test_times_are_those_of_the_checks() -> None:
    run, (check,) = spans(result("rows", "pass"), duration_seconds=2.5)
    assert check.start == 1_777_212_001_123_456_000
    assert check.end - check.start == 250_000_000
    assert check.parent_id == run.span_id
    assert run.start <= check.start < check.end <= run.end
    assert run.start == 1_777_212_000_623_456_000


def test_a_check_that_began_before_the_clock_of_the_run_is_inside_of_it() -> None:
    run, (check,) = spans(result("rows", "pass"), duration_seconds=0.5)
    assert run.start == check.start


@pytest.mark.parametrize(
    ("made", "status", "case", "error"),
    [
        (result("rows", "pass"), "pass", "pass", None),
        (result("rows", "not_checked", reason="no contract"), "not_checked", None, None),
        (result("rows", "fail", Finding(Severity.WARNING, "few")), "warned", "pass", None),
        (result("rows", "fail", Finding(Severity.CRITICAL, "no rows")), "fail", "fail", "no rows"),
        (result("rows", "error", reason="Traceback …\nKeyError: 'x'"), "error", "fail", "KeyError: 'x'"),
    ],
)
def test_every_status_is_told(made: CheckResult, status: str, case: str | None, error: str | None) -> None:
    _, (span,) = spans(made)
    assert span.attributes["mlmonitor.status"] == status
    assert span.attributes.get("test.case.result.status") == case
    assert span.error == error


def test_findings_and_exceptions_are_events() -> None:
    finding = Finding(Severity.ERROR, "STALE", expected="30 min", actual="2 h", location="x.json:5")
    _, (span,) = spans(result("freshness", "fail", finding))
    (event,) = span.events
    assert event.name == "finding"
    assert event.attributes == {
        "mlmonitor.finding.severity": "error",
        "mlmonitor.finding.message": "STALE",
        "mlmonitor.finding.expected": "30 min",
        "mlmonitor.finding.actual": "2 h",
        "mlmonitor.finding.location": "x.json:5",
    }
    _, (crashed,) = spans(result("rows", "error", reason="Traceback …\nKeyError: 'x'"))
    assert crashed.events[0].name == "exception"
    assert crashed.events[0].attributes["exception.type"] == "KeyError"
    assert crashed.events[0].attributes["exception.message"] == "'x'"


def test_what_failed_goes_first_and_ids_are_those_of_the_run() -> None:
    made = [result("a", "pass"), result("b", "fail", Finding(Severity.ERROR, "x")), result("a", "pass", name="other")]
    _, first = spans(*made)
    _, second = spans(*made)
    assert [span.name for span in first] == ["dataset b", "dataset a", "dataset a"]
    assert [span.span_id for span in first] == [span.span_id for span in second]
    assert len({span.span_id for span in first}) == 3


@pytest.mark.parametrize(
    ("exit_status", "complete", "status"),
    [(0, True, "success"), (1, True, "failure"), (5, True, "failure"), (2, False, "aborted"), (0, False, "aborted")],
)
def test_the_run_says_how_it_ended(exit_status: int, complete: bool, status: str) -> None:
    record = RunRecord(BEGAN, exit_status=exit_status)
    run = run_span(record, TRACE, TraceParent(TRACE, "b7ad6b7169203331"), "nightly", {}, ENDED, complete=complete)
    assert run.attributes["test.suite.run.status"] == status
    assert (run.error is None) == (status == "success")
    assert run.parent_id == "b7ad6b7169203331"


def test_hostile_text_is_written_all_the_same() -> None:
    pytest.importorskip("opentelemetry.proto")
    hostile = "\ud800\x00\x1b[31m" + "x" * 100_000
    run, checks = spans(
        result("rows", "fail", Finding(Severity.ERROR, hostile, actual=hostile), name=f"a{hostile[:10]}"),
        result("rows", "error", reason=hostile),
    )
    ((body, number),) = encoded(run, checks, TRACE, None, {"service.name": "x"}, "1")
    assert number == 3
    assert len(body) < 8 * MAX_TEXT
    assert b"\\ud800\\x00\\x1b[31m" in body


def test_many_spans_are_sent_in_pieces() -> None:
    pytest.importorskip("opentelemetry.proto")
    run, checks = spans(*(result(f"c{i}", "pass") for i in range(4500)))
    pieces = list(encoded(run, checks, TRACE, None, {}, "1"))
    assert [number for _, number in pieces] == [2000, 2000, 501]
    assert all(len(body) < 2_100_000 for body, _ in pieces)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        (
            {
                "GITHUB_RUN_ID": "7",
                "GITHUB_WORKFLOW": "nightly",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "a/b",
                "GITHUB_JOB": "check",
            },
            {
                "cicd.pipeline.run.id": "7",
                "cicd.pipeline.name": "nightly",
                "cicd.pipeline.run.url.full": "https://github.com/a/b/actions/runs/7",
                "cicd.pipeline.task.name": "check",
            },
        ),
        (
            {"CI_PIPELINE_ID": "9", "CI_PROJECT_PATH": "me/x", "CI_JOB_ID": "1", "CI_JOB_URL": "https://g/1"},
            {
                "cicd.pipeline.run.id": "9",
                "cicd.pipeline.name": "me/x",
                "cicd.pipeline.task.run.id": "1",
                "cicd.pipeline.task.run.url.full": "https://g/1",
            },
        ),
        (
            {"JOB_NAME": "x", "BUILD_NUMBER": "3", "BUILD_URL": "http://j/x/3/"},
            {"cicd.pipeline.run.id": "3", "cicd.pipeline.name": "x", "cicd.pipeline.run.url.full": "http://j/x/3/"},
        ),
        (
            {"AIRFLOW_CTX_DAG_ID": "d", "AIRFLOW_CTX_DAG_RUN_ID": "r", "AIRFLOW_CTX_TASK_ID": "t"},
            {"cicd.pipeline.run.id": "r", "cicd.pipeline.name": "d", "cicd.pipeline.task.name": "t"},
        ),
        ({"BUILD_NUMBER": "3"}, {}),
    ],
)
def test_the_pipeline_is_the_one_of_the_service(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert ci_attributes(environ) == {"cicd.pipeline.task.type": "test", **expected}
