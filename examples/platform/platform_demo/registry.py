"""The model registry: a document of versions, with a gate before production and a way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from platform_demo.places import Places, read_json, text_of, write_json
from platform_demo.training import MODEL, TrainedRun

METRIC = "test_roc_auc"
ROOM = 0.02
"""By so much a new model may be worse than the one that serves: a newer week is worth it."""


class GateClosed(Exception):
    """A version did not earn production; the words say why."""


def document(places: Places) -> dict[str, Any]:
    """Return what the registry says; an empty one where there is none."""
    if not places.registry.exists():
        return {"model_name": MODEL, "production_version": None, "models": {}}
    found: dict[str, Any] = read_json(places.registry)
    return found


def register(places: Places, run: TrainedRun) -> bool:
    """Write a version down, and whether it passed the gate; return that."""
    known = document(places)
    champion = known["models"].get(known["production_version"])
    best = champion["metrics"][METRIC] if champion else 0.5
    passed = run.metrics[METRIC] >= best - ROOM
    known["models"][run.version] = {
        "model_name": MODEL,
        "run_id": run.run_id,
        "status": "candidate",
        "recorded_at": text_of(run.completed_at),
        "input_dataset_version": run.dataset_version,
        "metrics": run.metrics,
    }
    write_json(places.registry, known)
    reason = f"{METRIC} {run.metrics[METRIC]:.3f}, in production {best:.3f}"
    report = {
        "version_tag": run.version,
        "evaluated_at": text_of(run.completed_at),
        "promote": passed,
        "reason": reason,
        "metrics": run.metrics,
    }
    write_json(places.registry.with_name(f"eval_report_{run.version}.json"), report)
    return passed


def promote(places: Places, version: str, at: datetime, *, by_hand: bool = False) -> None:
    """Put a version into production.

    Args:
        places: of the platform.
        version: that is registered.
        at: on the platform's clock.
        by_hand: whether nobody asks the gate.

    Raises:
        GateClosed: its report says that it did not pass.
    """
    report = read_json(places.registry.with_name(f"eval_report_{version}.json"))
    if not report["promote"] and not by_hand:
        raise GateClosed(f"{version}: {report['reason']}")
    _switch(places, version, at, "promoted_at")


def roll_back(places: Places, at: datetime) -> str:
    """Put the version into production again that was there before, and return it."""
    known = document(places)
    earlier: list[str] = [name for name, entry in known["models"].items() if entry["status"] == "archived"]
    version = max(earlier, key=lambda name: known["models"][name]["archived_at"])
    _switch(places, version, at, "restored_at")
    return version


def _switch(places: Places, version: str, at: datetime, when: str) -> None:
    known = document(places)
    serving = known["models"].get(known["production_version"])
    if serving is not None:
        serving |= {"status": "archived", "archived_at": text_of(at)}
    known["models"][version] |= {"status": "production", when: text_of(at)}
    known["production_version"] = version
    write_json(places.registry, known)
