"""Which trace a run is part of, and whether and where it is sent.

Sources: "Trace Context" of the W3C (level 1: ``traceparent``, ``tracestate``), "Environment Variables as Context Propagation
Carriers" and "OpenTelemetry Protocol Exporter" of OpenTelemetry. No variable of OpenTelemetry switches anything on: the policy or
the command line does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_mlmonitor.core.policy.outlets.secret_names import plain_url
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.export import NONE

PATH = "/v1/traces"
DEFAULT = f"http://localhost:4318{PATH}"

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_STATE = re.compile(r"[\x20-\x7e]{1,512}")


class NoEndpoint(ValueError):
    """Nothing says where a trace goes, or what says so cannot be used; the words hold no secret."""


@dataclass(frozen=True)
class TraceParent:
    """The span that started this run.

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16 of them.
        state: what systems on the way noted, empty where none did.
    """

    trace_id: str
    span_id: str
    state: str = ""


def trace_parent(environ: Mapping[str, str]) -> TraceParent | None:
    """Return the span that ``TRACEPARENT`` names, None where there is none, or none that the W3C allows.

    >>> trace_parent({"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}).span_id
    'b7ad6b7169203331'
    """
    found = _PARENT.fullmatch(environ.get("TRACEPARENT", "").strip())
    if (
        found is None
        or found[1] == "ff"
        or (found[1] == "00" and found[5])
        or not (int(found[2], 16) and int(found[3], 16))
    ):
        return None
    state = environ.get("TRACESTATE", "").strip()
    return TraceParent(found[2], found[3], state if _STATE.fullmatch(state) else "")


def is_traced(settings: Settings, asked: str | None, *, narrowed: bool) -> bool:
    """Return whether a run is sent as a trace: one that judges a part only where the command line says so.

    Args:
        settings: the policy.
        asked: what the command line says: a URL, ``none``, or nothing.
        narrowed: whether a part of the platform was left out.
    """
    return asked != NONE if asked else bool(settings.traces) and not narrowed


def trace_id_of(traced: bool, environ: Mapping[str, str]) -> str | None:
    """Return the trace that a run is part of: of whoever started it, else a new one; None where nobody traces it."""
    parent = trace_parent(environ)
    if parent is not None:
        return parent.trace_id
    return os.urandom(16).hex() if traced else None


def endpoint(settings: Settings, asked: str | None, environ: Mapping[str, str]) -> str:
    """Return where the spans of a run are posted.

    A URL of the command line or the policy is the one of the server, as in ``OTEL_EXPORTER_OTLP_ENDPOINT``; ``/v1/traces`` is
    put behind it where it is not there.

    Raises:
        NoEndpoint: a variable says something that cannot be used.
    """
    url = asked or (settings.traces if isinstance(settings.traces, str) else None)
    if url is not None:
        return _with_path(url)
    whole, base = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    name = next((one for one in (whole, base) if environ.get(one, "").strip()), None)
    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    if protocol.strip().lower() == "grpc":
        raise NoEndpoint(
            "OTEL_EXPORTER_OTLP_PROTOCOL says grpc, and runs are sent by HTTP: name the HTTP endpoint (its usual port is 4318) "
            "as traces in the policy"
        )
    if name is None:
        return DEFAULT
    url = environ[name].strip()
    try:
        plain_url(url)
    except ValueError as error:
        if "secret" not in str(error):  # of a variable it may hold one
            raise NoEndpoint(f"{name} is no URL with http:// or https://") from None
    return url if name == whole else _with_path(url)


def headers_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that ``OTEL_EXPORTER_OTLP_HEADERS`` asks for, and those of ``…_TRACES_HEADERS``, which go before them.

    >>> headers_of({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b, x = y"})
    {'api-key': 'a b', 'x': 'y'}
    """
    return _pairs(environ, "OTEL_EXPORTER_OTLP_HEADERS") | _pairs(environ, "OTEL_EXPORTER_OTLP_TRACES_HEADERS")


def resource_of(environment: str, version: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what sends the spans, by the names of OpenTelemetry's resources; ``OTEL_RESOURCE_ATTRIBUTES`` may say more."""
    told = _pairs(environ, "OTEL_RESOURCE_ATTRIBUTES")
    name = environ.get("OTEL_SERVICE_NAME", "").strip() or told.get("service.name", "") or "mlmonitor"
    return {
        "service.version": version,
        "deployment.environment.name": environment,
        **told,
        "service.name": name,
    }


def _pairs(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """Return ``name=value,name=value`` as W3C's baggage writes it."""
    from urllib.parse import unquote

    pairs = (pair.partition("=") for pair in environ.get(name, "").split(","))
    return {unquote(key.strip()): unquote(value.strip()) for key, mark, value in pairs if mark and key.strip()}


def _with_path(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return parts._replace(path=path if path.endswith(PATH) else f"{path}{PATH}").geturl()
