"""A query as the tree that DuckDB parses it into: which columns it names, and which rows it counts.

The tree is DuckDB's own (``json_serialize_sql``), so that nothing here guesses at quotes, comments or nesting.
"""

from __future__ import annotations

import copy
import json
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import listing

NUMBERED = "mlmonitor_numbered"
ROW = "mlmonitor_row"
_ALIAS = "mlmonitor_column_"
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
            str(node.get(key)).lower() for node in _nodes(made) for key in ("alias", "table_name") if node.get(key)
        }
        for node in _nodes(made):
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


def lists_rows(tree: Tree) -> bool:
    """Return whether a query lists rows of the table that keep a condition: they are what it counts."""
    select = _plain_select(tree)
    if select is None or select["where_clause"] is None:
        return False
    return all(item.get("class") in ("COLUMN_REF", "STAR") for item in select["select_list"])


def columns_listed(tree: Tree) -> int:
    """Return how many columns a query that :func:`lists_rows` lists; a star counts as two."""
    items = tree["statements"][0]["node"]["select_list"]
    return sum(2 if item.get("class") == "STAR" else 1 for item in items)


def counting(template: Tree, tree: Tree) -> Tree:
    """Return the query that counts the rows which ``tree`` lists, as ``template``, a ``SELECT count(*)``, does."""
    made = copy.deepcopy(tree)
    made["statements"][0]["node"]["select_list"] = template["statements"][0]["node"]["select_list"]
    return made


def condition(tree: Tree) -> Tree | None:
    """Return what holds of the rows that a query lists or counts; None where it does something else, or counts them all."""
    select = _plain_select(tree)
    if select is None:
        return None
    where: Tree | None = select["where_clause"]
    if lists_rows(tree):
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
        dict.fromkeys(str(node["column_names"][-1]) for node in _nodes(holds) if node.get("class") == "COLUMN_REF")
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
        return [] if _constant(counted) is not None else None
    if name in ("count_if", "countif"):
        return [counted]
    checks = counted.get("case_checks", ())
    ones = len(checks) == 1 and _constant(checks[0]["then_expr"]) == "1"
    return [checks[0]["when_expr"]] if ones and _constant(counted.get("else_expr") or {}) in ("0", None) else None


def _constant(node: Tree) -> str | None:
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


def _nodes(tree: Any) -> Iterator[Tree]:
    """Yield every node of a tree."""
    todo = deque([tree])
    while todo:
        node = todo.popleft()
        if isinstance(node, dict):
            yield node
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
