"""The six assets of the reference implementation, made of one ``results.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.integrations.dagster.asset_names import RESULT_ASSETS
from pytest_mlmonitor.integrations.dagster.check_metadata import Cell, table
from pytest_mlmonitor.integrations.dagster.judged_families import ALLOWED_AGE, BUILT, JudgedFamilies, JudgedVersion
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.training.kind import TRAINING_RUN

DESCRIPTIONS = dict(
    zip(
        RESULT_ASSETS,
        (
            "The verdict of the whole suite: counts, artifacts and what is wrong with them.",
            "How old every dataset is, against its limit.",
            "What was made from datasets.",
            "What training runs were made from, and what was made from them.",
            "What was measured of deployments: rates, latencies, gaps.",
            "Whether deployments are healthy, and if not why.",
        ),
        strict=True,
    )
)

_ROWS = 200
_STATES = ("unhealthy", "degraded", "retired", "healthy")

Metadata = dict[str, dg.MetadataValue]


def result_metadata(name: str, judged: JudgedFamilies, out: Path | None) -> Metadata:
    """Return what stands beside one of the six assets.

    Args:
        name: of the asset.
        judged: the run.
        out: where it wrote, None where that was temporary.
    """
    made = _MADE[name](judged)
    made["evaluated_at"] = dg.MetadataValue.text(judged.results["evaluated_at"])
    if out is not None:
        made["results"] = dg.MetadataValue.path(str(out / "results.json"))
    return made


def _validation(judged: JudgedFamilies) -> Metadata:
    results, counts = judged.results, judged.results["counts"]
    artifacts = results["artifacts"]
    return {
        "passed": dg.MetadataValue.int(counts["pass"]),
        "failed": dg.MetadataValue.int(counts["fail"]),
        "could not run": dg.MetadataValue.int(counts["error"]),
        "warned": dg.MetadataValue.int(counts["warned"]),
        "not checked": dg.MetadataValue.int(counts["not_checked"]),
        "exit_status": dg.MetadataValue.int(results["exit_status"]),
        "duration_seconds": dg.MetadataValue.float(float(results["duration_seconds"])),
        "artifacts": dg.MetadataValue.int(len(artifacts)),
        "files of no artifact": dg.MetadataValue.int(len(results["unclaimed"])),
        "verdicts": table(
            (
                {
                    "verdict": one["verdict"],
                    "kind": one["kind"],
                    "artifact": one["name"],
                    "version": one.get("version"),
                    "what": one.get("headline"),
                }
                for one in artifacts
            ),
            ("verdict", "kind", "artifact", "version", "what"),
            _ROWS,
        ),
    }


def _freshness(judged: JudgedFamilies) -> Metadata:
    now = datetime.fromisoformat(judged.results["evaluated_at"]).timestamp()
    rows = list(_ages(judged, now))
    ages = [one["freshness_seconds"] for one in rows if isinstance(one["freshness_seconds"], float)]
    found = {
        "stale": dg.MetadataValue.int(sum(one["status"] == "STALE" for one in rows)),
        "datasets": table(rows, ("artifact", "version", "freshness_seconds", "limit_seconds", "status"), _ROWS),
    }
    if ages:
        found["freshness_seconds"] = dg.MetadataValue.float(max(ages))
    return found


def _ages(judged: JudgedFamilies, now: float) -> Iterator[dict[str, Cell]]:
    """Yield the age of every dataset that no newer version stands in for, as specification 2.2 says it."""
    for one in judged.of_kind(DATASET):
        if one.current:
            built, limit = one.figure(BUILT), _age_limit(one)
            age = round(now - built, 1) if built is not None else None
            status = "unknown" if age is None else "no limit" if limit is None else "FRESH" if age < limit else "STALE"
            if one.is_stale() and status != "STALE":
                status = "FUTURE" if age is None else "STALE"
            yield {
                "artifact": one.entry["name"],
                "version": one.entry.get("version"),
                "freshness_seconds": age,
                "limit_seconds": limit,
                "status": status,
            }


def _age_limit(one: JudgedVersion) -> float | None:
    """Return the age from which a version is STALE: of an error, else of a warning; None where nothing limits it."""
    measures = (measure for result in one.results for measure in result.get("measures", ()))
    warned = next((measure["limit"] for measure in measures if measure["what"] == "age"), None)
    allowed = one.figure(ALLOWED_AGE)
    return allowed if allowed is not None else warned


def _edges_at(kind: Kind) -> Callable[[JudgedFamilies], Metadata]:
    """Return what tells the links that begin or end at a kind of artifact."""

    def told(judged: JudgedFamilies) -> Metadata:
        own = {one.entry.get("id") for one in judged.of_kind(kind)}
        edges = [one for one in judged.results.get("edges", ()) if own & {one["from"], one["to"]}]
        rows: list[dict[str, Cell]] = [
            {
                "from": _called(judged, one["from"]),
                "to": _called(judged, one["to"]),
                "role": one["role"],
                "state": one["state"],
                "reason": one["reason"],
            }
            for one in edges
        ]
        return {
            "artifacts": dg.MetadataValue.int(len(own)),
            "links": dg.MetadataValue.int(len(edges)),
            "broken links": dg.MetadataValue.int(sum(one["state"] == "broken" for one in edges)),
            "edges": table(rows, ("from", "to", "role", "state", "reason"), _ROWS),
        }

    return told


def _called(judged: JudgedFamilies, identity: str) -> str:
    one = judged.by_id(identity)
    return f"{one.entry['kind']} {one.identity}" if one is not None else identity


def _serving_metrics(judged: JudgedFamilies) -> Metadata:
    deployments = list(judged.of_kind(DEPLOYMENT))
    rows: list[dict[str, Cell]] = [
        {
            "artifact": one.entry["name"],
            "what": measure["what"],
            "value": measure["value"],
            "limit": measure["limit"],
            "unit": measure["unit"],
        }
        for one in deployments
        for result in one.results
        for measure in result.get("measures", ())
    ]
    rows += [
        {"artifact": one.entry["name"], "what": figure["name"], "value": figure["value"], "unit": figure["column"]}
        for one in deployments
        for result in one.results
        for figure in result["figures"]
    ]
    facts: list[dict[str, Cell]] = [
        {"artifact": one.entry["name"], "fact": name, "words": words}
        for one in deployments
        for name, words in one.entry.get("facts", ())
    ]
    return {
        "deployments": dg.MetadataValue.int(len(deployments)),
        "metrics": table(rows, ("artifact", "what", "value", "limit", "unit"), _ROWS),
        "facts": table(facts, ("artifact", "fact", "words"), _ROWS),
    }


def _serving_health(judged: JudgedFamilies) -> Metadata:
    states = [(one, *_state(one)) for one in judged.of_kind(DEPLOYMENT)]
    found = {name: sum(state == name for _, state, _ in states) for name in _STATES}
    rows: list[dict[str, Cell]] = [
        {
            "artifact": one.entry["name"],
            "version": one.entry.get("version"),
            "status": state,
            "detail": detail,
            "verdict": one.entry["verdict"],
        }
        for one, state, detail in states
    ]
    made = {name: dg.MetadataValue.int(number) for name, number in found.items()}
    return made | {"deployments": table(rows, ("artifact", "version", "status", "detail", "verdict"), _ROWS)}


def _state(one: JudgedVersion) -> tuple[str, str]:
    """Return the status of a deployment, and why (specification 2.3)."""
    state = next((name for name in _STATES if one.figure(f"serving_{name}")), "not judged")
    said = (
        finding["message"] for result in one.results for finding in result["findings"] if result["category"] == "health"
    )
    return state, next(said, "all checks passed" if state == "healthy" else "")


_MADE: dict[str, Callable[[JudgedFamilies], Metadata]] = dict(
    zip(
        RESULT_ASSETS,
        (_validation, _freshness, _edges_at(DATASET), _edges_at(TRAINING_RUN), _serving_metrics, _serving_health),
        strict=True,
    )
)
