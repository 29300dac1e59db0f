"""Training runs and training reports by what links call them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun


class Runs:
    """Every training run that could be read, indexed once."""

    def __init__(self, platform: Artifacts) -> None:
        self.all: list[TrainingRun] = platform.of_kind("training_run")
        self._by_id: dict[str, list[TrainingRun]] = {}
        self._by_version: dict[str, list[TrainingRun]] = {}
        self._of_source: dict[str, list[TrainingRun]] = {}
        for run in self.all:
            if run.run_id is not None:
                self._by_id.setdefault(run.run_id, []).append(run)
            for name in {run.model_version, run.run_id} - {None}:
                self._by_version.setdefault(str(name), []).append(run)
            if run.source is not None:
                self._of_source.setdefault(run.source, []).append(run)

    def by_id(self, run_id: str) -> list[TrainingRun]:
        """Return the runs with that id (a bundle and a flat document may describe one run)."""
        return self._by_id.get(run_id, [])

    def of_version(self, version: str) -> list[TrainingRun]:
        """Return the runs that made the model version ``version``, or that are called so."""
        return self._by_version.get(version, [])

    def others_have(self, run: TrainingRun, column: str | None) -> bool:
        """Return whether other runs of a declared source have what it maps, and this run lacks."""
        others = self._of_source.get(run.source or "", ())
        return any(all(lacks.column != column for lacks in other.lacking) for other in others if other is not run)

    def newer_of_source(self, run: TrainingRun) -> bool:
        """Return whether a run of the same source was made after a run; what says no time is after none."""
        own, others = _made(run), self._of_source.get(run.source or "", ())
        return own is not None and any(made > own for other in others if (made := _made(other)) is not None)


def _made(run: TrainingRun) -> datetime | None:
    return run.completed_at or run.created_at or run.started_at or run.made_at


class Reports:
    """Every training report that could be read."""

    def __init__(self, platform: Artifacts) -> None:
        self.all: list[TrainingReport] = platform.of_kind("training_report")
        self._at = {report.ref.path: report for report in self.all}

    def at(self, path: Path) -> TrainingReport | None:
        """Return the report in the file ``path``, None without."""
        return self._at.get(path)
