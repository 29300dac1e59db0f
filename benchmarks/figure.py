"""What every group of figures is made of: a figure, its target, and how it comes from the turns of a pair."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable

from benchmarks.measure import Command, Cost, Pair, pair

FULL = 10_000_000
"""Rows that the targets are meant for; with fewer the figures are shown and not judged."""

Value = tuple[str, Callable[[Cost, Cost], float]]
"""What a figure says, and how it comes from one turn."""

MORE: Value = ("A / B CPU", lambda a, b: a.cpu / b.cpu)
LESS: Value = ("B / A CPU", lambda a, b: b.cpu / a.cpu)
EXTRA: Value = ("A − B CPU s", lambda a, b: a.cpu - b.cpu)
SPENT: Value = ("A CPU s", lambda a, _: a.cpu)
PEAK: Value = ("A peak MiB", lambda a, _: a.peak)
PEAK_RATIO: Value = ("A / B peak", lambda a, b: a.peak / b.peak)


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of a table.

    Attributes:
        words: A against B.
        pair: what was measured; None when it could not be.
        says: what the value is, e.g. ``B / A CPU``.
        values: one for every turn.
        relation, bound: the target; an empty relation has none.
        judged: whether the data is what the target is meant for.
        why: why there is no measurement.
    """

    words: str
    pair: Pair | None
    says: str = ""
    values: tuple[float, ...] = ()
    relation: str = ""
    bound: float = 0.0
    judged: bool = True
    why: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a judgement."""
        if not self.relation or not self.judged or not self.values:
            return None
        return self.value <= self.bound if self.relation == "≤" else self.value >= self.bound


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is measured: turns of a pair, and rows of the large dataset."""

    runs: int = 5
    rows: int = FULL


def turns(a: Command, b: Command, size: Size) -> Pair | str:
    """Return what was measured, or why nothing was."""
    try:
        return pair(a, b, size.runs)
    except RuntimeError as error:
        return str(error)


def figure(
    words: str,
    measured: Pair | str,
    value: Value,
    relation: str = "",
    bound: float = 0,
    *,
    judged: bool = True,
) -> Figure:
    """Return what was measured as a figure."""
    if isinstance(measured, str):
        return Figure(words, None, why=measured)
    says, of = value
    values = tuple(of(a, b) for a, b in zip(measured.a_runs, measured.b_runs, strict=True))
    return Figure(words, measured, says, values, relation, bound, judged)
