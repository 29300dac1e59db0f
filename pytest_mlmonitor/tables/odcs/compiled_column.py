"""One property of an ODCS schema as a column of the internal contract: type, bounds, values, pattern, redaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract import types as arrow_types
from pytest_mlmonitor.tables.contract.physical import UnknownType, physical_types
from pytest_mlmonitor.tables.contract.table import Column, Metric, Value
from pytest_mlmonitor.tables.contract.types import narrowed
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.properties.type_options import BOUNDS, SHAPE_OPTIONS, Options
from pytest_mlmonitor.tables.odcs.values import (
    SHAPES,
    TYPES_OF,
    BadValue,
    LogicalKind,
    NestedKind,
    kind_of_types,
    on_clock,
    shape_of,
    typed,
)
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

OPEN = frozenset(("", "public", "internal"))
"""Classifications whose values may be shown; every other one keeps them out of messages, results and reports."""

SENSITIVE_TAGS = frozenset(("pii", "personal", "sensitive", "confidential", "restricted", "secret", "gdpr", "phi"))

_IMPLIED: tuple[tuple[LogicalKind, frozenset[str]], ...] = (
    ("number", frozenset(("multipleOf",))),
    ("text", frozenset(("minLength", "maxLength", "pattern"))),
    ("instant", frozenset(("timezone", "defaultTimezone"))),
)
_STORED = {"date": arrow_types.TIMESTAMPS, "integer": arrow_types.WHOLE_DECIMALS}
"""What values of a logical type may be stored as where the physical type says so: their bounds are the same."""

_OF_ANY_TYPE = frozenset(
    ("nullvalues", "nullcheck", "nullcount", "notnull", "duplicatevalues", "duplicatecount", "unique")
)
_TIMES = ("date", "timestamp", "time")

_NO_VALUE = object()
_NAMED_ONLY = ("partitioned",)


@dataclass
class CompiledColumn:
    """A column, and what of its property is no rule of a column.

    Attributes:
        column: the column.
        kind: what its values are.
        metrics: rules that a column has no room for.
        clockless: whether it names a time zone that there is not: then nothing is said of when its values are.
        shape: what lies inside it, None where nothing does.
    """

    column: Column
    kind: LogicalKind | None
    metrics: list[Metric] = field(default_factory=list)
    clockless: bool = False
    shape: NestedKind | None = None


def compile_property(
    raw: Mapping[str, Any],
    model: Any,
    path: KeyPath,
    notes: Notes,
    *,
    dates_have_times: bool,
    name: str | None = None,
) -> CompiledColumn:
    """Return the column that a property describes.

    Args:
        raw: the property as written.
        model: the same, validated by ``open_data_contract_standard``.
        path: where it stands.
        notes: where problems and what is not checked are said.
        dates_have_times: whether ``logicalType: date`` may be a timestamp, as before ODCS 3.1.
        name: what it is called in the file, where that is not its own name: the path of one that lies inside another.
    """
    options = model.logicalTypeOptions or {}
    types, longest = _types(model, path, notes, dates_have_times)
    kind = kind_of_types(types)
    enum = None if notes.lacks(path, ("enum",)) else _enum_of(raw, options)
    if kind is None:
        kind, types = _implied(raw, options, enum)
    place = (*path, "logicalTypeOptions")
    as_text = model.logicalType if _is_written(model, kind, dates_have_times) else None
    shape = shape_of(model.logicalType, types)
    compiled = Options(options, kind, types, place, notes, as_text, shape).compiled()
    zone, clockless = compiled.get("zone"), compiled.pop("clockless")
    values = _values(enum, kind, zone, path, notes) if enum is not None and not clockless else None
    lengths = [n for n in (compiled.get("max_length"), longest) if n is not None]
    metrics = compiled.pop("metrics")
    required = model.required if model.required is not None else bool(model.primaryKey)
    name = name or model.physicalName or model.name
    column = Column(
        name,
        compiled.pop("types"),
        nullable=not required,
        values=values,
        unique=bool(model.unique),
        of_time=kind == "text" and model.logicalType in _TIMES,
        redacted=_redacted(model) or notes.lacks(path, ("classification", "encryptedName", "tags")),
        at=path,
        **{**compiled, "max_length": min(lengths, default=None)},
    )
    for key in _NAMED_ONLY:
        if raw.get(key):
            notes.leave((*path, key), _WHY[key])
    return CompiledColumn(column, kind, [_named(metric, name) for metric in metrics], clockless, shape)


_WHY = {
    "partitioned": "how the files are laid out is not checked",
}


def _is_written(model: Any, kind: LogicalKind | None, dates_have_times: bool) -> bool:
    """Return whether a date or time is stored as text of which the contract says more than that.

    Before 3.1 a date may have had a time of day: without a format nobody knows how it is written.
    """
    said = {key for key, value in (model.logicalTypeOptions or {}).items() if value is not None}
    dates = model.logicalType == "date" and bool(said & BOUNDS) and not dates_have_times
    return kind == "text" and model.logicalType in _TIMES and ("format" in said or dates)


def _named(metric: Metric, column: str) -> Metric:
    assert metric.valid is not None
    valid = replace(metric.valid, name=column)
    return Metric(metric.metric, metric.limit, (column,), valid=valid, name=metric.name, at=metric.at)


def _redacted(model: Any) -> bool:
    classification = (model.classification or "").strip().lower()
    tags = {str(tag).strip().lower() for tag in model.tags or ()}
    return classification not in OPEN or bool(model.encryptedName) or bool(tags & SENSITIVE_TAGS)


def _types(model: Any, path: KeyPath, notes: Notes, dates_have_times: bool) -> tuple[tuple[str, ...], int | None]:
    """Return the Arrow types of a property and the longest text that its physical type allows."""
    logical = model.logicalType
    if logical is not None and logical not in arrow_types.LOGICAL:
        expected = ", ".join(arrow_types.LOGICAL)
        notes.problem((*path, "logicalType"), f"is {quoted(logical)}: expected one of {expected}", expected, logical)
        logical = None
    types = arrow_types.LOGICAL.get(logical or "", ())
    longest = None
    if model.physicalType:
        try:
            found = physical_types(model.physicalType)
        except UnknownType:
            notes.leave((*path, "physicalType"), f"the type {quoted(model.physicalType)} is not known, and not checked")
        else:
            physical, longest = found.types, found.longest
            for part in found.unused:
                notes.leave((*path, "physicalType"), f"{part} of {quoted(model.physicalType)} is not checked")
            bare = not (model.logicalTypeOptions or model.enum or any(map(_is_of_values, model.quality or ())))
            if logical is not None and arrow_types.stored_as(logical, physical, bare=bare):
                return physical, longest
            if logical == "timestamp" and physical == arrow_types.DATES:
                return (*physical, *types), longest  # Oracle's DATE has a time of day
            both = narrowed((*types, *_STORED.get(logical or "", ())), physical)
            if logical and not both and not _is_written(model, kind_of_types(physical), dates_have_times):
                # The physical type is what lies in the file; the logical one is what people call it.
                why = f"stored as {quoted(model.physicalType)}, so the logical type {logical} is not checked"
                notes.leave((*path, "logicalType"), why)
            return both or physical, longest
    if logical == "date" and dates_have_times:
        types = (*types, *arrow_types.TIMESTAMPS)
    return types, longest


def _is_of_values(rule: Any) -> bool:
    """Return whether a quality rule looks at values; nulls and repetitions are the same of any type."""
    return (rule.metric or rule.rule or "").strip().lower() not in _OF_ANY_TYPE


def _enum_of(raw: Mapping[str, Any], options: Mapping[str, Any]) -> list[Any] | None:
    """Return the allowed values: ``enum`` of ODCS 3.2, or the same inside the options, where older authors put it."""
    found = raw.get("enum", options.get("enum"))
    if found is None:
        return None
    entries = found if isinstance(found, list) else [found]
    return [entry.get("value", _NO_VALUE) if isinstance(entry, dict) else entry for entry in entries]


def _values(
    enum: list[Any], kind: LogicalKind | None, zone: str | None, path: KeyPath, notes: Notes
) -> tuple[Value, ...] | None:
    if kind == "other":
        notes.leave((*path, "enum"), "values of this type are not compared")
        return None
    values: list[Value] = []
    # A null among them says nothing: whether there may be nulls is required's to say.
    named = [(i, value) for i, value in enumerate(enum) if value is not None]
    for i, value in named:
        if value is _NO_VALUE:
            notes.problem((*path, "enum", i), "has no value: expected the key value", "value")
            continue
        try:
            values.append(on_clock(value, typed(value, kind), zone))
        except BadValue as error:
            notes.problem((*path, "enum", i), f"is {in_yaml(value)}: expected {error}", str(error), value)
    if not named:
        notes.problem((*path, "enum"), "is empty: expected at least one value", "at least one value", "[]")
    # Without one of its values the list would refuse what its author allows.
    return tuple(dict.fromkeys(values)) if named and len(values) == len(named) else None


def _implied(
    raw: Mapping[str, Any], options: Mapping[str, Any], enum: list[Any] | None
) -> tuple[LogicalKind | None, tuple[str, ...]]:
    """Return the kind that the rules of an untyped property only make sense for."""
    named = set(options)
    described: tuple[tuple[str, NestedKind], ...] = (("properties", "object"), ("items", "list"), ("map", "map"))
    for key, shape in described:
        if raw.get(key):
            return "other", SHAPES[shape]
    for shape, keys in SHAPE_OPTIONS.items():
        if named & (keys - {"required"}):
            return "other", SHAPES[shape]
    for kind, keys in _IMPLIED:
        if named & keys:
            return kind, TYPES_OF[kind]
    listed = [value for value in enum or () if value is not None and value is not _NO_VALUE]
    samples = [options[k] for k in BOUNDS & named if not isinstance(options[k], bool)] + listed
    if samples and all(isinstance(s, bool) for s in samples):
        return "boolean", TYPES_OF["boolean"]
    if samples and all(isinstance(s, int | float) and not isinstance(s, bool) for s in samples):
        return "number", TYPES_OF["number"]
    if samples and all(isinstance(s, str) for s in samples):
        return ("text", TYPES_OF["text"]) if listed else ("instant", TYPES_OF["instant"])
    return None, ()
