"""Data contracts written in the Open Data Contract Standard, version 3, as the internal table contracts.

A contract is a file that a person wrote, and it may lie in a tree that nobody vouches for: it is parsed with bounds
(:mod:`~pytest_mlmonitor.tables.odcs.yaml`), nothing in it is run, and no path or server in it is opened. What it
promises is compiled; what it promises and nothing checks is named, line by line, in ``unchecked``, and a line that cannot be
used in ``problems``: it hides no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.contract.data_contract import DataContract, Problem, TableTerms
from pytest_mlmonitor.tables.odcs.compiled_table import CompiledTable, compile_table, names_of
from pytest_mlmonitor.tables.odcs.form.known_keys import keys_of, unknown_keys
from pytest_mlmonitor.tables.odcs.form.refused_elsewhere import refused_elsewhere
from pytest_mlmonitor.tables.odcs.form.validated import validated
from pytest_mlmonitor.tables.odcs.notes import Notes, OdcsError, line_of
from pytest_mlmonitor.tables.odcs.relations.compiled_relationships import compile_relationships
from pytest_mlmonitor.tables.odcs.sla import compile_levels
from pytest_mlmonitor.tables.odcs.yaml import KeyPath, NotYaml, lines_of, parse_mapping

__all__ = ["API_VERSIONS", "OdcsError", "Problem", "read_odcs"]

API_VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")
"""Versions of the standard that are understood."""


def read_odcs(data: bytes, where: str) -> DataContract:
    """Return the data contract that ``data`` holds; its ``problems`` are the lines of it that cannot be used.

    Args:
        data: the whole file, YAML or JSON.
        where: the file, as it is shown in messages.

    Raises:
        OdcsError: nothing in it can be used: it is no YAML mapping, no data contract, or of another version.
    """
    try:
        document = parse_mapping(data, _text_keys())
    except NotYaml as error:
        key = safe(error.key)
        raise OdcsError([Problem(error.line, key, safe(str(error)))], where) from None
    return contract_of(document, where, lambda: lines_of(data))


def contract_of(
    document: Mapping[str, Any], where: str, lines: Callable[[], Mapping[KeyPath, int]] = dict
) -> DataContract:
    """Return the data contract that a parsed document is.

    Args:
        document: its mapping.
        where: the file, as it is shown in messages.
        lines: gives the line of every key, for messages.

    Raises:
        OdcsError: it is none.
    """
    notes = Notes(document)
    _is_contract(document, notes)
    if notes.problems:
        raise OdcsError(notes.found(lines), where)
    for key in ("id", "version"):
        value = document.get(key)
        if not (isinstance(value, str) and value.strip()) and (value is None or isinstance(value, str)):
            notes.problem((key,), _is(value, "text"), "text", value)
    mended, model = modelled(document, notes)
    contract = _compiled(mended, model, notes, where)
    left = frozenset(path for path, _ in (*notes.unchecked, *notes.problems))
    elsewhere = refused_elsewhere(document, notes)
    known = lines() if elsewhere else {}
    return replace(
        contract,
        problems=tuple(notes.found(lines)),
        refused_elsewhere=tuple(replace(problem, line=line_of(path, known)) for path, problem in elsewhere),
        document=document,
        left=left,
    )


def modelled(document: Mapping[str, Any], notes: Notes) -> tuple[dict[str, Any], Any]:
    """Return what of a document has the standard's keys and form, and the same as the standard's own model.

    Args:
        document: the parsed mapping.
        notes: where what is left out is named.
    """
    from open_data_contract_standard.model import OpenDataContractStandard

    known = keys_of(OpenDataContractStandard)
    unknown_keys(document, known, (), notes)
    return validated({key: value for key, value in document.items() if key in known}, notes)


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


_OTHER_STANDARD = ("dataContractSpecification", "models")
"""Keys of the Data Contract Specification: the first is the mark of a document, some authors leave it out."""


def _is_contract(document: Mapping[str, Any], notes: Notes) -> None:
    """Note what makes the whole document unusable."""
    other = next((key for key in _OTHER_STANDARD if key in document and "kind" not in document), None)
    if other == "models" and "info" not in document:
        other = None
    if other is not None:
        version = document[other]
        marks = f"{quoted(version, 20)}: this is" if isinstance(version, str | int | float) else "marks"
        says = f"{marks} a Data Contract Specification, not an ODCS contract"
        convert = "`datacontract export odcs FILE --output NAME.odcs.yaml` (datacontract-cli)"
        notes.problem((other,), f"{says}; convert it with {convert}", "kind: DataContract", document[other])
    elif document.get("kind") != "DataContract":
        notes.problem(("kind",), _is(document.get("kind"), "DataContract"), "DataContract", document.get("kind"))
    elif document.get("apiVersion") not in API_VERSIONS:
        allowed = ", ".join(API_VERSIONS)
        notes.problem(("apiVersion",), _is(document.get("apiVersion"), allowed), allowed, document.get("apiVersion"))


def _is(value: Any, expected: str) -> str:
    return f"is missing: expected {expected}" if value is None else f"is {quoted(value)}: expected {expected}"


def _compiled(document: Mapping[str, Any], model: Any, notes: Notes, where: str) -> DataContract:
    tables: list[CompiledTable] = []
    objects = model.schema_ or []
    if not objects:
        notes.leave(("schema",), "no table is described, so nothing is checked")
    before_3_1 = model.apiVersion.startswith("v3.0.")
    for i, schema in enumerate(objects):
        if ("schema", i) in notes.dropped:
            continue
        table = compile_table(document["schema"][i], schema, ("schema", i), notes, dates_have_times=before_3_1)
        tables.append(table)
    relationships = compile_relationships(document, model, notes)
    _unique_names(tables, notes)
    for i, entry in enumerate(document.get("slaProperties") or ()):
        unknown_keys(entry, keys_of(type(model.slaProperties[i])), ("slaProperties", i), notes)
    levels = compile_levels(
        model.slaProperties,
        model.slaDefaultElement,
        [table.subject for table in tables],
        [table.event_ts for table in tables],
        notes,
    )
    general = tuple(line for path, line in notes.unchecked if path[0] != "schema" or len(path) == 1)
    terms = []
    for table, promised in zip(tables, levels, strict=True):
        own = tuple(line for path, line in notes.unchecked if path[:2] == table.path)
        related = relationships.get(int(table.path[1]), ())
        contract = table.contract(tuple(promised), (*own, *general), where, related)
        names = names_of(table.names, model.servers, only=len(objects) == 1)
        if names:  # without any name it is a problem, and speaks of nothing
            terms.append(TableTerms(names, contract))
    return DataContract(
        id=model.id or "",
        name=model.name or model.id or "",
        version=model.version or "",
        status=model.status or "",
        api_version=model.apiVersion,
        tables=tuple(terms),
        unchecked=tuple(line for _, line in notes.unchecked),
        source=where,
    )


def _unique_names(tables: Iterable[CompiledTable], notes: Notes) -> None:
    seen: set[str] = set()
    for table in tables:
        for name in table.names:
            if name in seen:
                notes.problem(table.path, f"is called {quoted(name)}, as another table is", "a name of its own", name)
        seen |= set(table.names)
