"""The last windows of one endpoint: as many as outages and predictions are judged by, however many came before.

What is judged are whole windows, newest first, until they hold so many requests or so many predictions (specification 2.3). So
of all windows only the shortest such end of the row is kept; it can be stored, gone on with, and joined with that of later
windows. Rows are plain tuples: they are made once a window.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

ENOUGH_PREDICTIONS = 100
"""Predictions that the windows hold by which predictions are judged (specification 2.3)."""

SERIES = 12
"""Windows with requests that are kept at least: whether counts only ever grow shows in so many. By chance twelve numbers are in
order once in 479 million times."""

WindowRow = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""Of a window: start, end; requests, succeeded, rejected, failed; predictions, null, not finite, out of range; answered requests of
the windows without any prediction that follow, until the next one with some."""


def row_of(window: Any, start: int, end: int) -> WindowRow:
    """Return what is kept of a window: the record, its start and its end."""
    return (
        start,
        end,
        window.request_count,
        window.success_count,
        window.rejected_count,
        window.failure_count,
        window.prediction_count,
        window.prediction_null_count,
        window.prediction_non_finite_count,
        window.prediction_out_of_range_count,
        0,
    )


class LastWindows(Struct):
    """The last windows of one endpoint.

    The latest one stands apart until the next one comes: another record of it may count in its place
    (:mod:`pytest_mlmonitor.serving.fold.conflicts`).

    Attributes:
        outcomes: the shortest end of the row of windows with requests that holds enough of them and ``SERIES`` windows.
        requests: in them.
        outputs: the shortest end of the row of windows with predictions that holds ``ENOUGH_PREDICTIONS``.
        predictions: in them.
        idle: answered requests in windows without predictions before the first of ``outputs``; -1 where others came before it.
        idle_start, idle_end: of the latest window with answered requests and without a prediction; 0 without one.
        current: the latest window, which none of the others count yet; None where it is counted.
    """

    outcomes: list[WindowRow] = field(default_factory=list)
    requests: int = 0
    outputs: list[WindowRow] = field(default_factory=list)
    predictions: int = 0
    idle: int = 0
    idle_start: int = 0
    idle_end: int = 0
    current: WindowRow | None = None

    def add(self, window: Any, start: int, end: int, needed: int) -> None:
        """Add a window that starts no earlier than the last one.

        Args:
            window: the record.
            start: of it, microseconds since 1970.
            end: of it.
            needed: requests that outages are judged by.
        """
        if self.current is not None:
            self.settle(needed)
        self.current = row_of(window, start, end)

    def settle(self, needed: int) -> None:
        """Count the latest window."""
        row = self.current
        if row is None:
            return
        self.current = None
        start, end, requests, answered, _, _, predictions, *_ = row
        if requests:
            rows = self.outcomes
            rows.append(row)
            held = self.requests + requests
            while len(rows) > SERIES and held - rows[0][2] >= needed:
                held -= rows.pop(0)[2]
            self.requests = held
        if predictions:
            rows = self.outputs
            rows.append(row)
            held = self.predictions + predictions
            while held - rows[0][6] >= ENOUGH_PREDICTIONS:
                held -= rows.pop(0)[6]
                self.idle = -1
            self.predictions = held
        elif answered:
            self.idle_start, self.idle_end = start, end
            self._idle_on(answered)

    def copied(self) -> LastWindows:
        """Return one that goes on by itself."""
        return replace(self, outcomes=[*self.outcomes], outputs=[*self.outputs])

    def settled(self, needed: int) -> LastWindows:
        """Return the same with the latest window counted."""
        if self.current is None:
            return self
        copy = self.copied()
        copy.settle(needed)
        return copy

    def join(self, later: LastWindows, needed: int) -> None:
        """Add those of later windows."""
        if later.current is None and not later.outcomes and not later.idle_end:
            return
        self.settle(needed)
        self.current = later.current
        outcomes = self.outcomes = [*self.outcomes, *later.outcomes]
        self.requests += later.requests
        while len(outcomes) > SERIES and self.requests - outcomes[0][2] >= needed:
            self.requests -= outcomes.pop(0)[2]
        if later.idle > 0:
            self._idle_on(later.idle)
        elif later.idle < 0:
            self.idle = -1  # the later ones are enough by themselves
        if later.idle_end:
            self.idle_start, self.idle_end = later.idle_start, later.idle_end
        outputs = self.outputs = [*self.outputs, *later.outputs]
        self.predictions += later.predictions
        while outputs and self.predictions - outputs[0][6] >= ENOUGH_PREDICTIONS:
            self.predictions -= outputs.pop(0)[6]
            self.idle = -1

    def forget(self, until: int) -> bool:
        """Drop windows that ended before a moment; return whether there were any."""
        kept = len(self.outcomes) + len(self.outputs) + (self.current is not None)
        if self.current is not None and self.current[1] < until:
            self.current = None
        while self.outcomes and self.outcomes[0][1] < until:
            self.requests -= self.outcomes.pop(0)[2]
        while self.outputs and self.outputs[0][1] < until:
            self.predictions -= self.outputs.pop(0)[6]
            self.idle = -1 if self.outputs else 0
        return len(self.outcomes) + len(self.outputs) + (self.current is not None) < kept

    def _idle_on(self, answered: int) -> None:
        if self.outputs:
            *last, idle = self.outputs[-1]
            self.outputs[-1] = (*last, idle + answered)  # type: ignore[assignment]
        else:
            self.idle += answered
