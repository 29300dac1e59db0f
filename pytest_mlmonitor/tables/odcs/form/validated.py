"""A document as the standard's own model, whatever is wrong with it: what has not the right form is named and taken out.

One line that cannot be used must not hide the others. Items of lists keep their places, so that paths stay true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.yaml import KeyPath

MAX_ROUNDS = 20
"""Every round takes out what is wrong; what then is wrong lies one level higher, and there are few levels."""


def validated(document: Mapping[str, Any], notes: Notes) -> tuple[dict[str, Any], Any]:
    """Return ``document`` without what is wrong, and the same as a model of ``open_data_contract_standard``.

    Args:
        document: keys of the standard only.
        notes: where every part that is taken out is named (a problem, and ``dropped``).
    """
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    mended: dict[str, Any] = _with_enum_entries(dict(document))
    for _ in range(MAX_ROUNDS):
        try:
            return mended, OpenDataContractStandard.model_validate(mended)
        except ValidationError as error:
            wrong: dict[KeyPath, list[Any]] = {}
            for found in error.errors():
                wrong.setdefault(_document_path(found["loc"], mended), []).append(found)
        for path, errors in wrong.items():
            # Of a union every branch complains, some of the whole: what lies deepest is what is wrong.
            if not any(len(other) > len(path) and other[: len(path)] == path for other in wrong):
                _take_out(path, errors, mended, notes)
    raise AssertionError("a document without any key is valid")


def _take_out(path: KeyPath, errors: list[Any], mended: dict[str, Any], notes: Notes) -> None:
    """Take the value at ``path`` out: an item of a list becomes an empty mapping, and where that is wrong the list goes."""
    if notes.dropped & {path[:n] for n in range(1, len(path))}:
        return  # what is around it is gone already
    again = path in notes.dropped
    if not again:
        wanted = [_wanted(found["msg"]) for found in errors]
        expected = " or ".join(
            word for word in dict.fromkeys(wanted) if word != "a whole number" or "a number" not in wanted
        )
        value = errors[0]["input"]
        shown = in_yaml(value) if isinstance(value, str | int | float | bool) else _kind(value)
        notes.problem(path, f"is {shown}: expected {expected}", expected, shown)
        notes.dropped.add(path)
    place = path
    while again and isinstance(place[-1], int):
        place = place[:-1]
    notes.dropped.add(place)
    around: Any = mended
    for part in place[:-1]:
        around = around[part]
    if isinstance(place[-1], int):
        around[place[-1]] = {}
    else:
        around.pop(place[-1], None)


_WORDS = (
    ("dictionary", "a mapping"),
    ("at least 2 items", "two numbers, the smaller one first"),
    ("at most 2 items", "two numbers, the smaller one first"),
    ("boolean", "true or false"),
    ("integer", "a whole number"),
    ("number", "a number"),
    ("string", "text"),
    ("list", "a list"),
)


def _wanted(message: str) -> str:
    """Return what pydantic expected, in words of YAML."""
    wanted = message.removeprefix("Input should be ").removeprefix("a valid ").partition(", unable to")[0]
    return next((words for word, words in _WORDS if word in wanted), wanted)


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
