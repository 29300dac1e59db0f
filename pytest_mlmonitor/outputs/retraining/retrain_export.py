"""Retraining: what a run gives reason for."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.outputs.export import ExportContext


def export_retraining(context: ExportContext) -> Iterator[ExportReport]:  # noqa: ARG001 (to come)
    """Decide what is to be trained again, and yield what became of it."""
    yield from ()
