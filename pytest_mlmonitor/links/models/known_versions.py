"""Which runs and registry entries a model version means that a prediction log names (specification 2.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.registries.model import ModelVersion
from pytest_mlmonitor.registries.views import aliases_by_version
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

_RUN = "runs:/"
_OF_MODEL = re.compile(r"models:/([^/@]+)[/@]")
_PARTS = re.compile(r"[/:@]")

ALIASES = frozenset({"production", "staging", "champion", "challenger", "latest", "canary", "shadow"})
"""Words that stand for whatever version has that part, so that nobody can look them up."""


class ModelVersions:
    """Model versions by every form in which somebody writes them: ``3``, ``v3``, ``models:/NAME/3``, ``NAME:3``, a run id."""

    def __init__(self, platform: Artifacts) -> None:
        self._by_id = platform.view(Runs).by_id
        self._runs: dict[str, list[TrainingRun]] = {}
        self._entries: dict[str, list[ModelVersion]] = {}
        self._aliases: dict[str, list[ModelVersion]] = {}
        for run in platform.view(Runs).all:
            for name in {run.model_version, run.run_id} - {None, ""}:
                self._runs.setdefault(version_form(str(name)), []).append(run)
        evaluated = (one.evaluation for one in platform.of_kind("external_report") if one.evaluation is not None)
        for registry in (*platform.of_kind("model_registry"), *evaluated):
            for entry, aliases in aliases_by_version(registry):
                for name in {entry.version, entry.run_id} - {None, ""}:
                    self._entries.setdefault(version_form(str(name)), []).append(entry)
                for alias in dict.fromkeys(alias.lower() for alias in aliases):
                    self._aliases.setdefault(alias, []).append(entry)

    @property
    def any(self) -> bool:
        """Whether a run or a registry entry is known at all, so that a version can be missing."""
        return bool(self._runs or self._entries)

    def knows(self, version: str) -> bool:
        """Return whether a run or a registry has a version; a word that stands for any version is known."""
        forms = list(_forms(version))
        return bool(ALIASES & set(forms)) or any(form in self._runs or form in self._entries for form in forms)

    def of_others(self, version: str) -> list[str]:
        """Return the models that have a version where the one that it names has none; nothing where that is not so."""
        model = _model(version)
        if model is None or self.runs(version) or self.entries(version):
            return []
        found = {
            str(one.model_name)
            for form in _forms(version)
            for one in (*self._runs.get(form, ()), *self._entries.get(form, ()), *self._aliases.get(form.lower(), ()))
        }
        return sorted(found)

    def runs(self, version: str) -> list[TrainingRun]:
        """Return the runs that made a version: by their own words, else by what a registry says."""
        model = _model(version)
        for form in _forms(version):
            found = [
                run for run in self._runs.get(form, ()) if model is None or run.model_name in (None, UNKNOWN, model)
            ]
            if found:
                return found
        return [run for entry in self.entries(version) if entry.run_id for run in self._by_id(entry.run_id)]

    def entries(self, version: str) -> list[ModelVersion]:
        """Return the entries of registries about a version."""
        model, forms = _model(version), list(_forms(version))
        places = [(self._entries, form) for form in forms] + [(self._aliases, form.lower()) for form in forms]
        for known, form in places:
            found = [entry for entry in known.get(form, ()) if model is None or entry.model_name in (None, model)]
            if found:
                return found
        return []

    def metrics(self, version: str) -> Mapping[str, float]:
        """Return the metrics that the run of a version, or a registry, states."""
        stated = [run.metrics for run in self.runs(version)] + [entry.metrics for entry in self.entries(version)]
        return next(({name.lower(): value for name, value in one.items()} for one in stated if one), {})


def _model(version: str) -> str | None:
    """Return the model that a URI ``models:/NAME/3`` or ``models:/NAME@alias`` is of, None for any other version."""
    found = _OF_MODEL.match(version.strip())
    return found[1] if found is not None else None


def _forms(version: str) -> Iterator[str]:
    """Yield what a version may be called, as it is written first: all of it, its last part, what follows the model's name."""
    yield version_form(version)
    if version.strip().startswith(_RUN):
        yield version_form(version.strip().removeprefix(_RUN).split("/", 1)[0])
        return
    last = _PARTS.split(version.strip().rstrip("/"))[-1]
    yield version_form(last)
    for separator in ("_", "-"):
        before, _, after = last.rpartition(separator)
        if before and after[:1] in ("v", "V") and after[1:2].isdigit():
            yield version_form(after)
