"""Spans as OTLP writes them: protobuf, in pieces that a collector takes. What is sent, an answer says, may be refused in part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from pytest_mlmonitor.outputs.tracing.spans import Span, SpanValue
from pytest_mlmonitor.outputs.tracing.trace_context import TraceParent

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

CONTENT_TYPE = "application/x-protobuf"

MAX_SPANS = 2000
MAX_BYTES = 2_000_000
"""Of one request: many a receiver takes 4 MiB and no more."""

_SAMPLED, _KNOWN_ORIGIN, _REMOTE = 0x001, 0x100, 0x200
"""Bits of a span's flags: it is recorded; whether its parent is of another process is said; it is."""


def encoded(
    run: Span,
    checks: Iterable[Span],
    trace_id: str,
    parent: TraceParent | None,
    resource: Mapping[str, str],
    version: str,
) -> Iterator[tuple[bytes, int]]:
    """Yield requests to export spans, and how many spans are in each.

    Args:
        run: the span of the run, which goes first.
        checks: those below it.
        trace_id: that all of them are part of.
        parent: what started the run.
        resource: what sends them.
        version: of this package.

    Raises:
        ImportError: the extra ``otel`` is not installed.
    """
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1 import trace_pb2

    trace = bytes.fromhex(trace_id)
    state = parent.state if parent is not None else ""
    scope = InstrumentationScope(name="pytest_mlmonitor", version=version)
    sender = Resource(attributes=list(_attributes(resource)))

    def message(span: Span) -> trace_pb2.Span:
        remote = _REMOTE if span is run and parent is not None else 0
        status = trace_pb2.Status.STATUS_CODE_ERROR if span.error is not None else trace_pb2.Status.STATUS_CODE_UNSET
        return trace_pb2.Span(
            trace_id=trace,
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_id or ""),
            trace_state=state,
            flags=_SAMPLED | _KNOWN_ORIGIN | remote,
            name=span.name,
            kind=trace_pb2.Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=span.start,
            end_time_unix_nano=span.end,
            attributes=list(_attributes(span.attributes)),
            events=[
                trace_pb2.Span.Event(
                    time_unix_nano=span.end, name=event.name, attributes=list(_attributes(event.attributes))
                )
                for event in span.events
            ],
            status=trace_pb2.Status(code=status, message=span.error or ""),
        )

    def request(spans: list[trace_pb2.Span]) -> bytes:
        scoped = trace_pb2.ScopeSpans(scope=scope, spans=spans)
        written: bytes = ExportTraceServiceRequest(
            resource_spans=[trace_pb2.ResourceSpans(resource=sender, scope_spans=[scoped])]
        ).SerializeToString()
        return written

    held: list[trace_pb2.Span] = []
    size = 0
    for span in chain((run,), checks):
        one = message(span)
        held.append(one)
        size += one.ByteSize()
        if len(held) >= MAX_SPANS or size >= MAX_BYTES:
            yield request(held), len(held)
            held, size = [], 0
    if held:
        yield request(held), len(held)


def refused(body: bytes) -> tuple[int, str]:
    """Return how many spans of a request a server refused, and why, as its answer says."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        answer = ExportTraceServiceResponse.FromString(body)
    except (
        Exception
    ):  # protobuf's own: the answer is JSON, or of a proxy, and its status says that the spans were taken
        return 0, ""
    return answer.partial_success.rejected_spans, answer.partial_success.error_message


def _attributes(values: Mapping[str, SpanValue]) -> Iterator[KeyValue]:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

    for name, value in values.items():
        if isinstance(value, bool):
            yield KeyValue(key=name, value=AnyValue(bool_value=value))
        elif isinstance(value, int):
            yield KeyValue(key=name, value=AnyValue(int_value=value))
        elif isinstance(value, float):
            yield KeyValue(key=name, value=AnyValue(double_value=value))
        else:
            yield KeyValue(key=name, value=AnyValue(string_value=value))
