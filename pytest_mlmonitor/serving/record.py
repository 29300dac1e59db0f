"""Records of the serving layer: metrics windows and deployment events (specification 1.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pytest_mlmonitor.records.contract import Count, NonBlank, NonNegative, Record, Timestamp

RETIRED = frozenset({"draining", "drained", "retired", "stopped", "inactive"})
"""``traffic_status`` that says a deployment is meant to be silent; an unknown word retires nothing."""

SERVING = "serving"
"""``traffic_status`` of a deployment that takes traffic."""

ASIDE = frozenset({"shadow", "canary", "mirrored", "standby"})
"""``traffic_status`` of a deployment that is tried out beside the one that serves."""

EVENT_IDENTITY = ("bundle_uri", "bundle_created_at", "started_at", "completed_at")
"""Further fields that are constant in the events of a deployment."""

SchemaV1 = Annotated[Literal["v1"], Field(description='"v1"')]
Activated = Annotated[Literal["serving_deployment_activated"], Field(description='"serving_deployment_activated"')]


class ServingWindowRecord(Record):
    """One line of ``metrics_MM.jsonl``."""

    schema_version: SchemaV1
    window_start: Timestamp
    window_end: Timestamp
    heartbeat_emitted_at: Timestamp
    service_name: NonBlank
    service_version: NonBlank
    environment: NonBlank
    deployment_id: NonBlank
    model_name: NonBlank
    model_version: NonBlank
    bundle_id: NonBlank
    input_dataset_name: NonBlank
    input_dataset_version: NonBlank
    endpoint_name: NonBlank
    request_count: Count
    success_count: Count
    failure_count: Count
    rejected_count: Count
    timeout_count: Count
    validation_error_count: Count
    feature_lookup_error_count: Count
    model_load_error_count: Count
    inference_runtime_error_count: Count
    dependency_error_count: Count
    internal_error_count: Count
    input_schema_failure_count: Count
    missing_required_field_count: Count
    invalid_type_count: Count
    domain_violation_count: Count
    prediction_count: Count
    prediction_null_count: Count
    prediction_non_finite_count: Count
    prediction_out_of_range_count: Count
    fallback_prediction_count: Count
    latency_p50_ms: NonNegative
    latency_p95_ms: NonNegative
    latency_p99_ms: NonNegative
    feature_lookup_p95_ms: NonNegative | None = None
    model_exec_p95_ms: NonNegative | None = None
    missing_feature_count: Count | None = None
    default_imputed_feature_count: Count | None = None
    stale_feature_count: Count | None = None
    feature_vector_build_failure_count: Count | None = None


class DeploymentEventRecord(Record):
    """One line of ``deployment_events.jsonl``."""

    event_type: Activated
    event_time: Timestamp
    service_name: NonBlank
    service_version: NonBlank
    environment: NonBlank
    deployment_id: NonBlank
    model_name: NonBlank
    model_version: NonBlank
    bundle_id: NonBlank
    bundle_uri: NonBlank
    bundle_created_at: Timestamp
    input_dataset_name: NonBlank
    input_dataset_version: NonBlank
    started_at: Timestamp
    completed_at: Timestamp
    activation_reason: NonBlank
    traffic_status: NonBlank
    schema_version: SchemaV1
    instance_id: NonBlank | None = None
