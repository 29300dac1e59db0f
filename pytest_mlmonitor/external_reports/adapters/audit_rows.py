"""Reading the bike platform's audit rows (``monitoring_audit.logs``), exported as JSON lines: one for each run of its monitor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import bare, quoted, safe, shown
from pytest_mlmonitor.external_reports.anchors import is_audit
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.external_reports.report_reading import as_flag, moment_of
from pytest_mlmonitor.external_reports.report_words import titled
from pytest_mlmonitor.records.numbers import is_number
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite, parse_object

_EXPECTED = "rows of monitoring_audit.logs, one JSON object a line: timestamp, drift_detected, r2, …"
_MARK = "drift_detected"
_FIGURES = ("r2", "rmse", "r2_baseline", "r2_current", "champion_r2_baseline")
_FLAGS = (_MARK, "fine_tune_triggered", "fine_tune_success", "baseline_regression")
_KEPT = frozenset(
    {"keep_champion", "reject", "rejected", "skip", "skipped", "none", "no_deployment", "keep", "not_deployed"}
)
"""Decisions after which the model that was there is the one that is there."""

_OLDEST = datetime.min.replace(tzinfo=UTC)


def read(ref: ArtifactRef) -> list[ExternalReport] | None:
    """Read the newest row of each environment; lines of which none says whether there is drift are something else."""
    place = shown(ref.path)
    try:
        data = read_bytes(ref.path)
    except Refused as refusal:
        finding = Finding(Severity.ERROR, f"{ref.path.name} {refusal}", _EXPECTED, str(refusal), None, place)
        return [ExternalReport(ref, (finding,), form="audit")]
    rows: list[tuple[str, Mapping[str, Any]]] = []
    broken: list[Finding] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                rows.append((f"{place}:{number}", parse_object(line)))
            except NotAnObject as error:
                message = f"line {number:,} of {ref.path.name} {error}"
                broken.append(Finding(Severity.ERROR, message, _EXPECTED, error.actual, None, f"{place}:{number}"))
    if not any(_MARK in row for _, row in rows):
        return None if rows or not broken else [ExternalReport(ref, tuple(grouped(broken)), form="audit")]
    newest: dict[str, tuple[datetime, str, Mapping[str, Any]]] = {}
    wrong: list[Finding] = []
    for where, row in rows:
        wrong += _wrong(row, where)
        moment, _ = moment_of(row.get("timestamp"))
        env = bare(row["env"], 40) if isinstance(row.get("env"), str) and row["env"].strip() else ""
        if env not in newest or (moment or _OLDEST) >= newest[env][0]:
            newest[env] = (moment or _OLDEST, where, row)
    violations = (*grouped(broken), *grouped(wrong))
    found = []
    for i, (env, (_, where, row)) in enumerate(newest.items()):
        name = f"{ref.path.stem} {env}".strip() if len(newest) > 1 else ref.name
        own = ArtifactRef(ref.kind, ref.path, name, ref.root)
        found.append(_report(own, env or None, where, row, violations if i == 0 else ()))
    return found


def _wrong(row: Mapping[str, Any], where: str) -> Iterator[Finding]:
    moment, zoned = moment_of(row.get("timestamp"))
    said = row.get("timestamp")
    if moment is None:
        word = "absent" if said is None else quoted(said, 60)
        message = (
            "timestamp is missing: the row names no time" if said is None else f"timestamp is {word}, no timestamp"
        )
        yield Finding(Severity.ERROR, message, "timestamp: a time with a zone", word, "timestamp", where)
    elif not zoned:
        message = f"timestamp is {quoted(said, 60)}, without a time zone; taken as UTC"
        yield Finding(Severity.WARNING, message, "a time with a zone", quoted(said, 60), "timestamp", where)
    for key in _FLAGS:
        value = row.get(key)
        if (value is None and key == _MARK) or (value is not None and as_flag(value) is None):
            word = "absent" if value is None else quoted(value, 60)
            message = f"{key} is {'missing' if value is None else word}: expected true or false"
            yield Finding(Severity.ERROR, message, "true or false", word, key, where)
    for path, number in non_finite(row):
        name = safe(str(path[0]))
        yield Finding(
            Severity.ERROR, f"{name} is {number}: expected a finite number", "a finite number", str(number), name, where
        )
    for key in _FIGURES:
        value = row.get(key)
        if (
            isinstance(value, int | float)
            and is_number(value)
            and ((key == "rmse" and value < 0) or (key != "rmse" and value > 1))
        ):
            bound = "≥ 0" if key == "rmse" else "≤ 1"
            message = f"{key} is {value:.6g}, which is impossible: expected a number {bound}"
            yield Finding(Severity.ERROR, message, f"a number {bound}", f"{value:.6g}", key, where)


def _report(
    ref: ArtifactRef, env: str | None, where: str, row: Mapping[str, Any], violations: tuple[Finding, ...]
) -> ExternalReport:
    at, zoned = moment_of(row.get("timestamp"))
    title = titled("audit row", env, at)
    said = list(_said(row, title, where))
    passed = None if as_flag(row.get(_MARK)) is None else not said
    return ExternalReport(
        ref,
        violations=violations,
        form="audit",
        subject=env,
        passed=passed,
        at=at,
        zoned=zoned,
        said=tuple(said),
        document=row,
    )


def _said(row: Mapping[str, Any], title: str, where: str) -> Iterator[Finding]:
    figures = ", ".join(f"{key} {row[key]:.4g}" for key in _FIGURES if is_number(row.get(key)))
    model = f" of {bare(row['model_uri'], 80)}" if isinstance(row.get("model_uri"), str) and row["model_uri"] else ""
    decision = row.get("deployment_decision")
    decided = f"; decision: {bare(decision, 40)}" if isinstance(decision, str) and decision.strip() else ""
    error = row.get("error_message")
    if as_flag(row.get(_MARK)):
        yield Finding(
            Severity.ERROR,
            f"{title} says drift: {figures or 'without figures'}{decided}{model}",
            "no drift, by its own limits",
            figures or "drift_detected: true",
            _MARK,
            where,
        )
    if as_flag(row.get("baseline_regression")):
        kept = isinstance(decision, str) and decision.strip().lower() in _KEPT
        yield Finding(
            Severity.WARNING if kept else Severity.ERROR,
            f"{title} says that the new model is worse on the baseline: {figures or 'without figures'}{decided}{model}",
            "no regression on the baseline",
            figures or "baseline_regression: true",
            "baseline_regression",
            where,
        )
    failed = as_flag(row.get("fine_tune_triggered")) and as_flag(row.get("fine_tune_success")) is False
    if failed or (isinstance(error, str) and error.strip()):
        why = f": {bare(error, 160)}" if isinstance(error, str) and error.strip() else ""
        yield Finding(
            Severity.ERROR,
            f"{title} says that its training failed{why}",
            "a training that succeeds",
            bare(str(error), 160),
            "error_message" if why else "fine_tune_success",
            where,
        )


def _recognise(directory: Directory) -> Iterator[Mark]:
    yield from (
        Mark(directory.path / name)
        for name in directory.names
        if is_audit(name, directory.path.name) and name[0] != "."
    )


AUDIT_ROWS = Adapter("external_report", "audit_rows", read, recognise=_recognise)
