"""Rules about deployments: their health, failures, latency, and whether windows still arrive (specification 3)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import (
    CHECK_LABELS,
    SERVING_LABELS,
    AlertRule,
    most,
    number,
    selector,
    verdict,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

_ANSWERING = ("active", "canary", "draining")
_UNWELL = ("degraded", "unhealthy")


def serving_rules(context: RuleContext) -> Iterator[AlertRule]:
    """Yield the rules about deployments."""
    checks = context.names("health")
    severity = context.severity(checks, "error")
    if severity is not None:
        yield AlertRule(
            "MLMonitorDeploymentUnhealthy",
            verdict("fail", checks),
            "5m",
            severity,
            "{{ $labels.name }} is not well: {{ $labels.check }} ({{ $labels.environment }})",
            "The report of the last run has the detail: staleness, failures, latency, missing windows.",
            ("MLMonitorDeploymentDegraded",),
            CHECK_LABELS,
        )
        yield AlertRule(
            "MLMonitorDeploymentDegraded",
            verdict("warned", checks),
            "15m",
            "warning",
            "{{ $labels.name }} is degraded: {{ $labels.check }} ({{ $labels.environment }})",
            "The report of the last run has the detail.",
        )
    policy = context.settings.serving
    # Which deployment may do more (an override) its health knows.
    unwell = most(SERVING_LABELS, selector("ml_serving_health", status=_UNWELL, role=_ANSWERING))
    failing = most(SERVING_LABELS, selector("ml_serving_failure_ratio", role=_ANSWERING))
    where = "{{ $labels.model_name }} ({{ $labels.role }}, {{ $labels.environment }})"
    yield AlertRule(
        "MLMonitorErrorRatio",
        f"{failing} > {number(policy.failure_rate_pct / 100)} and {unwell} > 0",
        "5m",
        "error",
        f"{{{{ $value | humanizePercentage }}}} of the requests to {where} fail",
        f"More than {policy.failure_rate_pct:g} % (serving.failure_rate_pct) of the latest window.",
    )
    slow = most(SERVING_LABELS, selector("ml_serving_latency_seconds", percentile="p99", role=_ANSWERING))
    limit = 2 * policy.latency_p99_ms / 1000
    yield AlertRule(
        "MLMonitorLatencyP99",
        f"{slow} > {number(limit)} and {unwell} > 0",
        "5m",
        "error",
        f"The slowest hundredth of the requests to {where} takes {{{{ $value | humanizeDuration }}}}",
        f"More than {limit * 1000:g} ms, twice serving.latency_p99_ms: from {policy.latency_p99_ms:g} ms on it is degraded.",
    )
    silent = policy.max_staleness_minutes * 60 + context.interval
    ended = most(SERVING_LABELS, selector("ml_serving_window_end_timestamp_seconds", role=("active",)))
    unhealthy = most(SERVING_LABELS, selector("ml_serving_health", status="unhealthy", role=("active",)))
    yield AlertRule(
        "MLMonitorNoIngestion",
        f"time() - {ended} > {number(silent)} and {unhealthy} > 0",
        "5m",
        "error",
        f"No windows arrive of {where} for {{{{ $value | humanizeDuration }}}}",
        f"Longer than serving.max_staleness_minutes = {policy.max_staleness_minutes:g} and the time between two runs."
        " Look whether it answers, and whether its windows are still written.",
    )
