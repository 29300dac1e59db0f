"""Which runs and registry entries a model version means that a prediction log names (specification 2.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.registries.model import ModelVersion
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

_PARTS = re.compile(r"[/:@]")

ALIASES = frozenset({"production", "staging", "champion", "challenger", "latest", "canary", "shadow"})
"""Words that stand for whatever version has that part, so that nobody can look them up."""


class ModelVersions:
    """Model versions by every form in which somebody writes them: ``3``, ``v3``, ``models:/NAME/3``, ``NAME:3``, a run id."""

    def __init__(self, platform: Artifacts) -> None:
        self._by_id = platform.view(Runs).by_id
        self._runs: dict[str, list[TrainingRun]] = {}
        self._entries: dict[str, list[ModelVersion]] = {}
        for run in platform.view(Runs).all:
            for name in {run.model_version, run.run_id} - {None, ""}:
                self._runs.setdefault(version_form(str(name)), []).append(run)
        evaluated = (one.evaluation for one in platform.of_kind("external_report") if one.evaluation is not None)
        for registry in (*platform.of_kind("model_registry"), *evaluated):
            for entry in registry.versions:
                for name in {entry.version, entry.run_id} - {None, ""}:
                    self._entries.setdefault(version_form(name), []).append(entry)

    @property
    def any(self) -> bool:
        """Whether a run or a registry entry is known at all, so that a version can be missing."""
        return bool(self._runs or self._entries)

    def knows(self, version: str) -> bool:
        """Return whether a run or a registry has a version; a word that stands for any version is known."""
        forms = list(_forms(version))
        return bool(ALIASES & set(forms)) or any(form in self._runs or form in self._entries for form in forms)

    def runs(self, version: str) -> list[TrainingRun]:
        """Return the runs that made a version: by their own words, else by what a registry says."""
        for form in _forms(version):
            if form in self._runs:
                return self._runs[form]
        return [run for entry in self.entries(version) if entry.run_id for run in self._by_id(entry.run_id)]

    def entries(self, version: str) -> list[ModelVersion]:
        """Return the entries of registries about a version."""
        return next((self._entries[form] for form in _forms(version) if form in self._entries), [])

    def metrics(self, version: str) -> Mapping[str, float]:
        """Return the metrics that the run of a version, or a registry, states."""
        stated = [run.metrics for run in self.runs(version)] + [entry.metrics for entry in self.entries(version)]
        return next(({name.lower(): value for name, value in one.items()} for one in stated if one), {})


def _forms(version: str) -> Iterator[str]:
    """Yield what a version may be called, as it is written first: all of it, its last part, what follows the model's name."""
    yield version_form(version)
    last = _PARTS.split(version.strip().rstrip("/"))[-1]
    yield version_form(last)
    for separator in ("_", "-"):
        before, _, after = last.rpartition(separator)
        if before and after[:1] in ("v", "V") and after[1:2].isdigit():
            yield version_form(after)
