"""The rows that a query counts where it is no plain count over the table: a share of the rows, or a count over a join.

Only what provably are the rows at fault: where a figure grows with what it counts. ``100 - …`` and differences are left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Set
from typing import Any, NamedTuple

from pytest_mlmonitor.tables.scan.queries.query_tree import Tree, condition

_COUNTS_IF = frozenset(("count_if", "countif", "sum", "avg", "mean"))
_PASSED_ON = frozenset(("round", "nullif", "coalesce", "ifnull", "ceil", "floor", "trunc"))
"""Functions that give their first argument on, or a value near it."""


def of_share(tree: Tree, aggregates: Set[str]) -> Tree | None:
    """Return what holds of the rows of which a query gives the share, None where it does something else.

    A share is one conditional count (``sum(CASE WHEN … THEN 1 ELSE 0 END)``, ``count(*) FILTER (WHERE …)``, ``avg(CASE …)``),
    multiplied by numbers and divided by numbers or a plain count: more of these rows make it greater.
    """
    made = copy.deepcopy(tree)
    node = made["statements"][0]["node"]
    items = node.get("select_list") or []
    found = _factors(items[0], aggregates) if len(items) == 1 else None
    if found is None or len(found.above) != 1 or any(map(_conditional, found.below)):
        return None
    call = found.above[0]
    if not _conditional(call):
        return None
    if call["function_name"] in ("avg", "mean"):
        call["function_name"] = "sum"  # the mean of noughts and ones counts the ones
    node["select_list"] = [call]
    return condition(made, aggregates)


def listing(tree: Tree, template: Tree, aggregates: Set[str]) -> Tree | None:
    """Return a query for the rows that ``tree`` counts over a join, a query in FROM or a named query, None where it does not.

    Args:
        tree: the query.
        template: ``SELECT *`` of the table with a limit.
        aggregates: the functions that make one figure of many rows.
    """
    made = copy.deepcopy(tree)
    node = made["statements"][0]["node"]
    if node.get("type") != "SELECT_NODE" or node.get("modifiers") or node.get("sample"):
        return None
    if not _tables(tree) <= {template["statements"][0]["node"]["from_table"]["table_name"]}:
        return None  # which values of another table are not shown only its own contract says
    # As if it were one over a plain table: what holds of the rows does not hang on where they come from.
    plain = copy.deepcopy(tree)
    asked, shape = plain["statements"][0]["node"], template["statements"][0]["node"]
    asked["from_table"], asked["cte_map"] = shape["from_table"], {"map": []}
    items = asked.get("select_list") or []
    counts_all = len(items) == 1 and items[0].get("function_name") == "count_star"
    holds = condition(plain, aggregates)
    if holds is None and not (counts_all and _is_bare(asked)):
        return None
    node["select_list"], node["modifiers"] = shape["select_list"], shape["modifiers"]
    node["where_clause"] = holds
    return made


def _tables(tree: Any) -> set[str]:
    """Return the tables that a query names, without its own named queries."""
    named: set[str] = set()
    own: set[str] = set()
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                named.add(str(node.get("table_name")))
            if isinstance(node.get("cte_map"), dict):
                own |= {str(entry["key"]) for entry in node["cte_map"].get("map", ())}
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return named - own


def _is_bare(node: Tree) -> bool:
    return not any(node.get(key) for key in ("where_clause", "group_expressions", "having", "qualify")) and not node[
        "select_list"
    ][0].get("filter")


class _Factors(NamedTuple):
    """The aggregates that an expression is multiplied by, and those it is divided by."""

    above: tuple[Tree, ...] = ()
    below: tuple[Tree, ...] = ()


def _factors(node: Tree, aggregates: Set[str]) -> _Factors | None:
    """Return what an expression is a product of; None where it is none, or numbers in it may be below 0."""
    if node.get("class") == "CAST" and isinstance(node.get("child"), dict):
        return _factors(node["child"], aggregates)
    if node.get("class") == "CONSTANT":
        return _Factors()
    if node.get("class") != "FUNCTION":
        return None
    name = node.get("function_name")
    children = [child.get("expression", child) for child in node.get("arguments") or node.get("children") or ()]
    if name in aggregates:
        return _Factors((node,))
    if name in _PASSED_ON and children:
        return _factors(children[0], aggregates)
    if name not in ("*", "/", "//") or len(children) != 2:
        return None
    first, second = (_factors(child, aggregates) for child in children)
    if first is None or second is None:
        return None
    if name == "*":
        return _Factors((*first.above, *second.above), (*first.below, *second.below))
    return _Factors((*first.above, *second.below), (*first.below, *second.above))


def _conditional(call: Tree) -> bool:
    """Return whether an aggregate counts some of the rows only."""
    name = call.get("function_name")
    arguments = [a.get("expression", a) for a in call.get("arguments") or call.get("children") or ()]
    cases = any(argument.get("case_checks") for argument in arguments)
    return bool(call.get("filter")) or name in ("count_if", "countif") or (name in _COUNTS_IF and cases)
