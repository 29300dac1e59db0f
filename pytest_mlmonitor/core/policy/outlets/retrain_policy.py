"""When a model is to be trained again (specification 3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

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
    critical: float = 0.65
    warning: float = 0.70
    drift_share: Share = 0.5
