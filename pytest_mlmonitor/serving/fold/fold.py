"""Serving windows folded into what checks ask of a deployment, one window at a time, in time order.

A fold holds no windows but a few that stand for the others, so memory grows with deployments, endpoints and faults, never
with windows. A fold can be stored, continued with later windows, and joined with the fold of a later stretch of time: that is
what makes incremental and parallel reading one thing. Windows that come out of order cannot be folded; the fold then says so
(``late``), and :mod:`pytest_mlmonitor.serving.ingest.tree` reads that deployment again in order.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Container
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.compiled import compiled, parse_instant
from pytest_mlmonitor.serving.fold.conflicts import ConflictingPair, Conflicts
from pytest_mlmonitor.serving.fold.day_points import DAY, POINTS, DayPoints, slot_of
from pytest_mlmonitor.serving.fold.evidence import Evidence
from pytest_mlmonitor.serving.fold.findings import broken, duplicate, early_heartbeat, odd_times, overlap
from pytest_mlmonitor.serving.fold.last import LastWindows
from pytest_mlmonitor.serving.fold.recent import RECENT, RECENT_ROW, counts_of
from pytest_mlmonitor.serving.model import IDENTITY
from pytest_mlmonitor.serving.record import ServingWindowRecord
from pytest_mlmonitor.serving.window_rules import broken_rules, sound

Window = compiled(ServingWindowRecord).struct
"""A window as it was read: the fields of its contract, times as text."""

MAX_IDENTITIES = 50
MAX_ENDPOINTS = 1000
MAX_AHEAD = 1000
MAX_GAPS = 200
MAX_WIDE = 50

HOURLY = ("predictions", "requests", "failures", "windows")
"""What is added up by the hour."""

HOURS_ROW = 1 + len(HOURLY)
"""Numbers of each hour: the hour itself comes first."""

TOPICS = ("unreadable", "violations", "misplaced", "duplicates", "arithmetic", "times")

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Terms(Struct, frozen=True):
    """What the fold needs to know of the policy and the run; a stored fold holds for these terms only.

    Attributes:
        now: the evaluation time.
        length: of a window (``serving.expected_window_seconds``).
        factor: longest distance of two starts, in windows, that is no gap (``serving.max_allowed_gap_factor``).
        lookback: windows judged for health end after this moment; None for all.
        expected: minutes of the week in which traffic is expected (:mod:`pytest_mlmonitor.core.text.hours.weekly`); all when
            there are none.
        evidence: how far back outages and predictions are judged (``serving.evidence_hours``).
        needed: requests that outages are judged by (``serving.failure_min_requests``).
    """

    now: datetime
    length: timedelta
    factor: float
    lookback: datetime | None = None
    expected: tuple[tuple[int, int], ...] = ()
    evidence: timedelta = timedelta(hours=24)
    needed: int = 20


class LineTimes:
    """The times of one line, and what is to be said of them: the same for most lines of a file."""

    __slots__ = (
        "ahead",
        "end",
        "end_tick",
        "hour",
        "late_enough",
        "misplaced",
        "odd",
        "since",
        "slot",
        "start",
        "start_tick",
    )

    def __init__(self, start: datetime, end: datetime, terms: Terms, misplaced: Finding | None = None) -> None:
        """Judge the times of a window.

        Args:
            start: of the window, UTC.
            end: of the window, UTC.
            terms: of the fold.
            misplaced: the finding that the line stands in the wrong file.
        """
        self.start = start
        self.end = end
        self.misplaced = misplaced
        self.odd = tuple(odd_times(start, end, terms.length))
        self.ahead = start > terms.now or end > terms.now
        self.since = start >= terms.now - RECENT
        self.late_enough = end >= terms.now - terms.evidence
        self.start_tick = self.end_tick = 0
        if self.since or self.late_enough or terms.lookback is not None:  # else nobody asks, and there may be a million
            self.start_tick, self.end_tick = microseconds_of(start), microseconds_of(end)
        self.hour = (start - EPOCH) // HOUR
        slot = slot_of(start) if start >= terms.now - DAY else None
        self.slot = slot if slot is not None and slot > slot_of(terms.now) - POINTS else None


class Identity(Struct):
    """One combination of the identity fields: how many windows are of it, and the first of them.

    Attributes:
        hours: an hour in which windows of it start (since 1970), how much they hold (:data:`HOURLY`), the next hour, …
    """

    first: Window  # type: ignore[valid-type]
    file: str
    line: int
    windows: int = 0
    hours: list[int] = field(default_factory=list)


class Endpoint(Struct):
    """One endpoint: its windows, and the last of them.

    Attributes:
        rising: how many of its last windows have more requests each than the one before.
        rising_from: requests of the first of these.
    """

    latest: Window | None = None  # type: ignore[valid-type]
    start: datetime | None = None
    end: datetime | None = None
    file: str = ""
    line: int = 0
    windows: int = 0
    # The first, for an overlap with the end of an earlier stretch.
    first_start: datetime | None = None
    first_file: str = ""
    first_line: int = 0
    predicted: bool = False
    rising: int = 0
    rising_from: int = 0
    last: LastWindows = field(default_factory=LastWindows)
    conflicts: Conflicts | None = None


class Gap(Struct, array_like=True):
    """Minutes without a window between two that are there.

    Attributes:
        after, before: starts of the two.
        requests_before, requests_after: requests in all windows that start then: in those that the gap follows, and in
            those that follow it.
    """

    after: datetime
    before: datetime
    requests_before: int
    requests_after: int


WideGap = tuple[timedelta, datetime, datetime]
"""Distance of two starts, in time in which traffic is expected, and the two."""


class WindowFold(Struct):
    """The windows of one deployment so far."""

    windows: int = 0
    requests: int = 0
    first: Window | None = None  # type: ignore[valid-type]
    first_start: datetime | None = None
    first_file: str = ""
    first_line: int = 0
    opening: int = 0
    latest: Window | None = None  # type: ignore[valid-type]
    at: datetime | None = None
    file: str = ""
    line: int = 0
    same: dict[str, tuple[Window, str, int]] | None = None  # type: ignore[valid-type]
    answering: datetime | None = None
    busy: int = 0
    newest: datetime = EPOCH
    missing: int = 0
    largest_gap: timedelta = timedelta(0)
    gaps: list[Gap] = field(default_factory=list)
    wide: list[WideGap] = field(default_factory=list)
    identities: dict[str, Identity] = field(default_factory=dict)
    more_identities: int = 0
    more_hours: list[int] = field(default_factory=list)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    more_endpoints: int = 0
    ahead: list[tuple[datetime, datetime, datetime, str, int]] = field(default_factory=list)
    more_ahead: int = 0
    recent: list[int] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)
    day: DayPoints | None = None
    late: bool = False
    unreadable: Evidence = field(default_factory=Evidence)
    violations: Evidence = field(default_factory=Evidence)
    misplaced: Evidence = field(default_factory=Evidence)
    duplicates: Evidence = field(default_factory=Evidence)
    arithmetic: Evidence = field(default_factory=Evidence)
    times: Evidence = field(default_factory=Evidence)

    def add(  # noqa: PLR0915 (in one piece: it runs once a window, and a call costs as much as five of its lines)
        self,
        window: Any,
        span: LineTimes,
        heartbeat: datetime,
        identity: Identity | None,
        endpoint: Endpoint | None,
        terms: Terms,
        file: str,
        line: int,
    ) -> None:
        """Fold one window that is no earlier than the last one.

        Args:
            window: the record.
            span: its times.
            heartbeat: ``heartbeat_emitted_at``.
            identity: the fold's entry of it, None where there are too many.
            endpoint: the fold's entry of it, None where there are too many.
            terms: the same for every window of a fold.
            file: relative to the metrics directory.
            line: counted from 1.
        """
        start, end, at = span.start, span.end, self.at
        requests = window.request_count
        if at is None:
            self.first, self.first_start, self.first_file, self.first_line = window, start, file, line
            self.busy = self.opening = requests
        elif start > at:
            step = start - at
            if step > terms.length or step > self.largest_gap or terms.factor < 1:
                self.step(at, start, self.busy, requests, terms)
            self.same = None
            self.busy = requests
        elif start == at:
            if file != self.file and file.split("/") < self.file.split("/"):
                self.late = True  # an earlier file grew: which window of a start is the first is a matter of read order
                return
            if not self._first_of_its_key(window, span, endpoint, file, line):
                if span.misplaced is not None:
                    self.misplaced.add(span.misplaced, file, line)
                return
            self.busy += requests
            if self.gaps and self.gaps[-1].before == start:
                self.gaps[-1].requests_after = self.busy
            if start == self.first_start:
                self.opening = self.busy
        else:
            self.late = True
            return
        self.at, self.latest, self.file, self.line = start, window, file, line
        self.windows += 1
        self.requests += requests
        predictions = window.prediction_count
        if requests:
            self.answering = end
        if identity is not None:
            if not identity.windows:  # so far there were only duplicates, which do not count
                identity.first, identity.file, identity.line = window, file, line
            identity.windows += 1
            hours = identity.hours
        else:
            self.more_identities += 1
            hours = self.more_hours
        if hours and hours[-5] == span.hour:
            hours[-4] += predictions
            hours[-3] += requests
            hours[-2] += window.failure_count
            hours[-1] += 1
        else:
            hours += (span.hour, predictions, requests, window.failure_count, 1)
        if endpoint is not None:
            before = endpoint.end
            if before is None:
                endpoint.first_start, endpoint.first_file, endpoint.first_line = start, file, line
            elif before > start and before > endpoint.start:  # type: ignore[operator]
                self.times.add(overlap(window.endpoint_name, endpoint.start, before, start), file, line)
            if endpoint.rising and requests > endpoint.latest.request_count:  # type: ignore[attr-defined]
                endpoint.rising += 1
            else:
                endpoint.rising, endpoint.rising_from = 1, requests
            endpoint.start, endpoint.end, endpoint.latest = start, end, window
            endpoint.file, endpoint.line = file, line
            endpoint.windows += 1
            if predictions:
                endpoint.predicted = True
            if span.late_enough:
                endpoint.last.add(window, span.start_tick, span.end_tick, terms.needed)
                if endpoint.conflicts is not None:
                    endpoint.conflicts.worse.add(window, span.start_tick, span.end_tick, terms.needed)
        else:
            self.more_endpoints += 1
        if span.odd:
            for finding in span.odd:
                self.times.add(finding, file, line)
        if heartbeat < start:
            self.times.add(early_heartbeat(heartbeat, start), file, line)
        if heartbeat > self.newest:  # noqa: PLR1730 (max() costs three times as much)
            self.newest = heartbeat
        if end > self.newest:  # noqa: PLR1730
            self.newest = end
        if span.ahead or heartbeat > terms.now:
            self._note_ahead(start, end, heartbeat, file, line)
        if span.misplaced is not None:
            self.misplaced.add(span.misplaced, file, line)
        if not sound(window):
            for rule in broken_rules(window):
                self.arithmetic.add(broken(rule, start), file, line)
        if span.slot is not None:
            day = self.day
            if day is None:
                day = self.day = DayPoints()
            if type(window) is Window:
                day.add(window, span.slot, requests)
            else:
                day.add_declared(window, span.slot, requests)
        if span.since:
            self.recent += (span.start_tick, span.end_tick, *counts_of(window, _absent_of(window)))
        if terms.lookback is not None and end > terms.lookback:
            self.judged += (span.start_tick, span.end_tick, requests)

    def join(self, later: WindowFold, terms: Terms) -> None:
        """Add the fold of a later stretch of time; where the two overlap in time it cannot be done, and ``late`` says so."""
        self.late = self.late or later.late
        if self.late:
            return  # all of it is read again, in order
        for topic in TOPICS:
            getattr(self, topic).join(getattr(later, topic))
        if later.at is None:
            return
        if self.at is None:
            self._take_over(later)
            return
        assert later.first_start is not None
        if later.first_start <= self.at:
            self.late = True
            return
        self.step(self.at, later.first_start, self.busy, later.opening, terms)
        self.missing += later.missing
        self.largest_gap = max(self.largest_gap, later.largest_gap)
        self.gaps = [*self.gaps, *later.gaps][-MAX_GAPS:]
        for gap in later.wide:
            self._note_wide(gap)
        self.windows += later.windows
        self.requests += later.requests
        for key, identity in later.identities.items():
            known = self.identities.get(key)
            if known is not None and not known.windows:
                self.identities[key] = identity
            elif known is not None:
                known.windows += identity.windows
                _join_hours(known.hours, identity.hours)
            elif len(self.identities) < MAX_IDENTITIES:
                self.identities[key] = identity
            else:
                self.more_identities += identity.windows
                _join_hours(self.more_hours, identity.hours)
        self.more_identities += later.more_identities
        _join_hours(self.more_hours, later.more_hours)
        for name, endpoint in later.endpoints.items():
            self._join_endpoint(name, endpoint, terms)
        self.more_endpoints += later.more_endpoints
        self.at, self.latest, self.file, self.line = later.at, later.latest, later.file, later.line
        self.same, self.busy = later.same, later.busy
        self.answering = later.answering or self.answering
        self.newest = max(self.newest, later.newest)
        self.more_ahead += later.more_ahead + max(len(self.ahead) + len(later.ahead) - MAX_AHEAD, 0)
        ahead = [*self.ahead, *later.ahead]
        self.ahead = ahead[:MAX_AHEAD]
        if len(ahead) > MAX_AHEAD:
            self.ahead[-1] = max(ahead[MAX_AHEAD - 1 :], key=_furthest)
        self.recent += later.recent
        self.judged += later.judged
        if later.day is not None:
            self.day = later.day if self.day is None else self.day.joined(later.day)

    def forget(self, terms: Terms) -> bool:
        """Drop what is remembered of single windows and no run at ``terms.now`` or later asks for; return whether any was."""
        since = microseconds_of(terms.now - RECENT)
        kept = len(self.recent)
        if self.recent and self.recent[0] < since:  # rows are in order of their starts
            rows = range(0, len(self.recent), RECENT_ROW)
            del self.recent[: bisect_left(rows, since, key=self.recent.__getitem__) * RECENT_ROW]
        forgotten = len(self.recent) < kept
        until = microseconds_of(terms.now - terms.evidence)
        for endpoint in self.endpoints.values():
            forgotten = endpoint.last.forget(until) or forgotten
            if endpoint.conflicts is not None:
                forgotten = endpoint.conflicts.worse.forget(until) or forgotten
        if terms.lookback is not None:
            until = microseconds_of(terms.lookback)
            rows_kept = [
                n
                for at in range(0, len(self.judged), 3)
                if self.judged[at + 1] > until
                for n in self.judged[at : at + 3]
            ]
            forgotten = forgotten or len(rows_kept) < len(self.judged)
            self.judged = rows_kept
        if self.day is not None:
            day, self.day = self.day, self.day.outlived(terms.now)
            forgotten = forgotten or self.day is not day
        return forgotten

    def identity_of(self, window: Any, file: str, line: int) -> Identity | None:
        """Return the entry of the window's identity, None where there are too many."""
        key = repr([getattr(window, name) for name in IDENTITY])
        if (links := getattr(window, "links", None)) is not None:  # of a declared source
            key += repr(links)
        known = self.identities.get(key)
        if known is None and len(self.identities) < MAX_IDENTITIES:
            known = self.identities[key] = Identity(window, file, line)
        return known

    def endpoint_of(self, name: str) -> Endpoint | None:
        """Return the entry of an endpoint, None where there are too many."""
        known = self.endpoints.get(name)
        if known is None and len(self.endpoints) < MAX_ENDPOINTS:
            known = self.endpoints[name] = Endpoint()
        return known

    def _take_over(self, later: WindowFold) -> None:
        for name in self.__struct_fields__:
            if name not in TOPICS and name != "late":
                setattr(self, name, getattr(later, name))

    def step(self, at: datetime, start: datetime, before: int, after: int, terms: Terms) -> None:
        """Note the distance of two starts that follow one another; only time in which traffic is expected counts.

        Args:
            at: the earlier one.
            start: the later one.
            before: requests of the windows that start at the earlier one …
            after: … and at the later one, as far as they were read.
            terms: of the fold.
        """
        step = time_within(at, start, terms.expected)
        self.largest_gap = max(self.largest_gap, step)
        length = terms.length / SECOND
        seconds = step / SECOND
        if seconds > length * terms.factor:
            self.missing += max(int(seconds / length) - 1, 1)
        if step > terms.length or seconds > length * terms.factor:
            self._note_wide((step, at, start))
        if seconds >= 2 * length:
            self.gaps.append(Gap(at, start, before, after))
            if len(self.gaps) > MAX_GAPS:
                del self.gaps[0]

    def _note_wide(self, gap: WideGap) -> None:
        """Keep a gap if it is one of the widest."""
        wide = self.wide
        if len(wide) == MAX_WIDE:
            if _order(gap) > _order(wide[-1]):
                return
            wide.pop()
        insort(wide, gap, key=_order)

    def _first_of_its_key(self, window: Any, span: LineTimes, endpoint: Endpoint | None, file: str, line: int) -> bool:
        """Return whether a window is the first of its key among those that start with it; a second one is a finding."""
        if self.same is None:
            assert self.latest is not None
            self.same = {_key(self.latest): (self.latest, self.file, self.line)}
        key = _key(window)
        first = self.same.setdefault(key, (window, file, line))
        if first[0] is window:
            return True
        finding = duplicate(first, window, file)
        if finding is None:
            return False
        self.duplicates.add(finding, file, line)
        if endpoint is not None and finding.severity >= Severity.WARNING:
            if endpoint.conflicts is None:
                endpoint.conflicts = Conflicts(worse=endpoint.last.copied())
            pair = ConflictingPair(first[0], window, file, line, span.start, span.end)
            endpoint.conflicts.add(pair, endpoint.windows)
        return False

    def _join_endpoint(self, name: str, later: Endpoint, terms: Terms) -> None:
        known = self.endpoint_of(name)
        if known is None:
            self.more_endpoints += later.windows
            return
        if known.end is None:
            self.endpoints[name] = later
            return
        assert known.start is not None and later.first_start is not None
        if known.end > later.first_start and known.end > known.start:
            finding = overlap(name, known.start, known.end, later.first_start)
            self.times.add(finding, later.first_file, later.first_line)
        if later.rising == later.windows and later.rising_from > known.latest.request_count:  # type: ignore[attr-defined]
            known.rising += later.rising
        else:
            known.rising, known.rising_from = later.rising, later.rising_from
        known.latest, known.start, known.end = later.latest, later.start, later.end
        known.file, known.line = later.file, later.line
        if later.conflicts is not None:
            if known.conflicts is None:
                known.conflicts = Conflicts(worse=known.last.copied())
            known.conflicts.join(later.conflicts, known.windows, terms.needed)
        elif known.conflicts is not None:
            known.conflicts.worse.join(later.last, terms.needed)
        known.windows += later.windows
        known.predicted = known.predicted or later.predicted
        known.last.join(later.last, terms.needed)

    def _note_ahead(self, start: datetime, end: datetime, heartbeat: datetime, file: str, line: int) -> None:
        found = (start, end, heartbeat, file, line)
        if len(self.ahead) < MAX_AHEAD:
            self.ahead.append(found)
        else:
            # A thousand within the clock skew must not hide one beyond it: the last place is that of the furthest.
            self.more_ahead += 1
            self.ahead[-1] = max(self.ahead[-1], found, key=_furthest)


def _absent_of(window: Any) -> Container[str]:
    # Asking any window for what only those of a declared source have takes 0.3 µs, a fiftieth of reading it.
    return () if type(window) is Window else window.absent


def _order(gap: WideGap) -> tuple[timedelta, datetime]:
    return -gap[0], gap[1]


def _join_hours(hours: list[int], later: list[int]) -> None:
    """Add what lies in hours that are no earlier than the last one; the hours of several series may take turns."""
    for at in range(0, len(later), HOURS_ROW):
        if hours and hours[-HOURS_ROW] == later[at]:
            for number in range(1, HOURS_ROW):
                hours[number - HOURS_ROW] += later[at + number]
        else:
            hours += later[at : at + HOURS_ROW]


def _furthest(ahead: tuple[datetime, datetime, datetime, str, int]) -> datetime:
    return max(ahead[:3])


def _key(window: Any) -> str:
    """Return what tells apart the windows of one deployment and start: endpoint and end (specification 1.3)."""
    return f"{instant(parse_instant(window.window_end))}\0{window.endpoint_name}"
