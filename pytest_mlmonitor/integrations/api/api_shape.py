"""The answers of the API: plain JSON values; docs/openapi.json is made of these types.

Within version 1 of the API keys are only added.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from pytest_mlmonitor.outputs.results_shape import FindingEntry, MeasureEntry
from pytest_mlmonitor.outputs.retraining.retrain_decision import RetrainDecision

PREFIX: Final = "/api/v1/monitoring"
"""Before the paths of version 1."""

CheckStatus = Literal["pass", "fail", "error", "not_checked"]

ModelVerdict = Literal["ok", "warned", "failed", "error", "not_checked"]


class ApiArtifact(TypedDict):
    """An artifact, and as what it speaks of the model: ``fed_by``, ``trained_on``, else its kind."""

    id: str
    kind: str
    name: str
    family: str
    version: str | None
    role: str


class ApiCheck(TypedDict):
    """What one check said of one artifact."""

    check: str
    status: CheckStatus
    reason: str | None
    findings: list[FindingEntry]
    measures: list[MeasureEntry]


class FeatureFigures(TypedDict):
    """What was measured of one feature: ``psi``, ``ks`` (distance D), ``chi2``, …; whether a check found that it drifted."""

    name: str
    drifted: bool
    figures: dict[str, float]


class DriftOfArtifact(TypedDict):
    """How far the data of one artifact moved away from what they are compared with."""

    artifact: ApiArtifact
    verdict: ModelVerdict
    drift_share: float | None
    features: list[FeatureFigures]
    checks: list[ApiCheck]


class DriftAnswer(TypedDict):
    """Drift of what feeds a model, of its predictions, and of what it is asked with."""

    model: str
    environment: str
    evaluated_at: str
    live: bool
    verdict: ModelVerdict
    drift_share: float | None
    artifacts: list[DriftOfArtifact]


class MeasuredMetrics(TypedDict):
    """Numbers about a model, with where they were measured: by a run, in a registry, or on labelled predictions."""

    artifact: ApiArtifact
    version: str | None
    metrics: dict[str, float]


class PerformanceOfArtifact(TypedDict):
    """What the checks of performance said of one artifact: the gate of a promotion, scores against the test, and so on."""

    artifact: ApiArtifact
    verdict: ModelVerdict
    checks: list[ApiCheck]


class PerformanceAnswer(TypedDict):
    """How good a model is."""

    model: str
    environment: str
    evaluated_at: str
    live: bool
    verdict: ModelVerdict
    metrics: list[MeasuredMetrics]
    artifacts: list[PerformanceOfArtifact]


class ListedModel(TypedDict):
    """A model in the list of all."""

    name: str
    live: bool
    drift: ModelVerdict
    performance: ModelVerdict


class ModelsAnswer(TypedDict):
    """The models of the last run."""

    environment: str
    evaluated_at: str
    models: list[ListedModel]


class ConfigKey(TypedDict):
    """A key of the policy, as it was in the last run; ``artifacts`` are the ids for which it holds, null for all of them."""

    key: str
    value: str | None
    default: str | None
    origin: Literal["default", "file", "environment", "option", "contract"]
    file: str | None
    line: int | None
    artifacts: list[str] | None


class ConfigAnswer(TypedDict):
    """What the policy says of a model."""

    model: str
    environment: str
    evaluated_at: str
    artifacts: list[ApiArtifact]
    keys: list[ConfigKey]


class FiringAlert(TypedDict):
    """An alert that fires."""

    key: str
    kind: str
    artifact: str
    check: str
    category: str
    severity: Literal["warning", "error", "critical", "emergency"]
    summary: str
    since: str | None
    owner: str | None
    runbook: str | None
    action: str | None
    versions: list[str]
    evidence: list[str]


class AlertsAnswer(TypedDict):
    """The alerts that fire, the worst first."""

    environment: str
    suite: str | None
    firing: int
    alerts: list[FiringAlert]


class RetrainAnswer(TypedDict):
    """A request to train a model again that waits now: ``mlmonitor retrain claim MODEL`` takes it."""

    model: str
    environment: str
    state: Literal["waiting"]
    key: str
    decided_at: str
    decision: RetrainDecision


class HealthAnswer(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class ReadyAnswer(TypedDict):
    """There is a verdict to answer from."""

    status: Literal["ready"]
    environment: str
    evaluated_at: str
    exit_status: int


class ProblemDocument(TypedDict):
    """A problem as of RFC 9457; ``reason`` is a word for programs, ``detail`` are words for people."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    near: NotRequired[list[str]]
    free_from: NotRequired[str]
    key: NotRequired[str]


AnyAnswer = dict[str, Any]
"""Any of these as it is encoded."""
