"""Times that must follow one another, and must not lie ahead of now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from pytest_mlmonitor.core.context import Context
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


def not_ahead(name: str, moment: datetime, context: Context, location: str, of: str = "") -> Iterator[Finding]:
    """Yield a finding where a time lies ahead of the evaluation time; ``of`` says of what it is."""
    seconds = (moment - context.now).total_seconds()
    if seconds > 0:
        yield ahead(f"{name} {instant(moment)}{of} lies", seconds, context, name, location)


def ahead(lies: str, seconds: float, context: Context, column: str, location: str, more: str = "") -> Finding:
    """Return the finding of a time ``seconds`` ahead of the evaluation time: info within the clock skew, else an error."""
    skew = context.settings.clock_skew_seconds
    return Finding(
        Severity.ERROR if seconds > skew else Severity.INFO,
        f"{lies} {duration(seconds)} ahead of the evaluation time {instant(context.now)}{more}",
        f"at most {skew:g} s ahead (clock_skew_seconds)",
        f"{seconds:g} s ahead",
        column,
        location,
        ahead=True,
        keys=("clock_skew_seconds",),
    )
