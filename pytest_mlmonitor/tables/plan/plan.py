"""The plan of a scan: what a contract and the checks ask of a table, as aggregates that one pass answers.

Every rule has two halves. Its *broken* expression says row by row where it is broken. Its *suspicion* says from a few cheap
aggregates (extremes, a sum that is no finite number) whether any row can be: only rules under suspicion are
looked at row by row, in a second pass that also shows where. All expressions are Narwhals, so that the same plan runs on
Arrow batches, on DuckDB and on Spark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.row_terms import columns_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import type_matches
from pytest_mlmonitor.tables.families import family_of, tells_apart
from pytest_mlmonitor.tables.plan.columns import ColumnRules
from pytest_mlmonitor.tables.plan.figures import add_statistics, count_metric
from pytest_mlmonitor.tables.plan.fit import row_misfit
from pytest_mlmonitor.tables.plan.row_rules import row_rule
from pytest_mlmonitor.tables.plan.terms import ScanPlan, key_of
from pytest_mlmonitor.tables.profile import ParquetHead, Statistics


def places_of(head: ParquetHead) -> dict[str, int]:
    """Return the position of every column, in their order; of a name that occurs twice that of the first."""
    places: dict[str, int] = {}
    for i, name in enumerate(head.names):
        places.setdefault(name, i)
    return places


def plan_of(contracts: Sequence[TableContract], head: ParquetHead, statistics: Statistics) -> ScanPlan:
    """Return the one plan of all that is asked of a table.

    Rules on absent columns, and on columns of another type than the contract's, are left out: the schema is judged from
    the head, and a column with a wrong type has one finding, not one per rule.
    """
    index = places_of(head)
    plan = ScanPlan()
    for number, contract in enumerate(contracts):
        before = len(plan.rules)
        _contract(plan, number, contract, index, head)
        for rule in plan.rules[before:]:
            rule.failure.contract = number
    add_statistics(plan, statistics, index, head)
    plan.unique = list(dict.fromkeys(plan.unique))
    return plan


def _contract(plan: ScanPlan, place: int, contract: TableContract, index: Mapping[str, int], head: ParquetHead) -> None:
    sound: dict[str, int] = {}
    for column in contract.columns:
        i = index.get(column.name)
        if i is None or not (head.types[i] == "null" or type_matches(head.types[i], column.types)):
            continue
        sound[column.name] = i
        # A column of no type holds nulls only: whether it may is all that can be asked of it.
        plan.rules += ColumnRules(plan, column, i, head.types[i]).rules()
        if contract.no_all_null and column.nan == "null" and family_of(head.types[i]) == "float":
            plan.term(f"nan{i}", nw.col(name_of(i)).is_nan().cast(nw.Int64).sum(), "sum")
        if column.unique and tells_apart(head.types[i]):
            plan.unique.append(key_of(contract, (column.name,), index, head.types))
    for rule in contract.rules:
        types = {name: head.types[i] for name, i in sound.items()}
        if set(columns_of(rule)) <= set(sound) and row_misfit(rule, types) is None:
            plan.rules.append(row_rule(plan, rule, sound, head, contract))
    if contract.key and set(contract.key) <= {name for name, i in sound.items() if tells_apart(head.types[i])}:
        plan.unique.append(key_of(contract, contract.key, index, head.types))
    for number, metric in enumerate(contract.metrics):
        if metric.rows is None:  # those of some rows have a plan of their own
            count_metric(plan, (place, number), contract, index, head)
