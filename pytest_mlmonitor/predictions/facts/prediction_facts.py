"""What a person wants to know of predictions: how many, and of how many the truth is known."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.fact_context import Fact, FactContext
from pytest_mlmonitor.core.text.words import percent
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.tables.profile import ROWS


def prediction_facts(predictions: Predictions, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a predictions file or log; it is not read for them."""
    yield "form", "log of what was asked" if predictions.features_only else "log" if predictions.log else "of a test"
    rows = context.figure(predictions, ROWS)
    if rows is not None:
        yield "rows", f"{int(rows):,}"
    labelled = context.figure(predictions, "labelled_share")
    if labelled is not None:
        yield "labelled", percent(labelled)
    confidence = context.figure(predictions, "mean_confidence")
    if confidence is not None:
        yield "mean confidence", f"{confidence:.3g}"
    if predictions.stamp is not None:
        yield "belongs to", f"the report of {predictions.stamp}"
