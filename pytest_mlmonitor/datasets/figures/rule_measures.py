"""Figures that contracts limit, against their limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.measure import MAX_WORDS, Direction, Measure
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.tables.contract.table import Limit, TableContract
from pytest_mlmonitor.tables.profile import SelectedRows, TableProfile

_WORDS = {
    "rows": "rows",
    "null": "null rate",
    "missing": "missing values",
    "invalid": "invalid values",
    "duplicate": "repeated values",
}


def rule_measures(profile: TableProfile, contracts: Sequence[TableContract]) -> Iterator[Measure]:
    """Yield the figures of a table's quality rules that one number limits: at most, at least, or none."""
    for place, contract in enumerate(contracts):
        for number, metric in enumerate(contract.metrics):
            at = (place, number)
            counted = profile.figures.get(at)
            selected = profile.selections.get(at, SelectedRows(profile.rows, profile.rows))
            if counted is None or selected.error is not None:
                continue
            words = "nulls" if metric.metric == "null" and not metric.limit.percent else _WORDS[metric.metric]
            figure = float(metric.limit.figure(counted, selected.rows))
            yield from _measure(words, figure, metric.limit, ", ".join(metric.columns) or None)
        for number, rule in enumerate(contract.sql):
            answer = profile.answers.get((place, number))
            if answer is not None and answer.figure is not None:
                words = bare(rule.name, MAX_WORDS)
                for one in _measure(words, float(answer.figure), rule.limit, None):
                    yield Measure(one.what, one.value, one.limit, "", one.direction)


def _measure(words: str, figure: float, limit: Limit, column: str | None) -> Iterator[Measure]:
    """Yield a figure against the bound that it is nearest to; nothing where no side of a bound is the wrong one."""
    first, last = float(limit.bounds[0]), float(limit.bounds[-1])
    side: Direction = "above"
    bound = last
    if limit.relation in (">", ">="):
        side, bound = "below", first
    elif limit.relation == "between":
        side, bound = ("below", first) if figure < (first + last) / 2 else ("above", last)
    elif limit.relation not in ("<", "<=") and not (limit.relation == "==" and first == 0):
        return
    unit, scale = ("share", 100) if limit.percent else ("count", 1)
    yield Measure(words, figure / scale, bound / scale, unit, side, column)
