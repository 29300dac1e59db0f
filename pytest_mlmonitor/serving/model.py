"""A deployment, its windows and its events as they were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN, Artifact
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.known_by import Link

IDENTITY = (
    "service_name",
    "service_version",
    "environment",
    "model_name",
    "model_version",
    "bundle_id",
    "input_dataset_name",
    "input_dataset_version",
)
"""Fields that are constant within a deployment, in its windows and its events."""


def run_of(bundle: str) -> str:
    """Return the run that the path or URI of a bundle names: its last segment (specification 2.7)."""
    return bundle.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class ServingWindow:
    """One metrics window of one endpoint, as upstream writes it: counts of requests, times in UTC, latencies in milliseconds.

    ``location`` is the ``file:line`` it came from. Windows of a declared source hold what its fields say; what they do not say
    is None, or ``unknown`` where it is a name, and stands in ``absent``. The last four are said by such a source alone.
    """

    window_start: datetime
    window_end: datetime
    heartbeat_emitted_at: datetime
    service_name: str
    service_version: str
    environment: str
    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    input_dataset_name: str
    input_dataset_version: str
    endpoint_name: str
    request_count: int
    success_count: int | None
    failure_count: int
    rejected_count: int | None
    timeout_count: int | None
    validation_error_count: int | None
    feature_lookup_error_count: int | None
    model_load_error_count: int | None
    inference_runtime_error_count: int | None
    dependency_error_count: int | None
    internal_error_count: int | None
    input_schema_failure_count: int | None
    missing_required_field_count: int | None
    invalid_type_count: int | None
    domain_violation_count: int | None
    prediction_count: int | None
    prediction_null_count: int | None
    prediction_non_finite_count: int | None
    prediction_out_of_range_count: int | None
    fallback_prediction_count: int | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None
    schema_version: str
    location: str
    feature_lookup_p95_ms: float | None = None
    model_exec_p95_ms: float | None = None
    missing_feature_count: int | None = None
    default_imputed_feature_count: int | None = None
    stale_feature_count: int | None = None
    feature_vector_build_failure_count: int | None = None
    absent: frozenset[str] = frozenset()
    run_id: str | None = None
    model_uri: str | None = None
    model_alias: str | None = None
    commit: str | None = None

    @property
    def bundle_run_id(self) -> str:
        """The run that the bundle's path names."""
        return run_of(self.bundle_id)

    @property
    def key(self) -> tuple[str, str, datetime, datetime]:
        """What makes a window the same window: deployment, endpoint, start and end."""
        return (self.deployment_id, self.endpoint_name, self.window_start, self.window_end)


COUNTED = tuple(one.name for one in fields(ServingWindow) if one.name.endswith("_count"))
"""The counts of a window."""

MEASURED = tuple(one.name for one in fields(ServingWindow) if one.name.endswith("_ms"))
"""Its latencies."""

LINKS = ("run_id", "model_uri", "model_alias", "commit")
"""By what a window of a declared source names its training run, beside its identity; those of P5 say ``bundle_id``."""


@dataclass(frozen=True, slots=True)
class DeploymentEvent:
    """One activation, drain or rollback of a deployment, as upstream writes it; times in UTC."""

    event_type: str
    event_time: datetime
    service_name: str
    service_version: str
    environment: str
    deployment_id: str
    model_name: str
    model_version: str
    bundle_id: str
    bundle_uri: str
    bundle_created_at: datetime
    input_dataset_name: str
    input_dataset_version: str
    started_at: datetime
    completed_at: datetime
    activation_reason: str
    traffic_status: str
    schema_version: str
    location: str
    instance_id: str | None = None

    @property
    def bundle_run_id(self) -> str:
        """The run that the bundle's path names."""
        return run_of(self.bundle_id)


def links_of(record: ServingWindow | DeploymentEvent) -> Iterator[Link]:
    """Yield the links that a record says: to the run that it serves, and to what that was trained on."""
    if isinstance(record, ServingWindow) and record.absent:
        yield from _declared_link(record)
    elif record.bundle_id != UNKNOWN:
        yield Link("serves", "training_run", record.bundle_run_id, location=record.location)
    name, version = record.input_dataset_name, record.input_dataset_version
    if UNKNOWN not in (name, version):
        yield Link("trained_on", "dataset", name, version, record.location)


def _declared_link(window: ServingWindow) -> Iterator[Link]:
    """Yield the link to the run that a window of a declared source says, by whatever it says of it."""
    model, version, bundle = (
        None if value == UNKNOWN else value for value in (window.model_name, window.model_version, window.bundle_id)
    )
    link = Link(
        "serves",
        "training_run",
        window.run_id,
        location=window.location,
        uri=window.model_uri or bundle,
        model=model,
        model_version=version,
        alias=window.model_alias,
        commit=window.commit,
    )
    if any((link.name, link.uri, link.model_version, link.alias, link.commit)):
        yield link


@dataclass(frozen=True, repr=False)
class Deployment(Artifact):
    """The windows and events of one deployment_id in one serving tree.

    Attributes:
        windows: without duplicates, sorted by window_start, then read order. Those of a tree are not held: their number is
            known, and going through them reads the files again.
        history: what checks need to know of them (:class:`pytest_mlmonitor.serving.history.ServingHistory`), None for a
            deployment made by hand.
        events: sorted by event_time.
        misplaced: findings of records that stand in another file than their time says.
        duplicates: findings of records that share a key.
        rewritten: findings of files that changed after an earlier run had read them.
        metrics_dir: where its windows belong, whether or not the directory exists.
        events_dir: where its events belong, whether or not the directory exists.
        window_seconds: how long its windows are, where a declared source says so.
        of_requests: whether its windows were counted from single requests, so that a while without any has no window.
    """

    windows: Sequence[ServingWindow] = ()
    events: tuple[DeploymentEvent, ...] = ()
    misplaced: tuple[Finding, ...] = ()
    duplicates: tuple[Finding, ...] = ()
    rewritten: tuple[Finding, ...] = ()
    metrics_dir: Path | None = None
    events_dir: Path | None = None
    history: Any = None
    window_seconds: float | None = None
    of_requests: bool = False

    @property
    def legible(self) -> bool:
        """A refused line does not hide the others."""
        return bool(self.windows or self.events)
