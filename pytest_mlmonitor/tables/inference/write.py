"""A draft as a document of the Open Data Contract Standard, for a person to edit.

Written by hand rather than dumped, so that the observed figures can stand beside the rules as comments. What is written is
3.1: every key of it is in the standard's schemas of 3.1 and 3.2, and other tools of the standard read it. Sets of values are
rules of the library (``invalidValues``): ``enum`` came with 3.2, and tools of 3.1 refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.tables.inference.description import Shape
from pytest_mlmonitor.tables.inference.draft import DraftColumn, DraftTable
from pytest_mlmonitor.tables.odcs.written.yaml_flow import comment, flow, scalar

API_VERSION = "v3.1.0"
GUESS = " # no value was seen: the type is a guess"


def write_odcs(table: DraftTable, source: str, *, observed: bool = True) -> str:
    """Return the contract as YAML text.

    Args:
        table: what it says.
        source: what it was inferred from, for the comment at the top.
        observed: whether what was seen stands beside the properties; of thousands it takes more room than there is.
    """
    return "\n".join(_lines(table, source, observed)) + "\n"


def _lines(table: DraftTable, source: str, observed: bool) -> Iterator[str]:
    yield f"# Inferred from {comment(source)}."
    yield "# The limits leave room for builds to come. Whether they are promises is for you to say: edit them."
    yield "# A few nulls are allowed where there were none, which chance may bring; of tables that are long enough the first one"
    yield "# is a warning. Say `required: true` where none may be."
    yield from (f"# {comment(remark)}" for remark in table.remarks)
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
        yield from (f"      - {flow(rule)}" for rule in rules)
    if table.min_rows == 0:
        yield "    customProperties:"
        yield "      - {property: mlmonitor.minRows, value: 0} # a build has no rows"
    yield from (f"# {comment(line)}" for line in table.levels)


def _property(column: DraftColumn, key: tuple[str, ...]) -> Iterator[str]:
    guess = ["the type is a guess"] if column.shape == Shape(None) else []
    beside = "; ".join([*([column.observed] if column.observed else []), *guess])
    yield f"      - name: {scalar(column.name)}{f' # {beside}' if beside else ''}"
    inside = " " * 8
    if column.shape is not None:
        yield from (inside + line for line in _type(column.shape))
    if column.required:
        yield f"{inside}required: true"
    if column.name in key:
        yield f"{inside}primaryKey: true"
        yield f"{inside}primaryKeyPosition: {key.index(column.name) + 1}"
    if column.options:
        yield f"{inside}logicalTypeOptions: {flow(column.options)}"
    if column.rules:
        yield f"{inside}quality:"
        yield from (f"{inside}  - {flow(rule)}" for rule in column.rules)
    optional = "true" if column.optional else None
    own = [("mlmonitor.role", column.role), ("mlmonitor.nan", column.nan), ("mlmonitor.optional", optional)]
    if any(value for _, value in own):
        yield f"{inside}customProperties:"
        yield from (f"{inside}  - {{property: {name}, value: {value}}}" for name, value in own if value)
    yield from (f"{inside}# {comment(hint)}" for hint in column.hints)


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
