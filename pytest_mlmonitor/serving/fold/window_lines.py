"""The lines of metrics files, folded into the deployments that they name.

A file whose lines are all sound is folded in one piece; any other goes line by line (:mod:`pytest_mlmonitor.records.lines`).
A bad line becomes a finding with file and line; it belongs to the deployment that it names as long as that name can still
be read.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from pytest_mlmonitor.core.files.record_files import original
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.compiled import Moments, Undecided, compiled, parse_instants
from pytest_mlmonitor.records.foreign import foreign
from pytest_mlmonitor.records.lines import Line, LineReading, look
from pytest_mlmonitor.serving.fold.fold import LineTimes, Terms, WindowFold
from pytest_mlmonitor.serving.live_writer import excused
from pytest_mlmonitor.serving.record import ServingWindowRecord

MAX_SERIES = 100_000
"""Combinations of texts kept in mind; a platform has a few per deployment."""

UNATTRIBUTED = "unattributed"
"""Name of the stand-in that carries what a tree holds but no deployment can be told from."""

_DEPLOYMENT_ID = re.compile(rb'"deployment_id"\s*:\s*"([^"\\\x00-\x1f]+)"')

_WINDOW = compiled(ServingWindowRecord)
_FIELDS = frozenset(_WINDOW.names)
_TIMES = attrgetter("window_start", "window_end")
_HEARTBEAT = attrgetter("heartbeat_emitted_at")


class Progress(NamedTuple):
    """How far a file was read: bytes, lines and bad lines that need not be looked at again.

    ``doubtful`` says that it is, or may turn out to be, no file of lines at all.
    """

    offset: int
    lines: int
    bad: int
    doubtful: bool = False


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
        reading = LineReading(ServingWindowRecord, short(name), done.lines, done.bad)
        if reading.given_up:
            return Progress(done.offset + len(data), reading.number, reading.bad)  # an earlier run said so
        records = _WINDOW.decode_all(data)
        if records is not None and self._fold_all(name, records, reading.number + 1):
            return Progress(done.offset + len(data), reading.number + len(records), reading.bad)
        if not done.offset and (finding := foreign(data, short(name), _FIELDS)) is not None:
            self._told(UNATTRIBUTED).unreadable.add(finding, name, 1)
            return Progress(len(data), 0, 0, doubtful=True)
        *lines, tail = data.split(b"\n")
        for line in reading.lines(lines, lambda record, number: self._fold_all(name, [record], number)):
            self._take(name, line, tell=True)
        if reading.given_up:
            self._told(UNATTRIBUTED).unreadable.add(reading.too_many(), name, reading.number, alike=False)
            return Progress(done.offset + len(data), reading.number, reading.bad)
        if not tail.strip():
            return Progress(done.offset + len(data) - len(tail), reading.number, reading.bad)
        if self.window_on(name, reading.number + 1, tail):
            return Progress(done.offset + len(data), reading.number + 1, reading.bad)
        # A last line without its newline that is no window yet: the next run looks at it again.
        return Progress(done.offset + len(data) - len(tail), reading.number, reading.bad)

    def _fold_all(self, name: str, records: Sequence[Any], first: int) -> bool:
        """Fold the records of consecutive lines; return whether all of them are windows, or else nothing was folded.

        Args:
            name: the file, relative to the metrics directory.
            records: as decoded: texts may be blank, timestamps may be none.
            first: line of the first.
        """
        known, terms = self._series, self.terms
        spans: dict[tuple[str, str], LineTimes] = {}
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
        except (Undecided, ValueError):
            return False
        for number, (record, pair, heartbeat, series) in enumerate(
            zip(records, times, heartbeats, found, strict=True), first
        ):
            if series.fold is not None:
                series.fold.add(record, spans[pair], heartbeat, series.identity, series.endpoint, terms, name, number)
        return True

    def window_on(self, name: str, number: int, text: bytes) -> bool:
        """Fold one line if it is a window, and return whether it is; otherwise nothing is said."""
        return self._take(name, look_at(text, name, number), tell=False)

    def explain(self, name: str, line: Line) -> None:
        """Fold or explain one line."""
        self._take(name, line, tell=True)

    def refuse(self, name: str, reason: str, silence: float | None = None) -> None:
        """Note that a file could not be read.

        Args:
            name: the file, relative to the metrics directory.
            reason: in words that follow its name.
            silence: seconds since its writer wrote, where it may be at it (:mod:`pytest_mlmonitor.serving.live_writer`).
        """
        message = f"{name.rsplit('/', 1)[-1]} {reason}"
        finding = Finding(Severity.ERROR, message, "a readable JSONL file")
        self._told(UNATTRIBUTED).unreadable.add(excused(finding, silence), name, 0, alike=False)

    def _take(self, name: str, line: Line, *, tell: bool) -> bool:
        if line.data is not None or line.refusal is not None:
            owner = owner_of(line)
            if (tell or line.record is not None) and self._asked(owner):
                if line.refusal is not None:
                    self._told(owner).unreadable.add(line.refusal, name, line.number, alike=False)
                for finding in line.violations:
                    self._told(owner).violations.add(finding, name, line.number)
        return line.record is not None and self._fold_all(name, [line.record], line.number)

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
            raise Undecided
        if len(self._series) >= MAX_SERIES:
            self._series.clear()
        series = _Series(None, None, None)
        if self._asked(record.deployment_id):
            fold = self._told(record.deployment_id)
            identity, endpoint = fold.identity_of(record, name, number), fold.endpoint_of(record.endpoint_name)
            series = _Series(fold, identity, endpoint)
        self._series[texts] = series
        return series

    def _span(self, start_text: str, end_text: str, name: str) -> LineTimes:
        start, end = self._moments(start_text), self._moments(end_text)
        return LineTimes(start, end, self.terms, misplaced(name, start))


class _Series(NamedTuple):
    fold: WindowFold | None
    identity: Any
    endpoint: Any


def look_at(text: bytes, name: str, number: int) -> Line:
    """Judge one line of a metrics file.

    Args:
        text: of the line.
        name: the file, relative to the metrics directory.
        number: of the line.
    """
    return look(text, ServingWindowRecord, number, short(name))


def owner_of(line: Line) -> str:
    """Return the deployment that a line names, be it a window, an event or broken."""
    if line.record is not None:
        return str(line.record.deployment_id)
    if line.data is None:
        return salvaged_id(line.text)
    named = line.data.get("deployment_id")
    return named if isinstance(named, str) and named.strip() else UNATTRIBUTED


def misplaced(name: str, start: Any) -> Finding | None:
    """Return the finding that a window stands in another file than its start says, None where it is in its place."""
    wanted = f"{start:%Y-%m-%d/%H}/metrics_{start:%M}.jsonl"
    if name == wanted or original(name) == wanted:
        return None
    return Finding(
        Severity.ERROR,
        f"{name} holds a record that belongs in {wanted} by its window_start {instant(start)}",
        "the file of the window_start (UTC)",
        f"metrics/{name}",
        "window_start",
        short=f"{name.rsplit('/', 1)[-1]} holds a window of {start:%d %b %H:%M}: a wrong file",
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
