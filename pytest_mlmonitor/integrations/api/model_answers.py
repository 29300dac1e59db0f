"""What the last run says of a model: how far its data moved, and how good it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pytest_mlmonitor.core.text.names import bare, quoted, safe
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.integrations.api.api_shape import (
    PREFIX,
    ApiArtifact,
    ApiCheck,
    DriftAnswer,
    DriftOfArtifact,
    FeatureFigures,
    MeasuredMetrics,
    ModelsAnswer,
    ModelVerdict,
    PerformanceAnswer,
    PerformanceOfArtifact,
)
from pytest_mlmonitor.integrations.api.http_problems import HttpProblem
from pytest_mlmonitor.integrations.api.last_run import RunDocument
from pytest_mlmonitor.outputs.results_shape import ArtifactEntry, ResultEntry, is_error
from pytest_mlmonitor.outputs.run_details.model_shape import FED_BY, TRAINED_ON, ModelEntry
from pytest_mlmonitor.tables.drift.feature_drift import DRIFT_SHARE

Category = Literal["drift", "performance"]

_TABLE = "table"
"""Stands in the place of a column at figures of a whole table."""

_UNKNOWN = "unknown"
_SHOWN = 80
_ORDER: tuple[ModelVerdict, ...] = ("error", "failed", "warned", "ok", "not_checked")
"""From the worst to what says nothing."""


def model_of(document: RunDocument, name: str) -> ModelEntry:
    """Return a model by its name.

    Args:
        document: of the last run.
        name: as it was asked for; whatever characters it has.

    Raises:
        HttpProblem: 404, there is none; names that are near stand in it.
    """
    found = document.models.get(safe(name))
    if found is not None:
        return found
    known = near(safe(name), document.models)
    asked = quoted(name, _SHOWN)
    hint = (
        f"did you mean {' or '.join(bare(one, _SHOWN) for one in known)}?"
        if known
        else f"GET {PREFIX}/models lists them"
    )
    raise HttpProblem(
        404,
        "unknown_model",
        f"no run, deployment or registry of the last run names the model {asked}: {hint}",
        near=known,
    )


def models_answer(document: RunDocument) -> ModelsAnswer:
    """Return all models at one look."""
    results = document.results
    return {
        "environment": results["environment"],
        "evaluated_at": results["evaluated_at"],
        "models": [
            {
                "name": model["name"],
                "live": model["live"],
                "drift": _verdict(_of_category(document, model, "drift")),
                "performance": _verdict(_of_category(document, model, "performance")),
            }
            for model in document.models.values()
        ],
    }


def drift_answer(document: RunDocument, name: str) -> DriftAnswer:
    """Return how far what feeds a model moved, and its predictions, and what it is asked with.

    Raises:
        HttpProblem: 404, there is no such model.
    """
    model = model_of(document, name)
    told = [
        _drift(entry, role, results)
        for entry, role in _artifacts(document, model)
        if (results := [one for one in document.about(entry) if one["category"] == "drift"])
    ]
    shares = [one["drift_share"] for one in told if one["artifact"]["role"] == FED_BY]
    return {
        "model": model["name"],
        "environment": document.results["environment"],
        "evaluated_at": document.results["evaluated_at"],
        "live": model["live"],
        "verdict": min((one["verdict"] for one in told), key=_ORDER.index, default="not_checked"),
        "drift_share": max((share for share in shares if share is not None), default=None),
        "artifacts": told,
    }


def performance_answer(document: RunDocument, name: str) -> PerformanceAnswer:
    """Return how good a model is: what its runs measured, what a registry says, and its scores on labelled predictions.

    Raises:
        HttpProblem: 404, there is no such model.
    """
    model = model_of(document, name)
    roles = {one["id"]: one["role"] for one in model["artifacts"]}
    metrics: list[MeasuredMetrics] = [
        {
            "artifact": api_artifact(document.artifacts[one["artifact"]], roles.get(one["artifact"], "")),
            "version": one["version"],
            "metrics": one["metrics"],
        }
        for one in model["metrics"]
        if one["artifact"] in document.artifacts
    ]
    told: list[PerformanceOfArtifact] = []
    for entry, role in _artifacts(document, model):
        results = [one for one in document.about(entry) if one["category"] == "performance"]
        if results:
            artifact = api_artifact(entry, role)
            told.append({"artifact": artifact, "verdict": _verdict(results), "checks": _checks(results)})
            metrics += _scores(artifact, entry, model["name"], results)
    return {
        "model": model["name"],
        "environment": document.results["environment"],
        "evaluated_at": document.results["evaluated_at"],
        "live": model["live"],
        "verdict": min((one["verdict"] for one in told), key=_ORDER.index, default="not_checked"),
        "metrics": metrics,
        "artifacts": told,
    }


def api_artifact(entry: ArtifactEntry, role: str) -> ApiArtifact:
    """Return an artifact as answers name it."""
    return {
        "id": entry.get("id", ""),
        "kind": entry["kind"],
        "name": entry["name"],
        "family": entry.get("family", entry["name"]),
        "version": entry.get("version"),
        "role": role,
    }


def _artifacts(document: RunDocument, model: ModelEntry) -> list[tuple[ArtifactEntry, str]]:
    """Return the artifacts that speak of a model, what feeds it first; what it learnt from earlier says nothing of today."""
    told = [
        (document.artifacts[one["id"]], one["role"]) for one in model["artifacts"] if one["id"] in document.artifacts
    ]
    now = [(entry, role) for entry, role in told if role != TRAINED_ON]
    return sorted(now, key=lambda pair: (pair[1] != FED_BY, pair[1], pair[0]["name"]))


def _of_category(document: RunDocument, model: ModelEntry, category: Category) -> list[ResultEntry]:
    about = (one for entry, _ in _artifacts(document, model) for one in document.about(entry))
    return [one for one in about if one["category"] == category]


def _drift(entry: ArtifactEntry, role: str, results: Sequence[ResultEntry]) -> DriftOfArtifact:
    figures = [figure for one in results for figure in one["figures"]]
    found: dict[str, dict[str, float]] = {}
    for figure in figures:
        if figure["column"] != _TABLE:
            found.setdefault(figure["column"], {})[figure["name"]] = figure["value"]
    drifted = {
        finding["column"]
        for one in results
        for finding in one["findings"]
        if finding["severity"] != "info" and finding["accepted"] is None
    }
    features: list[FeatureFigures] = [
        {"name": name, "drifted": name in drifted, "figures": values} for name, values in found.items()
    ]
    return {
        "artifact": api_artifact(entry, role),
        "verdict": _verdict(results),
        "drift_share": next((one["value"] for one in figures if one["name"] == DRIFT_SHARE), None),
        "features": sorted(
            features, key=lambda one: (not one["drifted"], -one["figures"].get("psi", 0.0), one["name"])
        ),
        "checks": _checks(results),
    }


def _scores(
    artifact: ApiArtifact, entry: ArtifactEntry, model: str, results: Iterable[ResultEntry]
) -> Iterable[MeasuredMetrics]:
    """Yield what checks measured of a model; figures stand under the name of the model, or of none where nothing says it."""
    for one in results:
        values = {
            figure["name"]: figure["value"]
            for figure in one["figures"]
            if figure["column"] in (model, _UNKNOWN, _TABLE)
        }
        if values:
            yield {"artifact": artifact, "version": entry.get("version"), "metrics": values}


def _checks(results: Iterable[ResultEntry]) -> list[ApiCheck]:
    return [
        {
            "check": one["check"],
            "status": one["status"],
            "reason": one["reason"],
            "findings": one["findings"],
            "measures": one.get("measures", []),
        }
        for one in results
    ]


def _verdict(results: Iterable[ResultEntry]) -> ModelVerdict:
    return min(map(_word, results), key=_ORDER.index, default="not_checked")


def _word(result: ResultEntry) -> ModelVerdict:
    """Return what a result says: findings that are errors have failed, whatever ``fail_on`` makes of them."""
    if result["status"] == "error":
        return "error"
    if result["status"] == "fail":
        return "failed" if is_error(result) else "warned"
    return "ok" if result["status"] == "pass" else "not_checked"
