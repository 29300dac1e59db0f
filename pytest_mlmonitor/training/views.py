"""Training runs and training reports by what links call them."""

from __future__ import annotations

from collections import Counter
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
        self._of_source: Counter[str] = Counter()
        self._lacking: Counter[tuple[str, str | None]] = Counter()
        self._newest: dict[str, datetime] = {}
        for run in self.all:
            if run.run_id is not None:
                self._by_id.setdefault(run.run_id, []).append(run)
            for name in {run.model_version, run.run_id} - {None}:
                self._by_version.setdefault(str(name), []).append(run)
            if run.source is not None:
                self._of_source[run.source] += 1
                self._lacking.update({(run.source, lacks.column) for lacks in run.lacking})
                made = _made(run)
                if made is not None:
                    self._newest[run.source] = max(made, self._newest.get(run.source, made))

    def by_id(self, run_id: str) -> list[TrainingRun]:
        """Return the runs with that id (a bundle and a flat document may describe one run)."""
        return self._by_id.get(run_id, [])

    def of_version(self, version: str) -> list[TrainingRun]:
        """Return the runs that made the model version ``version``, or that are called so."""
        return self._by_version.get(version, [])

    def others_have(self, run: TrainingRun, column: str | None) -> bool:
        """Return whether other runs of a declared source have what it maps, and this run lacks."""
        source = run.source or ""
        return self._lacking[source, column] < self._of_source[source]

    def newer_of_source(self, run: TrainingRun) -> bool:
        """Return whether a run of the same source was made after a run; what says no time is after none."""
        own, newest = _made(run), self._newest.get(run.source or "")
        return own is not None and newest is not None and newest > own


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
