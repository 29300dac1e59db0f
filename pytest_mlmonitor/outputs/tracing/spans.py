"""The spans of a run: one of the run, and one of each check below it, with the times that they really had.

Names of attributes are those of OpenTelemetry's semantic conventions 1.38 where they have one (``test.*``, ``cicd.*``,
``exception.*``), else ``mlmonitor.*``. ``test.case.result.status`` knows ``pass`` and ``fail`` only: a check that had nothing to
compare with has none, and ``mlmonitor.status`` says every status.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pytest_mlmonitor.core.finding import Finding, Severity, headline
from pytest_mlmonitor.core.record import RunRecord, last_line
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.redaction import concealed
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.outputs.tracing.trace_context import TraceParent

MAX_TEXT = 4096
"""Characters of one value: collectors cut, or refuse, what is longer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SpanValue = str | int | float | bool


@dataclass(frozen=True)
class SpanEvent:
    """Something that happened in a span: a finding, or what a check raised.

    Attributes:
        name: ``finding`` or ``exception``.
        attributes: of it.
    """

    name: str
    attributes: Mapping[str, SpanValue]


@dataclass(slots=True)  # frozen takes twice as long to make, and there is one a check
class Span:
    """A piece of a run.

    Attributes:
        name: of what was done; the same for every artifact of a kind.
        span_id: 16 hexadecimal digits; the same whenever the same run is sent.
        parent_id: of the span around it, None without one.
        start: nanoseconds since 1970.
        end: likewise.
        attributes: of it.
        error: what went wrong, None where nothing did.
        events: in it, all at its end: when in a check a finding was made nobody notes.
    """

    name: str
    span_id: str
    parent_id: str | None
    start: int
    end: int
    attributes: Mapping[str, SpanValue]
    error: str | None = None
    events: tuple[SpanEvent, ...] = field(default=())


def run_span(
    record: RunRecord,
    trace_id: str,
    parent: TraceParent | None,
    suite: str,
    pipeline: Mapping[str, str],
    ended: datetime,
    *,
    complete: bool,
) -> Span:
    """Return the span of the run itself.

    Args:
        record: of the run.
        trace_id: that it is part of.
        parent: what started it.
        suite: its name.
        pipeline: attributes of the pipeline that it is part of.
        ended: when it was over, UTC by the clock.
        complete: whether it came to its end.
    """
    begun = ended - timedelta(seconds=record.duration_seconds)
    times = [one.started_at for _, one in record.results if one.started_at is not None]
    failed = record.exit_status != 0
    status = "aborted" if not complete else "failure" if failed else "success"
    result = {"aborted": "cancellation", "failure": "failure", "success": "success"}[status]
    counts = record.counts()
    said = ", ".join(f"{number} {name}" for name, number in counts.items() if number and name in ("fail", "error"))
    return Span(
        "mlmonitor run",
        _id(trace_id, "run"),
        parent.span_id if parent is not None else None,
        _nanoseconds(min([begun, *times])),
        _nanoseconds(ended),
        {
            "test.suite.name": suite,
            "test.suite.run.status": status,
            **pipeline,
            "cicd.pipeline.task.run.result": result,
            "mlmonitor.environment": safe(record.environment),
            "mlmonitor.evaluated_at": instant(record.evaluated_at),
            "mlmonitor.exit_status": record.exit_status,
            "mlmonitor.narrowed": record.narrowed,
            **{f"mlmonitor.results.{name}": number for name, number in counts.items()},
        },
        None if complete and not failed else said or f"exit status {record.exit_status}",
    )


def check_spans(record: RunRecord, run: Span, trace_id: str, suite: str, pipeline: Mapping[str, str]) -> Iterator[Span]:
    """Yield the span of every check, those that failed first: where a server is slow, they are sent before time is up.

    Args:
        record: of the run.
        run: the span around them.
        trace_id: that all of them are part of.
        suite: name of it.
        pipeline: attributes of the pipeline.
    """
    common: dict[str, SpanValue] = {"test.suite.name": suite, **pipeline}
    known: dict[tuple[str, str, str], dict[str, SpanValue]] = {}  # looked at once an artifact
    order = sorted(record.results, key=lambda pair: pair[1].status not in ("error", "fail"))
    for nodeid, result in order:
        ref = result.ref
        key = ref.kind, ref.name, str(ref.path)  # quicker than the reference, of which every result has its own
        if key not in known:
            names = {"kind": safe(ref.kind), "artifact": _text(ref.name), "path": _text(shown(ref.path))}
            known[key] = common | {f"mlmonitor.{name}": text for name, text in names.items()}
        yield _check_span(nodeid, result, run, trace_id, known[key], failed=_fails(record, nodeid, result))


def _check_span(
    nodeid: str, result: CheckResult, run: Span, trace_id: str, common: Mapping[str, SpanValue], *, failed: bool
) -> Span:
    ref = result.ref
    start = _nanoseconds(result.started_at) if result.started_at is not None else run.end
    attributes: dict[str, SpanValue] = {
        "test.case.name": _text(nodeid),
        **common,
        "mlmonitor.check": safe(result.check),
        "mlmonitor.category": result.category,
        "mlmonitor.status": "warned" if result.status == "fail" and not failed else result.status,
    }
    if result.status != "not_checked":
        attributes["test.case.result.status"] = "fail" if failed or result.status == "error" else "pass"
    if result.findings:
        attributes["mlmonitor.severity"] = max(finding.severity for finding in result.findings).word
    if result.status == "not_checked" and result.reason:
        attributes["mlmonitor.reason"] = _text(result.reason)
    error = None
    if result.status == "error":
        error = last_line(result.reason) or "the check could not run"
    elif failed:
        error = headline(result.findings[0]) if result.findings else "failed"
    events = [SpanEvent("finding", _of_finding(finding)) for finding in result.findings]
    if result.status == "error":
        events.append(SpanEvent("exception", _of_exception(result.reason or "")))
    return Span(
        f"{common['mlmonitor.kind']} {attributes['mlmonitor.check']}",
        _id(trace_id, nodeid, result.check, str(ref.path), ref.name),
        run.span_id,
        start,
        start + round(result.duration_seconds * 1e9),
        attributes,
        _text(error) if error is not None else None,
        tuple(events),
    )


def _of_finding(finding: Finding) -> dict[str, SpanValue]:
    said = {"severity": finding.severity.word} | {
        name: _text(value)
        for name in ("message", "expected", "actual", "column", "location", "accepted")
        if (value := getattr(finding, name)) is not None
    }
    return {f"mlmonitor.finding.{name}": value for name, value in said.items()}


def _of_exception(reason: str) -> dict[str, SpanValue]:
    said = last_line(reason)
    kind, _, message = said.partition(": ")
    return {
        "exception.type": _text(kind),
        "exception.message": _text(message or said),
        "exception.stacktrace": "\n".join(safe(line) for line in concealed(reason).splitlines())[-MAX_TEXT:],
    }


def _fails(record: RunRecord, nodeid: str, result: CheckResult) -> bool:
    """Return whether what a check found failed the run."""
    if result.status != "fail":
        return False
    if record.fails is not None:
        return record.fails(nodeid, result)
    return (result.severity or Severity.INFO) >= Severity.ERROR


def _text(text: str) -> str:
    said = safe(text)
    return said if len(said) <= MAX_TEXT else f"{said[: MAX_TEXT - 1]}…"


def _id(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return digest if int(digest, 16) else "1".zfill(16)


def _nanoseconds(moment: datetime) -> int:
    return max((moment - _EPOCH) // timedelta(microseconds=1), 0) * 1000
