"""Reading the bike registry's ``summary.json``: one list of runs, with the champion of each model type and environment."""

from __future__ import annotations

from dataclasses import replace

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.registries.entries import ZONED, read_layout
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.record import registry_layout

_EXPECTED = "a list of runs, each with model_type, env, run_id, is_champion, …"
_MARKS = ("model_type", "run_id", "is_champion")


def read(ref: ArtifactRef) -> ModelRegistry | None:
    """Read a list of runs; many programs write a file of this name, and one without these fields is something else."""
    found = read_layout(ref, "registry", registry_layout, _EXPECTED, wrap="models")
    entries = (found.document or {}).get("models")
    if not isinstance(entries, list) or not entries or not any(_is_run(entry) for entry in entries):
        return None
    # The order of its times is that of one clock, whatever its zone.
    kept = tuple(finding for finding in found.violations if finding.expected != ZONED)
    return replace(found, violations=kept, best_flagged=True)


def _is_run(entry: object) -> bool:
    return isinstance(entry, dict) and all(mark in entry for mark in _MARKS)


SUMMARY = Adapter("model_registry", "summary", read, ("summary.json",))
