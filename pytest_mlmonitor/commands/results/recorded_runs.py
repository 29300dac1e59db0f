"""The records that a command line names: which files, and which of them are parts of one run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import typer

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.results_shape import Results

USAGE = 2
"""Exit status of a command line that cannot be meant."""

APART = timedelta(hours=1)
"""Evaluation times of the shards of one run lie nearer to one another."""


def record_file(path: Path) -> Path:
    """Return the record that an output directory holds, or the record itself."""
    return path if path.is_file() or path.suffix == ".json" else path / "results.json"


def runs_of(documents: Sequence[Results]) -> list[list[Results]]:
    """Return the records by the runs that they are parts of, the oldest run first.

    Shards of a run were evaluated at one time, or judged different checks within an hour. Who judged the same check at another
    time is another run.

    Args:
        documents: what ``read_results`` returned, in any order.
    """
    runs: list[list[Results]] = []
    judged: set[str] = set()
    for document in sorted(documents, key=evaluated):
        own = {one["nodeid"] for one in document["results"]}
        if runs and (
            evaluated(document) == evaluated(runs[-1][0])
            or (evaluated(document) - evaluated(runs[-1][0]) < APART and not own & judged)
        ):
            runs[-1].append(document)
            judged |= own
        else:
            runs.append([document])
            judged = own
    return runs


def evaluated(document: Results) -> datetime:
    """Return the evaluation time of a record."""
    return datetime.fromisoformat(document["evaluated_at"])


def say(message: str) -> None:
    """Print one line on stderr."""
    typer.echo(f"mlmonitor: {safe(message)}", err=True)
