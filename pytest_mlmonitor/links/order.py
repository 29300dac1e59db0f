"""Times that must follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import duration, instant


def in_order(times: Sequence[tuple[str, datetime | None]], location: str) -> Iterator[Finding]:
    """Yield a finding for each of ``times`` (name, time) that lies before the one it should follow; None is passed over."""
    known = [(name, moment) for name, moment in times if moment is not None]
    for (before, earlier), (after, later) in pairwise(known):
        if later < earlier:
            gap = duration((earlier - later).total_seconds())
            yield Finding(
                Severity.ERROR,
                f"{after} {instant(later)} lies {gap} before {before} {instant(earlier)}",
                f"{before} ≤ {after}",
                f"{instant(later)} < {instant(earlier)}",
                f"{before}, {after}",
                location,
            )
