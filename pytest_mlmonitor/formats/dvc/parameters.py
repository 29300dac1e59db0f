"""Files of parameters as DVC reads them, YAML, JSON, TOML and Python, which is not executed; and whether two values are alike."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.tables.odcs.yaml import MAX_BYTES, NotYaml, parse_mapping

_MAX_CODE = 1024 * 1024
_INDEX = re.compile("[0-9]{1,9}")


def read_params(path: Path) -> Mapping[str, Any] | None:
    """Return what a file of parameters says, None where it is none or cannot be read; never raises on bad data."""
    try:
        if path.suffix == ".py":
            return dict(_assigned(ast.parse(read_bytes(path, _MAX_CODE))))
        content = read_bytes(path, MAX_BYTES)
        if path.suffix == ".json":
            found = json.loads(content)
        elif path.suffix == ".toml":
            import tomllib

            found = tomllib.loads(content.decode("utf-8"))
        elif path.suffix in (".yaml", ".yml"):
            found = parse_mapping(content)
        else:
            return None
    except (Refused, NotYaml, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return found if isinstance(found, dict) else None


def _assigned(tree: ast.Module | ast.ClassDef | ast.FunctionDef, of_self: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield names and literal values of a module or class, and what ``__init__`` sets; other values are left out, as DVC does."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            yield statement.name, dict(_assigned(statement))
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            yield from _assigned(statement, of_self=True)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            name = _name(targets[0], of_self) if len(targets) == 1 else None
            if name is not None and statement.value is not None:
                try:
                    yield name, ast.literal_eval(statement.value)
                except (ValueError, TypeError, RecursionError, MemoryError):
                    continue


def _name(target: ast.expr, of_self: bool) -> str | None:
    if isinstance(target, ast.Name) and not of_self:
        return target.id
    held = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    return target.attr if held and isinstance(target, ast.Attribute) else None


def value_at(params: object, key: str) -> object:
    """Return the parameter of a dotted key, None where there is none.

    >>> value_at({"a": {"b": [1, 2]}}, "a.b.1"), value_at({"a.b": 3}, "a.b"), value_at({"a": 1}, "a.b")
    (2, 3, None)
    """
    if isinstance(params, Mapping) and key in params:
        return params[key]
    for part in key.split("."):
        if isinstance(params, list | tuple) and _INDEX.fullmatch(part) and int(part) < len(params):
            params = params[int(part)]
        elif isinstance(params, Mapping):
            params = params.get(part)
        else:
            return None
    return params


def same_value(one: object, other: object) -> bool:
    """Return whether two parameters are the same; DVC's parser takes ``1_000`` for a number, which is text in YAML 1.2.

    >>> same_value({"a": [1, 2.0]}, {"a": (1, 2)}), same_value("1_000", 1000), same_value("1", 1), same_value(math.nan, math.nan)
    (True, True, False, True)
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        names = {str(name): value for name, value in one.items()}
        others = {str(name): value for name, value in other.items()}
        return names.keys() == others.keys() and all(same_value(names[name], others[name]) for name in names)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, set | frozenset) or isinstance(other, set | frozenset):
        return True  # in no order, and a lock has only lists: nothing is known of them
    one, other = _number(one), _number(other)
    return one == other or (
        isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    )


def _number(value: object) -> object:
    if not isinstance(value, str) or "_" not in value:
        return value
    try:
        return float(value) if "." in value or "e" in value.lower() else int(value)
    except ValueError:
        return value
