"""The run of the checks as a run of OpenLineage: what it looked at, and what it said of each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord, last_line, worst_of
from pytest_mlmonitor.core.result import VERDICTS, CheckResult
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.outputs.openlineage.build_events import BuildEvents
from pytest_mlmonitor.outputs.openlineage.event_size import chunks, cut, within
from pytest_mlmonitor.outputs.openlineage.facets import (
    LineageJob,
    LineageRun,
    RunEvent,
    RunState,
    facet,
    lineage_dataset,
)
from pytest_mlmonitor.outputs.openlineage.nodes import LineageNames, LineageNode, in_name, known, run_id
from pytest_mlmonitor.outputs.openlineage.serving_events import ServingEvents
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.training.kind import TRAINING_RUN

TESTS_BYTES = 300_000
"""How much of an event its tests may be, those that failed first; receivers take no event of more than 1 MB."""

INPUT_BYTES = 300_000
"""How much of an event what is said of one input may be, likewise."""

EVENT_INPUTS_BYTES = 400_000
"""How much of an event its inputs may be; further inputs stand in further events of the same run."""

_FINDINGS = 50
"""Findings of one check that are named."""


class CheckEvents:
    """The run of the checks."""

    def __init__(self, names: LineageNames, platform: Artifacts, builds: BuildEvents, serving: ServingEvents) -> None:
        self._names = names
        self._platform = platform
        self._nodes: dict[ArtifactRef, LineageNode] = {}
        self._versions: dict[ArtifactRef, Mapping[str, Any]] = {}
        for dataset in platform.of_kind(DATASET.name, broken=True):
            self._nodes[dataset.ref], self._versions[dataset.ref] = names.dataset(dataset), builds.facets(dataset)
        for run in platform.of_kind(TRAINING_RUN.name, broken=True):
            version = known(run.model_version)
            self._versions[run.ref] = facet("version", datasetVersion=version) if version is not None else {}
            self._nodes[run.ref] = names.model_of(run) or names.artifact(run.ref)
        for deployment in platform.of_kind(DEPLOYMENT.name, broken=True):
            self._nodes[deployment.ref] = serving.node(deployment)

    def of(
        self, record: RunRecord, parent: Mapping[str, Any], clock: datetime, *, complete: bool
    ) -> Iterator[RunEvent]:
        """Yield the start and the end of the run, and events between them where what it looked at has no room in one.

        Args:
            record: of the run.
            parent: the facet of who started it.
            clock: now, UTC.
            complete: whether it came to its end.
        """
        suite = self._platform.settings.metrics.suite
        begun = [result.started_at for _, result in record.results if result.started_at is not None]
        started = min(begun, default=clock - timedelta(seconds=record.duration_seconds))
        tests = within(map(_test, _worst_first(record.results)), TESTS_BYTES)
        parts = list(chunks(self._inputs(record), EVENT_INPUTS_BYTES)) or [[]]
        job = LineageJob(self._names.jobs, in_name(f"checks.{suite}" if suite else "checks"), "CHECK")
        identity = run_id(
            "checks", self._names.jobs, suite or "", instant(record.evaluated_at), *begun[:1], os.getpid()
        )
        nominal = facet("nominalTime", nominalStartTime=instant(record.evaluated_at))
        yield LineageRun(job, identity, {**parent, **nominal}).event("START", min(started, clock))
        for chunk in parts[:-1]:
            yield LineageRun(job, identity, {**parent, **nominal}, chunk).event("RUNNING", clock)
        facets = {
            **parent,
            **nominal,
            **facet("test", tests=tests),
            **self._said(record, len(record.results) - len(tests)),
        }
        state = _state(record, complete=complete)
        if state != "COMPLETE":
            facets |= facet("errorMessage", message=_message(record, state), programmingLanguage="Python")
        yield LineageRun(job, identity, facets, parts[-1]).event(state, clock)

    def _said(self, record: RunRecord, left_out: int) -> dict[str, Any]:
        judged = record.artifacts()
        return facet(
            "mlmonitor_check_run",
            environment=record.environment,
            evaluatedAt=instant(record.evaluated_at),
            exitStatus=record.exit_status,
            narrowed=record.narrowed,
            counts=record.counts(),
            verdicts={verdict: sum(one.verdict == verdict for one in judged) for verdict in reversed(VERDICTS)},
            durationSeconds=round(record.duration_seconds, 3),
            traceId=record.trace_id,
            testsLeftOut=left_out or None,
        )

    def _inputs(self, record: RunRecord) -> Iterator[dict[str, Any]]:
        """Yield what was looked at, what failed first; versions of one dataset are one input, of the version that is newest."""
        found: dict[LineageNode, list[tuple[ArtifactRef, list[tuple[str, CheckResult]]]]] = {}
        by_ref: dict[ArtifactRef, list[tuple[str, CheckResult]]] = {}
        for pair in _worst_first(record.results):
            by_ref.setdefault(pair[1].ref, []).append(pair)
        for ref, results in by_ref.items():
            found.setdefault(self._nodes.get(ref) or self._names.artifact(ref), []).append((ref, results))
        for node, judged in found.items():
            newest = self._newest([ref for ref, _ in judged])
            said = [
                (ref, one)
                for ref, results in judged
                for nodeid, result in results
                for one in _assertions(nodeid, result)
            ]
            versions = len(judged) > 1
            assertions = [self._of_version(ref, one) if versions else one for ref, one in said]
            kept = within(sorted(assertions, key=lambda one: one["success"]), INPUT_BYTES)
            facets = facet("dataQualityAssertions", assertions=kept) if kept else {}
            results = next(results for ref, results in judged if ref == newest)
            facets |= self._metrics(newest, [result for _, result in results])
            yield lineage_dataset(node, self._versions.get(newest), inputFacets=facets)

    def _newest(self, refs: Sequence[ArtifactRef]) -> ArtifactRef:
        """Return the version that was made last; where not all say when, the one that checks take for the newest."""
        ages = {ref: _age(self._artifact(ref)) for ref in refs}
        if float("-inf") not in ages.values() or len(refs) == 1:
            return max(ages, key=ages.__getitem__)
        families = self._platform.view(Superseded)
        orders = {
            ref: order
            for ref in refs
            if (one := self._artifact(ref)) is not None and (order := families.order(one)) is not None
        }
        try:
            return max(orders or ages, key=(orders or ages).__getitem__)
        except TypeError:  # versions of several forms
            return max(ages, key=ages.__getitem__)

    def _of_version(self, ref: ArtifactRef, assertion: dict[str, Any]) -> dict[str, Any]:
        """Return an assertion with the version that it is about, where several versions are one input."""
        version = getattr(self._artifact(ref), "dataset_version", None) or ref.name
        return assertion | {"params": {"version": version}}

    def _artifact(self, ref: ArtifactRef) -> Any:
        try:
            return self._platform.artifact(ref)
        except KeyError:
            return None

    def _metrics(self, ref: ArtifactRef, results: Sequence[CheckResult]) -> dict[str, Any]:
        rows = getattr(self._artifact(ref), "row_count", None)
        if not isinstance(rows, int) or rows < 0:
            return {}
        nulls = {
            one.column: {"nullCount": round(one.value * rows)}
            for result in results
            for one in result.figures
            if one.name == "null_rate" and one.column is not None
        }
        columns = dict(sorted(nulls.items())[:1000])
        return facet("dataQualityMetrics", rowCount=rows, columnMetrics=columns)


def _age(artifact: Any) -> float:
    """Return a number that is greatest for what was made last."""
    built = getattr(artifact, "built_at", None) or getattr(artifact, "completed_at", None)
    return built.timestamp() if isinstance(built, datetime) else float("-inf")


def _worst_first(results: Sequence[tuple[str, CheckResult]]) -> list[tuple[str, CheckResult]]:
    order = {"error": 0, "fail": 1, "pass": 2, "not_checked": 3}
    return sorted(results, key=lambda pair: (order[pair[1].status], -(pair[1].severity or 0)))


def _test(pair: tuple[str, CheckResult]) -> dict[str, Any]:
    """Return a check as an execution of a test; what could not run failed, and what had nothing to compare with was skipped."""
    nodeid, result = pair
    status = {"pass": "pass", "not_checked": "skip"}.get(result.status, "fail")
    said: dict[str, Any] = {"name": cut(nodeid), "status": status, "type": result.category}
    if result.status == "fail":
        finding = worst_of(result)
        said |= {"severity": _severity(finding), "content": cut(finding.message), **_sides(finding)}
    elif result.status == "error":
        said |= {"severity": "error", "content": cut(last_line(result.reason)), "params": {"status": "error"}}
    elif result.status == "not_checked":
        said |= {"content": cut(result.reason or "")}
    return said


def _assertions(nodeid: str, result: CheckResult) -> Iterator[dict[str, Any]]:
    """Yield what a check asserts of an artifact: of what failed one a finding; nothing of what could not be compared."""
    own = {"assertion": result.check, "name": cut(nodeid)}
    if result.status == "pass":
        yield own | {"success": True}
    elif result.status == "error":
        yield own | {"success": False, "severity": "error", "content": cut(last_line(result.reason))}
    elif result.status == "fail":
        for finding in result.findings[:_FINDINGS]:
            if finding.severity > Severity.INFO:
                said = {"success": False, "severity": _severity(finding), "content": cut(finding.message)}
                column = {"column": cut(finding.column)} if finding.column is not None else {}
                yield own | said | column | _sides(finding)


def _sides(finding: Finding) -> dict[str, str]:
    sides = {"expected": finding.expected, "actual": finding.actual}
    return {name: cut(str(value)) for name, value in sides.items() if value not in (None, "")}


def _severity(finding: Finding) -> str:
    return "warn" if finding.severity <= Severity.WARNING else "error"


def _state(record: RunRecord, *, complete: bool) -> RunState:
    if not complete:
        return "ABORT"
    return "COMPLETE" if record.exit_status == 0 else "FAIL"


def _message(record: RunRecord, state: RunState) -> str:
    if state == "ABORT":
        return "the run was stopped before its end"
    counts = record.counts()
    said = [f"{count(counts['fail'], 'check')} failed"] if counts["fail"] else []
    said += [f"{count(counts['error'], 'check')} could not run"] if counts["error"] else []
    worst = next((one for one in record.artifacts() if one.worst is not None), None)
    first = f": {worst.ref.kind} {worst.ref.name}: {cut(worst.worst.message)}" if worst and worst.worst else ""
    return f"{', '.join(said)}{first}" if said else f"exit status {record.exit_status}"
