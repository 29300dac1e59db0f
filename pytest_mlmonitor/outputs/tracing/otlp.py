"""Spans as OTLP writes them: protobuf, in pieces that a collector takes. What is sent, an answer says, may be refused in part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
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

    def message(span: Span) -> bytes:
        remote = _REMOTE if span is run and parent is not None else 0
        status = trace_pb2.Status(code=trace_pb2.Status.STATUS_CODE_ERROR, message=span.error) if span.error else None
        written: bytes = trace_pb2.Span(
            trace_id=trace,
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_id or ""),
            trace_state=state,
            flags=_SAMPLED | _KNOWN_ORIGIN | remote,
            name=span.name,
            kind=trace_pb2.Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=span.start,
            end_time_unix_nano=span.end,
            events=[
                trace_pb2.Span.Event(
                    time_unix_nano=span.end, name=event.name, attributes=list(_attributes(event.attributes))
                )
                for event in span.events
            ],
            status=status,
        ).SerializeToString()
        # What stands behind one another in protobuf is one message: most attributes are those of other spans, too.
        return written + b"".join(_attribute(name, value) for name, value in span.attributes.items())

    def request(spans: list[bytes]) -> bytes:
        scoped = trace_pb2.ScopeSpans(scope=scope).SerializeToString()
        scoped += b"".join(_field(trace_pb2.ScopeSpans.SPANS_FIELD_NUMBER, span) for span in spans)
        sent = trace_pb2.ResourceSpans(resource=sender).SerializeToString()
        sent += _field(trace_pb2.ResourceSpans.SCOPE_SPANS_FIELD_NUMBER, scoped)
        return _field(ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER, sent)

    held: list[bytes] = []
    size = 0
    for span in chain((run,), checks):
        one = message(span)
        held.append(one)
        size += len(one)
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


@lru_cache(maxsize=50_000, typed=True)
def _attribute(name: str, value: SpanValue) -> bytes:
    """Return one attribute of a span, written."""
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

    written: bytes = SpanMessage(attributes=list(_attributes({name: value}))).SerializeToString()
    return written


def _field(number: int, message: bytes) -> bytes:
    """Return a message as a field of another one: its number and kind, its length, itself."""
    length, left = bytearray(), len(message)
    while left > 0x7F:
        length.append(left & 0x7F | 0x80)
        left >>= 7
    length.append(left)
    return bytes((number << 3 | 2,)) + length + message


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
