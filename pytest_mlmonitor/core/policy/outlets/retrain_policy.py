"""When a model is to be trained again (specification 3)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.outlets.alerts_policy import WebhookPolicy
from pytest_mlmonitor.core.policy.section import Duration, Section, Share, names_listed

RetrainReason = Literal["drift", "quality", "freshness", "performance"]


class RetrainPolicy(Section):
    """Retraining: what is a reason for it, and how often at most.

    Attributes:
        on: categories of checks whose failure is a reason.
        models: patterns of the names of models; all by default.
        cooldown: how long after a decision there is no other for the model, in seconds.
        a_day: decisions for a model on one day (UTC) at most.
        dry_run: decisions are written, and nothing is claimed or sent.
        webhook: where decisions are posted.
        metric: of the model, that is looked at from two sides.
        critical: below it (above it, where lower is better) there is a reason by itself.
        warning: below it there is one where the data drifted, too.
        drift_share: share of drifted features from which the data drifted.
    """

    on: Annotated[tuple[RetrainReason, ...], BeforeValidator(names_listed)] = (
        "drift",
        "quality",
        "freshness",
        "performance",
    )
    models: Annotated[tuple[str, ...], BeforeValidator(names_listed)] = ("*",)
    cooldown: Duration = 43200.0
    a_day: Annotated[int, Field(ge=1)] = 2
    dry_run: bool = False
    webhook: WebhookPolicy = WebhookPolicy()
    metric: Annotated[str, Field(min_length=1)] = "r2"
    critical: Annotated[float, Field(allow_inf_nan=False)] = 0.65
    warning: Annotated[float, Field(allow_inf_nan=False)] = 0.70
    drift_share: Share = 0.5

    @property
    def lower_is_better(self) -> bool:
        """Whether less of the metric is better: as its name says, else as the limits stand to one another."""
        side = better_side(self.metric)
        return side == "lower" if side is not None else self.critical > self.warning

    def is_beyond(self, value: float, limit: float) -> bool:
        """Return whether a value of the metric is worse than a limit."""
        return value > limit if self.lower_is_better else value < limit

    @model_validator(mode="after")
    def _refuse_limits_upside_down(self) -> Self:
        side = better_side(self.metric)
        if side is None and self.critical == self.warning:
            raise ValueError(
                f"nothing says whether more or less {self.metric} is better: set critical to the worse value, and warning to "
                "the better one"
            )
        if side is not None and self.critical != self.warning and (self.critical > self.warning) != (side == "lower"):
            given = {key: "" if key in self.model_fields_set else ", the default" for key in ("critical", "warning")}
            raise ValueError(
                f"critical = {self.critical:g}{given['critical']} is better than warning = {self.warning:g}{given['warning']}: "
                f"{side} is better of {self.metric}; set both, critical to the worse value"
            )
        return self
