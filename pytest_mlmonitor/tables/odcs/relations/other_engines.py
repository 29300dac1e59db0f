"""Rules of other engines that ask for keys of another table: those that mean exactly what a relationship means.

* dbt's generic test ``relationships``: a null refers to nothing, as here;
* Soda's reference check ``values in (a) must exist in b (c)``, which counts nulls as missing: of required columns only, where a
  null is wrong anyway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.relationship import Relationship
from pytest_mlmonitor.tables.odcs.bounds import severity_of
from pytest_mlmonitor.tables.odcs.compiled_column import CompiledColumn
from pytest_mlmonitor.tables.odcs.notes import Notes
from pytest_mlmonitor.tables.odcs.relations.notation import Notation, referred
from pytest_mlmonitor.tables.odcs.yaml import KeyPath, NotYaml, parse_mapping

_NAMES = r"\(?\s*([^()]+?)\s*\)?"
_SODA = re.compile(rf"values in {_NAMES} must exist in (\S+?)\s+{_NAMES}\s*", re.IGNORECASE)
_DBT = re.compile(r"""(?:\{\{\s*)?(?:ref|source)\(\s*(?:(['"])[^'"]+\1\s*,\s*)?(['"])([^'"]+)\2\s*\)(?:\s*\}\})?""")
_PLAIN = re.compile(r"[^\s/#]+")

KeyPairs = tuple[tuple[str, ...], str, tuple[str, ...]]
"""The columns of the table, the other table, and its columns."""


def other_engine(
    rule: Mapping[str, Any],
    columns: Mapping[str, CompiledColumn],
    under: CompiledColumn | None,
    notes: Notes,
    path: KeyPath,
    *,
    limited: bool,
) -> list[Relationship]:
    """Return the relationship that a rule of another engine is; of any other rule none, and it is named as not checked.

    Args:
        rule: as it is written.
        columns: of the table, by every name.
        under: the one that the rule stands under.
        notes: where what is not checked is named.
        path: where the rule stands.
        limited: whether it has a filter or a limit, which a relationship has not.
    """
    found = None if limited else _relationship(rule, columns, under, notes, path)
    if found is None:
        engine = quoted((rule.get("engine") or "").strip() or "?")
        notes.leave(path, f"(type: custom) rules of the engine {engine} are not checked")
    return [found] if found is not None else []


def _relationship(
    rule: Mapping[str, Any],
    columns: Mapping[str, CompiledColumn],
    under: CompiledColumn | None,
    notes: Notes,
    path: KeyPath,
) -> Relationship | None:
    engine = str(rule.get("engine")).strip().lower()
    asked = None
    if engine == "soda":
        asked = _soda(rule.get("implementation"))
    elif engine == "dbt" and under is not None:
        asked = _dbt(rule.get("implementation"), under.column.name)
    if asked is None:
        return None
    names, table, to = asked
    own = [columns[name].column for name in names if name in columns]
    if len(own) < len(names) or (engine == "soda" and any(one.nullable for one in own)):
        return None
    found = [referred(notes.document, Notation("", (table, name), ids=False)) for name in to]
    described = found[0].schema is not None
    return Relationship(
        tuple((one.name,) for one in own),
        tuple(f"{table}.{name}" for name in to),
        found[0].names if described else (),
        tuple(one.path for one in found) if described else (),
        severity_of(rule.get("severity"), path, notes),
        notes.key(path),
        path,
    )


def _soda(implementation: Any) -> KeyPairs | None:
    text = _only(implementation)
    if isinstance(text, str):
        lines = [line.strip().removeprefix("-").strip() for line in text.strip().splitlines()]
        lines = [line for line in lines if line and not re.fullmatch(r"checks for .*:", line)]
        match = _SODA.fullmatch(lines[0].rstrip(":")) if len(lines) == 1 else None
        if match is not None:
            own, table, to = _split(match[1]), match[2].strip("\"'`"), _split(match[3])
            if len(own) == len(to) and _PLAIN.fullmatch(table):
                return own, table, to
    return None


def _dbt(implementation: Any, column: str) -> KeyPairs | None:
    if isinstance(implementation, str):
        try:
            implementation = parse_mapping(implementation.encode("utf-8", "surrogatepass"))
        except NotYaml:
            return None
    found = _only(implementation)
    rule = found.get("relationships") if isinstance(found, Mapping) and len(found) == 1 else None
    if isinstance(rule, Mapping) and set(rule) == {"arguments"}:
        rule = rule["arguments"]
    if not isinstance(rule, Mapping) or set(rule) != {"to", "field"}:
        return None
    table, field = rule["to"], rule["field"]
    if not isinstance(table, str) or not isinstance(field, str) or not field.strip():
        return None
    named = _DBT.fullmatch(table.strip())
    table = named[3] if named is not None else table.strip()
    return ((column,), table, (field.strip(),)) if _PLAIN.fullmatch(table) and "(" not in table else None


def _only(value: Any) -> Any:
    """Return the one thing in lists and in mappings that only say what is inside: ``checks for orders``, ``tests``."""
    while True:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, Mapping) and len(value) == 1:
            key = str(next(iter(value)))
            if key not in ("tests", "data_tests", "checks") and not key.startswith("checks for "):
                return value
            value = value[next(iter(value))]
        else:
            return value


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip().strip("\"'`") for name in names.split(","))
