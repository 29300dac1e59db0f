"""Meeting the serving layer's handoff: ``feature_schema.json`` and ``model_metadata.json`` are documents of a run."""

from __future__ import annotations

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.training.handoffs import NAMES, HandoffFiles


def read(ref: ArtifactRef, reading: Reading) -> None:
    """Note the document for the run that it belongs to; it is no artifact."""
    reading.view(HandoffFiles).note(ref)


HANDOFF = Adapter("training_run", "handoff", read, NAMES)
