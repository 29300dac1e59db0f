"""Figures of a table: what metrics count, and the statistics that checks ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.prose.phrases import limit_in_words
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL, family_of, shift, tells_apart
from pytest_mlmonitor.tables.plan.columns import ColumnRules
from pytest_mlmonitor.tables.plan.held_values import as_double
from pytest_mlmonitor.tables.plan.terms import Figures, ScanPlan, ScanRule, key_of, metric_alias
from pytest_mlmonitor.tables.profile import Failure, ParquetHead, Statistics


def count_metric(
    plan: ScanPlan, number: tuple[int, int], contract: TableContract, index: Mapping[str, int], head: ParquetHead
) -> None:
    """Add what counts the rows that a metric is of; ``number`` is its place: of its contract, and of itself there."""
    metric = contract.metrics[number[1]]
    if not metric.columns or not set(metric.columns) <= set(index):
        return  # an absent column is a finding of the schema
    if metric.metric == "duplicate":
        key = key_of(contract, metric.columns, index, head.types)
        if all(tells_apart(head.types[i]) for i in key.columns):
            plan.counted[number] = key
        return
    name = metric.columns[0]
    i = index[name]
    x = nw.col(name_of(i))
    declared = contract.column(name)
    nan = declared.nan if declared is not None else "refuse"
    nothing = x.is_null()
    if family_of(head.types[i]) == "float" and (nan == "null" or (metric.metric == "missing" and nan != "allow")):
        nothing = nothing | x.is_nan()
    if metric.metric == "null":
        broken = nothing
    elif metric.metric == "missing":
        judged = ColumnRules(plan, Column(name, values=metric.missing, nan="allow"), i, head.types[i])
        broken = nothing | (judged.among(metric.missing) & ~x.is_null()) if metric.missing else nothing
    else:
        # Its own plan: the metric's rule is no rule of the contract.
        valid = metric.valid or Column(name)
        column = replace(valid, name=name, nullable=True, nan=valid.nan if declared is None else nan)
        aside = ScanPlan(further=plan.further)
        apart = [rule.broken for rule in ColumnRules(aside, column, i, head.types[i]).rules()]
        if not apart and head.types[i] != "null":
            return
        # A column of no type holds nothing that could be invalid.
        broken = reduce(lambda a, b: a | b, [b & ~nothing for b in apart], nothing & ~nothing)
    alias = plan.term(metric_alias(number), broken.cast(nw.Int64).sum(), "sum")
    failure = Failure(name, f"{metric.metric} value", limit_in_words(metric.limit), severity=metric.severity)

    def suspect(v: Figures) -> bool:
        rows = int(v[alias] or 0)
        return rows > 0 and not metric.limit.holds(metric.limit.figure(rows, v["rows"]))

    plan.rules.append(ScanRule(failure, i, broken, suspect, metric=number))


def add_statistics(plan: ScanPlan, statistics: Statistics, index: Mapping[str, int], head: ParquetHead) -> None:
    """Add what the checks ask of columns: sums, extremes, summaries."""
    for name in statistics.mean:
        if name in index and family_of(head.types[index[name]]) in NUMERIC:
            i, type_ = index[name], head.types[index[name]]
            x = nw.col(name_of(i))
            moved = family_of(type_) == "decimal" or shift(type_)  # what is held is not the number itself
            plan.term(f"sum{i}", (as_double(x, type_) if moved else x).sum(), "sum", None if moved else name_of(i))
    for name in statistics.extremes:
        if name in index and family_of(head.types[index[name]]) == "instant":
            i = index[name]
            plan.term(f"min{i}", nw.col(name_of(i)).min(), "min", name_of(i))
            plan.term(f"max{i}", nw.col(name_of(i)).max(), "max", name_of(i))
    for name in statistics.summary:
        if name in index:
            i, type_ = index[name], head.types[index[name]]
            family = family_of(type_)
            if family in NUMERIC | TEMPORAL:
                x = nw.col(name_of(i))
                if family == "float":
                    plan.term(f"unfinite{i}", (~x.is_finite()).cast(nw.Int64).sum(), "sum")
                    x = nw.when(x.is_finite()).then(x)
                plan.term(f"low{i}", x.min(), "min")
                plan.term(f"high{i}", x.max(), "max")
                if family in NUMERIC:
                    value = as_double(x, type_)
                    plan.term(f"total{i}", value.sum(), "sum")
                    plan.term(f"squares{i}", (value * value).sum(), "sum")
