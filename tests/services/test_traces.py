"""A run is a trace in whatever takes OTLP over HTTP; a collector that is away, slow or wrong is said, and holds nobody up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import ExportReport, RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.export import ExportContext, ExportOptions
from pytest_mlmonitor.outputs.tracing.trace_export import export_traces
from tests.services.conftest import NOW, PLATFORM, program
from tests.services.receiver import Answer, Receiver, refusing
from tests.services.servers import free_port

pytest.importorskip("opentelemetry.proto")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PIPELINE = {"CI_PIPELINE_ID": "7", "CI_PROJECT_PATH": "ml/checks", "CI_PIPELINE_URL": "https://ci.example/7"}


def run(directory: Path, policy: str, *args: str, **variables: str) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Check a training run of the sample, or what was copied before; return what was printed, and results.json."""
    if not (directory / "artifacts").exists():
        shutil.copytree(PLATFORM / "p4", directory / "artifacts" / "p4")
    (directory / "mlmonitor.toml").write_text(
        f'artifacts = ["artifacts"]\nfreshness.max_age_seconds = 21600\n{policy}\n', encoding="utf-8"
    )
    passed = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLMONITOR_", "OTEL_", "TRACE", "CI", "GITHUB_", "GITLAB_", "BUILD"))
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--mlmonitor-out=out",
            f"--mlmonitor-now={NOW}",
            *args,
        ],
        cwd=directory,
        env=passed | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done, json.loads((directory / "out" / "results.json").read_text(encoding="utf-8"))


def values(attributes: Any) -> Mapping[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def spans_of(receiver: Receiver) -> list[Any]:
    """Return the spans that were received, the one of the run first."""
    requests = [ExportTraceServiceRequest.FromString(one.body) for one in receiver.to("/v1/traces")]
    return [
        span
        for request in requests
        for one in request.resource_spans
        for scope in one.scope_spans
        for span in scope.spans
    ]


@pytest.mark.parametrize("more", [(), ("-n2",)])
def test_a_run_is_a_trace(more: tuple[str, ...], receiver: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "artifacts" / "p2" / "dataset_metadata.json"
    shutil.copytree(PLATFORM, tmp_path / "artifacts")
    path.write_text(path.read_text(encoding="utf-8").replace('"row_count": 1076', '"row_count": 7'), encoding="utf-8")
    done, results = run(
        tmp_path,
        f'traces = "{receiver.url}"\nmetrics.suite = "nightly"',
        *more,
        TRACEPARENT=PARENT,
        OTEL_EXPORTER_OTLP_HEADERS="x-key=canary-1234",
        OTEL_RESOURCE_ATTRIBUTES="team=ml",
        **PIPELINE,
    )
    assert done.returncode == 1
    _, trace_id, parent_id, _ = PARENT.split("-")
    assert results["trace_id"] == trace_id
    whole, *checks = spans_of(receiver)
    assert len(checks) == len(results["results"]) > 40
    assert {span.trace_id.hex() for span in [whole, *checks]} == {trace_id}
    assert whole.parent_span_id.hex() == parent_id
    assert {span.parent_span_id for span in checks} == {whole.span_id}
    assert len({span.span_id for span in checks}) == len(checks)
    assert all(whole.start_time_unix_nano <= s.start_time_unix_nano <= s.end_time_unix_nano for s in checks)
    assert all(s.end_time_unix_nano <= whole.end_time_unix_nano for s in checks)
    told = values(whole.attributes)
    assert told["test.suite.name"] == "nightly"
    assert told["test.suite.run.status"] == "failure"
    assert told["cicd.pipeline.run.id"] == "7"
    assert told["cicd.pipeline.task.type"] == "test"
    assert whole.status.code == whole.status.STATUS_CODE_ERROR
    by_case = {values(span.attributes)["test.case.name"]: span for span in checks}
    for entry in results["results"]:
        span = by_case[entry["nodeid"]]
        said = values(span.attributes)
        assert said["mlmonitor.status"] == entry["status"]
        assert said["cicd.pipeline.run.url.full"] == "https://ci.example/7"
        assert abs((span.end_time_unix_nano - span.start_time_unix_nano) / 1e9 - entry["duration_seconds"]) < 1e-6
        assert [event.name for event in span.events] == ["finding"] * len(entry["findings"])
    (failed,) = [span for span in checks if span.status.code == span.status.STATUS_CODE_ERROR]
    assert failed.name == "dataset row_count"
    assert "row_count says 7" in values(failed.events[0].attributes)["mlmonitor.finding.message"]
    request = receiver.wait_for("/v1/traces")
    assert request.headers["content-type"] == "application/x-protobuf"
    assert request.headers["x-key"] == "canary-1234"
    resource = values(ExportTraceServiceRequest.FromString(request.body).resource_spans[0].resource.attributes)
    assert resource["service.name"] == "mlmonitor"
    assert resource["team"] == "ml"
    assert f"trace {trace_id} of {len(checks) + 1} spans to 127.0.0.1" in done.stdout
    assert "canary" not in done.stdout + (tmp_path / "out" / "results.json").read_text(encoding="utf-8")


def test_oteltap_takes_it(tmp_path: Path) -> None:
    port = free_port()
    tap = subprocess.Popen(
        [
            program_of_environment("oteltap"),
            "--port",
            str(port),
            "--await-span",
            "^training_run readable$",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert tap.stdout is not None
        assert "Listening" in tap.stdout.readline()
        _, results = run(tmp_path, f'traces = "http://127.0.0.1:{port}"')
        assert results["exports"][0]["problem"] is None
        out, _ = tap.communicate(timeout=60)
        assert tap.returncode == 0, out
        assert '"mlmonitor run"' in out
    finally:
        tap.kill()
        tap.wait()


def program_of_environment(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else program(name)


@pytest.mark.parametrize(
    ("policy", "args", "variables", "sent"),
    [
        ("", (), {"OTEL_EXPORTER_OTLP_ENDPOINT": "URL"}, False),
        ("traces = true", (), {"OTEL_EXPORTER_OTLP_ENDPOINT": "URL"}, True),
        ("traces = true", (), {"OTEL_EXPORTER_OTLP_ENDPOINT": "URL", "OTEL_SDK_DISABLED": "true"}, False),
        ('traces = "URL"', ("--mlmonitor-traces=none",), {}, False),
        ("", ("--mlmonitor-traces=URL",), {}, True),
        ('traces = "URL"', ("-k", "readable"), {}, False),
        ("", ("-k", "readable", "--mlmonitor-traces=URL"), {}, True),
        ('traces = "URL"', ("--co",), {}, False),
    ],
)
def test_nothing_but_the_policy_or_the_command_line_sends_it(
    policy: str, args: tuple[str, ...], variables: dict[str, str], sent: bool, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text('{"trace_id": null}', encoding="utf-8")
    _, results = run(
        tmp_path,
        policy.replace("URL", receiver.url),
        *(one.replace("URL", receiver.url) for one in args),
        **{name: value.replace("URL", receiver.url) for name, value in variables.items()},
    )
    assert bool(receiver.requests) == sent
    if sent:
        assert spans_of(receiver)[0].trace_id.hex() == results["trace_id"]
    elif "OTEL_SDK_DISABLED" not in variables:
        assert results["trace_id"] is None


PARTLY = ExportTracePartialSuccess(rejected_spans=3, error_message="too old")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([Answer(503), Answer(200)], None),
        ([Answer(429, {"Retry-After": "1"}), Answer(200)], None),
        ([Answer(404)], "answers 404"),
        ([Answer(401, body=b"no canary-1234")], "answers 401: no ***"),
        ([Answer(200, body=b"x" * 20, drip=0.5)], None),
        ([Answer(hang_up=True)], "127.0.0.1"),
        ([Answer(302, {"Location": "http://127.0.0.1:9/"})], "a redirect, and none is followed"),
        ([Answer(body=ExportTraceServiceResponse(partial_success=PARTLY).SerializeToString())], "refused 3 of 3 spans"),
        ([Answer(200, body=b"<html>all right</html>")], None),
    ],
)
def test_a_server_that_fails_is_said(answers: list[Answer], told: str | None, receiver: Receiver) -> None:
    receiver.answer("/v1/traces", *answers)
    report = exported(receiver.url)
    if told is None:
        assert report.problem is None
        assert f"of 3 spans to {receiver.url.removeprefix('http://')}" in report.said
    else:
        assert told in str(report.problem)
        assert "canary" not in str(report.problem)


def test_a_collector_that_is_away_is_said() -> None:
    with refusing() as away:
        assert "Connection refused" in str(exported(away).problem)


@pytest.mark.parametrize(
    ("answer", "told"),
    [(Answer(500, body=b"no canary-1234"), "answers 500: no ***"), (Answer(delay=30), "does not answer within")],
)
def test_a_server_that_fails_hides_no_verdict(answer: Answer, told: str, receiver: Receiver, tmp_path: Path) -> None:
    receiver.answer("/v1/traces", answer)
    done, results = run(tmp_path, f'traces = "{receiver.url}"', OTEL_EXPORTER_OTLP_HEADERS="x-key=canary-1234")
    assert done.returncode == results["exit_status"] == 0, done.stdout
    assert results["complete"]
    (report,) = [one for one in results["exports"] if one["name"] == "traces"]
    assert told in report["problem"]
    assert f"mlmonitor: traces: {report['problem']}" in done.stdout
    assert "canary" not in done.stdout + done.stderr + json.dumps(results)


def exported(url: str) -> ExportReport:
    """Send the trace of a run of two checks to a server, and return what became of it."""
    now = datetime.now(UTC)
    ref = ArtifactRef("dataset", Path("/data/bike.json"), "bike", Path("/data"))
    results = [CheckResult(name, "quality", ref, "pass", (), None, 0.1, (), now) for name in ("rows", "readable")]
    record = RunRecord(now, results=[(f"bike::{one.check}", one) for one in results], trace_id="0" * 31 + "1")
    settings = Settings(traces=url)
    variables = {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=canary-1234"}
    (report,) = export_traces(
        ExportContext(
            record,
            Platform([], settings=settings),
            settings,
            None,
            None,
            Path(),
            ExportOptions(),
            variables,
            now,
            complete=True,
        )
    )
    return report


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (
            "--mlmonitor-traces=http://me:canary-1234@127.0.0.1:9",
            "--mlmonitor-traces = ***: a secret stands in this URL",
        ),
        ("--mlmonitor-push=http://me:canary-1234@127.0.0.1:9", "--mlmonitor-push = ***: a secret stands in this URL"),
        (
            "--mlmonitor-lineage=http://127.0.0.1/?token=canary-1234",
            "--mlmonitor-lineage: a secret stands in this URL",
        ),
        ("--mlmonitor-traces=yes", "--mlmonitor-traces = 'yes': expected a URL with http://"),
        ("--mlmonitor-push=none", "--mlmonitor-push = 'none': expected a URL with http://"),
    ],
)
def test_an_option_that_is_wrong_is_refused_without_its_secret(option: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text("{}", encoding="utf-8")
    done, _ = run(tmp_path, "", option)
    assert done.returncode == 4
    assert told in done.stderr
    assert "canary" not in done.stdout + done.stderr
