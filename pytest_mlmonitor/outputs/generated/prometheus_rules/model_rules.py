"""Rules about models: in production or not, their metrics, and the drift of what they are fed with (specification 3)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import (
    MODEL_LABELS,
    RUN_LABELS,
    AlertRule,
    most,
    number,
    selector,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

REMEMBERED = "7d"
"""How long it is remembered that a model was in production, or that there were artifacts of a kind."""


def model_rules(context: RuleContext) -> Iterator[AlertRule]:
    """Yield the rules about models."""
    yield from _production()
    yield from _watched_metric(context.settings)
    yield from _limits(context.settings)
    yield from _drifted(context.settings)
    least = context.settings.quality.mean_confidence_min
    if context.severity(["mean_confidence"], "warning") is not None:
        confidence = most(MODEL_LABELS, selector("ml_model_metric", metric="mean_confidence"))
        yield AlertRule(
            "MLMonitorLowConfidence",
            f"{confidence} < {number(least)}",
            "15m",
            "warning",
            "Model {{ $labels.model_name }} is sure of {{ $value | humanizePercentage }} only ({{ $labels.environment }})",
            f"The mean confidence of its predictions is below {least:g}: what it is asked is not what it learnt from.",
        )


def _production() -> Iterator[AlertRule]:
    now = most(RUN_LABELS, "ml_model_in_production")
    yield AlertRule(
        "MLMonitorNoProductionModel",
        f"{now} == 0",
        "2m",
        "critical",
        "No model is in production ({{ $labels.environment }})",
        "The registries that the last run read have no version in production. Promote one, or roll back.",
        ("MLMonitorProductionModelLost",),
        RUN_LABELS,
    )
    # A model that was never in production is no alarm; one that was, and is not any more, is told by its own name.
    before = most(MODEL_LABELS, f"max_over_time(ml_model_in_production[{REMEMBERED}])")
    yield AlertRule(
        "MLMonitorProductionModelLost",
        f"{most(MODEL_LABELS, 'ml_model_in_production')} == 0 and {before} == 1",
        "2m",
        "warning",
        "Model {{ $labels.model_name }} has no version in production any more ({{ $labels.environment }})",
        f"It had one within the last {REMEMBERED}. If that is meant, the alert ends by itself.",
    )


def measured(metric: str) -> str:
    """Return a metric of models: what was measured where labels arrived, else in the version in production, else in its test."""
    live = most(MODEL_LABELS, selector("ml_model_metric", metric=metric))
    champion = most(MODEL_LABELS, selector("ml_champion_metric", metric=metric))
    tested = most(MODEL_LABELS, selector("ml_model_metric", metric=f"test_{metric}"))
    return f"({live} or {champion} or {tested})"


def higher_is_better(settings: Settings, metric: str, lower: float, upper: float) -> bool:
    """Return whether more of a metric is better: by its name, by the policy, else by which of two limits is the worse."""
    side = better_side(metric) or (settings.promotion.better if metric == settings.promotion.metric else None)
    return lower <= upper if side is None else side == "higher"


def beyond(metric: str, limit: float, *, higher: bool) -> str:
    """Return where a metric is worse than a limit."""
    return f"{measured(metric)} {'<' if higher else '>'} {number(limit)}"


def _watched_metric(settings: Settings) -> Iterator[AlertRule]:
    policy = settings.retrain
    higher = higher_is_better(settings, policy.metric, policy.critical, policy.warning)
    word = "below" if higher else "above"
    for name, limit, hold, milder in (
        ("MLMonitorModelMetricCritical", policy.critical, "5m", ("MLMonitorModelMetricWarning",)),
        ("MLMonitorModelMetricWarning", policy.warning, "5m", ()),
    ):
        yield AlertRule(
            name,
            beyond(policy.metric, limit, higher=higher),
            hold,
            "critical" if milder else "warning",
            f"{policy.metric} of {{{{ $labels.model_name }}}} is {{{{ $value | humanize }}}}, {word} {limit:g}"
            " ({{ $labels.environment }})",
            f"{policy.metric} is looked at from two sides (retrain.critical, retrain.warning): train it again.",
            milder,
            MODEL_LABELS if milder else (),
        )


def _limits(settings: Settings) -> Iterator[AlertRule]:
    """Yield the limits that a promoted model must keep, for the one that is in production; that of the RMSE always."""
    limits = settings.promotion.limits()
    said = set()
    for side, metric, key, limit in limits:
        name = "".join(part.capitalize() for part in metric.replace("-", "_").split("_") if part.isalnum())
        if (side, metric.lower()) in said:
            continue
        said.add((side, metric.lower()))
        yield AlertRule(
            f"MLMonitor{name or 'Metric'}{'Low' if side == 'min' else 'High'}",
            beyond(metric, limit, higher=side == "min"),
            "5m",
            "error",
            f"{metric} of {{{{ $labels.model_name }}}} is {{{{ $value | humanize }}}} ({{{{ $labels.environment }}}})",
            f"{key} = {limit:g} in the policy: a model in production must keep it.",
        )
    if ("max", "rmse") not in said:
        rise = 2 * settings.performance.max_rmse_rise
        live = most(MODEL_LABELS, selector("ml_model_metric", metric="rmse"))
        champion = most(MODEL_LABELS, selector("ml_champion_metric", metric="rmse"))
        yield AlertRule(
            "MLMonitorRmseHigh",
            f"{live} > {number(1 + rise)} * {champion}",
            "5m",
            "error",
            "RMSE of {{ $labels.model_name }} is {{ $value | humanize }} ({{ $labels.environment }})",
            f"It is more than {rise:.0%} above that of the version in production (performance.max_rmse_rise, twice;"
            " promotion.max_rmse sets a limit of its own).",
        )


def _drifted(settings: Settings) -> Iterator[AlertRule]:
    policy = settings.retrain
    higher = higher_is_better(settings, policy.metric, policy.critical, policy.warning)
    share = most(MODEL_LABELS, "ml_model_drift_share")
    yield AlertRule(
        "MLMonitorDriftShare",
        f"{share} > {number(settings.drift.share)}",
        "5m",
        "warning",
        "{{ $value | humanizePercentage }} of what {{ $labels.model_name }} is fed with drifted"
        " ({{ $labels.environment }})",
        f"More than {settings.drift.share:.0%} of the features of its dataset drifted (drift.share).",
    )
    yield AlertRule(
        "MLMonitorDriftAndMetric",
        f"{share} > {number(policy.drift_share)} and {beyond(policy.metric, policy.warning, higher=higher)}",
        "5m",
        "error",
        "{{ $labels.model_name }} is fed with drifted data, and is worse for it ({{ $labels.environment }})",
        f"More than {policy.drift_share:.0%} of the features drifted, and {policy.metric} is"
        f" {'below' if higher else 'above'} {policy.warning:g}: train it again.",
        ("MLMonitorDriftShare",),
        MODEL_LABELS,
    )
