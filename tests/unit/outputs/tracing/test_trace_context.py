"""Which trace a run is part of, whether it is sent, and where to."""

from __future__ import annotations

import re

import pytest

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.tracing.trace_context import (
    NoEndpoint,
    endpoint,
    headers_of,
    is_traced,
    resource_of,
    trace_id_of,
    trace_parent,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f" 00-{TRACE}-{SPAN}-00\n", True),
        (f"cc-{TRACE}-{SPAN}-01-what-is-to-come", True),
        (f"00-{TRACE}-{SPAN}-01-more", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}-{SPAN}", False),
        ("", False),
    ],
)
def test_a_parent_is_taken_over_as_the_w3c_writes_it(text: str, taken: bool) -> None:
    parent = trace_parent({"TRACEPARENT": text, "TRACESTATE": "a=b"})
    assert (parent is not None) == taken
    if parent is not None:
        assert (parent.trace_id, parent.span_id, parent.state) == (TRACE, SPAN, "a=b")
    assert (trace_id_of(False, {"TRACEPARENT": text}) == TRACE) == taken


def test_a_trace_of_its_own_is_new_each_time_and_none_where_nobody_traces() -> None:
    first, second = trace_id_of(True, {}), trace_id_of(True, {})
    assert first != second
    assert all(one is not None and re.fullmatch(r"[0-9a-f]{32}", one) for one in (first, second))
    assert trace_id_of(False, {}) is None


@pytest.mark.parametrize(
    ("policy", "asked", "narrowed", "sent"),
    [
        (False, None, False, False),
        (True, None, False, True),
        ("http://h", None, False, True),
        ("http://h", None, True, False),
        (True, "none", False, False),
        (False, "http://h", False, True),
        (False, "http://h", True, True),
    ],
)
def test_policy_and_command_line_alone_switch_it_on(
    policy: object, asked: str | None, narrowed: bool, sent: bool
) -> None:
    settings = Settings.model_validate({"traces": policy})
    assert is_traced(settings, asked, narrowed=narrowed) == sent


@pytest.mark.parametrize(
    ("policy", "asked", "environ", "url"),
    [
        (True, None, {}, "http://localhost:4318/v1/traces"),
        (True, None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://h:1/otlp/"}, "https://h:1/otlp/v1/traces"),
        (True, None, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h/x"}, "http://h/x"),
        (True, None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:word@h"}, "http://me:word@h/v1/traces"),
        ("http://p:4318", None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"}, "http://p:4318/v1/traces"),
        ("http://p:4318/v1/traces", None, {}, "http://p:4318/v1/traces"),
        ("http://p", "http://o/a", {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http://o/a/v1/traces"),
    ],
)
def test_where_it_goes(policy: object, asked: str | None, environ: dict[str, str], url: str) -> None:
    assert endpoint(Settings.model_validate({"traces": policy}), asked, environ) == url


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "says grpc, and runs are sent by HTTP"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "canary:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no URL"),
    ],
)
def test_a_variable_that_cannot_be_used_is_said(environ: dict[str, str], told: str) -> None:
    with pytest.raises(NoEndpoint, match=told) as caught:
        endpoint(Settings.model_validate({"traces": True}), None, environ)
    assert "canary" not in str(caught.value)


def test_headers_and_resources_are_those_of_the_variables() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "a=1,b=x%3Dy",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=2,,=3,c",
        "OTEL_RESOURCE_ATTRIBUTES": "team=ml,service.name=theirs",
    }
    assert headers_of(environ) == {"a": "2", "b": "x=y"}
    resource = resource_of("production", "1.0", environ)
    assert resource["service.name"] == "theirs"
    assert resource["team"] == "ml"
    assert resource["deployment.environment.name"] == "production"
    assert resource_of("x", "1", environ | {"OTEL_SERVICE_NAME": "ours"})["service.name"] == "ours"
    assert resource_of("x", "1", {})["service.name"] == "mlmonitor"
