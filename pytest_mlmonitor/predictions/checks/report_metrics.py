"""The test metrics that a training report states, computed again from its test predictions (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.links.labels import Labels
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.tables.scores.scores import Scores

TOLERANCE = 1e-6
"""Metrics are written in full precision; sums in another order differ in the last bits."""

RATES = ("accuracy", "precision", "recall", "f1")


@check(
    "predictions",
    category="reconcile",
    applies=lambda predictions: not predictions.log,
    action="Evaluate again: report and predictions are of two runs",
)
def report_metrics(predictions: Predictions, context: Context) -> Iterator[Finding]:
    """The test metrics in the report of the same stamp are those of the predictions: confusion matrix, rates, log loss."""
    report, path = context.link(Labels).report_of(predictions), predictions.ref.path
    if report is None or report.document is None:
        raise NotChecked(f"metrics_{predictions.stamp}.json is not beside it, or breaks its contract")
    scores = context.link(Labels).scores_in_test(predictions)
    tested = report.document["split"]["test"]["rows"]
    if scores.rows != tested:
        raise NotChecked(f"the file holds {count(scores.rows, 'prediction')}, the report tested {tested:,}")
    if scores.kind != "binary" or scores.foreign or scores.scored != scores.rows:
        raise NotChecked("some labels, classes or scores break their contract (see the check rows)")
    stated = report.document["lightgbm"]["metrics"]
    differing = list(_differing(stated, scores))
    if differing:
        columns = [f"lightgbm.metrics.{name}" for name, _, _ in differing]
        first = f"{columns[0]} is {differing[0][1]}, but {path.name} gives {differing[0][2]}"
        others = f" (and {listing([name for name, _, _ in differing[1:]])})" if differing[1:] else ""
        yield Finding(
            Severity.ERROR,
            f"{first}{others}: expected the metrics of the test predictions",
            "; ".join(f"{name} {right}" for name, _, right in differing),
            "; ".join(f"{name} {wrong}" for name, wrong, _ in differing),
            ", ".join(columns),
            shown(report.ref.path),
        )


def _differing(stated: Any, scores: Scores) -> Iterator[tuple[str, str, str]]:
    """Yield (metric, what is stated, what it is), the metrics that others follow from first."""
    cells = scores.confusion
    wrong = [cell for cell in cells if cells[cell] != stated["confusion_matrix"][cell]]
    if wrong:
        said = (
            ", ".join(f"{cell} {matrix[cell]:,}" for cell in wrong) for matrix in (stated["confusion_matrix"], cells)
        )
        yield ("confusion_matrix", next(said), next(said))
    metrics = scores.metrics()
    for name in RATES:
        if abs(stated[name] - metrics[name]) > TOLERANCE:
            yield name, f"{stated[name]:.6g}", f"{metrics[name]:.6g}"
    # The loss of a label that had probability 0 hangs on where a library clips it: 1e-15, or the type's epsilon.
    loss = metrics.get("log_loss")
    if loss is not None and not scores.impossible and abs(stated["log_loss"] - loss) > TOLERANCE * max(1.0, loss):
        yield "log_loss", f"{stated['log_loss']:.6g}", f"{loss:.6g}"
