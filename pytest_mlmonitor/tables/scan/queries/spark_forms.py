"""The values of the embedded engine's types as Spark has them: dates as days, times as ticks, long integers as decimals."""

from __future__ import annotations

import re
from typing import Any

from pytest_mlmonitor.tables.scan.queries.query_tree import Tree, nodes

WHOLE = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
UNSIGNED = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64}
TIMES = {
    "TIMESTAMP_S": 1,
    "TIMESTAMP_MS": 10**3,
    "TIMESTAMP": 10**6,
    "TIMESTAMP WITH TIME ZONE": 10**6,
    "TIMESTAMP_NS": 10**9,
}
TIMES |= {"TIMESTAMPTZ": 10**6, "TIMESTAMPTZ_NS": 10**9}
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
DIGITS = 38
_EXACT = 15
"""Decimals of so many digits have one nearest double, whichever way it is computed."""


class NotOnSpark(ValueError):
    """Spark does not compute it as the embedded engine does; the message says what, and follows "it uses"."""


def form_of(type_: str) -> str:
    """Return as what type Spark computes with values of a type of DuckDB: dates as days, times as ticks of their unit.

    Raises:
        NotOnSpark: there is none.
    """
    if type_ in WHOLE or (type_ in UNSIGNED and type_ != "UBIGINT") or type_ in TIMES or type_ == "DATE":
        return "BIGINT"
    if type_ in ("HUGEINT", "UBIGINT"):
        return f"DECIMAL({DIGITS},0)"
    if type_ in ("DOUBLE", "FLOAT", "BOOLEAN") or DECIMAL.fullmatch(type_):
        return type_
    if type_ == "VARCHAR":
        return "STRING"
    if type_ == '"NULL"':
        return "BOOLEAN"
    raise NotOnSpark(f"values of type {type_}")


def as_decimal(type_: str) -> str:
    """Return the decimal as which DuckDB multiplies whole numbers with decimals; a decimal as it is."""
    digits = {
        **{"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19},
        **{"UTINYINT": 3, "USMALLINT": 5, "UINTEGER": 10},
    }
    return f"DECIMAL({digits[type_]},0)" if type_ in digits else type_


def converted(text: str, type_: str, wanted: str) -> str:
    """Return a value of one type as another one that DuckDB brings it to.

    Raises:
        NotOnSpark: both engines do not do it alike.
    """
    if type_ in (wanted, '"NULL"'):
        return text
    whole = type_ in WHOLE or type_ in UNSIGNED or type_ == "HUGEINT"
    decimal = DECIMAL.fullmatch(type_)
    wider = {**WHOLE, **UNSIGNED}.get(wanted)
    if whole and wanted == "HUGEINT":
        return f"CAST({text} AS {form_of(wanted)})"
    if whole and wider is not None and type_ != "HUGEINT":
        return bounded(f"CAST({text} AS {form_of(wanted)})", wanted)
    if (whole and type_ != "HUGEINT" and wanted in ("DOUBLE", "FLOAT")) or (type_ == "FLOAT" and wanted == "DOUBLE"):
        return f"CAST({text} AS {wanted})"
    if (whole or decimal) and DECIMAL.fullmatch(wanted):
        return f"CAST({text} AS {wanted})"
    if decimal and wanted == "DOUBLE" and int(decimal.group(1)) <= _EXACT:
        return f"CAST({text} AS DOUBLE)"
    if type_ == "BOOLEAN" and (wider is not None or wanted in ("HUGEINT", "DOUBLE")):
        return f"CAST(CAST({text} AS INT) AS {form_of(wanted)})"
    if type_ == "DATE" and wanted in TIMES and not _zoned(wanted):
        return f"({text} * {86_400 * TIMES[wanted]}L)"
    times = type_ in TIMES and wanted in TIMES and _zoned(type_) == _zoned(wanted)
    if times and TIMES[wanted] >= TIMES[type_]:
        return f"({text} * {TIMES[wanted] // TIMES[type_]}L)"
    raise NotOnSpark(f"{type_} as {wanted}")


def _zoned(type_: str) -> bool:
    return "TZ" in type_ or "ZONE" in type_


def bounded(text: str, type_: str) -> str:
    """Return whole numbers that end the query beyond the bounds of their type, as in DuckDB."""
    bits, unsigned = WHOLE.get(type_), UNSIGNED.get(type_)
    if bits is None and unsigned is None:
        return text
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if bits is not None else (0, 2 ** (unsigned or 0) - 1)
    form = form_of(type_)
    value = f"CAST({text} AS DECIMAL({DIGITS},0))"
    there = f"{value} BETWEEN {low}BD AND {high}BD OR {value} IS NULL"
    said = f"CAST(raise_error('a value of type {type_} is out of range') AS {form})"
    return f"(CASE WHEN {there} THEN CAST({text} AS {form}) ELSE {said} END)"


def quotient(left: str, right: str, form: str) -> str:
    """Return a quotient of floating numbers, by 0 as in DuckDB: endless, or no number."""
    endless = f"CAST('Infinity' AS {form})"
    of_zero = f"CASE WHEN {left} > 0 THEN {endless} WHEN {left} < 0 THEN -{endless} ELSE CAST('NaN' AS {form}) END"
    none = f"{left} IS NULL OR {right} IS NULL"
    return f"(CASE WHEN {none} THEN NULL WHEN {right} = 0 THEN {of_zero} ELSE {left} / {right} END)"


def literal_of(value: Any, type_: str) -> str:
    """Return a value that DuckDB computed as a literal of Spark; texts by their bytes, so that nothing in them is special."""
    if type_ == "VARCHAR" or isinstance(value, str):
        return f"CAST(X'{str(value).encode().hex().upper()}' AS STRING)"
    if isinstance(value, bool):
        return str(value).lower()
    form = form_of(type_)
    return f"CAST('{value!r}' AS {form})" if isinstance(value, float) else f"CAST('{value}' AS {form})"


def bytes_of(literal: str) -> list[str]:
    """Return the bytes of a text that :func:`literal_of` wrote, two digits each."""
    match = re.search(r"X'([0-9A-F]*)'", literal)
    digits = match.group(1) if match else ""
    return [digits[i : i + 2] for i in range(0, len(digits), 2)]


def arguments(node: Tree) -> list[Tree]:
    """Return the arguments of a call."""
    return [one.get("expression", one) for one in node.get("arguments") or node.get("children") or ()]


def is_constant(node: Tree) -> bool:
    """Return whether an expression names no column, and is no aggregate or query."""
    inside = list(nodes(node))
    known = ("CONSTANT", "CAST", "FUNCTION", "OPERATOR", "TYPE", None)
    if any(one.get("class") not in known for one in inside):
        return False
    calls = [one for one in inside if one.get("class") == "FUNCTION"]
    return all(str(call.get("function_name")) in ("-", "+", "*", "/") for call in calls)
