"""Which columns of a table a query looks at: of a wide table no others need be read for it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mlmonitor.tables.scan.query_tree import Tree, nodes

_KNOWN = frozenset(
    ("BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR", "WINDOW")
)
"""Expressions that look at the columns that they name and at no others: no ``*``, no ``#1``, no query inside."""


def columns_needed(tree: Tree | None, names: Sequence[str]) -> list[str]:
    """Return those columns of a table that a query over it looks at, in their order; all of them where it does not say.

    Args:
        tree: of the query (see :func:`.query_tree.parsed`).
        names: the columns, as the engine knows them.
    """
    node: Tree = tree["statements"][0]["node"] if tree is not None else {}
    source = node.get("from_table") or {}
    if source.get("type") != "BASE_TABLE" or source.get("column_name_alias") or node.get("cte_map", {}).get("map"):
        return list(names)
    there = {name.lower(): name for name in names}
    found: set[str] = set()
    for one in nodes(tree):
        class_ = one.get("class")
        if class_ is not None and class_ not in _KNOWN:
            return list(names)
        if class_ == "COLUMN_REF":
            named = {there[part.lower()] for part in map(str, one["column_names"]) if part.lower() in there}
            if not named:  # the row itself, or nothing that the table has
                return list(names)
            found |= named
    return [name for name in names if name in found] or list(names[:1])
