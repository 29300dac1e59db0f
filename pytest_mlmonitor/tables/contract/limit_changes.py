"""What changed of the limits between two versions of a contract: on figures, on answers of queries, on time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.tables.contract.prose.phrases import limit_in_words
from pytest_mlmonitor.tables.contract.table import Limit, Metric, Number, TableContract


def metric_changes(old: Sequence[Metric], new: Sequence[Metric]) -> Iterator[tuple[bool, str]]:
    """Yield every difference between the limits on figures: whether it is breaking, and how."""

    def subject(metric: Metric) -> tuple[Any, ...]:
        return (metric.metric, metric.columns, metric.missing, metric.valid, metric.limit.percent)

    left = [metric for metric in new if metric not in old]
    for metric in old:
        if metric in new:
            continue
        partner = next((m for m in left if subject(m) == subject(metric)), None)
        if partner is None:
            yield True, f"limit dropped: {_metric(metric)}"
            continue
        left.remove(partner)
        weaker = not implies(partner.limit, metric.limit) or partner.severity < metric.severity
        severities = (
            f" ({metric.severity.word} → {partner.severity.word})" if metric.severity != partner.severity else ""
        )
        if metric.limit != partner.limit or severities:
            yield weaker, f"limit of {_subject(metric)}: {_moved(metric.limit, partner.limit)}{severities}"
    for metric in left:
        yield False, f"limit added: {_metric(metric)}"


def implies(new: Limit, old: Limit) -> bool:
    """Return whether every figure that keeps ``new`` keeps ``old``."""
    if new == old:
        return True
    inner, outer = _interval(new), _interval(old)
    if new.percent != old.percent or inner is None or outer is None:
        return old.relation in ("!=", "not between") and new.relation == "==" and old.holds(new.bounds[0])
    (low, low_in), (high, high_in) = inner
    (least, least_in), (most, most_in) = outer
    above = low > least or (low == least and (least_in or not low_in))
    below = high < most or (high == most and (most_in or not high_in))
    return above and below


def _interval(limit: Limit) -> tuple[tuple[Number, bool], tuple[Number, bool]] | None:
    first, last = limit.bounds[0], limit.bounds[-1]
    infinite = float("inf")
    ends: dict[str, tuple[tuple[Number, bool], tuple[Number, bool]]] = {
        "==": ((first, True), (first, True)),
        "<": ((-infinite, True), (first, False)),
        "<=": ((-infinite, True), (first, True)),
        ">": ((first, False), (infinite, True)),
        ">=": ((first, True), (infinite, True)),
        "between": ((first, True), (last, True)),
    }
    return ends.get(limit.relation)


def query_changes(old: TableContract, new: TableContract) -> Iterator[tuple[bool, str]]:
    """Yield every difference between the queries, by their names."""
    there = {rule.name: rule for rule in new.sql}
    before = {rule.name for rule in old.sql}
    for rule in old.sql:
        partner = there.get(rule.name)
        if partner is None:
            yield True, f"query dropped: {quoted(rule.name)}"
        elif partner.query != rule.query:
            yield True, f"query {quoted(rule.name)} changed"
        elif partner.limit != rule.limit or partner.severity != rule.severity:
            weaker = not implies(partner.limit, rule.limit) or partner.severity < rule.severity
            yield weaker, f"limit of the query {quoted(rule.name)}: {_moved(rule.limit, partner.limit)}"
    for rule in new.sql:
        if rule.name not in before:
            yield False, f"query added: {quoted(rule.name)}"


def level_changes(old: TableContract, new: TableContract) -> Iterator[tuple[bool, str]]:
    """Yield every difference between the promises about time."""
    there = {(level.promise, level.column): level for level in new.levels}
    before = {(level.promise, level.column): level for level in old.levels}
    for place, level in before.items():
        partner = there.get(place)
        words = f"{level.promise} of {level.column or 'the table'}"
        if partner is None:
            yield True, f"{words} no longer promised (was: {duration(level.seconds)})"
        elif partner.seconds != level.seconds:
            # Kept shorter, history is lost; kept longer, it may hold what should be gone.
            breaking = level.promise == "retention" or partner.seconds > level.seconds
            yield breaking, f"{words} {duration(level.seconds)} → {duration(partner.seconds)}"
    for place, level in there.items():
        if place not in before:
            yield False, f"{level.promise} of {level.column or 'the table'} promised: {duration(level.seconds)}"


def _metric(metric: Metric) -> str:
    return f"{_subject(metric)}: {limit_in_words(metric.limit)}"


def _moved(old: Limit, new: Limit) -> str:
    return f"{limit_in_words(old)} → {limit_in_words(new)}"


def _subject(metric: Metric) -> str:
    figure = "rows" if metric.metric == "rows" else f"{metric.metric} values"
    return f"{figure} of {', '.join(metric.columns)}" if metric.columns else figure
