"""A contract in the product's own form written as ODCS 3.1: a built-in one, for a person to go on from.

Sets of values are rules of the library (``invalidValues``): ``enum`` came with 3.2, and tools of 3.1 refuse it. Rows that an
offset or a grid binds are rules of the engine mlmonitor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.tables.contract.row_terms import Grid, RowRule, Threshold
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches
from pytest_mlmonitor.tables.odcs.written.yaml_flow import flow, scalar

_WORDS = ("string", "integer", "number", "boolean", "date", "timestamp", "time")


def exported(contract: TableContract, version: str = "1.0.0") -> str:
    """Return a table contract as YAML text of the Open Data Contract Standard.

    Columns, key, roles and rules of rows are written; figures, queries and promises about time, which no built-in contract has,
    are not.

    Args:
        contract: what it says.
        version: of the contract.

    Raises:
        ValueError: it says more than is written.
    """
    if contract.metrics or contract.sql or contract.levels or contract.nested or contract.relationships:
        raise ValueError(f"{contract.name}: says more than columns, a key and rules of rows")
    return "\n".join(_lines(contract, version)) + "\n"


def _lines(contract: TableContract, version: str) -> Iterator[str]:
    yield f"# What mlmonitor expects of {contract.name} without any contract: change it, and name it in the policy (contracts)."
    yield "kind: DataContract"
    yield "apiVersion: v3.1.0"
    yield f"id: {scalar(contract.name)}"
    yield f"name: {scalar(contract.name)}"
    yield f"version: {version}"
    yield "status: active"
    yield "schema:"
    yield f"  - name: {scalar(contract.name)}"
    yield "    customProperties:"
    own = (
        ("extra", contract.extra),
        ("ordered", contract.ordered),
        ("noAllNull", contract.no_all_null),
        ("minRows", contract.min_rows),
    )
    yield from (f"      - {{property: mlmonitor.{name}, value: {scalar(value)}}}" for name, value in own)
    if contract.rules:
        yield "    quality:"
    for rule in contract.rules:
        yield f"      - {flow({'type': 'custom', 'engine': 'mlmonitor', 'implementation': _implementation(rule)})}"
    yield "    properties:"
    roles = {contract.target: "target", contract.entity: "entity", contract.event_ts: "event_ts"}
    for column in contract.columns:
        yield from _property(column, contract.key, roles.get(column.name))


def _implementation(rule: RowRule) -> dict[str, Any]:
    if isinstance(rule, Grid):
        return {"grid": {"column": rule.column, "minutes": _minutes(rule.step.total_seconds())}}
    if isinstance(rule, Threshold):
        return {"threshold": {"column": rule.column, "score": rule.score, "cut": rule.cut}}
    if rule.topic == "point_in_time":
        return {"pointInTime": {"event": rule.base, _POINT[rule.relation]: rule.column}}
    terms: dict[str, Any] = {"column": rule.column, "relation": rule.relation, "base": rule.base}
    if rule.offset:
        terms["minutes"] = _minutes(rule.offset.total_seconds())
    return {"offset": terms}


_POINT = {"<=": "cutoff", ">": "labelEnd", "==": "cutoff"}


def _minutes(seconds: float) -> float | int:
    minutes = seconds / 60
    return int(minutes) if minutes == int(minutes) else minutes


def _property(column: Column, key: tuple[str, ...], role: str | None) -> Iterator[str]:
    yield f"      - name: {scalar(column.name)}"
    inside = " " * 8
    word = next((w for w in _WORDS if column.types and all(type_matches(t, LOGICAL[w]) for t in column.types)), None)
    yield f"{inside}logicalType: {word or 'string'}"
    if len(column.types) == 1:
        yield f"{inside}physicalType: {scalar(column.types[0])}"
    yield f"{inside}required: {scalar(not column.nullable)}"
    if column.name in key:
        yield f"{inside}primaryKey: true"
        yield f"{inside}primaryKeyPosition: {key.index(column.name) + 1}"
    bounds = {
        "minimum": column.minimum,
        "maximum": column.maximum,
        "exclusiveMinimum": column.above,
        "exclusiveMaximum": column.below,
        "minLength": column.min_length,
        "maxLength": column.max_length,
        "pattern": column.pattern,
        "multipleOf": column.multiple_of,
    }
    options = {name: value for name, value in bounds.items() if value is not None}
    if options:
        yield f"{inside}logicalTypeOptions: {flow(options)}"
    if column.unique:
        yield f"{inside}unique: true"
    if column.values is not None:
        rule = {"metric": "invalidValues", "arguments": {"validValues": list(column.values)}, "mustBe": 0}
        yield f"{inside}quality:"
        yield f"{inside}  - {flow(rule)}"
    own = [("role", role), ("notBlank", column.not_blank or None), ("optional", None if column.required else True)]
    if column.nan != "refuse":
        own.append(("nan", column.nan))
    if any(value is not None for _, value in own):
        yield f"{inside}customProperties:"
        yield from (
            f"{inside}  - {{property: mlmonitor.{name}, value: {scalar(value)}}}"
            for name, value in own
            if value is not None
        )
