"""Training runs as runs of OpenLineage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.links.closure import Edge
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.outputs.openlineage.build_events import BuildEvents
from pytest_mlmonitor.outputs.openlineage.facets import (
    LineageJob,
    LineageRun,
    RunEvent,
    RunState,
    facet,
    lineage_dataset,
)
from pytest_mlmonitor.outputs.openlineage.nodes import LineageNames, in_name, known, model_name, run_id
from pytest_mlmonitor.training.model import TrainingRun

_ENDED: dict[str, RunState] = {"FAILED": "FAIL", "KILLED": "ABORT"}
"""How a run ended, by the word of the system that tracks it; every other run that is over is complete."""

_GOES_ON = frozenset({"RUNNING", "SCHEDULED", "PENDING"})


class TrainingEvents:
    """The training runs."""

    def __init__(self, platform: Artifacts, names: LineageNames, builds: BuildEvents) -> None:
        self._names = names
        self._builds = builds
        self._inputs = platform.view(Inputs)

    def of(self, run: TrainingRun) -> Iterator[RunEvent]:
        """Yield the start and the end of a training; none of what has no id or no time: findings say so."""
        ended = _first(run.completed_at, run.created_at, run.started_at, run.made_at)
        if run.run_id is None or ended is None or _broken_times(run):
            return
        started = _first(run.started_at, ended) or ended
        model = model_name(run)
        told = LineageRun(
            LineageJob(self._names.jobs, in_name(f"training.{model or 'unnamed'}"), "TRAINING"),
            run_id("training", self._names.jobs, model or "", run.run_id),
            _said(run, started, ended),
            self.inputs(self._inputs.edges(run)),
            [self.model(run, metrics=True)] if model is not None else [],
        )
        yield told.event("START", started)
        status = (run.status or "").upper()
        if status not in _GOES_ON:
            yield told.event(_ENDED.get(status, "COMPLETE"), max(started, ended))

    def inputs(self, edges: list[Edge]) -> list[dict[str, Any]]:
        """Return the datasets that links lead to, or that they name; one of which nobody knows anything is left out."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for edge in edges:
            if edge.targets:
                dataset = edge.targets[0]
                one = lineage_dataset(self._names.dataset(dataset), self._builds.facets(dataset))
            elif (name := known(edge.link.name)) is not None:
                version = known(edge.link.version)
                facets = facet("version", datasetVersion=version) if version is not None else {}
                one = lineage_dataset(self._names.named_dataset(name), facets)
            else:
                continue
            found.setdefault((one["namespace"], one["name"]), one)
        return list(found.values())

    def model(self, run: TrainingRun, *, metrics: bool = False) -> dict[str, Any]:
        """Return the model that a run made: its version, and with ``metrics`` what the run says of it."""
        node = self._names.model_of(run)
        assert node is not None
        version = known(run.model_version)
        facets = facet("version", datasetVersion=version) if version is not None else {}
        if metrics:
            facets |= facet("datasetType", datasetType="MODEL")
            facets |= facet(
                "mlmonitor_model",
                runId=run.run_id,
                version=version,
                artifact=known(run.artifact_path),
                metrics=dict(sorted(run.metrics.items())),
            )
        return lineage_dataset(node, facets)


def _first(*moments: datetime | None) -> datetime | None:
    return next((moment for moment in moments if moment is not None), None)


def _broken_times(run: TrainingRun) -> bool:
    """Return whether a time is there and cannot be read: better no event than a made-up time."""
    said = run.document or {}
    return any(said.get(name) is not None and name not in run.emitted for name in ("started_at", "completed_at"))


def _said(run: TrainingRun, started: datetime, ended: datetime) -> dict[str, Any]:
    nominal = facet("nominalTime", nominalStartTime=instant(started), nominalEndTime=instant(max(started, ended)))
    return nominal | facet(
        "mlmonitor_training",
        runId=run.run_id,
        status=run.status,
        commit=run.commit,
        durationSeconds=(ended - started).total_seconds() if run.timed and ended >= started else None,
        timesEmitted=run.timed,
    )
