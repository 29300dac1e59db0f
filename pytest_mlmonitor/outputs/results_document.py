"""The record of a run as the document ``results.json``: everything that is said of it, in plain JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.record import JudgedArtifact, RunRecord
from pytest_mlmonitor.core.record_details import ArtifactFacts, ArtifactHistory, CheckHistory, RunOrigin
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.formats.foreign_files import ForeignFiles
from pytest_mlmonitor.outputs.overview.headlines import headline_of, next_action
from pytest_mlmonitor.outputs.overview.worst_measure import worst_measure
from pytest_mlmonitor.outputs.results_shape import (
    SCHEMA_VERSION,
    ArtifactEntry,
    FindingEntry,
    MeasureEntry,
    PreviousRunEntry,
    ResultEntry,
    Results,
    RunOriginEntry,
    ThresholdEntry,
    Word,
    WorstEntry,
)
from pytest_mlmonitor.outputs.run_details.model_shape import ModelEntry

INTERRUPTED = 2
"""Exit status in the record until a run came to its end: never 0."""

_NO_HISTORY = ArtifactHistory()
_NO_CHECK_HISTORY = CheckHistory()


def results_document(record: RunRecord, *, complete: bool) -> Results:
    """Return the document; ``complete`` is false until every other output was written."""
    counts = record.counts()
    # Who looks at nothing but the status is not to take it for a verdict.
    unended = not complete and record.exit_status == 0
    judged = record.artifacts()
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluated_at": instant(record.evaluated_at),
        "duration_seconds": round(record.duration_seconds, 3),
        "counts": {
            "pass": counts["pass"],
            "fail": counts["fail"],
            "error": counts["error"],
            "not_checked": counts["not_checked"],
            "warned": counts["warned"],
        },
        "artifacts": [_artifact(record, one) for one in judged],
        "unclaimed": [shown(path) for path in record.unclaimed],
        "foreign": [
            {"path": shown(path), "what": known.what, "advice": known.advice}
            for path, known in ForeignFiles().among(record.unclaimed)
        ],
        "older": [safe(f"{ref.kind} {ref.name}") for ref in record.older],
        "results": [_result(record, nodeid, result) for nodeid, result in record.results],
        "environment": record.environment,
        "exit_status": INTERRUPTED if unended else record.exit_status,
        "narrowed": record.narrowed,
        "selection": list(record.selection),
        "collected": record.collected,
        "selected": record.selected,
        "left_out": [*record.passed_over, *sorted(record.left_out)],
        "policy": {
            "file": shown(record.policy_file) if record.policy_file is not None else None,
            "overridden": dict(record.overridden),
        },
        "trace_id": record.trace_id,
        "remembered": [
            {"path": shown(path), "since": instant(since)} for path, since in sorted(record.remembered.items())
        ],
        "store": (
            {"file": record.store.name, "problem": record.store.problem, "notices": list(record.store.notices)}
            if record.store is not None
            else None
        ),
        "exports": [{"name": one.name, "said": one.said, "problem": one.problem} for one in record.exports],
        "edges": [
            {
                "from": record.facts[edge.source].id,
                "to": record.facts[edge.target].id,
                "role": edge.role,
                "state": edge.state,
                "check": edge.check,
                "reason": edge.reason,
            }
            for edge in record.edges
            if edge.source in record.facts and edge.target in record.facts
        ],
        "models": [cast(ModelEntry, model) for model in record.models],
        "run": _run(record, judged),
        "complete": complete,
    }


def _artifact(record: RunRecord, judged: JudgedArtifact) -> ArtifactEntry:
    ref = judged.ref
    facts = record.facts.get(ref) or ArtifactFacts(f"{ref.kind}:{ref.name}", ref.name)
    history = record.histories.get(ref, _NO_HISTORY)
    return {
        "kind": ref.kind,
        "name": ref.name,
        "path": shown(ref.path),
        "verdict": judged.verdict,
        "owner": judged.owner,
        "runbook": judged.runbook,
        "since": instant(history.since) if history.since is not None else None,
        "id": safe(facts.id),
        "family": safe(facts.family),
        "version": safe(facts.version) if facts.version is not None else None,
        "contact": facts.contact,
        "facts": [[safe(name), safe(words)] for name, words in facts.facts],
        "newer": safe(facts.newer) if facts.newer is not None else None,
        "worst": _worst(judged),
        "headline": headline_of(judged),
        "action": next_action(judged),
        "runs": history.runs,
        "new": history.new,
        "fixed": history.fixed,
        "history": list(history.verdicts),
    }


def _worst(judged: JudgedArtifact) -> WorstEntry | None:
    found = worst_measure(judged.results)
    if found is None:
        return None
    check, measure = found
    entry = _measure(measure)
    return {
        "what": entry["what"],
        "value": entry["value"],
        "limit": entry["limit"],
        "unit": entry["unit"],
        "direction": entry["direction"],
        "ratio": entry["ratio"],
        "check": check,
    }


def _run(record: RunRecord, judged: Sequence[JudgedArtifact]) -> RunOriginEntry:
    origin = record.origin or RunOrigin()
    histories = [record.histories.get(one.ref, _NO_HISTORY) for one in judged]
    before: PreviousRunEntry | None = None
    if len(record.run_points) > 1:
        point = record.run_points[-2]
        before = {
            "evaluated_at": instant(point.evaluated_at),
            "exit_status": point.exit_status,
            "failed": point.failed,
            "warned": point.warned,
        }
    bad = [one.verdict in ("failed", "error", "warned") for one in judged]
    return {
        "project": safe(origin.project),
        "commit": origin.commit,
        "commit_url": origin.commit_url,
        "branch": safe(origin.branch) if origin.branch is not None else None,
        "ci": (
            {"service": origin.ci.service, "label": safe(origin.ci.label), "url": origin.ci.url}
            if origin.ci is not None
            else None
        ),
        "command": safe(origin.command),
        "roots": [safe(root) for root in origin.roots],
        "versions": dict(origin.versions),
        "policy": [_threshold(one) for one in origin.policy],
        "previous": before,
        "new": sum(one.new is True for one in histories) if before is not None else None,
        "still": (
            sum(is_bad and one.new is False for is_bad, one in zip(bad, histories, strict=True))
            if before is not None
            else None
        ),
        "fixed": sum(one.fixed is True for one in histories) if before is not None else None,
        "history": [
            {"evaluated_at": instant(point.evaluated_at), "failed": point.failed, "warned": point.warned}
            for point in record.run_points
        ],
    }


def _result(record: RunRecord, nodeid: str, result: CheckResult) -> ResultEntry:
    return {
        "nodeid": nodeid,
        "artifact": result.ref.name,
        "path": shown(result.ref.path),
        "kind": result.ref.kind,
        "check": result.check,
        "category": result.category,
        "severity": _word(result.severity) if result.severity is not None else None,
        "status": result.status,
        "reason": result.reason,
        "findings": [_finding(record, nodeid, result, finding) for finding in result.findings],
        "figures": [{"name": f.name, "column": f.column, "value": f.value} for f in result.figures],
        "started_at": instant(result.started_at) if result.started_at is not None else None,
        "duration_seconds": result.duration_seconds,
        "measures": [_measure(measure) for measure in result.measures],
        "pictures": [{"kind": picture.kind, "data": dict(picture.data)} for picture in result.pictures],
        "action": result.action,
    }


def _finding(record: RunRecord, nodeid: str, result: CheckResult, finding: Finding) -> FindingEntry:
    entry: FindingEntry = {
        "severity": _word(finding.severity),
        "message": finding.message,
        "expected": finding.expected,
        "actual": finding.actual,
        "column": finding.column,
        "location": finding.location,
        "accepted": finding.accepted,
    }
    if finding.thresholds:
        entry["thresholds"] = [_threshold(one) for one in finding.thresholds]
    if finding.rows is not None:
        rows = finding.rows
        entry["rows"] = {
            "key": list(rows.key),
            "columns": list(rows.columns),
            "rows": [list(row) for row in rows.rows],
            "bad": list(rows.bad),
            "total": rows.total,
            "redacted": rows.redacted,
        }
    if finding.severity < Severity.WARNING:
        return entry
    history = record.check_histories.get((result.ref, result.check), _NO_CHECK_HISTORY)
    entry["since"] = instant(history.since) if history.since is not None else None
    entry["runs"] = history.runs
    entry["new"] = history.new
    entry["again"] = record.again(nodeid, result) if record.again is not None else None
    entry["action"] = result.action
    return entry


def _measure(measure: Measure) -> MeasureEntry:
    return {
        "what": measure.what,
        "value": measure.value,
        "limit": measure.limit,
        "unit": measure.unit,
        "direction": measure.direction,
        "column": measure.column,
        "keys": list(measure.keys),
        "ratio": measure.ratio,
    }


def _threshold(threshold: ThresholdOrigin) -> ThresholdEntry:
    return {
        "origin": threshold.origin,
        "key": threshold.key,
        "value": threshold.value,
        "default": threshold.default,
        "file": threshold.file,
        "line": threshold.line,
    }


def _word(severity: Severity) -> Word:
    return cast(Word, severity.word)
