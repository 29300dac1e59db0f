"""Which models a run speaks of: the artifacts that say something of each, what was measured, and what the policy says of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.scopes import PLAIN
from pytest_mlmonitor.core.record_details import ArtifactFacts
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.links.models.concerned_models import ConcernedModels
from pytest_mlmonitor.links.models.fed_models import FedModel, FedModels
from pytest_mlmonitor.outputs.run_details.model_shape import (
    FED_BY,
    TRAINED_ON,
    ModelEntry,
    ModelMetricsEntry,
    ModelThresholdEntry,
)
from pytest_mlmonitor.outputs.run_details.run_origin import policy_keys
from pytest_mlmonitor.registries.kind import MODEL_REGISTRY
from pytest_mlmonitor.registries.views import production_of

_METRICS = 100
_NAME = 80
"""Most metrics of a run, and most characters of a name: whoever writes an artifact may write what they like."""


def models_of(facts: Mapping[ArtifactRef, ArtifactFacts], platform: Artifacts) -> list[ModelEntry]:
    """Return the models of a run by name; nothing is read for it.

    Args:
        facts: of the artifacts that the run judged: others are not spoken of.
        platform: that the run read.
    """
    fed = platform.view(FedModels)
    roles: dict[str, dict[ArtifactRef, str]] = {}
    for name, model in fed.by_name.items():
        known = roles.setdefault(name, {})
        known.update((one.ref, TRAINED_ON) for one in model.trained_on)
        known.update((one.ref, FED_BY) for one in model.fed_by)
        known.update((one.ref, one.ref.kind) for one in model.runs)
    by_ref: dict[ArtifactRef, Any] = dict(platform.artifacts)
    for ref, artifact in by_ref.items():
        if ref in facts and hasattr(artifact, "ref"):
            for concern in platform.view(ConcernedModels).of(artifact):
                for model in concern.models:
                    roles[model.name].setdefault(ref, ref.kind)
    registered: dict[str, list[ModelMetricsEntry]] = {}
    for ref, name, entry in _registered(facts, platform):
        registered.setdefault(name, []).append(entry)
        roles.setdefault(name, {}).setdefault(ref, ref.kind)
    own: dict[int, list[ThresholdOrigin]] = {}
    return [
        {
            "name": safe(name),
            "live": model.live,
            "artifacts": [
                {"id": facts[ref].id, "role": role} for ref, role in sorted(roles[name].items()) if ref in facts
            ],
            "metrics": [*_measured(model, facts), *registered.get(name, ())],
            "policy": _policy([ref for ref in sorted(roles[name]) if ref in facts], facts, by_ref, platform, own),
        }
        for name, model in fed.by_name.items()
    ]


def _measured(model: FedModel, facts: Mapping[ArtifactRef, ArtifactFacts]) -> Iterator[ModelMetricsEntry]:
    for run in model.runs:
        if run.ref in facts and (metrics := _finite(run.metrics)):
            version = safe(run.model_version)[:_NAME] if run.model_version is not None else None
            yield {"artifact": facts[run.ref].id, "version": version, "metrics": metrics}


def _registered(
    facts: Mapping[ArtifactRef, ArtifactFacts], platform: Artifacts
) -> Iterator[tuple[ArtifactRef, str, ModelMetricsEntry]]:
    """Yield what registries say of versions in production, with the names of their models."""
    for registry in platform.of_kind(MODEL_REGISTRY.name):
        for version in production_of(registry) if registry.ref in facts else ():
            name = version.model_name
            if name is not None and name in platform.view(FedModels).by_name:
                called = version.version or version.run_id
                metrics = _finite(version.metrics)
                shown = safe(called)[:_NAME] if called is not None else None
                yield registry.ref, name, {"artifact": facts[registry.ref].id, "version": shown, "metrics": metrics}


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    known = [(safe(name)[:_NAME], value) for name, value in sorted(metrics.items()) if math.isfinite(value)]
    return dict(known[:_METRICS])


def _policy(
    refs: Iterable[ArtifactRef],
    facts: Mapping[ArtifactRef, ArtifactFacts],
    by_ref: Mapping[ArtifactRef, Any],
    platform: Artifacts,
    own: dict[int, list[ThresholdOrigin]],
) -> list[ModelThresholdEntry]:
    """Return the keys that are not the default, each once with the artifacts for which it says the same.

    Args:
        refs: of the artifacts.
        facts: of them.
        by_ref: the artifacts.
        platform: that the run read.
        own: the keys of policies that were asked for before: many artifacts have one policy, which is one object.
    """
    found: dict[ThresholdOrigin, list[str]] = {}
    for ref in refs:
        settings = platform.settings_of(ref, by_ref.get(ref))
        if id(settings) not in own:
            own[id(settings)] = list(policy_keys(settings))
        sections = (*platform.kinds[ref.kind].sections, "severity", *PLAIN)
        for one in own[id(settings)]:
            if one.key.partition(".")[0] in sections:
                found.setdefault(one, []).append(facts[ref].id)
    return [
        {
            "artifacts": ids,
            "origin": one.origin,
            "key": one.key,
            "value": one.value,
            "default": one.default,
            "file": one.file,
            "line": one.line,
        }
        for one, ids in sorted(found.items(), key=lambda pair: (pair[0].key, pair[1]))
    ]
