"""Reading ``eval_report_v*.json``: whether one version passed its gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.registries.entries import ZONED, read_layout
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.record import RegistryLayout
from pytest_mlmonitor.registries.registry_words import NAME, text_of

_EXPECTED = "how a version was evaluated: version_tag, metrics, promote, …"
_MARKS = ("promote", "promotion_gate", "promote_flag", "passed", "approved", "decision", "outcome")


def read(ref: ArtifactRef) -> ModelRegistry | None:
    """Read what an evaluation said of one version; the file's name says which. One that decides nothing is something else."""
    file_version = ref.path.stem.removeprefix("eval_report_v") or None
    found = read_layout(ref, "evaluation", _whole, _EXPECTED, file_version=file_version)
    if found.document is not None and not any(mark in found.document for mark in _MARKS):
        return None
    # The file's name is as good as a field, and nothing is put in order by the times of evaluations.
    kept = tuple(f for f in found.violations if (f.column, f.actual) != ("version", "absent") and f.expected != ZONED)
    return replace(found, violations=kept)


def _whole(data: Mapping[str, Any]) -> RegistryLayout:
    layout = RegistryLayout()
    layout.add((), data, text_of(data, NAME))
    return layout


EVALUATION = Adapter("model_registry", "evaluation", read, ("eval_report_v*.json",))
