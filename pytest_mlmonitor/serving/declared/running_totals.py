"""Counts that go on from record to record: what a window counted is the difference from the record before it.

A total that falls began again with its process: what it shows then was counted since (as Prometheus' ``increase`` takes it). The
first record of an endpoint is what the others are counted from, and no window.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mlmonitor.serving.model import COUNTED

Series = tuple[str, str]
"""Deployment and endpoint."""


class RunningTotals:
    """The last totals of every endpoint.

    Attributes:
        begun_again: how often one fell.
    """

    def __init__(self) -> None:
        """Know none yet."""
        self._last: dict[Series, Mapping[str, Any]] = {}
        self.begun_again = 0

    def counted(self, series: Series, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a record with what was counted since the one before it, None for the first one.

        Args:
            series: whose counts they are.
            values: of the record, in order of time.
        """
        before = self._last.get(series)
        self._last[series] = values
        if before is None:
            return None
        found = dict(values)
        again = values["request_count"] < before["request_count"]
        self.begun_again += again
        for name in COUNTED:
            total, last = values.get(name), before.get(name)
            if total is None:
                continue
            if last is None and not again:
                del found[name]  # it came up in between: how much of it is of this window is not known
            else:
                found[name] = total if again or total < last else total - last
        return found
