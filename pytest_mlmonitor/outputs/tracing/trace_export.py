"""A run as a trace of OpenTelemetry, sent by OTLP over HTTP when it is over: nothing is measured while checks run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest_mlmonitor
from pytest_mlmonitor.core.network.posting import PostError, post
from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.export import EXPORT_SECONDS, ExportContext
from pytest_mlmonitor.outputs.tracing.ci_attributes import ci_attributes
from pytest_mlmonitor.outputs.tracing.otlp import CONTENT_TYPE, encoded, refused
from pytest_mlmonitor.outputs.tracing.spans import check_spans, run_span
from pytest_mlmonitor.outputs.tracing.trace_context import (
    NoEndpoint,
    endpoint,
    headers_of,
    is_traced,
    resource_of,
    trace_parent,
)

NAME = "traces"
_GRPC_PORT = 4317
_LEAST_SECONDS = 0.1
"""With less than that left another request is not begun."""


def export_traces(context: ExportContext) -> Iterator[ExportReport]:
    """Send the spans of a run, and yield what became of it."""
    record, environ = context.record, context.environ
    if not is_traced(context.settings, context.asked.traces, narrowed=record.narrowed) or record.trace_id is None:
        return
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield ExportReport(NAME, "no trace was sent: OTEL_SDK_DISABLED is true")
        return
    try:
        url = endpoint(context.settings, context.asked.traces, environ)
    except NoEndpoint as error:
        yield ExportReport(NAME, problem=f"no trace was sent: {error}")
        return
    yield _sent(context, url, record.trace_id)


def _sent(context: ExportContext, url: str, trace_id: str) -> ExportReport:
    deadline = time.monotonic() + EXPORT_SECONDS
    total = len(context.record.results) + 1
    host = safe(urlsplit(url).netloc.rpartition("@")[2])
    sent = lost = 0
    why = ""
    try:
        for body, number in _requests(context, trace_id):
            if sent and time.monotonic() >= deadline - _LEAST_SECONDS:
                break
            headers = {"Content-Type": CONTENT_TYPE, **headers_of(context.environ)}
            answer = post(url, body, headers=headers, deadline=deadline)
            rejected, words = refused(answer.body)
            lost += rejected
            why = why or words
            sent += number
    except ImportError:
        return ExportReport(
            NAME, problem="no trace was sent: opentelemetry is not installed: pip install 'pytest-mlmonitor[otel]'"
        )
    except PostError as error:
        done = f"only {sent:,} of {count(total, 'span')} were sent" if sent else "the trace was not sent"
        hint = (
            f" ({_GRPC_PORT} is the port of OTLP over gRPC; over HTTP it is 4318)" if f":{_GRPC_PORT}" in host else ""
        )
        return ExportReport(NAME, problem=f"{done}: {error}{hint}")
    if sent < total:
        spans = count(total, "span")
        return ExportReport(
            NAME,
            problem=f"only {sent:,} of {spans} were sent in {EXPORT_SECONDS:.0f} s, those of checks that failed first",
        )
    if lost:
        return ExportReport(NAME, problem=f"{host} refused {lost:,} of {count(total, 'span')}: {safe(why)[:200]}")
    return ExportReport(NAME, f"trace {trace_id} of {count(total, 'span')} to {host}")


def _requests(context: ExportContext, trace_id: str) -> Iterator[tuple[bytes, int]]:
    record, environ = context.record, context.environ
    parent = trace_parent(environ)
    suite = context.settings.metrics.suite or "mlmonitor"
    pipeline = {name: safe(value) for name, value in ci_attributes(environ).items()}
    run = run_span(record, trace_id, parent, suite, pipeline, context.clock, complete=context.complete)
    checks = check_spans(record, run, trace_id, suite, pipeline)
    version = pytest_mlmonitor.__version__
    resource = {name: safe(value) for name, value in resource_of(record.environment, version, environ).items()}
    return encoded(run, checks, trace_id, parent, resource, version)
