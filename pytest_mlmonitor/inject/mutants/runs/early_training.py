"""Training runs that began before their data were there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.inject.mutants.runs.one_run import is_first, said_otherwise
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.training.model import TrainingRun

BEFORE = timedelta(hours=1)
"""How long before its data were built a run begins."""

_TIMES = ("started_at", "completed_at", "created_at")
_COPIES = ("started_at", "completed_at", "bundle_created_at")
"""What events of deployments copy of the times of the run that they activate."""


@mutation("training_run", per="run", words="it was trained before its data were built")
def trained_before_data(run: TrainingRun, material: Material) -> Iterator[Mutant]:
    """All times of the run lie so much earlier that it began an hour before its dataset was built."""
    times = [run.emitted[name] for name in _TIMES if name in run.emitted]
    datasets = [one for one in material.platform.view(Inputs).of(run) if one.build_time is not None]
    if not times or not datasets or not is_first(run, material):
        return
    dataset = datasets[0]
    assert dataset.build_time is not None
    earlier = min(dataset.build_time.earliest - BEFORE - times[0], timedelta(0))
    if earlier:
        yield Mutant(
            f"the run began an hour before {bare(dataset.ref.name, 60)} was built",
            partial(_said, run, material, earlier),
        )


def _said(run: TrainingRun, material: Material, earlier: timedelta) -> FileChanges:
    return said_otherwise(run, material, partial(_moved, _TIMES, earlier), partial(_moved, _COPIES, earlier))


def _moved(names: tuple[str, ...], by: timedelta, said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said[name] + by for name in names if isinstance(said.get(name), datetime)}
