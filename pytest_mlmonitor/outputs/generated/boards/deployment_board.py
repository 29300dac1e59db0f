"""The board of training and deployment: what was trained, and how what is deployed answers."""

from __future__ import annotations

from pytest_mlmonitor.outputs.generated.boards.panels import (
    HERE,
    Board,
    BoardRow,
    ColourLimit,
    Panel,
    Query,
    at_most,
    copies,
    one,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

_SERVING = ("model_name", "role", "environment")
_LEGEND = "{{model_name}} {{role}}"


def deployment_board(context: RuleContext) -> Board:
    """Return the board."""
    policy = context.settings.serving
    model = ("model_name", "environment")
    seconds = copies(model, f"ml_training_duration_seconds_sum{{{HERE}}}")
    runs = copies(model, f"ml_training_duration_seconds_count{{{HERE}}}")
    buckets = copies((*model, "le"), f"ml_training_duration_seconds_bucket{{{HERE}}}")
    health = copies((*_SERVING, "status"), f"ml_serving_health{{{HERE}}}")
    failing = copies(_SERVING, f"ml_serving_failure_ratio{{{HERE}}}")
    rejecting = copies(_SERVING, f"ml_serving_rejection_ratio{{{HERE}}}")
    latency = copies((*_SERVING, "percentile"), f"ml_serving_latency_seconds{{{HERE}}}")
    ended = copies(_SERVING, f"ml_serving_window_end_timestamp_seconds{{{HERE}}}")
    missing = copies(_SERVING, f"ml_serving_missing_windows{{{HERE}}}")
    window = f"[{round(4 * context.interval)}s]"
    requests = copies(model, f"increase(ml_serving_requests_total{{{HERE}}}{window})")
    failures = copies(model, f"increase(ml_serving_failures_total{{{HERE}}}{window})")
    checks = "|".join(context.names("performance", "training_run", "model_registry"))
    gate = copies(("kind", "name", "check", "status", "environment"), f'ml_check_status{{check=~"{checks}",{HERE}}}')
    return Board(
        "mlmonitor-training-deployment",
        "ML monitoring: training and deployment",
        "What was trained, whether it may be promoted, and how what is deployed answers.",
        (
            BoardRow(
                "Training",
                (
                    Panel("Training runs", one(runs, "{{model_name}}"), width=8),
                    Panel(
                        "Time that training takes",
                        (
                            Query(f"{seconds} / ({runs} > 0)", "{{model_name}} mean"),
                            Query(f"histogram_quantile(0.9, {buckets})", "{{model_name}} 90 %"),
                        ),
                        unit="s",
                        width=8,
                    ),
                    Panel("Metrics and promotion", one(f"{gate} == 1"), "table", width=8),
                ),
            ),
            BoardRow(
                "Deployments",
                (
                    Panel("Health", one(f"{health} > 0", f"{_LEGEND} {{{{status}}}}"), "table"),
                    Panel(
                        "Since the last window",
                        one(f"time() - {ended}", _LEGEND),
                        unit="s",
                        limits=at_most(policy.max_staleness_minutes * 60),
                    ),
                    Panel(
                        "Latency",
                        one(latency, f"{_LEGEND} {{{{percentile}}}}"),
                        unit="s",
                        limits=(
                            ColourLimit(policy.latency_p95_ms / 1000, "orange"),
                            ColourLimit(policy.latency_p99_ms / 1000, "red"),
                        ),
                        description="Of the slowest deployment; the lines are the limits of p95 and p99.",
                    ),
                    Panel(
                        "Failures and rejections",
                        (Query(failing, f"{_LEGEND} failed"), Query(rejecting, f"{_LEGEND} rejected")),
                        unit="percentunit",
                        limits=at_most(policy.failure_rate_pct / 100),
                    ),
                    Panel("Requests", (Query(requests, "{{model_name}}"), Query(failures, "{{model_name}} failed"))),
                    Panel("Missing windows", one(missing, _LEGEND), limits=at_most(policy.max_missing_windows)),
                ),
            ),
        ),
    )
