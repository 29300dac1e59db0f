"""What the policy says of single artifacts: the lists ``overrides`` and ``accept``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, InstanceOf

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.age_policy import FreshnessKeys
from pytest_mlmonitor.core.policy.section import Section
from pytest_mlmonitor.core.policy.selectors import FORM, Selector
from pytest_mlmonitor.core.policy.thresholds import (
    DriftPolicy,
    PerformancePolicy,
    PromotionPolicy,
    QualityPolicy,
    ServingPolicy,
)


def _severity(value: object) -> object:
    if isinstance(value, Mapping):
        raise ValueError(
            "a severity is that of a check, severity.CHECK = …; for one artifact it stands in [[tool.mlmonitor.overrides]] "
            "with artifact = …"
        )
    if not isinstance(value, str | Severity):
        raise ValueError("expected the name of a severity: info, warning, error or critical")
    return Severity.parse(value) if isinstance(value, str) else value


def _selector(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"expected {FORM}")
    return Selector.parse(value)


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("expected a date such as 2026-12-31")
    return value


def _words(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected some words")
    return value.strip()


Selected = Annotated[InstanceOf[Selector], BeforeValidator(_selector)]


Words = Annotated[str, BeforeValidator(_words)]
Severities = dict[str, Annotated[Severity, BeforeValidator(_severity)]]


class ForArtifacts(Section):
    """What may differ from artifact to artifact; what it leaves out is the wider scope's."""

    freshness: FreshnessKeys | None = None
    serving: ServingPolicy | None = None
    quality: QualityPolicy | None = None
    drift: DriftPolicy | None = None
    performance: PerformancePolicy | None = None
    promotion: PromotionPolicy | None = None
    severity: Severities = Field(default_factory=dict)
    contract: Words | None = None
    entity: Words | None = None
    event_ts: Words | None = None
    target: Words | None = None
    owner: Words | None = None
    runbook: Words | None = None
    contact: Words | None = None
    versions: Annotated[int, Field(ge=1)] | None = None


class Override(ForArtifacts):
    """What holds for some artifacts, in ``[[tool.mlmonitor.overrides]]``."""

    artifact: Selected


class Accept(Section):
    """Findings that somebody takes the responsibility for, in ``[[tool.mlmonitor.accept]]``: they are information.

    Attributes:
        artifact: which artifacts.
        check: the check's name.
        column: of which column only; the findings of every column without it.
        until: the last day (UTC) on which it holds, at most 366 days ahead.
        reason: why.
    """

    artifact: Selected
    check: Words
    column: Words | None = None
    until: Annotated[date, BeforeValidator(_day)]
    reason: Words

    def excuses(self, check: str, column: str | None) -> bool:
        """Return whether it is for a finding of a check, whatever the day is."""
        return check == self.check and self.column in (None, column)
