"""What is done with a run when it is over: everybody who is to hear of it is told, each by an exporter of its own."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.outlets.secret_inputs import shown_input
from pytest_mlmonitor.core.policy.outlets.secret_names import plain_url
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_names, shown_variable, why_unusable
from pytest_mlmonitor.core.policy.places import PolicyError, is_url
from pytest_mlmonitor.core.record import ExportReport, RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import concealed
from pytest_mlmonitor.outputs.export import NONE, ExportContext, ExportOptions
from pytest_mlmonitor.outputs.tracing.trace_context import is_traced, trace_id_of
from pytest_mlmonitor.plugin.given_options import given
from pytest_mlmonitor.plugin.kept_run import KeptRun
from pytest_mlmonitor.plugin.options import runs_nothing
from pytest_mlmonitor.plugin.run_plan import RunPlan

_EXPORTERS = {
    "alerts": "pytest_mlmonitor.outputs.alerts.alert_export:export_alerts",
    "retrain": "pytest_mlmonitor.outputs.retraining.retrain_export:export_retraining",
    "lineage": "pytest_mlmonitor.outputs.openlineage.lineage_export:export_lineage",
    "pushgateway": "pytest_mlmonitor.outputs.metrics.push:export_metrics",
    "traces": "pytest_mlmonitor.outputs.tracing.trace_export:export_traces",
}
"""Exporters in the order in which they are asked; each is imported only when a run is over."""

_CORRECTED = ("lineage", "pushgateway")
"""Those that say the same in the place of what they said. Of others somebody would hear twice: they are asked once a run."""


class Exports:
    """Tells others of a run."""

    def __init__(
        self, config: pytest.Config, kept: KeptRun, out: Path | None, metrics: Path | None, plan: RunPlan
    ) -> None:
        """Note where things go.

        Args:
            config: of the run.
            kept: the store.
            out: directory of the outputs.
            metrics: their text file, where it is none of these.
            plan: of the run.

        Raises:
            PolicyError: metrics or lineage would be written into an artifact root, or an address is none.
        """
        self._config = config
        self._kept = kept
        self._out = out
        self._told: dict[str, list[ExportReport]] = {}
        if metrics is not None and plan.holds(metrics.resolve()):
            raise PolicyError(f"metrics.file = {metrics} lies inside an artifact root, which is never written to")
        _refuse_wrong_urls(config)
        _refuse_place(config.option.mlmonitor_lineage, plan)

    def of(self, record: RunRecord, platform: Artifacts, *, complete: bool) -> Iterable[ExportReport]:
        """Tell everybody of a run, and return what became of it; nobody hears of what is only listed.

        Asked again because another plugin changed the exit status, it corrects what can be said in the place of what was said.
        """
        if not platform.roots or runs_nothing(self._config.option):
            return ()
        options = given(self._config) if record.narrowed else self._config.option  # what the project always asks for
        asked = ExportOptions(
            options.mlmonitor_alerts, options.mlmonitor_push, options.mlmonitor_lineage, options.mlmonitor_traces
        )
        traced = is_traced(platform.settings, asked.traces, narrowed=record.narrowed)
        record.trace_id = record.trace_id or trace_id_of(traced, os.environ)
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
            yield from export_run(context, self._told)
        finally:
            if context.store is not None:
                context.store.close()


def _refuse_wrong_urls(config: pytest.Config) -> None:
    """Refuse what is no URL, or holds a secret: whoever lists the processes of a machine sees its command lines.

    Raises:
        PolicyError: names the option, and shows no secret.
    """
    for name in ("push", "traces"):
        url = getattr(config.option, f"mlmonitor_{name}")
        if not url or (name == "traces" and url == NONE):
            continue
        try:
            plain_url(url)
        except ValueError as error:
            raise PolicyError(f"--mlmonitor-{name} = {shown_input((name,), url, known=True)}: {error}") from None


def _refuse_place(asked: str | None, plan: RunPlan) -> None:
    """Refuse a place of lineage that is none.

    Raises:
        PolicyError: it is an artifact root, or a URL that cannot be used; nothing of that is repeated.
    """
    if asked is None or asked == NONE:
        return
    if not asked.strip():
        raise PolicyError("--mlmonitor-lineage is empty: expected a directory, a URL, or none")
    if is_url(asked):
        try:
            plain_url(asked)
        except ValueError as error:
            raise PolicyError(f"--mlmonitor-lineage: {error}") from None
    elif plan.holds(Path(asked).resolve()):
        raise PolicyError(f"--mlmonitor-lineage {asked} lies inside an artifact root, which is never written to")


def export_run(context: ExportContext, told: dict[str, list[ExportReport]]) -> Iterator[ExportReport]:
    """Ask every exporter; one that crashes hides nothing of the others.

    Args:
        context: the run.
        told: what became of it by the exporter's name, where it was asked before; what becomes of it now is added.
    """
    for name in _EXPORTERS:
        if name not in told or name in _CORRECTED:
            told[name] = list(_asked(name, context))
        yield from told[name]
    yield from _without_secret(context, " ".join(one.problem or "" for reports in told.values() for one in reports))


def _asked(name: str, context: ExportContext) -> Iterator[ExportReport]:
    module, function = _EXPORTERS[name].split(":")
    try:
        for report in getattr(importlib.import_module(module), function)(context):
            yield replace(report, said=concealed(report.said), problem=report.problem and concealed(report.problem))
    except Exception as error:
        yield ExportReport(name, problem=f"{type(error).__name__}: {safe(str(error))}")


def _without_secret(context: ExportContext, said: str) -> Iterator[ExportReport]:
    """Yield which variables of alerts and retraining hold nothing: on the day of an alert it is too late to find out.

    Args:
        context: the run.
        said: what exporters said of them already.
    """
    if not (context.whole or context.asked.alerts):
        return
    missing = []
    for key, name in secret_names(context.settings, switched_off=False).items():
        reason = why_unusable(name, context.environ) if key.startswith(("alerts.", "retrain.")) else None
        if reason is not None and not re.search(rf"\b{name}\b", said):
            missing.append(f"{key} = {shown_variable(name)} {reason}")
    if missing:
        yield ExportReport("secrets", problem="; ".join(missing))


def problems_of(record: RunRecord) -> list[str]:
    """Return what could not be told, and to whom, in lines; files that could not be written are said by themselves."""
    return [f"{one.name}: {one.problem}" for one in record.exports if one.problem is not None and one.file is None]
