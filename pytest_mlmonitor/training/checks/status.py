"""How a run ended, as the system that tracks runs says (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.training.model import TrainingRun

FINISHED = "FINISHED"

_STOPPED = {"FAILED": "the run failed", "KILLED": "the run was killed"}
_OPEN = {"RUNNING": "the run is still running", "SCHEDULED": "the run has not begun"}
_LONG = timedelta(hours=24)
"""A run that is open longer was probably cut off: who tracks a run that dies does not hear of it."""


@check(
    "training_run",
    category="contract",
    applies=lambda run: run.status is not None,
    action="Read the log of the training job, then run it again",
)
def status(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The run ended well; a model in use comes from no run that failed, and the newest run is none."""
    said = run.status
    if said == FINISHED:
        return
    where = shown(run.ref.path)
    if said in _STOPPED or said in _OPEN:
        if run in context.link(Live):
            word = _STOPPED.get(said) or _OPEN[said]
            message = f"{word} ({said}), and what is in use depends on it"
            yield Finding(Severity.ERROR, message, FINISHED, said, "status", where)
        elif said in _STOPPED:
            newest = context.link(Superseded).of(run) is None
            message = f"{_STOPPED[said]} ({said}){', and none of its model came after it' if newest else ''}"
            yield Finding(Severity.WARNING if newest else Severity.INFO, message, FINISHED, said, "status", where)
        else:
            yield _open(run, said, where, context)
    else:
        message = f"status is {quoted(said, 40)}, which is none that is known"
        yield Finding(
            Severity.WARNING, message, "FINISHED, RUNNING, FAILED, KILLED or SCHEDULED", said, "status", where
        )


def _open(run: TrainingRun, said: str, where: str, context: Context) -> Finding:
    if run.started_at is None:
        return Finding(Severity.INFO, f"{_OPEN[said]} ({said})", FINISHED, said, "status", where)
    age = context.now - run.started_at
    if age <= _LONG:
        message = f"{_OPEN[said]} ({said}), for {duration(max(age.total_seconds(), 0))}"
        return Finding(Severity.INFO, message, FINISHED, said, "status", where)
    newest = context.link(Superseded).of(run) is None
    message = f"the run never ended: {said} for {duration(age.total_seconds())}; it was probably cut off"
    return Finding(Severity.WARNING if newest else Severity.INFO, message, FINISHED, said, "status", where)
