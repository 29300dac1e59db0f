"""The lines of metrics files, each judged alone and folded into the deployment that it names.

Decide fast, explain on failure: the compiled contract takes the lines that are sound; what it refuses is parsed again, and
pydantic says why. A bad line becomes a finding with file and line and never hides its neighbours; it belongs to the
deployment that it names as long as that name can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import UNSET

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.compiled import Moments, Refused, compiled, parse_instant, parse_instants
from pytest_mlmonitor.records.contract import Record, validate
from pytest_mlmonitor.records.document import NotAnObject, non_finite_findings, parse_object
from pytest_mlmonitor.serving.fold.fold import Span, Terms, WindowFold
from pytest_mlmonitor.serving.record import ServingWindowRecord

MAX_BAD_LINES = 1000
"""After so many bad lines a file is no JSONL file of windows: the rest of it is not read."""

MAX_SERIES = 100_000
"""Combinations of texts kept in mind; a platform has a few per deployment."""

UNATTRIBUTED = "unattributed"
"""Name of the stand-in that carries what a tree holds but no deployment can be told from."""

_DEPLOYMENT_ID = re.compile(rb'"deployment_id"\s*:\s*"([^"\\\x00-\x1f]+)"')

_WINDOW = compiled(ServingWindowRecord)
_TIMES = attrgetter("window_start", "window_end")
_HEARTBEAT = attrgetter("heartbeat_emitted_at")


class Progress(NamedTuple):
    """How far a file was read: bytes, lines and bad lines that need not be looked at again."""

    offset: int
    lines: int
    bad: int


class WindowLines:
    """Folds the lines of files, which must come in the order of their paths.

    Attributes:
        folds: by deployment.
    """

    def __init__(
        self, terms: Terms, folds: dict[str, WindowFold] | None = None, wanted: Container[str] | None = None
    ) -> None:
        """Begin, or go on with ``folds``.

        Args:
            terms: of the folds.
            folds: of the earlier lines.
            wanted: deployments to fold; the lines of others are passed over.
        """
        self.terms = terms
        self.folds = folds if folds is not None else {}
        self.wanted = wanted
        self._moments = Moments()
        self._series: dict[tuple[str, ...], _Series] = {}

    def file(self, name: str, data: bytes, done: Progress) -> Progress:
        """Fold the lines of one file.

        Args:
            name: the file, relative to the metrics directory.
            data: its content from ``done.offset`` on.
            done: how far it was read before.
        """
        number, bad = done.lines, done.bad
        if bad > MAX_BAD_LINES:
            return Progress(done.offset + len(data), number, bad)  # an earlier run said so
        records = _WINDOW.decode_all(data)
        if records is not None and self._fold_all(name, records, number + 1):
            return Progress(done.offset + len(data), number + len(records), bad)
        lines = data.split(b"\n")  # only "\n" ends a line: U+2028 and its like may stand inside a JSON string
        tail = lines.pop()
        for line in lines:
            number += 1
            try:
                sound = self._fold_all(name, [_WINDOW.decode(line)], number)
            except Refused:
                sound = False
            if not sound and line and not line.isspace():
                bad += not self.explain(name, number, line)
                if bad > MAX_BAD_LINES:
                    break
        if bad > MAX_BAD_LINES:
            self._too_many(name, number)
            return Progress(done.offset + len(data), number, bad)
        if not tail.strip():
            return Progress(done.offset + len(data) - len(tail), number, bad)
        if self.window_on(name, number + 1, tail):
            return Progress(done.offset + len(data), number + 1, bad)
        # A last line without its newline that is no window yet: the next run looks at it again.
        return Progress(done.offset + len(data) - len(tail), number, bad)

    def _fold_all(self, name: str, records: Sequence[Any], first: int) -> bool:
        """Fold the records of consecutive lines; return whether all of them are windows, or else nothing was folded.

        Args:
            name: the file, relative to the metrics directory.
            records: as decoded: texts may be blank, timestamps may be none.
            first: line of the first.
        """
        known, terms = self._series, self.terms
        spans: dict[tuple[str, str], Span] = {}
        try:
            times = list(map(_TIMES, records))
            for pair in dict.fromkeys(times):
                spans[pair] = self._span(*pair, name)
            heartbeats = parse_instants(list(map(_HEARTBEAT, records)))
            # Last: a new series makes entries in a fold, and a line that is refused must leave none.
            found: list[_Series] = [
                known.get(texts) or self._new_series(record, name, number)
                for number, (record, texts) in enumerate(zip(records, map(_WINDOW.texts, records), strict=True), first)
            ]
        except (Refused, ValueError):
            return False
        for number, (record, pair, heartbeat, series) in enumerate(
            zip(records, times, heartbeats, found, strict=True), first
        ):
            if series.fold is not None:
                series.fold.add(record, spans[pair], heartbeat, series.identity, series.endpoint, terms, name, number)
        return True

    def window_on(self, name: str, number: int, line: bytes) -> bool:
        """Fold one line if it is a window; otherwise nothing is said."""
        try:
            if self._fold_all(name, [_WINDOW.decode(line)], number):
                return True
        except Refused:
            pass
        return self._take(name, number, line, tell=False)

    def explain(self, name: str, number: int, line: bytes) -> bool:
        """Fold or explain one line that the compiled contract did not take; return whether it is a window."""
        return self._take(name, number, line, tell=True)

    def refuse(self, name: str, reason: str) -> None:
        """Note that a file could not be read.

        Args:
            name: the file, relative to the metrics directory.
            reason: in words that follow its name.
        """
        message = f"{name.rsplit('/', 1)[-1]} {reason}"
        finding = Finding(Severity.ERROR, message, "a readable JSONL file")
        self._told(UNATTRIBUTED).unreadable.add(finding, name, 0, alike=False)

    def _take(self, name: str, number: int, line: bytes, *, tell: bool) -> bool:
        refusal, findings, record, owner = examine(line, ServingWindowRecord, name, number)
        if (tell or record is not None) and self._asked(owner):
            if refusal is not None:
                self._told(owner).unreadable.add(refusal, name, number, alike=False)
            for finding in findings:
                self._told(owner).violations.add(finding, name, number)
        if record is None:
            return False
        window = window_of(record)
        span = self._span(window.window_start, window.window_end, name)
        heartbeat = parse_instant(window.heartbeat_emitted_at)
        series = self._new_series(window, name, number)
        if series.fold is not None:
            series.fold.add(window, span, heartbeat, series.identity, series.endpoint, self.terms, name, number)
        return True

    def _asked(self, deployment_id: str) -> bool:
        return self.wanted is None or deployment_id in self.wanted

    def _told(self, deployment_id: str) -> WindowFold:
        fold = self.folds.get(deployment_id)
        if fold is None:
            fold = self.folds[deployment_id] = WindowFold()
        return fold

    def _new_series(self, record: Any, name: str, number: int) -> _Series:
        """Return where the windows with these texts go.

        Raises:
            Refused: a text is blank.
        """
        texts = _WINDOW.texts(record)
        known: _Series | None = self._series.get(texts)
        if known is not None:
            return known
        if not all(text.strip() for text in texts):
            raise Refused
        if len(self._series) >= MAX_SERIES:
            self._series.clear()
        series = _Series(None, None, None)
        if self._asked(record.deployment_id):
            fold = self._told(record.deployment_id)
            identity, endpoint = fold.identity_of(record, name, number), fold.endpoint_of(record.endpoint_name)
            series = _Series(fold, identity, endpoint)
        self._series[texts] = series
        return series

    def _span(self, start_text: str, end_text: str, name: str) -> Span:
        start, end = self._moments(start_text), self._moments(end_text)
        return Span(start, end, self.terms, misplaced(name, start))

    def _too_many(self, name: str, number: int) -> None:
        message = f"{short(name)} has more than {MAX_BAD_LINES:,} bad lines; it is not read beyond line {number:,}"
        finding = Finding(Severity.ERROR, message, "JSONL records")
        self._told(UNATTRIBUTED).unreadable.add(finding, name, number, alike=False)


class _Series(NamedTuple):
    fold: WindowFold | None
    identity: Any
    endpoint: Any


def examine(
    line: bytes, model: type[Record], name: str, number: int
) -> tuple[Finding | None, list[Finding], Any | None, str]:
    """Judge a line by its contract, slowly.

    Returns:
        Why it is no JSON object; what its fields violate; the record, None when it breaks its contract; the deployment.
    """
    try:
        parsed = parse_object(line)
    except NotAnObject as error:
        message = f"{short(name)}:{number} {error}"
        refusal = Finding(Severity.ERROR, message, "one JSON object on the line", error.actual, error.column)
        return refusal, [], None, salvaged_id(line)
    record, findings = validate(model, parsed, lambda _: "")
    findings += non_finite_findings(parsed, {f.column for f in findings}, "")
    named = parsed.get("deployment_id")
    return None, findings, record, named if isinstance(named, str) and named.strip() else UNATTRIBUTED


def window_of(record: Any) -> Any:
    """Return a pydantic record, or anything with its fields, in the compiled form."""
    fields = {
        name: instant(value) if name in _WINDOW.timestamps else UNSET if value is None else value
        for name in _WINDOW.names
        for value in (getattr(record, name),)
    }
    return _WINDOW.struct(**fields)


def misplaced(name: str, start: Any) -> Finding | None:
    """Return the finding that a window stands in another file than its start says, None where it is in its place."""
    wanted = f"{start:%Y-%m-%d/%H}/metrics_{start:%M}.jsonl"
    if name == wanted:
        return None
    return Finding(
        Severity.ERROR,
        f"{name} holds a record that belongs in {wanted} by its window_start {instant(start)}",
        "the file of the window_start (UTC)",
        f"metrics/{name}",
        "window_start",
    )


def short(name: str) -> str:
    """Return day/hour/file: the same file name comes every hour."""
    return "/".join(name.split("/")[-3:])


def salvaged_id(line: bytes) -> str:
    """Return the deployment that a broken line still names."""
    match = _DEPLOYMENT_ID.search(line)
    try:
        name = match.group(1).decode("utf-8") if match else ""
    except UnicodeDecodeError:
        return UNATTRIBUTED
    return name if name.strip() else UNATTRIBUTED
