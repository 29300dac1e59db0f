"""The data that a run was trained on have as many rows as it says."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.training.model import TrainingRun


@check(
    "training_run",
    category="reconcile",
    applies=lambda run: any(given.rows is not None for given in run.inputs),
    action="Train again on the whole dataset as it is now",
)
def input_rows(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """Every dataset that the run names has as many rows as it says it read; fewer may be a split of it."""
    known = 0
    for edge in context.link(Inputs).edges(run):
        dataset = edge.targets[0] if edge.targets else None
        if edge.link.rows is None or dataset is None or dataset.data_path is None:
            continue
        rows = context.view(TableReader).head(dataset.data_path).rows
        known += 1
        if rows == edge.link.rows:
            continue
        fewer = edge.link.rows < rows
        more = "it read a part of them" if fewer else "they were written anew since"
        split = any(
            one.split and (one.rows, one.location) == (edge.link.rows, edge.link.location) for one in run.inputs
        )
        part = Severity.INFO if split else Severity.WARNING
        yield Finding(
            part if fewer else Severity.ERROR,
            f"the run read {edge.link.rows:,} rows of {bare(dataset.ref.name)}, which has {rows:,}: {more}",
            f"{rows} rows",
            f"{edge.link.rows} rows",
            "rows",
            edge.link.location or shown(run.ref.path),
        )
    if not known:
        raise NotChecked("no dataset is known that the run read")
