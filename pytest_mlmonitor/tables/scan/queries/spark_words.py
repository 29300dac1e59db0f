"""An expression of the embedded engine in the words of Spark, where Spark computes the very same.

The tree is DuckDB's own, and DuckDB says of every part what type it has (``DESCRIBE``); parts that name no column are computed by
it at once. What is left are a few dozen operators over columns, each written so that both engines give the same value of every
row, or the same error. Everything else is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.families import value_type
from pytest_mlmonitor.tables.scan.queries.query_tree import Tree, parsed, text_of
from pytest_mlmonitor.tables.scan.queries.spark_forms import (
    DECIMAL,
    DIGITS,
    TIMES,
    UNSIGNED,
    WHOLE,
    NotOnSpark,
    arguments,
    as_decimal,
    bounded,
    bytes_of,
    converted,
    form_of,
    is_constant,
    literal_of,
    quotient,
)

_COMPARE = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_OF_TEXTS = {"starts_with": "startswith", "^@": "startswith", "prefix": "startswith", "ends_with": "endswith"}
_OF_TEXTS |= {"suffix": "endswith", "contains": "contains"}
_LENGTHS = ("length", "len", "char_length", "character_length")


class SparkWords:
    """Writes expressions over one table for Spark, which knows its columns by the engine's names."""

    def __init__(
        self, connection: Any, table: str, names: Sequence[str], types: Sequence[str], aggregates: set[str], clock: str
    ) -> None:
        """Prepare.

        Args:
            connection: holds the table, without rows.
            table: what it is called there.
            names: its columns there.
            types: their Arrow types.
            aggregates: functions that make one figure of many rows.
            clock: what times without a zone are of.
        """
        self._connection, self._table = connection, table
        self._places = {name.lower(): i for i, name in enumerate(names)}
        self._types, self.aggregates, self._clock = types, aggregates, clock
        self._known: dict[str, str] = {}
        self._template = parsed(connection, f"SELECT 1 AS x FROM {table}")  # noqa: S608 (our name)
        self.alias = ""

    def type_of(self, node: Tree) -> str:
        """Return the type of an expression over the table, as DuckDB spells it.

        Raises:
            NotOnSpark: it has none.
        """
        import duckdb

        key = json.dumps(node, sort_keys=True)
        if key not in self._known:
            try:
                ((_, found, *_),) = self._connection.execute(f"DESCRIBE {self._select(node)}").fetchall()
            except duckdb.Error:
                raise NotOnSpark("values of types that do not go together") from None
            self._known[key] = str(found)
        return self._known[key]

    def _select(self, node: Tree) -> str:
        made: Tree = json.loads(json.dumps(self._template))
        select = made["statements"][0]["node"]
        select["select_list"] = [node]
        if self.alias:
            select["from_table"]["alias"] = self.alias
        return text_of(self._connection, made)

    def condition(self, node: Tree | None) -> str:
        """Return a condition."""
        return "true" if node is None else self.cast(node, "BOOLEAN")

    def cast(self, node: Tree, wanted: str) -> str:
        """Return an expression as a value of another type of DuckDB, which holds it."""
        if is_constant(node):
            return self._literal(node, wanted)
        return converted(self.expression(node), self.type_of(node), wanted)

    def expression(self, node: Tree) -> str:
        """Return an expression in Spark's words, in the form that its type has there (:func:`form_of`).

        Raises:
            NotOnSpark: something in it is not computed alike.
        """
        if is_constant(node):
            return self._literal(node, self.type_of(node))
        write = _WRITERS.get(str(node.get("class")))
        if write is None:
            raise NotOnSpark({"SUBQUERY": "another query", "WINDOW": "a window", "STAR": "*"}.get(
                str(node.get("class")), str(node.get("class")).lower()
            ))  # fmt: skip
        return write(self, node)

    def _literal(self, node: Tree, wanted: str) -> str:
        """Return what a constant is, as DuckDB computes it."""
        import duckdb

        made = self._select(node).rpartition(" FROM ")[0]
        try:
            ticks = TIMES.get(wanted)
            value = f"CAST(({made.removeprefix('SELECT ')}) AS {wanted})"
            if ticks is not None:
                value = f"epoch_ns({value})"
            elif wanted == "DATE":
                value = f"date_diff('day', DATE '1970-01-01', {value})"
            ((found,),) = self._connection.execute(f"SELECT {value}").fetchall()
        except duckdb.Error:
            raise NotOnSpark("a value that cannot be computed") from None
        if found is None:
            return "NULL"
        if ticks is not None:
            return f"{found * ticks // 10**9}L"
        return literal_of(found, wanted)

    def _column(self, node: Tree) -> str:
        i = self._places.get(str(node["column_names"][-1]).lower())
        if i is None or (len(node["column_names"]) > 1 and len(node["column_names"]) != 2):
            raise NotOnSpark(
                f"the column {quoted('.'.join(map(str, node['column_names'])))} of another table or of a struct"
            )
        type_, name = value_type(self._types[i]), name_of(i)
        found = self.type_of(node)
        if type_ == "halffloat":
            raise NotOnSpark(f"a column of type {type_}")
        if found == "DATE":
            return f"CAST(unix_date({name}) AS BIGINT)"
        form = form_of(found)
        return f"CAST({name} AS {form})"

    def compared(self, node: Tree, figure: Callable[[Tree], str]) -> str:
        """Return a comparison of a figure of many rows with a constant; ``figure`` writes the former."""
        sides = [node["left"], node["right"]]
        common = self._common(sides)
        texts = []
        for side in sides:
            constant = is_constant(side)
            texts.append(self.cast(side, common) if constant else converted(figure(side), self.type_of(side), common))
        if node["type"] not in _COMPARE:
            raise NotOnSpark(str(node["type"]).lower())
        return f"({texts[0]} {_COMPARE[node['type']]} {texts[1]})"

    def _comparison(self, node: Tree) -> str:
        sides = [node["left"], node["right"]]
        left, right = (self.cast(side, self._common(sides)) for side in sides)
        if node["type"] == "COMPARE_DISTINCT_FROM":
            return f"(NOT ({left} <=> {right}))"
        if node["type"] == "COMPARE_NOT_DISTINCT_FROM":
            return f"({left} <=> {right})"
        if node["type"] not in _COMPARE:
            raise NotOnSpark(str(node["type"]).lower())
        return f"({left} {_COMPARE[node['type']]} {right})"

    def _common(self, several: Sequence[Tree]) -> str:
        """Return the type as which DuckDB compares several values."""
        first, *rest = several
        if not rest:
            return self.type_of(first)
        check = {"when_expr": {"class": "OPERATOR", "type": "OPERATOR_IS_NULL", "alias": "", "children": [first]}}
        cases = [{**check, "then_expr": one} for one in several[:-1]]
        found = self.type_of(
            {"class": "CASE", "type": "CASE_EXPR", "alias": "", "case_checks": cases, "else_expr": several[-1]}
        )
        form_of(found)
        return found

    def _between(self, node: Tree) -> str:
        sides = [node["input"], node["lower"], node["upper"]]
        value, low, high = (self.cast(side, self._common(sides)) for side in sides)
        return f"({value} >= {low} AND {value} <= {high})"

    def _conjunction(self, node: Tree) -> str:
        word = " AND " if node["type"] == "CONJUNCTION_AND" else " OR "
        return f"({word.join(map(self.condition, node['children']))})"

    def _operator(self, node: Tree) -> str:
        type_, children = node["type"], node["children"]
        if type_ == "OPERATOR_NOT":
            return f"(NOT {self.condition(children[0])})"
        if type_ in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
            return f"({self.there(children[0])} {'IS NULL' if type_ == 'OPERATOR_IS_NULL' else 'IS NOT NULL'})"
        if type_ in ("COMPARE_IN", "COMPARE_NOT_IN"):
            value, *others = (self.cast(child, self._common(children)) for child in children)
            return f"({value} {'NOT IN' if 'NOT' in type_ else 'IN'} ({', '.join(others)}))"
        if type_ == "OPERATOR_COALESCE":
            return f"coalesce({', '.join(self.cast(child, self._common(children)) for child in children)})"
        raise NotOnSpark(str(type_).lower())

    def there(self, node: Tree) -> str:
        """Return what is null where an expression is: of a column of any type the column itself."""
        if node.get("class") == "COLUMN_REF":
            i = self._places.get(str(node["column_names"][-1]).lower())
            if i is not None and len(node["column_names"]) < 3:
                return name_of(i)
        return self.expression(node)

    def _case(self, node: Tree) -> str:
        common = self.type_of(node)
        cases = [
            f"WHEN {self.condition(one['when_expr'])} THEN {self.cast(one['then_expr'], common)}"
            for one in node["case_checks"]
        ]
        return f"(CASE {' '.join(cases)} ELSE {self.cast(node['else_expr'], common)} END)"

    def _cast(self, node: Tree) -> str:
        if node.get("try_cast"):
            raise NotOnSpark("try_cast")
        return self.cast(node["child"], self.type_of(node))

    def _function(self, node: Tree) -> str:
        name = str(node.get("function_name"))
        given = arguments(node)
        if node.get("filter") or node.get("distinct") or name in self.aggregates:
            raise NotOnSpark(f"{name}() here")
        if name in ("+", "-", "*") and len(given) == 2:
            return self._arithmetic(name, given, self.type_of(node))
        if name == "/" and len(given) == 2 and self.type_of(node) in ("DOUBLE", "FLOAT"):
            left, right = (self.cast(one, self.type_of(node)) for one in given)
            return quotient(left, right, form_of(self.type_of(node)))
        if name == "%" and len(given) == 2 and self.type_of(node) in WHOLE:
            left, right = (self.cast(one, "BIGINT") for one in given)
            return f"({left} % {right})"
        if name in ("-", "abs") and len(given) == 1:
            type_ = self.type_of(node)
            value = self.cast(given[0], type_)
            return bounded(f"(-{value})" if name == "-" else f"abs({value})", type_)
        if name in ("~~", "!~~") and is_constant(given[1]):
            pattern = self._literal(given[1], "VARCHAR")
            if "5C" in bytes_of(pattern):
                raise NotOnSpark("a pattern with a backslash")
            return f"({self.cast(given[0], 'VARCHAR')} {'NOT LIKE' if name == '!~~' else 'LIKE'} {pattern})"
        if name in _LENGTHS and self.type_of(given[0]) == "VARCHAR":
            return f"CAST(char_length({self.cast(given[0], 'VARCHAR')}) AS BIGINT)"
        if name in _OF_TEXTS and all(self.type_of(one) == "VARCHAR" for one in given):
            return f"{_OF_TEXTS[name]}({', '.join(self.cast(one, 'VARCHAR') for one in given)})"
        if name == "||" and all(self.type_of(one) == "VARCHAR" for one in given):
            return f"({' || '.join(self.cast(one, 'VARCHAR') for one in given)})"
        if name == "isnan" and self.type_of(given[0]) in ("DOUBLE", "FLOAT"):
            value = self.expression(given[0])
            return f"(CASE WHEN {value} IS NOT NULL THEN isnan({value}) END)"
        raise NotOnSpark(f"{name}()" if name.replace("_", "").isalnum() else name)

    def _arithmetic(self, sign: str, given: Sequence[Tree], type_: str) -> str:
        kinds = [self.type_of(one) for one in given]
        if type_ in ("DOUBLE", "FLOAT"):
            return f"({self.cast(given[0], type_)} {sign} {self.cast(given[1], type_)})"
        if type_ == "BIGINT" and kinds == ["DATE", "DATE"] and sign == "-":
            return f"({self.expression(given[0])} - {self.expression(given[1])})"
        if type_ in (*WHOLE, *UNSIGNED) and all(kind in (*WHOLE, *UNSIGNED) for kind in kinds):
            left, right = (converted(self.cast(one, type_), type_, "HUGEINT") for one in given)
            return bounded(f"({left} {sign} {right})", type_)
        match = DECIMAL.fullmatch(type_)
        if match is None:
            raise NotOnSpark(f"{sign} of {kinds[0]} and {kinds[1]}")
        digits = int(match.group(1))
        if digits >= DIGITS:
            raise NotOnSpark(f"{sign} of decimals of {DIGITS} digits")
        sides = [
            self.cast(one, as_decimal(kind) if sign == "*" else type_) for one, kind in zip(given, kinds, strict=True)
        ]
        return f"CAST(({sides[0]} {sign} {sides[1]}) AS {type_})"


_WRITERS: Mapping[str, Callable[[SparkWords, Tree], str]] = {
    "COLUMN_REF": SparkWords._column,
    "COMPARISON": SparkWords._comparison,
    "BETWEEN": SparkWords._between,
    "CONJUNCTION": SparkWords._conjunction,
    "OPERATOR": SparkWords._operator,
    "CASE": SparkWords._case,
    "CAST": SparkWords._cast,
    "FUNCTION": SparkWords._function,
}
