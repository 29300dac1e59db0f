"""Reading the predictions that a declared source found: a log of anybody's form, as one artifact (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.predictions.log_fields import REQUIRED
from pytest_mlmonitor.predictions.model import DeclaredLog, Predictions


def read(ref: ArtifactRef) -> Predictions:
    """Return predictions of which nothing but their place is known: only sources find such."""
    return Predictions(ref, data_path=ref.path, log=True)


def from_source(sourced: Sourced, reading: Reading) -> Iterator[Predictions]:
    """Yield the log that a source found; its entries are read where a check asks for them."""
    documents, missing = metadata_documents(sourced, reading.platform.decoders)
    said = {*sourced.source.fields, *sourced.source.constants, *sourced.caught}
    if said.isdisjoint(REQUIRED) and sourced.source.format != "sagemaker":
        missing = (*missing, _unmapped(sourced))
    yield Predictions(
        sourced.ref,
        violations=missing,
        data_path=sourced.ref.path,
        log=True,
        declared=DeclaredLog(sourced, documents),
        source=sourced.name,
    )


def _unmapped(sourced: Sourced) -> Finding:
    needed = " or ".join(f"fields.{name}" for name in REQUIRED)
    message = f"source.{sourced.name}: {needed} is not mapped: nothing says what is predicted"
    return Finding(Severity.ERROR, message, needed, "absent", "prediction", shown(sourced.ref.path))


def _edit(predictions: Predictions, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.predictions.edited.edited_logs import edited_declared_log

    return edited_declared_log(predictions, editing)


DECLARED = Adapter("predictions", "declared", read, from_source=from_source, edit=_edit)
