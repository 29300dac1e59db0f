"""What a run gives as reasons to train models again: checks that failed on what feeds them, or on what they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainPolicy, RetrainReason
from pytest_mlmonitor.core.record import RunRecord, worst_of
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.words import percent
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.links.models.concerned_models import OF_DATA, ConcernedModels
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.outputs.retraining.model_metrics import ModelMetrics

MEASURED = "model"
"""Stands in the place of a kind for a reason that no check gave, but the limits ``retrain.*`` of the model."""

CRITICAL, DRIFTED = "critical", "drift_share"
"""Stand in the place of a check there."""


@dataclass(frozen=True)
class TrainingReason:
    """A reason to train a model again.

    Attributes:
        category: drift, quality, freshness or performance.
        check: that failed; ``critical`` or ``drift_share`` for a limit of the policy that does not hold.
        kind: of the artifact.
        artifact: its name; of a limit the model's.
        family: what its versions have in common: by that it is known again in the next run.
        ref: the artifact, None for a limit.
        severity: of what was found.
        message: what is wrong, in one line.
        evidence: node ids of the results that say so.
    """

    category: RetrainReason
    check: str
    kind: str
    artifact: str
    family: str
    ref: ArtifactRef | None
    severity: Severity
    message: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReasonsFound:
    """The reasons of a run.

    Attributes:
        by_model: of each model that has any, the worst first.
        of_none: those of which no model is known.
    """

    by_model: Mapping[str, Sequence[TrainingReason]]
    of_none: Sequence[TrainingReason]


def reasons_in(record: RunRecord, platform: Artifacts, policy: RetrainPolicy) -> ReasonsFound:
    """Return the reasons that a run gives.

    Args:
        record: of the run.
        platform: that it read.
        policy: what is a reason, and for which models.
    """
    found: dict[str, dict[Any, TrainingReason]] = {}
    lost: list[TrainingReason] = []
    data = {dataset.ref: dataset for dataset in platform.of_kind(DATASET.name)}
    for nodeid, result in record.results:
        if result.status != "fail" or (result.severity or Severity.INFO) < Severity.ERROR:
            continue
        told = list(_told(platform, nodeid, result, policy))
        for model, reason in told:
            _add(found.setdefault(model, {}), reason)
        if not told:
            lost += _of_no_model(platform, data, nodeid, result, policy)
    metrics = ModelMetrics(record, platform, policy)
    for model in platform.view(FedModels).by_name:
        for reason in _by_limits(model, metrics, policy):
            _add(found.setdefault(model, {}), reason)
    wanted = {
        model: sorted(reasons.values(), key=lambda one: (-one.severity, one.kind, one.artifact, one.check))
        for model, reasons in sorted(found.items())
        if reasons and any(fnmatchcase(model, pattern) for pattern in policy.models)
    }
    return ReasonsFound(wanted, lost)


def _told(
    platform: Artifacts, nodeid: str, result: CheckResult, policy: RetrainPolicy
) -> Iterator[tuple[str, TrainingReason]]:
    """Yield the models for which a failed check is a reason."""
    try:
        artifact = platform.artifact(result.ref)
    except KeyError:
        return  # a person's own test made it
    for concern in platform.view(ConcernedModels).of(artifact):
        category = concern.means.get(result.category)
        if category is not None and category in policy.on:
            for model in concern.models:
                yield model.name, _reason(category, nodeid, result, family_of(platform, artifact))


def _of_no_model(
    platform: Artifacts, data: Mapping[ArtifactRef, Any], nodeid: str, result: CheckResult, policy: RetrainPolicy
) -> Iterator[TrainingReason]:
    """Yield a failed check of data from which no model is known to learn: the newest version, as for any other."""
    category, dataset = OF_DATA.get(result.category), data.get(result.ref)
    if dataset is not None and category in policy.on and platform.view(Superseded).newer(dataset) is None:
        yield _reason(category, nodeid, result, family_of(platform, dataset))


def family_of(platform: Artifacts, artifact: Any) -> str:
    """Return what the versions of an artifact have in common; its own name where they have nothing."""
    return platform.kinds[artifact.ref.kind].family(artifact) or artifact.ref.name


def _reason(category: RetrainReason, nodeid: str, result: CheckResult, family: str) -> TrainingReason:
    worst, ref = worst_of(result), result.ref
    return TrainingReason(
        category, result.check, ref.kind, ref.name, family, ref, worst.severity, worst.message, (nodeid,)
    )


def _add(reasons: dict[Any, TrainingReason], reason: TrainingReason) -> None:
    """Add a reason; several results of one check and artifact are one, with all their node ids."""
    key = (reason.kind, reason.ref or reason.artifact, reason.check)
    known = reasons.get(key)
    if known is None:
        reasons[key] = reason
        return
    worse = reason if reason.severity > known.severity else known
    reasons[key] = replace(worse, evidence=tuple(dict.fromkeys((*known.evidence, *reason.evidence))))


def _by_limits(model: str, metrics: ModelMetrics, policy: RetrainPolicy) -> Iterator[TrainingReason]:
    """Yield what the two sides of the policy say: the model is bad by itself, or it is getting worse and its data drifted."""
    measured = metrics.of(model)
    if measured is None:
        return
    value, where, evidence = measured
    side = "above" if policy.lower_is_better else "below"
    said = f"{policy.metric} is {value:.4g} ({where})"
    if "performance" in policy.on and policy.is_beyond(value, policy.critical):
        message = f"{said}, {side} retrain.critical = {policy.critical:g}"
        yield TrainingReason(
            "performance", CRITICAL, MEASURED, model, model, None, Severity.CRITICAL, message, evidence
        )
    share = metrics.drift_share(model)
    if share is None or "drift" not in policy.on or not policy.is_beyond(value, policy.warning):
        return
    drifted, drift_evidence = share
    if drifted >= policy.drift_share:
        message = (
            f"{said}, {side} retrain.warning = {policy.warning:g}, and {percent(drifted)} of the features of its data drifted "
            f"(retrain.drift_share = {policy.drift_share:g})"
        )
        both = tuple(dict.fromkeys((*evidence, *drift_evidence)))
        yield TrainingReason("drift", DRIFTED, MEASURED, model, model, None, Severity.ERROR, message, both)
