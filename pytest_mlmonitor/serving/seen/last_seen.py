"""The last windows of an endpoint as checks see them: no older than ``serving.evidence_hours`` and the lookback allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pytest_mlmonitor.core.text.times import microseconds_of
from pytest_mlmonitor.serving.fold.conflicts import SEVERAL, Conflicts
from pytest_mlmonitor.serving.fold.fold import Terms
from pytest_mlmonitor.serving.fold.last import ENOUGH_PREDICTIONS, LastWindows, WindowRow
from pytest_mlmonitor.serving.model import ServingWindow


@dataclass(frozen=True, slots=True)
class LastRequests:
    """What became of the requests of some windows."""

    requests: int = 0
    succeeded: int = 0
    rejected: int = 0

    @property
    def lost(self) -> int:
        """Requests that were neither answered with success nor rejected."""
        return self.requests - self.succeeded - self.rejected


@dataclass(frozen=True, slots=True)
class LastPredictions:
    """The predictions of some windows.

    Attributes:
        all_bad: whether every one of them is null, not finite or out of range.
    """

    predictions: int = 0
    null: int = 0
    non_finite: int = 0
    out_of_range: int = 0
    all_bad: bool = False


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last windows of an endpoint, in order of time.

    Attributes:
        outcomes: of windows with requests.
        outputs: of windows with predictions.
        idle: whether a window within that time had answered requests and no prediction.
        idle_windows: how many there may be since the last prediction.
    """

    outcomes: tuple[WindowRow, ...] = ()
    outputs: tuple[WindowRow, ...] = ()
    idle: bool = False
    idle_windows: float = 0.0

    def requests_until(self, enough: int) -> LastRequests:
        """Return what became of the requests of whole windows, newest first, until they hold ``enough``."""
        requests = succeeded = rejected = 0
        for row in reversed(self.outcomes):
            requests, succeeded, rejected = requests + row[2], succeeded + row[3], rejected + row[4]
            if requests >= enough:
                break
        return LastRequests(requests, succeeded, rejected)

    def predictions_until(self, enough: int = ENOUGH_PREDICTIONS) -> LastPredictions:
        """Return the predictions of whole windows, newest first, until they hold ``enough``."""
        total, kinds, all_bad = 0, [0, 0, 0], True
        for row in reversed(self.outputs):
            total += row[6]
            kinds = [sum(pair) for pair in zip(kinds, row[7:10], strict=True)]
            all_bad = all_bad and sum(row[7:10]) >= row[6]
            if total >= enough:
                break
        null, non_finite, out_of_range = kinds
        return LastPredictions(total, null, non_finite, out_of_range, all_bad and total > 0)

    def without_prediction(self) -> tuple[int, float]:
        """Return the answered requests since the last prediction, and how many predictions were to be expected of them.

        None where they are no more a window than windows with predictions had of those without: an endpoint that is probed
        too is quiet at night.
        """
        if not self.outputs:
            return 0, 0.0
        idle = self.outputs[-1][10]
        if idle <= self.idle_windows * max(row[3] - row[6] for row in self.outputs):
            return idle, 0.0
        answered = sum(row[3] + row[10] for row in self.outputs) - idle
        return idle, idle * sum(row[6] for row in self.outputs) / answered if answered else 0.0


@dataclass(frozen=True, slots=True)
class SeenConflicts:
    """Windows of an endpoint of which there are two different records.

    Attributes:
        number: of windows.
        in_a_row: how many follow one another at most.
        first, second: the two records of the latest of those in a row that are several instances; None without such a row.
        now: whether that is the latest window of the endpoint.
        last: the last windows, by the worse record of each.
    """

    number: int
    in_a_row: int
    first: ServingWindow | None
    second: ServingWindow | None
    now: bool
    last: LastSeen


def last_seen(last: LastWindows, terms: Terms) -> LastSeen:
    """Return the last windows that count at the time of ``terms``: whole ones, by their ends."""
    oldest = microseconds_of(terms.now - terms.evidence)
    until = None if terms.lookback is None else microseconds_of(terms.lookback)

    last = last.settled(terms.needed)

    def counts(end: int) -> bool:
        return end >= oldest and (until is None or end > until)

    idle = bool(last.idle_end) and counts(last.idle_end)
    outcomes = tuple(row for row in last.outcomes if counts(row[1]))
    outputs = tuple(row for row in last.outputs if counts(row[1]))
    since = max(last.idle_end - outputs[-1][1], 0) if outputs else 0
    return LastSeen(outcomes, outputs, idle, since / (terms.length / timedelta(microseconds=1)))


def conflicts_seen(
    conflicts: Conflicts, windows: int, terms: Terms, as_window: Callable[[Any, str], ServingWindow], tree: str
) -> SeenConflicts:
    """Return the conflicts of an endpoint as checks see them.

    Args:
        conflicts: of the endpoint.
        windows: how many it has.
        terms: of the fold.
        as_window: makes a window of a record and its place.
        tree: what files are relative to, with a separator at its end.
    """
    pair, first, second = conflicts.latest, None, None
    if pair is not None and (terms.lookback is None or pair.end > terms.lookback):
        place = f"{tree}{pair.file}:{pair.line}"
        first, second = as_window(pair.first, place), as_window(pair.second, place)
    now = pair is not None and conflicts.at == windows and conflicts.run >= SEVERAL
    return SeenConflicts(conflicts.number, conflicts.longest, first, second, now, last_seen(conflicts.worse, terms))
