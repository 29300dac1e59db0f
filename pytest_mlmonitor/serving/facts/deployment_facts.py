"""What a person wants to know of a deployment: what it serves, since when, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.fact_context import Fact, FactContext, named_version
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment


def deployment_facts(deployment: Deployment, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a deployment."""
    latest = history_as_read(deployment).latest
    event = deployment.events[-1] if deployment.events else None
    for name, fields in (
        ("service", ("service_name", "service_version")),
        ("environment", ("environment",)),
        ("serves", ("model_name", "model_version")),
        ("trained on", ("input_dataset_name", "input_dataset_version")),
        ("bundle", ("bundle_id",)),
    ):
        said = [_said(latest, field) or _said(event, field) for field in fields]
        words = named_version(said[0], said[1] if len(said) > 1 else None)
        if words is not None:
            yield name, words
    if event is not None:
        yield "traffic", f"{event.traffic_status}, since {context.moment(event.event_time)}"
    windows = len(deployment.windows)
    if windows and latest is not None:
        yield "windows", f"{count(windows, 'window')}, the last one until {context.moment(latest.window_end)}"


def _said(record: object, field: str) -> str | None:
    value = getattr(record, field, None)
    return value if isinstance(value, str) and value not in ("", UNKNOWN) else None
