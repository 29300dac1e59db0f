"""The predictions table keeps its contract (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import NotChecked, check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.record import TEST_PREDICTIONS
from pytest_mlmonitor.tables.profile import TableProfile
from pytest_mlmonitor.tables.rules import row_findings, schema_findings
from pytest_mlmonitor.tables.unreadable import Unreadable


@check("predictions", category="contract", name="readable")
def predictions_readable(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """The parquet file is sound to its last page."""
    if predictions.log:
        return
    try:
        _predictions_profile(predictions)
    except NotChecked as reason:
        assert predictions.data_path is not None
        yield Finding(Severity.ERROR, str(reason), "a sound parquet file", None, "file", shown(predictions.data_path))


@check("predictions", category="contract", name="schema", applies=lambda predictions: not predictions.log)
def predictions_schema(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """The five columns of test predictions are there, with their types."""
    profile = _predictions_profile(predictions)
    assert predictions.data_path is not None
    yield from schema_findings(profile, TEST_PREDICTIONS, predictions.data_path)


@check("predictions", category="contract", name="rows", applies=lambda predictions: not predictions.log)
def predictions_rows(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """Every prediction keeps the contract; ``y_pred`` is ``y_score`` cut at 0.5."""
    profile = _predictions_profile(predictions)
    assert predictions.data_path is not None
    yield from row_findings(profile, TEST_PREDICTIONS, predictions.data_path)


def _predictions_profile(predictions: Predictions) -> TableProfile:
    assert predictions.data_path is not None
    try:
        return of_artifact(predictions).table(predictions.data_path, TEST_PREDICTIONS)
    except Unreadable as error:
        raise NotChecked(f"{predictions.data_path.name} {error}") from None
