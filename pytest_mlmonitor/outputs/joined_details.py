"""What several runs tell beside their results, as one: lineage, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pytest_mlmonitor.core.result import Verdict
from pytest_mlmonitor.outputs.results_shape import ArtifactEntry, EdgeEntry, Results, RunOriginEntry
from pytest_mlmonitor.outputs.run_details.model_shape import ModelEntry
from pytest_mlmonitor.outputs.run_details.told_links import untold

T = TypeVar("T")


def joined_edges(documents: Sequence[Results]) -> list[EdgeEntry]:
    """Return what was made from what, once; broken where any run found it so.

    What one run had to say because it did not know the run in between, another may know better.
    """
    found: dict[tuple[str, str, str], EdgeEntry] = {}
    for one in (edge for document in documents for edge in document.get("edges", ())):
        key = (one["from"], one["to"], one["role"])
        if key not in found or one["state"] == "broken":
            found[key] = one
    return [found[key] for key in untold({key: one["state"] for key, one in found.items()})]


def joined_models(documents: Sequence[Results]) -> list[ModelEntry]:
    """Return the models that any run speaks of, each once, with what any of them says of it."""
    found: dict[str, ModelEntry] = {}
    for one in (model for document in documents for model in document.get("models", ())):
        known = found.get(one["name"])
        found[one["name"]] = (
            one
            if known is None
            else {
                "name": one["name"],
                "live": one["live"] or known["live"],
                "artifacts": _each_once(known["artifacts"], one["artifacts"]),
                "metrics": _each_once(known["metrics"], one["metrics"]),
                "policy": _each_once(known["policy"], one["policy"]),
            }
        )
    return [found[name] for name in sorted(found)]


def _each_once(some: Sequence[T], others: Sequence[T]) -> list[T]:
    return list({repr(one): one for one in (*some, *others)}.values())


def joined_origin(documents: Sequence[Results]) -> dict[str, RunOriginEntry]:
    """Return where one of the runs comes from that say it; how each of them stands to earlier ones is not that of all."""
    told = min((document["run"] for document in documents if "run" in document), key=repr, default=None)
    if told is None:
        return {}
    roots = list(
        dict.fromkeys(root for document in documents if "run" in document for root in document["run"]["roots"])
    )
    return {"run": {**told, "roots": roots, "previous": None, "new": None, "still": None, "fixed": None, "history": []}}


def joined_overview(entries: Sequence[ArtifactEntry], verdict: Verdict) -> ArtifactEntry:
    """Return what is said of an artifact at one look: by a run whose verdict is the one of all, else nothing.

    Args:
        entries: of the artifact, by several runs; at least one.
        verdict: of all runs.
    """
    alike = [one for one in entries if one["verdict"] == verdict and "headline" in one]
    if alike:
        return min(alike, key=repr)
    return {**min(entries, key=repr), "headline": "", "action": "", "worst": None}
