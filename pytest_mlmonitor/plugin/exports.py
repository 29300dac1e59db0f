"""What is done with a run when it is over: everybody who is to hear of it is told, each by an exporter of its own."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import ExportReport, RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.outputs.export import ExportContext, ExportOptions
from pytest_mlmonitor.plugin.given_options import given
from pytest_mlmonitor.plugin.kept_run import KeptRun

_EXPORTERS = {
    "alerts": "pytest_mlmonitor.outputs.alerts.alert_export:export_alerts",
    "retrain": "pytest_mlmonitor.outputs.retraining.retrain_export:export_retraining",
    "lineage": "pytest_mlmonitor.outputs.openlineage.lineage_export:export_lineage",
    "pushgateway": "pytest_mlmonitor.outputs.metrics.push:export_metrics",
    "traces": "pytest_mlmonitor.outputs.traces:export_traces",
}
"""Exporters in the order in which they are asked; each is imported only when a run is over."""


class Exports:
    """Tells others of a run."""

    def __init__(self, config: pytest.Config, kept: KeptRun, out: Path | None) -> None:
        self._config = config
        self._kept = kept
        self._out = out

    def of(self, record: RunRecord, platform: Artifacts, *, complete: bool) -> Iterable[ExportReport]:
        """Tell everybody of a run, and return what became of it; nobody hears of tests that are only listed."""
        if not platform.roots or self._config.option.collectonly:
            return ()
        options = given(self._config)
        asked = ExportOptions(
            options.mlmonitor_alerts, options.mlmonitor_push, options.mlmonitor_lineage, options.mlmonitor_traces
        )
        context = ExportContext(
            record,
            platform,
            platform.settings,
            self._kept.store,
            self._out,
            self._kept.home,
            asked,
            os.environ,
            datetime.now(UTC),
            complete,
        )
        return self._all_told(context)

    def _all_told(self, context: ExportContext) -> Iterator[ExportReport]:
        try:
            yield from _told(context)
        finally:
            if context.store is not None:
                context.store.close()


def _told(context: ExportContext) -> Iterator[ExportReport]:
    """Ask every exporter; one that crashes hides nothing of the others."""
    for name, place in _EXPORTERS.items():
        module, function = place.split(":")
        try:
            yield from getattr(importlib.import_module(module), function)(context)
        except Exception as error:
            yield ExportReport(name, problem=f"{type(error).__name__}: {safe(str(error))}")


def problems_of(record: RunRecord) -> list[str]:
    """Return what could not be told, and to whom, in lines; files that could not be written are said by themselves."""
    return [f"{one.name}: {one.problem}" for one in record.exports if one.problem is not None and one.file is None]
