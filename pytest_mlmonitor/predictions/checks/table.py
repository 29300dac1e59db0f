"""The predictions table keeps its contract (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.record import TEST_PREDICTIONS
from pytest_mlmonitor.tables.profile import ROWS, TableProfile
from pytest_mlmonitor.tables.reader.client import TableReader, problem_of
from pytest_mlmonitor.tables.rules import part_findings, row_findings, schema_findings
from pytest_mlmonitor.tables.unreadable import expected_of


@check("predictions", category="contract", name="readable", action="Write the file again: it is torn or is no parquet")
def predictions_readable(predictions: Predictions, context: Context) -> Iterator[Finding | Figure]:
    """The parquet file is sound to its last page."""
    if predictions.log:
        return
    problem = problem_of(lambda: _profile(predictions, context))
    if problem is None:
        yield Figure(ROWS, "table", _profile(predictions, context).rows)
    else:
        message = f"{predictions.file.name} {problem}"
        yield Finding(Severity.ERROR, message, expected_of(problem), None, "file", shown(predictions.file))


@check(
    "predictions",
    category="contract",
    name="schema",
    applies=lambda predictions: not predictions.log,
    action="Write the five columns with the types that are expected",
)
def predictions_schema(predictions: Predictions, context: Context) -> Iterator[Finding]:
    """The five columns of test predictions are there, with their types."""
    profile = _profile(predictions, context)
    yield from part_findings(profile.head, predictions.file)
    yield from schema_findings(profile, TEST_PREDICTIONS, predictions.file)


@check(
    "predictions",
    category="contract",
    name="rows",
    applies=lambda predictions: not predictions.log,
    action="Correct the trainer's export of test predictions",
)
def predictions_rows(predictions: Predictions, context: Context) -> Iterator[Finding]:
    """Every prediction keeps the contract; ``y_pred`` is ``y_score`` cut at 0.5."""
    profile = _profile(predictions, context)
    yield from row_findings(profile, TEST_PREDICTIONS, predictions.file)


def _profile(predictions: Predictions, context: Context) -> TableProfile:
    return context.view(TableReader).scan(predictions.file, (TEST_PREDICTIONS,))
