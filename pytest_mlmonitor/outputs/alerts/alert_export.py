"""Alerts of a run: which are due, who gets them, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.outputs.export import ExportContext


def export_alerts(context: ExportContext) -> Iterator[ExportReport]:  # noqa: ARG001 (to come)
    """Send the alerts of a run, and yield what became of them."""
    yield from ()
