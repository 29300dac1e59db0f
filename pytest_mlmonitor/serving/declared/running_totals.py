"""Counts that go on from record to record: what a window counted is the difference from the record before it.

A total that falls began again with its process: what it shows then was counted since (as Prometheus' ``increase`` takes it). The
first record of an endpoint is what the others are counted from, and no window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.serving.model import COUNTED

Series = tuple[str, str]
"""Deployment and endpoint."""

FEW = 5
"""Falls that any process may have."""

OFTEN = 0.1
"""Share of an endpoint's totals that fall, from which on they are of several processes and not of one that began again."""


class RunningTotals:
    """The last totals of every endpoint, and how often they fell."""

    def __init__(self) -> None:
        """Know none yet."""
        self._last: dict[Series, Mapping[str, Any]] = {}
        self._fallen: Counter[Series] = Counter()
        self._counted: Counter[Series] = Counter()

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
        self._fallen[series] += again
        self._counted[series] += 1
        for name in COUNTED:
            total, last = values.get(name), before.get(name)
            if total is None:
                continue
            if last is None and not again:
                del found[name]  # it came up in between: how much of it is of this window is not known
            else:
                found[name] = total if again or total < last else total - last
        return found

    def mixed(self, source: str) -> Iterator[tuple[str, Finding]]:
        """Yield the deployments whose totals are those of several processes, each with what to say of it.

        Args:
            source: name of the source.
        """
        for deployment in sorted({series[0] for series in self._fallen}):
            often = [one for one in self._fallen if one[0] == deployment and self._fallen[one] > FEW]
            fallen = sum(self._fallen[one] for one in often)
            whole = sum(self._counted[one] for one in often)
            if fallen > OFTEN * whole:
                message = (
                    f"source.{source}: request_count falls {fallen:,} times in {count(whole, 'record')} of {bare(deployment)}: "
                    "these are totals of several processes, and nothing says which is whose; say what tells them apart, "
                    'as in fields.endpoint_name = "instance"'
                )
                expected = "totals of one process, or a field that says of which"
                yield deployment, Finding(Severity.ERROR, message, expected, f"{fallen:,} falls", "endpoint_name")
