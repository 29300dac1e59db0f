"""The rules on how many things lie in a list, a map or an object, and whether the items of a list differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import narwhals as nw

from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.arrays.list_items import ItemCount, RepeatedItems
from pytest_mlmonitor.tables.contract.table import Column
from pytest_mlmonitor.tables.plan.terms import Figures, ScanPlan, beyond, some


def item_rules(
    plan: ScanPlan, column: Column, i: int, type_: str
) -> Iterator[tuple[str, str, nw.Expr, Callable[[Figures], bool]]]:
    """Yield what is wrong and what is expected, in words, where a value is wrong, and whether any can be.

    Args:
        plan: takes the aggregates, and the columns that Arrow computes of lists.
        column: what the contract says.
        i: position of the column.
        type_: its Arrow type: of lists, maps or objects.
    """
    for bound, lower in ((column.min_items, True), (column.max_items, False)):
        if bound is None:
            continue
        plan.further[f"items{i}"] = ItemCount(i)
        number = nw.col(f"items{i}")
        side: Literal["min", "max"] = "min" if lower else "max"
        alias = plan.term(f"{side}_items{i}", number.min() if lower else number.max(), side)
        broken = number < bound if lower else number > bound
        yield *_in_words(bound, type_, lower=lower), broken, beyond(alias, bound, lower=lower, strict=False)
    if column.unique_items:
        name = f"repeated{i}"
        plan.further[name] = RepeatedItems(i, column.nan == "null")
        alias = plan.term(f"lists_{name}", nw.col(name).sum(), "sum")
        yield "a list with an item twice", "no item twice in a list", nw.col(name) != 0, lambda v: some(v, alias)


def _in_words(bound: int, type_: str, *, lower: bool) -> tuple[str, str]:
    amount = f"at {'least' if lower else 'most'}"
    if type_.startswith("struct<"):
        properties = count(bound, "property", "properties")
        return f"filled in {'fewer' if lower else 'more'} than {properties}", f"a value in {amount} {properties}"
    things = count(bound, "entry", "entries") if type_.startswith("map<") else count(bound, "item")
    return f"{'shorter' if lower else 'longer'} than {things}", f"{amount} {things}"
