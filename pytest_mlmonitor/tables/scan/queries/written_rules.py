"""Queries as Spark computes them: conditions, groups, and the figures of many rows, each in its words or refused by name."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

from pytest_mlmonitor.tables.contract.table import SqlRule, TableContract
from pytest_mlmonitor.tables.profile import SqlAnswer
from pytest_mlmonitor.tables.scan.filters.condition import Condition
from pytest_mlmonitor.tables.scan.queries.counted_rows import of_share
from pytest_mlmonitor.tables.scan.queries.query_tree import ColumnNames, Tree, condition, lists_rows, parsed, text_of
from pytest_mlmonitor.tables.scan.queries.spark_forms import DECIMAL, NotOnSpark, arguments, form_of
from pytest_mlmonitor.tables.scan.queries.spark_words import SparkWords
from pytest_mlmonitor.tables.scan.queries.sql_rules import TABLE, Asking
from pytest_mlmonitor.tables.scan.queries.table_streams import OtherTables, of_table

FIGURES = "figures"
"""What the figures of many rows are called where a query's one figure is computed of them."""

LEFT = 'which engine = spark does not compute as the embedded engine does; set engine = "embedded"'


@dataclass(frozen=True)
class SparkQuery:
    """What Spark computes of a query, as expressions over the columns by the engine's names.

    Attributes:
        where: which rows.
        aggregates: figures of these rows and the type that each has in the embedded engine.
        final: what the query makes of them, as a query over :data:`FIGURES`; empty where rows or groups are counted.
        keys: values by which groups, or rows, are told apart and counted …
        having: … and which groups are.
        shown: names of columns that it lists, and which of ``keys`` each is.
        holds: what holds of the rows at fault, None where that is not known.
        share: whether the figure does not say how many they are.
    """

    where: str = "true"
    aggregates: tuple[tuple[str, str], ...] = ()
    final: str = ""
    keys: tuple[str, ...] = ()
    having: str | None = None
    shown: tuple[tuple[str, int], ...] = ()
    holds: str | None = None
    share: bool = False


class WrittenRules(Asking):
    """Prepares rules as :class:`.sql_rules.Asking` does, and writes them down instead of running them."""

    def __init__(
        self,
        connection: Any,
        names: ColumnNames,
        contracts: Sequence[TableContract],
        beside: OtherTables,
        empty: Any,
        types: Sequence[str],
        clock: str,
    ) -> None:
        super().__init__(connection, Event(), names, contracts, beside, empty)
        self._words = SparkWords(connection, TABLE, names.engine, types, self.aggregates, clock)
        self.written: SparkQuery | None = None

    def answer(self, rule: SqlRule, known: SqlAnswer | None = None) -> SqlAnswer:
        """Write a rule down; the answer counts where there is nothing written."""
        self.written = None
        try:
            return super().answer(rule, known)
        except NotOnSpark as error:
            return SqlAnswer(rule.name, None, f"cannot run: it uses {error}, {LEFT}")

    def figure(self, rule: SqlRule, query: str, tree: Tree | None) -> SqlAnswer:
        """Refuse what the embedded engine refuses before it sees a row, and write the rest down."""
        refused = super().figure(rule, query, tree)
        if refused.error is not None and refused.error.startswith(("is refused", "gives a row of")):
            return refused
        if tree is None:
            raise NotOnSpark("what cannot be taken apart")
        self.written = self._query_of(tree, counted=query.startswith("SELECT count(*) FROM ("))
        return SqlAnswer(rule.name, None)

    def condition(self, text: str) -> str:
        """Return a filter.

        Raises:
            BadFilter: it is no condition on the columns of a row.
            NotOnSpark: Spark does not compute it alike.
        """
        asked = Condition(self.connection, text, self.names.own, classified=bool(self.hidden))
        self._words.alias = ""
        return self._words.condition(asked.expression)

    def _query_of(self, tree: Tree, *, counted: bool) -> SparkQuery:
        node = tree["statements"][0]["node"]
        source_ = node.get("from_table") or {}
        if node.get("type") != "SELECT_NODE" or source_.get("type") != "BASE_TABLE" or not of_table(tree, TABLE):
            raise NotOnSpark("more than the table itself (a join, another table, a query inside)")
        if (node.get("cte_map") or {}).get("map") or node.get("qualify") or source_.get("column_name_alias"):
            raise NotOnSpark("a named query, or a condition on windows")
        if source_.get("sample") or node.get("sample"):
            raise NotOnSpark("a sample")
        self._words.alias = str(source_.get("alias") or "")
        where = self._words.condition(node.get("where_clause"))
        modifiers = [one["type"] for one in node.get("modifiers") or ()]
        holds, share = self._at_fault(tree)
        if counted:
            return self._counted(node, where, modifiers, holds)
        if modifiers or node.get("group_expressions") or node.get("having") or lists_rows(tree, self.aggregates):
            raise NotOnSpark("groups, an order or a limit for its one figure")
        items = node["select_list"]
        if len(items) != 1:
            raise NotOnSpark("several figures")
        found: list[tuple[str, str]] = []
        final = self._figured(copy.deepcopy(items[0]), found)
        if not found:
            raise NotOnSpark("a value of each row for its one figure")
        template = parsed(self.connection, f"SELECT 1 FROM {FIGURES}")  # noqa: S608 (our name)
        assert template is not None
        template["statements"][0]["node"]["select_list"] = [final]
        return SparkQuery(where, tuple(found), text_of(self.connection, template), holds=holds, share=share)

    def _at_fault(self, tree: Tree) -> tuple[str | None, bool]:
        """Return what holds of the rows that a query counts, and whether it gives their share."""
        counts = condition(tree, self.aggregates)
        holds = counts or of_share(tree, self.aggregates)
        return (None if holds is None else self._words.condition(holds)), counts is None

    def _counted(self, node: Tree, where: str, modifiers: Sequence[str], holds: str | None) -> SparkQuery:
        """Return a query that counts what another one lists."""
        items, groups = node["select_list"], node.get("group_expressions") or []
        if any(one != "DISTINCT_MODIFIER" for one in modifiers) or len(node.get("group_sets") or ()) > 1:
            raise NotOnSpark("a limit, or several groupings")
        if groups:
            if modifiers:
                raise NotOnSpark("DISTINCT beside groups")
            meant = [_meant(one, items) for one in groups]
            having = node.get("having")
            return SparkQuery(
                where,
                keys=tuple(map(self._key, meant)),
                having=None if having is None else self._over_groups(having),
                shown=self._shown(items, meant),
            )
        if node.get("having"):
            raise NotOnSpark("HAVING without groups")
        if modifiers:
            return SparkQuery(where, keys=tuple(map(self._key, items)), shown=self._shown(items, items))
        return SparkQuery(where, (("count(1)", "BIGINT"),), f"SELECT a0 FROM {FIGURES}", holds=holds)  # noqa: S608

    def _shown(self, items: Sequence[Tree], keys: Sequence[Tree]) -> tuple[tuple[str, int], ...]:
        """Return under which names a query lists its keys; none where it lists anything else, or times."""
        found = []
        for item in items:
            named = item.get("class") == "COLUMN_REF" and not item.get("alias")
            at = next((k for k, key in enumerate(keys) if _same(key, item)), None)
            if not named or at is None or form_of(self._words.type_of(item)) not in ("STRING", "BOOLEAN", "BIGINT"):
                return ()
            if self._words.type_of(item).startswith(("DATE", "TIME")):
                return ()
            found.append((self.names.shown(str(item["column_names"][-1])), at))
        return tuple(found)

    def _key(self, node: Tree) -> str:
        if self._words.type_of(node) in ("DOUBLE", "FLOAT"):
            raise NotOnSpark("floating numbers as values that are told apart")
        return self._words.expression(node)

    def _over_groups(self, node: Tree) -> str:
        """Return a condition on groups: a comparison of one figure of many rows with a constant, or several of them."""
        if node.get("class") == "CONJUNCTION":
            word = " AND " if node["type"] == "CONJUNCTION_AND" else " OR "
            return f"({word.join(map(self._over_groups, node['children']))})"
        if node.get("class") != "COMPARISON":
            raise NotOnSpark("HAVING with more than comparisons of figures")
        return self._words.compared(node, self._aggregate)

    def _figured(self, node: Any, found: list[tuple[str, str]]) -> Any:
        """Return an expression with the figures of many rows as columns, and note which they are."""
        if isinstance(node, list):
            return [self._figured(one, found) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("class") in ("SUBQUERY", "WINDOW", "COLUMN_REF", "LAMBDA", "PARAMETER"):
            what = {"COLUMN_REF": "a column outside its figures", "SUBQUERY": "another query", "WINDOW": "a window"}
            raise NotOnSpark(what.get(node["class"], node["class"].lower()))
        if node.get("class") == "FUNCTION" and node.get("function_name") in self.aggregates:
            found.append((self._aggregate(node), self._words.type_of(node)))
            name = f"a{len(found) - 1}"
            return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": [name]}
        return {key: self._figured(value, found) for key, value in node.items()}

    def _aggregate(self, node: Tree) -> str:
        """Return a figure of many rows."""
        name, given = str(node["function_name"]), arguments(node)
        if name not in self.aggregates:
            raise NotOnSpark(f"{name}() here")
        if (node.get("order_bys") or {}).get("orders"):
            raise NotOnSpark(f"an order inside {name}()")
        only = f" FILTER (WHERE {self._words.condition(node['filter'])})" if node.get("filter") else ""
        text = self._figure_of(name, given, distinct=bool(node.get("distinct")), type_=self._words.type_of(node))
        return text.replace("?", only)

    def _figure_of(self, name: str, given: Sequence[Tree], *, distinct: bool, type_: str) -> str:
        """Return a figure with ``?`` where a filter stands."""
        words = self._words
        if name in ("count_star", "count") and not given:
            return "count(1)?"
        if distinct:
            if name != "count" or len(given) != 1:
                raise NotOnSpark(f"DISTINCT in {name}()")
            return f"count(DISTINCT {self._key(given[0])})?"
        if len(given) != 1:
            raise NotOnSpark(f"{name}() of {len(given)} arguments")
        (value,) = given
        if name == "count":
            return f"count({words.there(value)})?"
        if name in ("count_if", "countif"):
            return f"sum(CASE WHEN {words.condition(value)} THEN 1BD ELSE 0BD END)?"
        kind = words.type_of(value)
        if name == "sum" and (type_ == "HUGEINT" or DECIMAL.fullmatch(type_)):
            form = form_of(type_) if type_ == "HUGEINT" else kind
            return f"sum(CAST({words.cast(value, 'INTEGER') if kind == 'BOOLEAN' else words.expression(value)} AS {form}))?"
        if name == "sum" and type_ == "DOUBLE":
            return f"sum({words.cast(value, 'DOUBLE')})?"
        if name in ("avg", "mean") and type_ == "DOUBLE":
            text = words.expression(value)
            if kind in ("DOUBLE", "FLOAT"):
                return f"avg(CAST({text} AS DOUBLE))?"
            form = kind if DECIMAL.fullmatch(kind) else "DECIMAL(38,0)"
            return f"CAST(sum(CAST({text} AS {form}))? AS DOUBLE) / nullif(count({text})?, 0)"
        if name in ("min", "max") and kind == type_ and kind not in ("VARCHAR", "DATE") and not kind.startswith("TIME"):
            return f"{name}({words.expression(value)})?"
        raise NotOnSpark(f"{name}() of {kind}")


def _same(one: Tree, other: Tree) -> bool:
    return (
        one.get("class") == "COLUMN_REF" == other.get("class") and one["column_names"][-1] == other["column_names"][-1]
    )


def _meant(node: Tree, items: Sequence[Tree]) -> Tree:
    """Return what rows are grouped by: a number means one of the columns that are listed, and so does a name given there."""
    literal = node.get("literal")
    if isinstance(literal, dict) and str(literal.get("text", "")).isdigit():
        return items[int(literal["text"]) - 1]
    if node.get("class") == "COLUMN_REF" and len(node["column_names"]) == 1:
        named = [one for one in items if str(one.get("alias") or "").lower() == str(node["column_names"][0]).lower()]
        if named and named[0].get("class") != "COLUMN_REF":
            raise NotOnSpark("a group by the name of an expression")
    return node
