"""Data contracts written in the Open Data Contract Standard, version 3, as the internal table contracts.

A contract is a file that a person wrote, and it may lie in a tree that nobody vouches for: it is parsed with bounds
(:mod:`~pytest_mlmonitor.tables.odcs.yaml`), nothing in it is run, and no path or server in it is opened. What it
promises is compiled; what it promises and nothing checks is named, line by line, in ``unchecked``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args

from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.contract.data_contract import DataContract, TableTerms
from pytest_mlmonitor.tables.odcs.compiled_table import CompiledTable, compile_table, names_of
from pytest_mlmonitor.tables.odcs.notes import Notes, OdcsError, Problem
from pytest_mlmonitor.tables.odcs.sla import compile_levels
from pytest_mlmonitor.tables.odcs.yaml import KeyPath, NotYaml, lines_of, parse_mapping

__all__ = ["API_VERSIONS", "OdcsError", "Problem", "read_odcs"]

API_VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")
"""Versions of the standard that are understood."""

_REQUIRED = ("apiVersion", "kind", "id", "version")


def read_odcs(data: bytes, where: str) -> DataContract:
    """Return the data contract that ``data`` holds.

    Args:
        data: the whole file, YAML or JSON.
        where: the file, as it is shown in messages.

    Raises:
        OdcsError: it is no sound ODCS 3 contract; every problem has its line.
    """
    try:
        document = parse_mapping(data, _text_keys())
    except NotYaml as error:
        key = safe(error.key)
        raise OdcsError([Problem(error.line, key, safe(str(error)))], where) from None
    notes = Notes(document)
    model = _validated(document, notes)
    if model is None or notes.problems:
        raise notes.error(where, lines_of(data))
    contract = _compiled(document, model, notes, where)
    if notes.problems:
        raise notes.error(where, lines_of(data))
    return contract


@cache
def _text_keys() -> frozenset[str]:
    """Return the keys that hold text throughout the standard: ``version: 1.10`` and ``id: 007`` are text as written."""
    from open_data_contract_standard import model as odcs

    keys: set[str] = {"pattern"}
    for name in ("OpenDataContractStandard", "SchemaObject", "SchemaProperty", "DataQuality", "Server", "Team",
                 "TeamMember", "Role", "Support", "CustomProperty", "ServiceLevelAgreementProperty",
                 "AuthoritativeDefinition", "Description", "Pricing"):  # fmt: skip
        for key, field in getattr(odcs, name).model_fields.items():
            if set(get_args(field.annotation)) == {str, type(None)}:
                keys.add(field.alias or key)
    return frozenset(keys)


def _validated(document: dict[str, Any], notes: Notes) -> Any:
    """Return the document as the standard's own model, None where it is not; enumerations and strange keys are mended."""
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    if document.get("kind") != "DataContract":
        notes.problem(("kind",), _is(document.get("kind"), "DataContract"), "DataContract", document.get("kind"))
        return None
    if document.get("apiVersion") not in API_VERSIONS:
        allowed = ", ".join(API_VERSIONS)
        notes.problem(("apiVersion",), _is(document.get("apiVersion"), allowed), allowed, document.get("apiVersion"))
        return None
    for key in _REQUIRED:
        value = document.get(key)
        if not (isinstance(value, str) and value.strip()):
            notes.problem((key,), _is(value, "text"), "text", value)
    known = {field.alias or key for key, field in OpenDataContractStandard.model_fields.items()}
    for key in document:
        if key not in known:
            notes.leave((key,), "unknown key: not checked")
    try:
        return OpenDataContractStandard.model_validate(
            {key: _with_enum_entries(value) for key, value in document.items() if key in known}
        )
    except ValidationError as error:
        for found in error.errors():
            path = _document_path(found["loc"], document)
            expected = found["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            value = found["input"]
            shown = quoted(value) if isinstance(value, str | int | float | bool) else _kind(value)
            notes.problem(path, f"is {shown}: expected {expected}", expected, shown)
        return None


def _is(value: Any, expected: str) -> str:
    return f"is missing: expected {expected}" if value is None else f"is {quoted(value)}: expected {expected}"


def _kind(value: Any) -> str:
    return "null" if value is None else "a list" if isinstance(value, list) else "a mapping"


def _document_path(location: tuple[str | int, ...], document: Any) -> KeyPath:
    """Return the part of pydantic's location that stands in the document: a union's branches are no keys of it."""
    path: list[str | int] = []
    value = document
    for part in location:
        below = isinstance(value, dict) and part in value
        if not below and not (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            continue
        path.append(part)
        value = value[part]
    return tuple(path)


def _with_enum_entries(value: Any) -> Any:
    """Return ``value`` with every plain list of allowed values written as ODCS 3.2 wants it."""
    if isinstance(value, list):
        return [_with_enum_entries(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _entries(child) if key == "enum" else _with_enum_entries(child) for key, child in value.items()}


def _entries(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [entry if isinstance(entry, dict) else {"value": entry} for entry in value]


def _compiled(document: Mapping[str, Any], model: Any, notes: Notes, where: str) -> DataContract:
    tables: list[CompiledTable] = []
    objects = model.schema_ or []
    if not objects:
        notes.leave(("schema",), "no table is described, so nothing is checked")
    before_3_1 = model.apiVersion.startswith("v3.0.")
    for i, schema in enumerate(objects):
        tables.append(compile_table(document["schema"][i], schema, ("schema", i), notes, dates_have_times=before_3_1))
    _unique_names(tables, notes)
    levels = compile_levels(
        model.slaProperties,
        model.slaDefaultElement,
        [table.subject for table in tables],
        [table.event_ts for table in tables],
        notes,
    )
    general = tuple(line for path, line in notes.unchecked if path[0] != "schema" or len(path) == 1)
    terms = []
    for i, table in enumerate(tables):
        own = tuple(line for path, line in notes.unchecked if path[:2] == ("schema", i))
        contract = table.contract(tuple(levels[i]), (*own, *general), where)
        terms.append(TableTerms(names_of(table.names, model.servers, only=len(tables) == 1), contract))
    return DataContract(
        id=model.id,
        name=model.name or model.id,
        version=model.version,
        status=model.status or "",
        api_version=model.apiVersion,
        tables=tuple(terms),
        unchecked=tuple(line for _, line in notes.unchecked),
        source=where,
    )


def _unique_names(tables: Iterable[CompiledTable], notes: Notes) -> None:
    seen: set[str] = set()
    for i, table in enumerate(tables):
        for name in table.names:
            if name in seen:
                notes.problem(
                    ("schema", i), f"is called {quoted(name)}, as another table is", "a name of its own", name
                )
        seen |= set(table.names)
