"""Recognising a prediction log; its entries are read where a check asks for them (specification 1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.predictions.anchors import is_anchor
from pytest_mlmonitor.predictions.model import Predictions


def read(ref: ArtifactRef) -> Predictions:
    """Return the prediction log ``ref.path``."""
    return Predictions(ref, data_path=ref.path, log=True)


def _recognise(directory: Directory) -> Iterator[Mark]:
    yield from (Mark(directory.path / n) for n in directory.names if is_anchor(n, "") and not n.startswith("."))


def _edit(predictions: Predictions, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.predictions.edited.edited_logs import edited_log

    return edited_log(predictions, editing)


LOG = Adapter("predictions", "log", read, recognise=_recognise, edit=_edit)
