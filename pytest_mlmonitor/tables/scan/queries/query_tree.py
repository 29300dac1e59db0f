"""A query as the tree that DuckDB parses it into: which columns it names, and which rows it counts.

The tree is DuckDB's own (``json_serialize_sql``), so that nothing here guesses at quotes, comments or nesting.
"""

from __future__ import annotations

import copy
import json
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import listing

NUMBERED = "mlmonitor_numbered"
ROW = "mlmonitor_row"
_ALIAS = "mlmonitor_column_"
_LIMITS = ("LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER")
_OPERATOR = {"class": "OPERATOR", "alias": ""}
_COUNTS = frozenset(("count_star", "count", "count_if", "countif", "sum"))

Tree = dict[str, Any]


class NoSuchName(ValueError):
    """The query names a column in a way that could mean several, or none; the message says which."""


class ColumnNames:
    """The names of a table's columns inside DuckDB, to which ``a`` and ``A`` are one name.

    Attributes:
        own: the table's names, in order.
        engine: names of which no two differ in case only; others keep their own.
        apart: whether any had to be renamed.
    """

    def __init__(self, own: Sequence[str]) -> None:
        self.own = list(own)
        lower = [name.lower() for name in own]
        self.engine = [
            n if lower.count(low) == 1 else f"{_ALIAS}{i}" for i, (n, low) in enumerate(zip(own, lower, strict=True))
        ]
        self.apart = self.engine != self.own

    def renamed(self, tree: Tree) -> Tree:
        """Return a query with the engine's names of the columns that it names.

        Raises:
            NoSuchName: a name fits several columns and is spelled like none of them, or stands for all but some.
        """
        made = copy.deepcopy(tree)
        tables = {
            str(node.get(key)).lower() for node in nodes(made) for key in ("alias", "table_name") if node.get(key)
        }
        for node in nodes(made):
            if node.get("class") == "COLUMN_REF":
                parts = node["column_names"]
                k = 1 if len(parts) > 1 and parts[0].lower() in tables else 0
                parts[k] = self._engine(parts[k])
            elif node.get("class") == "STAR" and (
                node.get("columns") or any(v for k, v in node.items() if k.endswith("_list"))
            ):
                raise NoSuchName(
                    "stands for columns by a pattern or by exceptions, and some differ in case only: name them"
                )
            if isinstance(node.get("using_columns"), list):
                node["using_columns"] = [self._engine(name) for name in node["using_columns"]]
        return made

    def _engine(self, name: str) -> str:
        alike = [i for i, own in enumerate(self.own) if own.lower() == name.lower()]
        if len(alike) < 2:
            return name
        same = [i for i in alike if self.own[i] == name]
        if len(same) == 1:
            return self.engine[same[0]]
        there = listing([quoted(self.own[i]) for i in alike], 4)
        raise NoSuchName(f"names the column {quoted(name)}, and the table has {there}: which one is not certain")

    def shown(self, text: str) -> str:
        """Return a message of the engine with the table's own names."""
        for own, engine in reversed(list(zip(self.own, self.engine, strict=True))):
            text = text.replace(engine, own) if engine != own else text
        return text


def parsed(connection: Any, query: str) -> Tree | None:
    """Return the tree of a query, None where DuckDB has none of it."""
    import duckdb

    try:
        ((text,),) = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
        tree: Tree = json.loads(text)
    except (duckdb.Error, ValueError, TypeError):
        return None
    return None if tree.get("error") or len(tree.get("statements", ())) != 1 else tree


def text_of(connection: Any, tree: Tree) -> str:
    """Return the query that a tree is of."""
    ((text,),) = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
    return str(text)


def lists_rows(tree: Tree, aggregates: Set[str]) -> bool:
    """Return whether a query lists what is at fault (by a condition, groups, distinct values) and gives no single figure."""
    return _lists(tree["statements"][0]["node"], aggregates, {})


def _lists(node: Tree, aggregates: Set[str], queries: Mapping[str, Tree]) -> bool:
    if node.get("type") == "SET_OPERATION_NODE":
        sides = [side for side in (node.get("left"), node.get("right"), *(node.get("children") or ())) if side]
        return any(_lists(side, aggregates, queries) for side in sides)
    if node.get("type") != "SELECT_NODE" or _one_row(node, aggregates, queries):
        return False
    chosen = ("where_clause", "group_expressions", "having", "qualify")
    distinct = any(modifier["type"] == "DISTINCT_MODIFIER" for modifier in node.get("modifiers") or ())
    # A table as it stands may be the one figure that was written to it.
    return distinct or any(node.get(key) for key in chosen)


def _one_row(node: Tree, aggregates: Set[str], queries: Mapping[str, Tree]) -> bool:
    """Return whether a query gives one row whatever the table holds; also where that is not known."""
    if node.get("type") != "SELECT_NODE":
        return not _lists(node, aggregates, queries)
    if node.get("group_expressions"):
        return False
    named = {entry["key"].lower(): _query_of(entry["value"]) for entry in node.get("cte_map", {}).get("map", ())}
    if any(
        item.get("class") == "FUNCTION" and item.get("function_name") in aggregates
        for item in nodes(node["select_list"], without=("SUBQUERY", "WINDOW"))
    ):
        return True
    return _one_row_of(node.get("from_table") or {}, aggregates, {**queries, **named})


def _one_row_of(source: Tree, aggregates: Set[str], queries: Mapping[str, Tree]) -> bool:
    kind = source.get("type")
    if kind == "JOIN":
        return all(_one_row_of(source[side], aggregates, queries) for side in ("left", "right"))
    if kind == "SUBQUERY":
        return _one_row(_query_of(source["subquery"]), aggregates, queries)
    if kind != "BASE_TABLE":
        return True
    query = queries.get(str(source.get("table_name")).lower())
    rest = {name: other for name, other in queries.items() if other is not query}
    return query is not None and _one_row(query, aggregates, rest)


def _query_of(node: Tree) -> Tree:
    """Return the query of a named or nested query; DuckDB's versions keep it in different places."""
    for key in ("query_node", "query", "node"):
        if isinstance(node.get(key), dict):
            return _query_of(node[key])
    return node


def columns_listed(tree: Tree) -> int:
    """Return how many columns a query that :func:`lists_rows` lists; a star counts as two."""
    node = tree["statements"][0]["node"]
    while "select_list" not in node:
        node = node.get("left") or node["children"][0]
    return sum(2 if item.get("class") == "STAR" else 1 for item in node["select_list"])


def unlimited(tree: Tree) -> Tree:
    """Return a query without an order and a limit of its rows: all of them are counted."""
    made = copy.deepcopy(tree)
    node = made["statements"][0]["node"]
    node["modifiers"] = [m for m in node.get("modifiers") or () if m["type"] not in ("ORDER_MODIFIER", *_LIMITS)]
    return made


def condition(tree: Tree, aggregates: Set[str]) -> Tree | None:
    """Return what holds of the rows that a query lists or counts; None where it does something else, or counts them all."""
    select = _plain_select(tree)
    if select is None:
        return None
    where: Tree | None = select["where_clause"]
    if lists_rows(tree, aggregates):
        return where
    items = select["select_list"]
    call = items[0] if len(items) == 1 else {}
    if call.get("class") != "FUNCTION" or call.get("function_name") not in _COUNTS or call.get("distinct"):
        return None
    counted = _argument(call)
    if counted is None:
        return None
    parts: list[Tree | None] = [where, call.get("filter"), *counted]
    return _all_of([part for part in parts if part])


def rows_query(template: Tree, tree: Tree, holds: Tree) -> Tree:
    """Return ``template``, a select over the numbered table, with a query's name of the table and its condition."""
    made = copy.deepcopy(template)
    select, asked = made["statements"][0]["node"], tree["statements"][0]["node"]
    select["from_table"]["alias"] = asked["from_table"]["alias"] or asked["from_table"]["table_name"]
    select["where_clause"] = holds
    return made


def columns_in(holds: Tree) -> list[str]:
    """Return the names of the columns that a condition names, in order."""
    return list(
        dict.fromkeys(str(node["column_names"][-1]) for node in nodes(holds) if node.get("class") == "COLUMN_REF")
    )


def _argument(call: Tree) -> list[Tree] | None:
    """Return the condition of ``count_if`` and ``sum(CASE …)``, none for ``count(*)`` and ``count(1)``; None for other figures."""
    arguments = [
        argument.get("expression", argument) for argument in call.get("arguments") or call.get("children") or ()
    ]
    name = call["function_name"]
    if name == "count_star" or (name == "count" and not arguments):
        return []
    if len(arguments) != 1:
        return None
    (counted,) = arguments
    if name == "count":
        return [] if _constant(counted) else [{**_OPERATOR, "type": "OPERATOR_IS_NOT_NULL", "children": [counted]}]
    if name in ("count_if", "countif"):
        return [counted]
    checks = counted.get("case_checks", ())
    ones = len(checks) == 1 and _constant(checks[0]["then_expr"]) == "1"
    return [checks[0]["when_expr"]] if ones and _constant(counted.get("else_expr") or {}) in ("0", "", None) else None


def _constant(node: Tree) -> str | None:
    """Return a constant as text, an empty one for NULL; None for what is no constant."""
    literal = node.get("literal")
    return str(literal.get("text")) if isinstance(literal, dict) and literal.get("text") is not None else None


def _plain_select(tree: Tree) -> Tree | None:
    """Return the node of a query that is one SELECT over the table itself, without groups, limits or other queries."""
    node: Tree = tree["statements"][0]["node"]
    if node.get("type") != "SELECT_NODE" or node.get("modifiers") or node.get("group_expressions"):
        return None
    if node.get("having") or node.get("qualify") or node.get("sample") or node.get("cte_map", {}).get("map"):
        return None
    source = node.get("from_table") or {}
    return node if source.get("type") == "BASE_TABLE" and not source.get("column_name_alias") else None


def _all_of(parts: list[Tree]) -> Tree | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "alias": "", "children": parts}


def nodes(tree: Any, without: Collection[str] = ()) -> Iterator[Tree]:
    """Yield every node of a tree, but for those of the classes ``without`` and what is inside them."""
    todo = deque([tree])
    while todo:
        node = todo.popleft()
        if isinstance(node, dict):
            if node.get("class") in without:
                continue
            yield node
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
