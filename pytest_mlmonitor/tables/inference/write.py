"""A draft as a document of the Open Data Contract Standard, for a person to edit.

Written by hand rather than dumped, so that the observed figures can stand beside the rules as comments. What is written is
3.1: every key of it is in the standard's schemas of 3.1 and 3.2, and other tools of the standard read it. Sets of values are
rules of the library (``invalidValues``): ``enum`` came with 3.2, and tools of 3.1 refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.tables.inference.description import Shape
from pytest_mlmonitor.tables.inference.draft import DraftColumn, DraftTable

API_VERSION = "v3.1.0"
GUESS = " # no value was seen: the type is a guess"

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"))


def write_odcs(table: DraftTable, source: str, *, observed: bool = True) -> str:
    """Return the contract as YAML text.

    Args:
        table: what it says.
        source: what it was inferred from, for the comment at the top.
        observed: whether what was seen stands beside the properties; of thousands it takes more room than there is.
    """
    return "\n".join(_lines(table, source, observed)) + "\n"


def _lines(table: DraftTable, source: str, observed: bool) -> Iterator[str]:
    yield f"# Inferred from {_comment(source)}."
    yield "# The limits leave room for builds to come. Whether they are promises is for you to say: edit them."
    yield "# A few nulls are allowed where there were none, which chance may bring; of tables that are long enough the first one"
    yield "# is a warning. Say `required: true` where none may be."
    yield from (f"# {_comment(remark)}" for remark in table.remarks)
    yield "kind: DataContract"
    yield f"apiVersion: {API_VERSION}"
    yield f"id: {scalar(table.name)}"
    yield f"name: {scalar(table.name)}"
    yield "version: 1.0.0"
    yield "status: draft"
    yield "schema:"
    yield f"  - name: {scalar(table.name)}"
    if table.columns:
        yield "    properties:"
    for column in table.columns:
        yield from _property(column if observed else replace(column, observed="", hints=[]), table.key)
    rows: list[Mapping[str, Any]] = [{"metric": "rowCount", "mustBeGreaterOrEqualTo": table.min_rows}]
    rules = [*(rows if table.min_rows else ()), *table.rules]
    if rules:
        yield "    quality:"
        yield from (f"      - {_flow(rule)}" for rule in rules)
    if table.min_rows == 0:
        yield "    customProperties:"
        yield "      - {property: mlmonitor.minRows, value: 0} # a build has no rows"
    yield from (f"# {_comment(line)}" for line in table.levels)


def _property(column: DraftColumn, key: tuple[str, ...]) -> Iterator[str]:
    guess = ["the type is a guess"] if column.shape == Shape(None) else []
    comment = "; ".join([*([column.observed] if column.observed else []), *guess])
    yield f"      - name: {scalar(column.name)}{f' # {comment}' if comment else ''}"
    inside = " " * 8
    if column.shape is not None:
        yield from (inside + line for line in _type(column.shape))
    if column.required:
        yield f"{inside}required: true"
    if column.name in key:
        yield f"{inside}primaryKey: true"
        yield f"{inside}primaryKeyPosition: {key.index(column.name) + 1}"
    if column.options:
        yield f"{inside}logicalTypeOptions: {_flow(column.options)}"
    if column.rules:
        yield f"{inside}quality:"
        yield from (f"{inside}  - {_flow(rule)}" for rule in column.rules)
    optional = "true" if column.optional else None
    own = [("mlmonitor.role", column.role), ("mlmonitor.nan", column.nan), ("mlmonitor.optional", optional)]
    if any(value for _, value in own):
        yield f"{inside}customProperties:"
        yield from (f"{inside}  - {{property: {name}, value: {value}}}" for name, value in own if value)
    yield from (f"{inside}# {_comment(hint)}" for hint in column.hints)


def _type(shape: Shape) -> Iterator[str]:
    """Yield the lines of a type, with what is inside it."""
    # The standard has no word for bytes and lengths of time; its schema of 3.2 refuses a property without one.
    yield f"logicalType: {shape.logical or 'string'}"
    if shape.physical is not None:
        yield f"physicalType: {scalar(shape.physical)}"
    named = {name: inner for name, inner in reversed(shape.fields) if name.strip()}
    if named:
        yield "properties:"
    for name, inner in reversed(named.items()):
        yield f"  - name: {scalar(name)}{GUESS if inner == Shape(None) else ''}"
        yield from (f"    {line}" for line in _type(inner))
    if shape.item is not None and shape.item != Shape(None):
        yield "items:"
        yield from (f"  {line}" for line in _type(shape.item))


def _flow(value: Any) -> str:
    """Return a value in one line of YAML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in value.items())}}}"
    return f"[{', '.join(map(_flow, value))}]" if isinstance(value, list) else scalar(value)


def _comment(text: str) -> str:
    """Return ``text`` for a comment: what could end the line, or is no printable character, is escaped."""
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def scalar(value: Any) -> str:
    """Return a value as a YAML scalar that every YAML reads as that value; text is in quotes unless it is a plain word."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith((".", "-")):
            return value
        return '"' + "".join(_quoted(c) for c in value) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        written = repr(value)
        # YAML 1.1 takes 1e-05 for text: it wants a point and a sign.
        mantissa, sign, exponent = written.partition("e")
        if sign:
            mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
            exponent = exponent if exponent[0] in "+-" else f"+{exponent}"
        return f"{mantissa}{sign}{exponent}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f'"{instant(value.astimezone(UTC))}"'
    return str(value)


def _quoted(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else _escape(character)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
