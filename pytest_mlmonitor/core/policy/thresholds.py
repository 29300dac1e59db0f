"""Thresholds of checks: the sections serving, quality, drift, performance and promotion."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.outlets.secret_names import EndpointUrl, VariableName
from pytest_mlmonitor.core.policy.section import (
    CENTURY_SECONDS,
    AsWritten,
    Bytes,
    NonNegative,
    PositiveSeconds,
    Section,
    Share,
    names_listed,
)
from pytest_mlmonitor.core.text.hours import weekly


def _one_or_more(value: object) -> object:
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else value


def _hours(value: tuple[str, ...]) -> tuple[str, ...]:
    weekly.spans(value)  # a bad one is said now, not in the middle of a run
    return value


Percent = Annotated[float, Field(ge=0, le=100)]


class ServingPolicy(Section):
    """Thresholds of serving health, all strictly greater-than (specification 2.3), and what may be judged beyond them.

    Attributes:
        failure_rate_error_pct: share of the requests of an endpoint's last windows that may be lost; above it is an outage.
        failure_min_requests: how many requests those windows must hold.
        evidence_hours: how far back outages and predictions are judged, from the evaluation time.
        retire_after_minutes: silence, since its last request, of a deployment that ran beside a newer one.
        prediction_warning_pct, prediction_error_pct: share of the predictions of an endpoint's last windows that may be null,
            not finite or out of range, each by itself.
        rate_windows: failure and rejection rate are of the last so many starts of windows; None for the latest window.
        expected_traffic: hours of the week, UTC (:func:`~pytest_mlmonitor.core.text.hours.weekly.spans`); always without any.
        per_endpoint: also judge every endpoint by its own latest window.
        slo_target_pct: share of requests that do not fail, in percent. Below 94 even a total outage would burn the budget
            less than 14.4 times as fast as it lasts, the higher of the two rates that alert.
        busy_requests: a gap between two windows with at least so many requests each has lost windows.
        cpu_pct, memory_pct, memory_bytes, gpu_pct: what a deployment may use, as the queries of ``prometheus`` measure it.
        endpoint_urls: URLs that a deployment that is in service answers with a status of 200 to 299.
        endpoint_timeout_seconds: within how long it does.
        endpoint_token_env: variable that holds a bearer token for them.
    """

    ORDERED = (("prediction_warning_pct", "prediction_error_pct"),)

    latency_p95_ms: NonNegative = 500.0
    latency_p99_ms: NonNegative = 1000.0
    failure_rate_pct: NonNegative = 5.0
    rejection_rate_pct: NonNegative = 5.0
    expected_window_seconds: Annotated[float, Field(ge=0.001, le=CENTURY_SECONDS)] = 60.0
    max_allowed_gap_factor: PositiveSeconds = 2.0
    max_missing_windows: Annotated[int, Field(ge=0)] = 3
    max_gap_minutes: NonNegative = 5.0
    max_staleness_minutes: NonNegative = 10.0
    failure_rate_error_pct: Percent = 50.0
    failure_min_requests: Annotated[int, Field(ge=1)] = 20
    evidence_hours: Annotated[float, Field(gt=0, le=CENTURY_SECONDS / 3600)] = 24.0
    retire_after_minutes: NonNegative = 180.0
    prediction_warning_pct: Percent = 1.0
    prediction_error_pct: Percent = 5.0
    lookback_seconds: Annotated[float, Field(gt=0, le=CENTURY_SECONDS)] | None = None
    rate_windows: Annotated[int, Field(ge=1)] | None = None
    expected_traffic: Annotated[tuple[str, ...], AsWritten, BeforeValidator(_one_or_more), AfterValidator(_hours)] = ()
    per_endpoint: bool = False
    slo_target_pct: Annotated[float, Field(ge=94, lt=100)] | None = None
    busy_requests: Annotated[int, Field(ge=1)] | None = None
    cpu_pct: NonNegative | None = None
    memory_pct: NonNegative | None = None
    memory_bytes: Bytes | None = None
    gpu_pct: NonNegative | None = None
    endpoint_urls: Annotated[tuple[EndpointUrl, ...], AsWritten, BeforeValidator(names_listed)] = ()
    endpoint_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    endpoint_token_env: VariableName | None = None


class QualityPolicy(Section):
    """Rates that are no contract (specifications 1.1 and 2.4); defaults where no contract speaks."""

    ORDERED = (("positive_rate_min", "positive_rate_max"), ("null_rate_warning", "null_rate_error"))

    positive_rate_min: Share = 0.01
    positive_rate_max: Share = 0.50
    null_rate_warning: Share = 0.05
    null_rate_error: Share = 0.15
    out_of_range_rate: Share = 0.10
    unknown_category_rate: Share = 0.05
    duplicate_rate: Share = 0.01
    outlier_z: PositiveSeconds = 3.0
    outlier_rate: Share = 0.05
    min_rows: Annotated[int, Field(ge=0)] = 10
    row_count_change: NonNegative = 0.50
    mean_confidence_min: Share = 0.55


class DriftPolicy(Section):
    """Effect sizes from which a feature has drifted, and what it is compared with (specification 2.5).

    Attributes:
        ks: distance D from which a feature warns. A feature that is constant in the reference warns from this share of other
            values on, and fails from twice as many.
        correlation: change of a rank correlation with the target from which the concept has drifted.
        excluded: columns that are not compared.
        reference: what datasets are compared with, and nothing else: a dataset, ``name@version``, a family, or a path.
        against_training: what a feature that moved away from what the deployed model was trained on is at most.
    """

    ORDERED = (("psi_warning", "psi_error"),)

    psi_warning: NonNegative = 0.1
    psi_error: NonNegative = 0.2
    ks: Share = 0.1
    correlation: Annotated[float, Field(gt=0, le=2)] = 0.15
    share: Share = 0.5
    distances: bool = False
    reference: Annotated[str, Field(min_length=1)] | None = None
    against_training: Literal["warning", "error"] = "warning"
    excluded: Annotated[tuple[str, ...], AsWritten, BeforeValidator(names_listed)] = ()


MetricName = Annotated[str, Field(min_length=1)]
MetricLimit = Annotated[float, Field(allow_inf_nan=False)]


class PromotionPolicy(Section):
    """The gate of a promotion (specification 2.6): limits of the model itself, and its lead over the champion.

    Attributes:
        metric: what champion and challenger are compared by.
        better: which side of ``metric`` is the better one, where its name does not say.
        min_improvement: in units of the metric, towards its better side; below 0 a challenger may be that much worse.
        min: the least that a metric of any name must be, by metric.
        max: the most that a metric of any name may be, by metric.
    """

    metric: MetricName = "rmse"
    better: Literal["higher", "lower"] | None = None
    min_improvement: MetricLimit = 0.001
    min: dict[MetricName, MetricLimit] = Field(default_factory=dict)
    max: dict[MetricName, MetricLimit] = Field(default_factory=dict)
    max_rmse: NonNegative | None = None
    max_mae: NonNegative | None = None
    min_r2: Annotated[float, Field(le=1, allow_inf_nan=False)] | None = None
    min_accuracy: Share | None = None
    min_roc_auc: Share | None = None

    @model_validator(mode="after")
    def _refuse_what_nothing_keeps(self) -> Self:
        for metric, most in self.max.items():
            for name, least in self.min.items():
                if name.lower() == metric.lower() and least > most:
                    raise ValueError(
                        f"promotion.min.{name} = {least:g} is above promotion.max.{metric} = {most:g}: expected at most that"
                    )
        return self

    @property
    def higher(self) -> bool | None:
        """Whether more of ``metric`` is better, None where neither its name nor ``better`` says."""
        side = better_side(self.metric) or self.better
        return side == "higher" if side is not None else None

    def limits(self) -> list[tuple[Literal["min", "max"], str, str, float]]:
        """Return the limits that are set: the side, the metric, the key, the value."""
        found: list[tuple[Literal["min", "max"], str, str, float]] = []
        for key in ("max_rmse", "max_mae", "min_r2", "min_accuracy", "min_roc_auc"):
            value = getattr(self, key)
            if value is not None:
                found.append(("max" if key.startswith("max") else "min", key[4:], f"promotion.{key}", value))
        found += [("max", metric, f"promotion.max.{metric}", value) for metric, value in self.max.items()]
        found += [("min", metric, f"promotion.min.{metric}", value) for metric, value in self.min.items()]
        return found

    @property
    def said_keys(self) -> frozenset[str]:
        """The keys that are set here; those of ``min`` and ``max`` one by one."""
        inner = {f"{side}.{metric}" for side in ("min", "max") for metric in getattr(self, side)}
        return frozenset(self.model_fields_set) | inner

    def under(self, narrower: Self) -> Self:
        """Return this section with the keys that a narrower scope sets, each limit by itself.

        ``max_rmse`` and ``max.rmse`` are two ways to write one limit.
        """
        made = super().under(narrower)
        update: dict[str, Any] = {}
        for side in ("min", "max"):
            wider, own = getattr(self, side), getattr(narrower, side)
            old = {key[4:] for key in narrower.model_fields_set if key.startswith(f"{side}_")}
            update[side] = {**{metric: value for metric, value in wider.items() if metric not in old}, **own}
            names = {f"{side}_{metric}" for metric in own} & type(self).model_fields.keys()
            update.update(dict.fromkeys(names - narrower.model_fields_set, None))
        return made.model_copy(update=update)._switched(narrower.off)


class PerformancePolicy(Section):
    """How much worse than its training report a model may be where labels exist."""

    max_drop: Share = 0.05
    max_ece: Share = 0.10
    max_rmse_rise: NonNegative = 0.10
