"""What is known of a deployment's windows without holding them: the form in which checks see a fold."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.hours.weekly import spans
from pytest_mlmonitor.core.text.times import EPOCH, microseconds_of
from pytest_mlmonitor.records.compiled import compiled
from pytest_mlmonitor.serving.fold.declared_window import as_declared, record_of
from pytest_mlmonitor.serving.fold.evidence import file_and_line, place_in
from pytest_mlmonitor.serving.fold.fold import Gap, LineTimes, Terms, WideGap, WindowFold
from pytest_mlmonitor.serving.fold.recent import ABSENT, RECENT, RECENT_FIELDS, RECENT_ROW
from pytest_mlmonitor.serving.model import Deployment, ServingWindow
from pytest_mlmonitor.serving.record import ServingWindowRecord
from pytest_mlmonitor.serving.seen.last_seen import LastSeen, SeenConflicts, conflicts_seen, last_seen
from pytest_mlmonitor.serving.seen.recent_counts import RecentCounts, RecentWindow
from pytest_mlmonitor.serving.window_policy import policy_in

_WINDOW = compiled(ServingWindowRecord)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Served:
    """One combination of the identity fields: the first window, how many, and what lies in which hour (``HOURLY`` of the fold)."""

    first: ServingWindow
    windows: int
    hours: Sequence[int]


@dataclass(frozen=True, slots=True)
class ServedEndpoint:
    """One endpoint: its last window, how many there are, and what outages and predictions are judged by.

    Attributes:
        predicted: whether any of them had a prediction.
        rising: how many of the last ones have more requests each than the one before.
        rising_from: requests of the first of these.
        last: the last windows.
        conflicts: of windows that are recorded twice; None where none is.
    """

    name: str
    latest: ServingWindow
    windows: int
    predicted: bool
    rising: int
    rising_from: int
    last: LastSeen
    conflicts: SeenConflicts | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """A window with times after the evaluation time: the furthest of them, which they are, and where it stands."""

    furthest: datetime
    fields: str
    location: str


@dataclass(frozen=True, slots=True)
class HealthBasis:
    """What serving health is judged by (specification 2.3): the windows of ``serving.lookback_seconds``, all by default.

    Attributes:
        windows: how many.
        requests: in all of them.
        missing: windows that are missing between two starts too far apart.
        largest_gap_seconds: largest distance of two starts.
    """

    windows: int
    requests: int
    missing: int
    largest_gap_seconds: float


@dataclass(frozen=True)
class ServingHistory:
    """The windows of a deployment, without the windows.

    Attributes:
        terms: of the policy and the run, for which the rest holds.
        windows: how many, without duplicates.
        first, latest: by window_start; among equals the first and the last in read order. None without windows.
        judged: see :class:`HealthBasis`.
        served: by identity, the first ones.
        more_served: windows of further identities; ``more_hours`` are theirs.
        endpoints: by name, the first thousand.
        more_endpoints: windows of further endpoints.
        ahead: windows that lie ahead of the evaluation time; ``more_ahead`` further ones.
        gaps: the latest gaps of at least one window, as far as traffic is expected in them.
        wide: the widest of all, the widest first: expected time between two starts, and the two.
        answering: end of the latest window with requests.
        arithmetic, times: findings.
        day: points of ten minutes of the last day, packed (:mod:`pytest_mlmonitor.serving.seen.served_day`).
    """

    terms: Terms
    windows: int = 0
    first: ServingWindow | None = None
    latest: ServingWindow | None = None
    judged: HealthBasis = HealthBasis(0, 0, 0, 0.0)
    served: tuple[Served, ...] = ()
    more_served: int = 0
    more_hours: Sequence[int] = ()
    endpoints: tuple[ServedEndpoint, ...] = ()
    more_endpoints: int = 0
    ahead: tuple[Ahead, ...] = ()
    more_ahead: int = 0
    gaps: tuple[Gap, ...] = ()
    wide: tuple[WideGap, ...] = ()
    answering: datetime | None = None
    arithmetic: tuple[Finding, ...] = ()
    times: tuple[Finding, ...] = ()
    _recent: Sequence[int] = field(default=(), repr=False)
    day: bytes = field(default=b"", repr=False)

    @property
    def newest(self) -> ServingWindow:
        """The latest window.

        Raises:
            NotChecked: there is none.
        """
        if self.latest is None:
            raise NotChecked("no readable window to judge")
        return self.latest

    def recent_counts(self) -> RecentCounts:
        """Return the counts of the windows that start within six hours before the evaluation time, and none after it."""
        rows, starts = self._recent, self._recent[::RECENT_ROW]
        first = bisect_left(starts, microseconds_of(self.terms.now - RECENT)) * RECENT_ROW
        last = bisect_right(starts, microseconds_of(self.terms.now)) * RECENT_ROW
        return RecentCounts({name: rows[first + 2 + at : last : RECENT_ROW] for at, name in enumerate(RECENT_FIELDS)})

    def recent(self) -> Iterator[RecentWindow]:
        """Yield the windows that start within six hours before the evaluation time, or after it, in time order."""
        rows, since = self._recent, microseconds_of(self.terms.now - RECENT)
        for at in range(0, len(rows), RECENT_ROW):
            if rows[at] >= since:
                counts = zip(RECENT_FIELDS, rows[at + 2 : at + RECENT_ROW], strict=True)
                yield RecentWindow(
                    EPOCH + rows[at] * _TICK,
                    EPOCH + rows[at + 1] * _TICK,
                    {name: number for name, number in counts if number != ABSENT},
                )


def terms_of(policy: ServingPolicy, now: datetime) -> Terms:
    """Return what folding needs to know of the policy and the evaluation time."""
    lookback = None if policy.lookback_seconds is None else now - timedelta(seconds=policy.lookback_seconds)
    length = timedelta(seconds=policy.expected_window_seconds)
    evidence, needed = timedelta(hours=policy.evidence_hours), policy.failure_min_requests
    return Terms(now, length, policy.max_allowed_gap_factor, lookback, spans(policy.expected_traffic), evidence, needed)


def history_of(deployment: Deployment, policy: ServingPolicy, now: datetime) -> ServingHistory:
    """Return the history of a deployment under ``policy``; windows are folded again where that was done under another one.

    Args:
        deployment: as it was read, or made by hand with windows.
        policy: thresholds of serving health.
        now: the evaluation time.
    """
    terms = terms_of(policy, now)
    known = deployment.history
    if isinstance(known, ServingHistory) and _alike(known.terms, terms):
        return known
    fold = WindowFold()
    # Sorted: windows of a deployment made by hand may come in any order, and a fold takes none that is late.
    for window in sorted(deployment.windows, key=lambda window: window.window_start):
        file, line = file_and_line(window.location)
        record = record_of(window)
        series = fold.identity_of(record, file, line), fold.endpoint_of(window.endpoint_name)
        span = LineTimes(window.window_start, window.window_end, terms)
        fold.add(record, span, window.heartbeat_emitted_at, *series, terms, file, line)
    return history_from(fold, terms, "")


def history_in(deployment: Deployment, context: Context) -> ServingHistory:
    """Return the history of a deployment under the policy and at the time of a rule's context."""
    return history_of(deployment, policy_in(deployment, context), context.now)


def history_as_read(deployment: Deployment) -> ServingHistory:
    """Return the history that a deployment was read with; of one made by hand under the default policy."""
    if isinstance(deployment.history, ServingHistory):
        return deployment.history
    latest = max((window.window_end for window in deployment.windows), default=EPOCH)
    return history_of(deployment, ServingPolicy(), latest)


def _alike(one: Terms, other: Terms) -> bool:
    """Return whether what was folded under ``one`` says for health what it would say under ``other``."""
    same = (one.length, one.factor, one.lookback) == (other.length, other.factor, other.lookback)
    same = same and (one.expected, one.evidence, one.needed) == (other.expected, other.evidence, other.needed)
    return same and (one.lookback is None or one.now == other.now)


def history_from(fold: WindowFold, terms: Terms, tree: str) -> ServingHistory:
    """Return what a fold says.

    Args:
        fold: of all windows.
        terms: of the fold.
        tree: what its files are relative to, as it is shown to people, with a separator at its end.
    """
    if fold.first is None or fold.latest is None:
        return ServingHistory(terms, arithmetic=fold.arithmetic.findings(tree), times=fold.times.findings(tree))
    # The first window is often also that of an identity, an endpoint, … Windows made by hand may share a place: so the record too.
    made: dict[tuple[str, int], tuple[Any, ServingWindow]] = {}

    def window(record: Any, file: str, line: int) -> ServingWindow:
        known = made.get((file, line))
        if known is None or known[0] != record:
            known = made[file, line] = record, as_window(record, place_in(tree, file, line))
        return known[1]

    return ServingHistory(
        terms,
        fold.windows,
        window(fold.first, fold.first_file, fold.first_line),
        window(fold.latest, fold.file, fold.line),
        _judged(fold, terms),
        tuple(
            Served(window(one.first, one.file, one.line), one.windows, one.hours)
            for one in fold.identities.values()
            if one.windows  # without any it is that of a duplicate, which does not count
        ),
        fold.more_identities,
        fold.more_hours,
        tuple(
            ServedEndpoint(
                name,
                window(one.latest, one.file, one.line),
                one.windows,
                one.predicted,
                one.rising,
                one.rising_from,
                last_seen(one.last, terms),
                conflicts_seen(one.conflicts, one.windows, terms, as_window, tree) if one.conflicts else None,
            )
            for name, one in fold.endpoints.items()
            if one.latest is not None  # all its windows are late, in a file that grew while it was read
        ),
        fold.more_endpoints,
        tuple(
            Ahead(
                max(times),
                ", ".join(name for name, time in zip(_WINDOW.timestamps, times, strict=True) if time > terms.now),
                place_in(tree, file, line),
            )
            for *times, file, line in fold.ahead
            if max(times) > terms.now
        ),
        fold.more_ahead,
        tuple(fold.gaps),
        tuple(fold.wide),
        fold.answering,
        fold.arithmetic.findings(tree),
        fold.times.findings(tree),
        fold.recent,
        fold.day.at(terms.now) if fold.day is not None else b"",
    )


def as_window(record: Any, location: str) -> ServingWindow:
    """Return a record in the compiled form as the window that people and checks see."""
    return ServingWindow(**as_declared(_WINDOW.values(record), record), location=location)


def _judged(fold: WindowFold, terms: Terms) -> HealthBasis:
    if terms.lookback is None:
        return HealthBasis(fold.windows, fold.requests, fold.missing, fold.largest_gap.total_seconds())
    since = microseconds_of(terms.lookback)
    rows = [fold.judged[at : at + 3] for at in range(0, len(fold.judged), 3) if fold.judged[at + 1] > since]
    if not rows:  # it fell silent before: it is judged by its last window, which is stale
        assert fold.latest is not None
        return HealthBasis(1, fold.latest.request_count, 0, 0.0)
    measured = WindowFold()
    for (before, *_), (after, *_) in pairwise(rows):
        measured.step(EPOCH + before * _TICK, EPOCH + after * _TICK, 0, 0, terms)
    requests = sum(row[2] for row in rows)
    return HealthBasis(len(rows), requests, measured.missing, measured.largest_gap.total_seconds())
